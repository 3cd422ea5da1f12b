using Rekey.Aws;
using Rekey.Server.Identity;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class PageTokensTests : IDisposable
{
    private const string Query = """{"SortBy":"name"}""";
    private const string Position = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-123456 a";
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n\t.%\u00e9";

    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly RootKey _rootKey = new(new byte[RootKey.Size]);
    private readonly PageTokens _tokens;

    public PageTokensTests() => _tokens = new PageTokens(_rootKey);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData(Position)]
    [InlineData("ünicode 😀")]
    public void Token_GivesItsPositionBack(string position) =>
        _tokens.Read(Context(), Query, _tokens.Write(Context(), Query, position)).ShouldBe(position);

    [Fact]
    public void SamePositionTwice_GivesTokensWithNothingInCommon()
    {
        var (one, other) = (_tokens.Write(Context(), Query, Position), _tokens.Write(Context(), Query, Position));
        // The version is the same; whatever else is alike is so by chance.
        one.Zip(other).Skip(2).Count(pair => pair.First == pair.Second).ShouldBeLessThan(one.Length / 4);
    }

    [Fact]
    public void EveryOtherCharacterAnywhere_IsRefused()
    {
        var token = _tokens.Write(Context(), Query, Position);
        for (var index = 0; index < token.Length; index++)
        {
            foreach (var character in Alphabet)
                if (character != token[index]) Refuse(token[..index] + character + token[(index + 1)..]);
        }
    }

    [Fact]
    public void EveryCharacterAddedOrTakenAway_IsRefused()
    {
        var token = _tokens.Write(Context(), Query, Position);
        for (var length = 0; length < token.Length; length++) Refuse(token[..length]);
        for (var index = 0; index < token.Length; index++) Refuse(token.Remove(index, 1));
        foreach (var character in Alphabet)
        {
            Refuse(token + character);
            Refuse(character + token);
            Refuse(token.Insert(token.Length / 2, character.ToString()));
        }
    }

    [Fact]
    public void TokenOfAnotherCall_IsRefused()
    {
        var token = _tokens.Write(Context(), Query, Position);
        foreach (var context in new[]
        {
            Context(account: "999999999999"),
            Context(region: "eu-west-1"),
            Context(action: "secretsmanager:BatchGetSecretValue"),
            // The parts run together would be the same text.
            Context(region: "us-east-1s", action: "ecretsmanager:ListSecrets"),
        }) Refuse(token, context);
        foreach (var query in new[] { "", Query + " ", Query.ToUpperInvariant() }) Refuse(token, query: query);
    }

    [Fact]
    public void TokenOfAnotherRootKey_IsRefused()
    {
        var key = new byte[RootKey.Size];
        key[^1] = 1;
        using var otherKey = new RootKey(key);
        using var others = new PageTokens(otherKey);
        Refuse(others.Write(Context(), Query, Position));
    }

    [Fact]
    public void TokenOfTheSameRootKey_IsGoodOnEveryNode()
    {
        using var sameKey = new RootKey(new byte[RootKey.Size]);
        using var node = new PageTokens(sameKey);
        _tokens.Read(Context(), Query, node.Write(Context(), Query, Position)).ShouldBe(Position);
    }

    [Fact]
    public void Token_IsGoodForADayAndNotLonger()
    {
        var token = _tokens.Write(Context(), Query, Position);
        var day = TimeSpan.FromHours(24);
        _tokens.Read(Context(Now + day), Query, token).ShouldBe(Position);
        // Written by a node whose clock is ahead.
        _tokens.Read(Context(Now - day), Query, token).ShouldBe(Position);
        Refuse(token, Context(Now + day + TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task LongestPosition_FitsIntoTheModelsLength()
    {
        await using var server = await TestServer.StartAsync(Stop);
        foreach (var end in new[] { 'a', 'b', 'c' })
        {
            var request = new { Name = new string('n', 511) + end, ClientRequestToken = $"{end}".PadLeft(32, '0') };
            (await server.CallAsync("CreateSecret", request, Stop)).IsSuccess.ShouldBeTrue();
        }
        var first = await server.CallAsync("ListSecrets", new { SortBy = "name", MaxResults = 1 }, Stop);
        var token = first.Text("NextToken");
        token.Length.ShouldBeLessThanOrEqualTo(4096);
        var second = await server.CallAsync("ListSecrets", new { SortBy = "name", MaxResults = 1, NextToken = token }, Stop);
        second.Json["SecretList"]![0]!["Name"]!.GetValue<string>().ShouldEndWith("nb");
    }

    [Fact]
    public async Task Token_OutlivesARestartButNotItsDay()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-test-");
        try
        {
            var options = new TestServerOptions { DataDirectory = directory.FullName, Clock = new ManualClock() };
            string token;
            await using (var server = await TestServer.StartAsync(options, Stop))
            {
                foreach (var name in new[] { "a", "b" })
                    await server.CallAsync("CreateSecret", new { Name = name, ClientRequestToken = name.PadLeft(32, '0') }, Stop);
                token = (await server.CallAsync("ListSecrets", new { SortBy = "name", MaxResults = 1 }, Stop)).Text("NextToken");
            }
            await using var next = await TestServer.StartAsync(options, Stop);
            var request = new { SortBy = "name", MaxResults = 1, NextToken = token };
            options.Clock.Advance(TimeSpan.FromHours(24));
            (await next.CallAsync("ListSecrets", request, Stop)).Json["SecretList"]![0]!["Name"]!.GetValue<string>().ShouldBe("b");
            options.Clock.Advance(TimeSpan.FromMilliseconds(1));
            var refused = await next.CallAsync("ListSecrets", request, Stop);
            (refused.ErrorCode, refused.ErrorMessage).ShouldBe(("InvalidNextTokenException", "Invalid NextToken value."));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _rootKey.Dispose();
    }

    private void Refuse(string token, RequestContext? context = null, string query = Query)
    {
        var refusal = Should.Throw<ServiceException>(() => _tokens.Read(context ?? Context(), query, token));
        (refusal.Shape.Code, refusal.Message).ShouldBe(("InvalidNextTokenException", "Invalid NextToken value."));
    }

    private static RequestContext Context(
        DateTimeOffset? time = null, string account = "123456789012", string region = "us-east-1",
        string action = "secretsmanager:ListSecrets") => new()
        {
            Principal = Principal.Root(account, "AKIAEXAMPLE"),
            Region = region,
            RequestId = "id",
            Time = time ?? Now,
            Action = action,
        };
}
