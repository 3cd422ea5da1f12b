using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class GetRandomPasswordTests(SecretsManagerServer server) : OperationTests(server)
{
    private const string Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Lower = "abcdefghijklmnopqrstuvwxyz";
    private const string Digits = "0123456789";
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

    [Fact]
    public async Task ShortestPassword_HasOneOfEachTypeInAnyPlace()
    {
        var digitPlaces = new HashSet<int>();
        for (var repeat = 0; repeat < 100; repeat++)
        {
            var password = await PasswordAsync(new { PasswordLength = 5, IncludeSpace = true });
            foreach (var type in new[] { Upper, Lower, Digits, Punctuation, " " }) password.Count(type.Contains).ShouldBe(1);
            digitPlaces.Add(password.ToList().FindIndex(Digits.Contains));
        }
        digitPlaces.Count.ShouldBe(5);
    }

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
    public async Task EveryCharacter_Appears()
    {
        var password = await PasswordAsync(new { PasswordLength = 4096, IncludeSpace = true });
        password.Distinct().Count().ShouldBe(26 + 26 + 10 + 32 + 1);
    }

    [Fact]
    public async Task Refusals()
    {
        const string text = "Password length is too short based on the required types.";
        await FailAsync("GetRandomPassword", new { PasswordLength = 3 }, "InvalidParameterException", text);
        await FailAsync("GetRandomPassword", new { PasswordLength = 4, IncludeSpace = true }, "InvalidParameterException", text);
        const string none = "The password must contain at least one character of each included type, but all of them are excluded.";
        await FailAsync("GetRandomPassword", new { ExcludeCharacters = Digits }, "InvalidParameterException", none);
        await FailAsync("GetRandomPassword",
            new { ExcludeUppercase = true, ExcludeLowercase = true, ExcludeNumbers = true, ExcludePunctuation = true },
            "InvalidParameterException", none);
        foreach (var length in new[] { 0, 4097, -1 })
            (await Server.CallAsync("GetRandomPassword", new { PasswordLength = length }, Stop)).ErrorCode.ShouldBe("ValidationException");
    }

    private async Task<string> PasswordAsync(object request) => Text(await OkAsync("GetRandomPassword", request), "RandomPassword");
}
