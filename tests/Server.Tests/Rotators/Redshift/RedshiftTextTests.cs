using Rekey.Rotators;
using Rekey.Rotators.Redshift;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Redshift;

public sealed class RedshiftTextTests
{
    private const string Signs = "\"'\\;-/*$ aZ,()é😀\n\t%";

    [Fact]
    public void QuotedTexts_ReadBackAsTheyWere()
    {
        var random = new Random(20_260_701);
        for (var sample = 0; sample < 10_000; sample++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => Signs[random.Next(Signs.Length)]));
            ReadBack(RedshiftText.Name(text), '"', escapes: false).ShouldBe(text);
            ReadBack(RedshiftText.Literal(text), '\'', escapes: true).ShouldBe(text);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("integer")]
    [InlineData("integer, character varying(20), numeric(18,2), timestamp with time zone")]
    public void ArgumentTypes_ArePutTogetherAgain(string types) => RedshiftText.Arguments(types).ShouldBe(types);

    [Theory]
    [InlineData("integer); DROP TABLE x; --")]
    [InlineData("integer, \"x\"")]
    [InlineData("'x'")]
    [InlineData("integer,,integer")]
    public void AnyOtherText_IsRefused(string types) => Should.Throw<RotatorException>(() => RedshiftText.Arguments(types));

    [Fact]
    public void W18_GeneratedPasswords_KeepTheServersRule_AndOnlyItsTemplatesSettingsCount()
    {
        var settings = new Dictionary<string, string>
        {
            ["EXCLUDE_LOWERCASE"] = "true",
            ["EXCLUDE_NUMBERS"] = "true",
            ["PASSWORD_LENGTH"] = "99",
        };
        var policy = PasswordPolicy.FromSettings(DatabaseEngine.Redshift, settings).Under(RedshiftPassword.Rules);
        for (var sample = 0; sample < 1000; sample++)
        {
            using var generated = policy.Generate();
            var password = generated.RevealText();
            password.Length.ShouldBe(64);
            password.ShouldContain(c => char.IsAsciiLetterUpper(c));
            password.ShouldContain(c => char.IsAsciiLetterLower(c));
            password.ShouldContain(c => char.IsAsciiDigit(c));
            password.ShouldNotContain(c => "'\"\\/@ :".Contains(c));
        }
    }

    /// <summary>As the server reads a quoted text that must fill all of <paramref name="quoted"/>.</summary>
    private static string ReadBack(string quoted, char quote, bool escapes)
    {
        var text = new System.Text.StringBuilder();
        quoted[0].ShouldBe(quote);
        for (var i = 1; i < quoted.Length; i++)
        {
            if (escapes && quoted[i] == '\\') i++;
            else if (quoted[i] == quote)
            {
                if (i == quoted.Length - 1) return text.ToString();
                quoted[++i].ShouldBe(quote);
            }
            text.Append(quoted[i]);
        }
        throw new InvalidOperationException("The quoted text does not end.");
    }
}
