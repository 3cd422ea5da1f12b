using System.Text;
using Rekey.Aws;
using Rekey.Server.Identity;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// NextTokens: the input as a token, and as the position of a token of ours. A token gives its position back to its own query; whatever
/// else is read as one is refused.
/// </summary>
internal sealed class PageTokenTarget : FuzzTarget
{
    private const string Query = "{}";

    private static readonly PageTokens s_tokens = new(new RootKey(new byte[RootKey.Size]));

    private readonly RequestContext _context = new()
    {
        Principal = Principal.Root("123456789012", "AKIAROOTEXAMPLE12345"),
        Region = "us-east-1",
        RequestId = "",
        Time = new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero),
        Action = "secretsmanager:ListSecrets",
    };

    public override string Name => "page token";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. new[]
    {
        "", "AQ", "AQ==", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "-_-_", "+/+/", "ünicode 😀",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "arn:aws:secretsmanager:us-east-1:1:secret:a-AbCd12 a",
    }.Select(Encoding.UTF8.GetBytes)];

    public override IReadOnlyList<string> Words { get; } = ["A", "AQ", "_", "-", "=", "==", "+", "/", " ", "\n", "%3D", "\0", "é"];

    public override void Check(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        Measured(input, () => Read(text)).ShouldBeNull();
        var token = s_tokens.Write(_context, Query, text);
        Read(token).ShouldBe(text);
        Read(token + " ").ShouldBeNull();
        var at = input.Sum(unit => unit) % token.Length;
        var other = token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];
        Read(other).ShouldBeNull();
    }

    private string? Read(string token)
    {
        try
        {
            return s_tokens.Read(_context, Query, token);
        }
        catch (ServiceException error)
        {
            error.Shape.Code.ShouldBe("InvalidNextTokenException");
            return null;
        }
    }
}
