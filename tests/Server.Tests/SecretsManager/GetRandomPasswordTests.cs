using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class GetRandomPasswordTests(SecretsManagerServer server) : OperationTests(server)
{
    private const string Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Lower = "abcdefghijklmnopqrstuvwxyz";
    private const string Digits = "0123456789";
    private const string NothingLeft =
        "The password must contain a character of each included type, but every character of a type is excluded.";

    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    [Fact]
    public async Task Default_Has32CharactersOfEachType()
    {
        for (var repeat = 0; repeat < 20; repeat++)
        {
            var password = await PasswordAsync(new { });
            password.Length.ShouldBe(32);
            foreach (var type in new[] { Upper, Lower, Digits, Punctuation }) password.ShouldContain(character => type.Contains(character));
            password.ShouldNotContain(" ");
        }
    }

    /// <summary>
    /// Each of five places is as likely for each of the five types. The bounds are eight standard deviations: an honest generator
    /// leaves them less than once in a million million runs.
    /// </summary>
    [Fact]
    public async Task RequiredTypes_AreInEveryPlaceAlikeOften()
    {
        const int Passwords = 800;
        var types = new[] { Upper, Lower, Digits, Punctuation, " " };
        var counts = new int[5, 5];
        for (var repeat = 0; repeat < Passwords; repeat++)
        {
            var password = await PasswordAsync(new { PasswordLength = 5, IncludeSpace = true });
            for (var place = 0; place < 5; place++) counts[place, Array.FindIndex(types, type => type.Contains(password[place]))]++;
        }
        const double Mean = Passwords / 5.0;
        var bound = 8 * Math.Sqrt(Passwords * 0.2 * 0.8);
        foreach (var count in counts) ((double)count).ShouldBeInRange(Mean - bound, Mean + bound);
    }

    /// <summary>Every character of a long password is as likely as any other, whatever its type.</summary>
    [Fact]
    public async Task Characters_AreAlikeOften()
    {
        var counts = new Dictionary<char, int>();
        const int Passwords = 10;
        for (var repeat = 0; repeat < Passwords; repeat++)
        {
            foreach (var character in await PasswordAsync(new { PasswordLength = 4096 }))
                counts[character] = counts.GetValueOrDefault(character) + 1;
        }
        const double Mean = Passwords * 4096 / 94.0;
        counts.Count.ShouldBe(94);
        foreach (var count in counts.Values) ((double)count).ShouldBeInRange(Mean - 8 * Math.Sqrt(Mean), Mean + 8 * Math.Sqrt(Mean));
    }

    [Fact]
    public async Task EveryCombinationOfTypes_HasExactlyTheirCharacters()
    {
        for (var mask = 0; mask < 64; mask++)
        {
            var has = (int bit) => (mask & 1 << bit) != 0;
            var request = new
            {
                PasswordLength = 2048,
                ExcludeUppercase = has(0),
                ExcludeLowercase = has(1),
                ExcludeNumbers = has(2),
                ExcludePunctuation = has(3),
                IncludeSpace = has(4),
                RequireEachIncludedType = has(5),
            };
            var expected = (has(0) ? "" : Upper) + (has(1) ? "" : Lower) + (has(2) ? "" : Digits) + (has(3) ? "" : Punctuation)
                + (has(4) ? " " : "");
            if (expected.Length == 0) await FailAsync("GetRandomPassword", request, "InvalidParameterException", NothingLeft);
            else (await PasswordAsync(request)).Distinct().Order().ShouldBe(expected.Order(), $"{request}");
        }
    }

    // What is left of the types after the excluded characters; "-" means that the call is refused.
    [Theory]
    [InlineData(Digits, true, "-")]
    [InlineData(Digits, false, Upper + Lower + Punctuation)]
    [InlineData(Upper + Lower + Digits, true, "-")]
    [InlineData(Upper + Lower + Digits, false, Punctuation)]
    [InlineData(Upper + Lower + Digits + Punctuation, false, "-")]
    [InlineData("", true, Upper + Lower + Digits + Punctuation)]
    [InlineData(" éß", true, Upper + Lower + Digits + Punctuation)]
    [InlineData("023456789", true, Upper + Lower + "1" + Punctuation)]
    public async Task ExcludedCharacters_AreTakenFromEveryType(string excluded, bool required, string left)
    {
        var request = new { PasswordLength = 4096, ExcludeCharacters = excluded, RequireEachIncludedType = required };
        if (left == "-") await FailAsync("GetRandomPassword", request, "InvalidParameterException", NothingLeft);
        else (await PasswordAsync(request)).Distinct().Order().ShouldBe(left.Order());
    }

    /// <summary>A type of one character is in the password at least once, however long that is.</summary>
    [Fact]
    public async Task RequiredTypeOfOneCharacter_IsAlwaysThere()
    {
        for (var repeat = 0; repeat < 50; repeat++)
            (await PasswordAsync(new { PasswordLength = 8, ExcludeCharacters = "023456789" })).ShouldContain("1");
    }

    [Fact]
    public async Task ExcludedSpace_IsARequiredTypeThatIsEmpty() => await FailAsync(
        "GetRandomPassword", new { IncludeSpace = true, ExcludeCharacters = " " }, "InvalidParameterException", NothingLeft);

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    public async Task Length_IsFrom1To4096(int length) =>
        (await PasswordAsync(new { PasswordLength = length, RequireEachIncludedType = false })).Length.ShouldBe(length);

    [Fact]
    public async Task Exclusions_HoldForEveryType()
    {
        var excluded = "ABCabc0123!\"#$%&'()*+,-./\\ ";
        var password = await PasswordAsync(
            new { PasswordLength = 4096, ExcludeCharacters = excluded, IncludeSpace = true, RequireEachIncludedType = false });
        password.ShouldNotContain(character => excluded.Contains(character));
        var digitsOnly = await PasswordAsync(new { ExcludeUppercase = true, ExcludeLowercase = true, ExcludePunctuation = true });
        digitsOnly.ShouldAllBe(character => Digits.Contains(character));
    }

    [Fact]
    public async Task Refusals()
    {
        const string text = "Password length is too short based on the required types.";
        await FailAsync("GetRandomPassword", new { PasswordLength = 3 }, "InvalidParameterException", text);
        await FailAsync("GetRandomPassword", new { PasswordLength = 4, IncludeSpace = true }, "InvalidParameterException", text);
        foreach (var length in new[] { 0, 4097, -1 })
            (await Server.CallAsync("GetRandomPassword", new { PasswordLength = length }, Stop)).ErrorCode.ShouldBe("ValidationException");
    }

    private async Task<string> PasswordAsync(object request) => Text(await OkAsync("GetRandomPassword", request), "RandomPassword");
}
