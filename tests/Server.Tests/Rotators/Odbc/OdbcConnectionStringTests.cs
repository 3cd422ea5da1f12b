using FsCheck;
using FsCheck.Fluent;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Odbc;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Odbc;

public sealed class OdbcConnectionStringTests
{
    private static string Build(string username, string password = "p")
    {
        using var secret = Sensitive.FromText(password);
        using var text = new OdbcConnectionString("/lib/driver.so").Add("UID", username).Add("PWD", secret).Add("DATABASE", "db").Check();
        return text.Span.ToString();
    }

    [Fact]
    public void Values_AreEscaped() =>
        Build("a;UID=root{", "x}};PWD=y").ShouldBe("DRIVER={/lib/driver.so};UID={a;UID=root{};PWD={x}}}};PWD=y};DATABASE={db};");

    [Theory]
    [InlineData(" x")]
    [InlineData("x ")]
    [InlineData("\tx")]
    [InlineData("x\n")]
    public void BlankAtAnEnd_IsRefusedBecauseTheDriverWouldDropIt(string value)
    {
        var e = Should.Throw<RotatorException>(() => Build("u", value));
        (e.Cause, e.Message).ShouldBe((FailureCause.Precondition, "PWD begins or ends with a blank, which the database driver would drop"));
        Build("u", "in the middle").ShouldContain("{in the middle}");
    }

    // U+017D is a closing brace to the driver manager, which reads low bytes; U+013D is an equals sign, U+013B a semicolon.
    [Theory]
    [InlineData("\u017D;DRIVER=/tmp/evil.so;")]
    [InlineData("\u017D;driver=/tmp/evil.so;X=")]
    [InlineData("\u017D;FILEDSN=/tmp/evil.dsn;")]
    [InlineData("\u017D;DSN=evil;")]
    [InlineData("\u017D\u013BDRIVER\u013D/tmp/evil.so")]
    [InlineData("\u017D;\u0144RIVER=/tmp/evil.so")]
    [InlineData("\uD83D\uDC7D;DRIVER={/tmp/evil.so")]
    public void SecondDriverInTheManagersEyes_IsRefused(string value)
    {
        Should.Throw<RotatorException>(() => Build(value)).Cause.ShouldBe(FailureCause.Precondition);
        Should.Throw<RotatorException>(() => Build("u", value)).Message.ShouldNotContain("evil");
    }

    [Theory]
    [InlineData("\u017Dofia")]
    [InlineData("\u4E00\u0100")]
    [InlineData("\uD83D\uDE00")]
    [InlineData("};DRIVER={/tmp/evil.so}")]
    [InlineData("}")]
    [InlineData("DRIVER=x")]
    public void HarmlessValue_IsTaken(string value) => Build(value, value).ShouldStartWith("DRIVER={/lib/driver.so};");

    [Fact]
    public void TooLongForTheInterface_IsRefused()
    {
        Should.Throw<RotatorException>(() => Build("u", new string('x', 40_000))).Cause.ShouldBe(FailureCause.Precondition);
        Build("u", new string('}', 4096)).Length.ShouldBeGreaterThan(8192);
    }

    [Fact]
    public void ToString_IsAMask()
    {
        using var text = new OdbcConnectionString("/lib/driver.so").Add("PWD", "secret");
        text.ToString().ShouldBe(Sensitive.Mask);
    }

    /// <summary>Whatever is accepted, a reader of standard ODBC syntax finds just the keywords and values that were put in.</summary>
    [Fact]
    public void W13_WhateverIsAccepted_ReadsBack()
    {
        var text = Gen.Elements('}', '{', ';', '=', 'D', 'S', 'N', '\u017D', '\u013D', '\u013B', 'a', '\'', '\\', '"', '?')
            .ArrayOf().Select(characters => new string(characters));
        Prop.ForAll(text.Two().ToArbitrary(), pair =>
        {
            try
            {
                return Read(Build(pair.Item1, pair.Item2)).SequenceEqual(
                    [("DRIVER", "/lib/driver.so"), ("UID", pair.Item1), ("PWD", pair.Item2), ("DATABASE", "db")]);
            }
            catch (RotatorException)
            {
                return true;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static List<(string Keyword, string Value)> Read(string text)
    {
        var pairs = new List<(string, string)>();
        for (var i = 0; i < text.Length;)
        {
            var equals = text.IndexOf('=', i);
            var value = "";
            var end = equals + 2;
            while (text[end] != '}' || (end + 1 < text.Length && text[end + 1] == '}'))
            {
                value += text[end];
                end += text[end] == '}' ? 2 : 1;
            }
            pairs.Add((text[i..equals], value));
            i = end + 2;
        }
        return pairs;
    }
}
