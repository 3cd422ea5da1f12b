using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators;

public sealed class PasswordPolicyTests
{
    private static PasswordPolicy Policy(DatabaseEngine engine, params (string Key, string Value)[] settings) =>
        PasswordPolicy.FromSettings(engine, settings.ToDictionary(s => s.Key, s => s.Value));

    private static string Generate(PasswordPolicy policy)
    {
        using var password = policy.Generate();
        return password.RevealText();
    }

    [Fact]
    public void Defaults_AreTheTemplates()
    {
        foreach (var (engine, excluded) in new[]
        {
            (DatabaseEngine.MySql, "/@\"'\\"), (DatabaseEngine.MariaDb, "/@\"'\\"), (DatabaseEngine.Postgres, ":/@\"'\\"),
        })
        {
            for (var i = 0; i < 300; i++)
            {
                var password = Generate(Policy(engine));
                password.Length.ShouldBe(32);
                password.ShouldAllBe(c => c > ' ' && c < 127 && !excluded.Contains(c));
                password.ShouldContain(c => char.IsAsciiLetterLower(c));
                password.ShouldContain(c => char.IsAsciiLetterUpper(c));
                password.ShouldContain(c => char.IsAsciiDigit(c));
                password.ShouldContain(c => char.IsPunctuation(c) || char.IsSymbol(c));
            }
        }
    }

    [Fact]
    public void EveryCharacter_IsEquallyLikelyAtEveryPlace()
    {
        // 94 characters, 40,000 draws: each is expected 425.5 times; a chi-square above 160 has a probability of about 2e-5.
        var policy = new PasswordPolicy { Length = 4, RequireEachIncludedType = false };
        var counts = new int[4, 128];
        for (var i = 0; i < 40_000; i++)
        {
            var password = Generate(policy);
            for (var place = 0; place < 4; place++) counts[place, password[place]]++;
        }
        for (var place = 0; place < 4; place++)
        {
            var chiSquare = Enumerable.Range(33, 94).Sum(c => Math.Pow(counts[place, c] - 425.53, 2) / 425.53);
            chiSquare.ShouldBeLessThan(160);
        }
    }

    [Fact]
    public void RequiredTypes_DoNotFavourAPlace()
    {
        // One digit among four characters, one of each type: it stands at each place a quarter of the time.
        var policy = new PasswordPolicy { Length = 4 };
        var places = new int[4];
        for (var i = 0; i < 4_000; i++) places[Generate(policy).IndexOfAny([.. "0123456789"])]++;
        places.ShouldAllBe(count => count > 850 && count < 1150);
    }

    /// <summary>GetRandomPassword cannot be told, and applications and engines exist that want it.</summary>
    [Fact]
    public void W20_FirstCharacter_IsALetterWhereThatIsAsked()
    {
        foreach (var engine in new[] { DatabaseEngine.MySql, DatabaseEngine.Redshift, DatabaseEngine.ElastiCache })
        {
            var policy = Policy(engine, (PasswordPolicy.FirstCharacter, "letter"));
            for (var i = 0; i < 300; i++) char.IsAsciiLetter(Generate(policy)[0]).ShouldBeTrue();
        }
        Policy(DatabaseEngine.MySql, (PasswordPolicy.FirstCharacter, "any")).LetterFirst.ShouldBeFalse();
    }

    [Fact]
    public void W20_LetterFirst_StandsBesideEveryOtherDemand()
    {
        // One place for each type, and the first one's letter is one of them.
        var tight = new PasswordPolicy { Length = 4, LetterFirst = true };
        // Drawn freely, most of these passwords have no letter at all.
        var loose = new PasswordPolicy { Length = 2, LetterFirst = true, ExcludeUppercase = true, RequireEachIncludedType = false };
        for (var i = 0; i < 300; i++)
        {
            var password = Generate(tight);
            char.IsAsciiLetter(password[0]).ShouldBeTrue();
            password.Count(char.IsAsciiDigit).ShouldBe(1);
            password.Count(char.IsAsciiLetterLower).ShouldBe(1);
            password.Count(char.IsAsciiLetterUpper).ShouldBe(1);
            char.IsAsciiLetterLower(Generate(loose)[0]).ShouldBeTrue();
        }
        var digits = new PasswordPolicy { LetterFirst = true, ExcludeLowercase = true, ExcludeUppercase = true };
        Should.Throw<RotatorException>(digits.Generate).Message.ShouldContain("a letter must come first");
        var full = new PasswordPolicy { Length = 2, LetterFirst = true, NumbersMin = 2, RequireEachIncludedType = false };
        Should.Throw<RotatorException>(full.Generate).Message.ShouldContain("PASSWORD_LENGTH is too short");
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("1", true)]
    [InlineData("Y", true)]
    [InlineData("yes", true)]
    [InlineData("on", false)]
    [InlineData("false", false)]
    [InlineData("", false)]
    public void Flags_AreReadAsTheTemplatesDo(string text, bool expected)
    {
        Policy(DatabaseEngine.MySql, ("EXCLUDE_PUNCTUATION", text)).ExcludePunctuation.ShouldBe(expected);
        Policy(DatabaseEngine.MySql, ("REQUIRE_EACH_INCLUDED_TYPE", text)).RequireEachIncludedType.ShouldBe(expected);
    }

    [Fact]
    public void Settings_ChangeWhatIsGenerated()
    {
        var policy = Policy(
            DatabaseEngine.MySql,
            ("PASSWORD_LENGTH", "8"), ("EXCLUDE_PUNCTUATION", "yes"), ("EXCLUDE_UPPERCASE", "1"),
            ("EXCLUDE_CHARACTERS", "abcdefghijklm012345é"));
        for (var i = 0; i < 100; i++)
        {
            var password = Generate(policy);
            password.Length.ShouldBe(8);
            password.ShouldAllBe(c => "nopqrstuvwxyz6789".Contains(c));
        }
        Generate(Policy(DatabaseEngine.MySql, ("EXCLUDE_LOWERCASE", "1"), ("EXCLUDE_NUMBERS", "1"), ("EXCLUDE_PUNCTUATION", "1")))
            .ShouldAllBe(c => char.IsAsciiLetterUpper(c));
    }

    [Theory]
    [InlineData("PASSWORD_LENGTH", "0")]
    [InlineData("PASSWORD_LENGTH", "4097")]
    [InlineData("PASSWORD_LENGTH", "-1")]
    [InlineData("PASSWORD_LENGTH", "many")]
    [InlineData("PASSWORD_LENGTH", "3")]
    [InlineData("EXCLUDE_CHARACTERS", "0123456789")]
    public void ImpossiblePolicy_IsRefused(string key, string value) =>
        Should.Throw<RotatorException>(() => Policy(DatabaseEngine.MySql, (key, value)).Generate())
            .Cause.ShouldBe(FailureCause.Precondition);

    [Fact]
    public void EverythingExcluded_IsRefused() =>
        Should.Throw<RotatorException>(() => new PasswordPolicy
        {
            ExcludeLowercase = true,
            ExcludeUppercase = true,
            ExcludeNumbers = true,
            ExcludePunctuation = true,
        }.Generate());

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    public void Length_AtItsBounds_IsKept(int length) =>
        Generate(new PasswordPolicy { Length = length, RequireEachIncludedType = length > 1 }).Length.ShouldBe(length);
}
