using System.Text;
using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Identity;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Whole requests with their signature: request line, headers, a blank line, body. Whoever is let in by a header form has signed what the
/// second reading of the rules says was to be signed; every other is refused with a short text.
/// </summary>
internal sealed class SignedRequestTarget : FuzzTarget
{
    private const int TextCharsMax = 1000;

    private readonly SigV4Authenticator _authenticator = SignedSamples.Authenticator(new ManualClock(SignedSamples.Time));

    public override string Name => "signed request";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. new[]
    {
        SignedSamples.Json(), SignedSamples.Json(sendsContentHash: true), SignedSamples.Json(SignedSamples.Session),
        SignedSamples.Presigned(), SignedSamples.Presigned(SignedSamples.Session),
    }.Select(Printed)];

    public override IReadOnlyList<string> Words { get; } =
    [
        "\n", "\n\n", ": ", "Host: ", "X-Amz-Date: ", "X-Amz-Security-Token: ", "X-Amz-Content-SHA256: UNSIGNED-PAYLOAD", "Authorization: ",
        "host;x-amz-date", ";", "AWS4-HMAC-SHA256 ", "Signature=", "Credential=", "20260504T030201Z", "%2F", "//", "..", "?", "&", " ",
        "\t",
        SignedSamples.RootKeyId, "é",
    ];

    public override byte[] Generate(Random random)
    {
        var request = new VerifiedRequest
        {
            Method = random.Next(2) == 0 ? "GET" : "POST",
            Target = $"/{Uri.EscapeDataString(Text(random))}?{Uri.EscapeDataString(Text(random))}=x",
            Headers = [new("Host", "localhost"), new("X-Amz-Date", "20260504T030201Z"), new("My-Header", "x" + Text(random))],
            Body = Encoding.UTF8.GetBytes(Text(random)),
        };
        return Printed(new ReferenceSigner().Sign(request));
    }

    public override void Check(byte[] input)
    {
        var request = Parsed(Encoding.Latin1.GetString(input));
        if (request is null) return;
        var http = request.ToHttp();
        var result = Measured(input, () =>
        {
            var found = _authenticator.Authenticate(http, request.Body);
            return (found.IsAuthenticated, found.Failure?.Text);
        });
        _authenticator.Authenticate(http, request.Body).IsAuthenticated.ShouldBe(result.IsAuthenticated);
        if (!result.IsAuthenticated) result.Text!.Length.ShouldBeInRange(1, TextCharsMax);
        else if (request.Get("Authorization") is { } authorization) Signed(request, authorization).ShouldBeTrue("nobody signed this");
    }

    private static bool Signed(VerifiedRequest request, string authorization)
    {
        AuthorizationHeader.Read(request.ToHttp().Headers, authorization, out var claim).ShouldBeNull();
        var names = claim.SignedHeaders.ToString();
        var scope = string.Join('/', claim.Credential.ToString().Split('/')[1..]);
        var expected = new ReferenceSigner { SignedHeaders = names, Scope = scope, Date = claim.Date }.Sign(request).Get("Authorization")!;
        return expected.EndsWith("Signature=" + claim.Signature.ToString(), StringComparison.Ordinal);
    }

    private static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => "aZ0-._~ !*'()+&=%/"[random.Next(18)]));

    private static byte[] Printed(VerifiedRequest request) =>
    [
        .. Encoding.Latin1.GetBytes($"{request.Method} {request.Target}\n"),
        .. request.Headers.SelectMany(header => Encoding.Latin1.GetBytes($"{header.Key}: {header.Value}\n")), (byte)'\n', .. request.Body,
    ];

    /// <summary>Null for what no HTTP server would hand on.</summary>
    private static VerifiedRequest? Parsed(string text)
    {
        var parts = text.Split("\n\n", 2);
        var lines = parts[0].Split('\n');
        var line = lines[0].Split(' ', 2);
        if (line.Length < 2 || !line[1].StartsWith('/') || !Ascii.IsValid(line[1])) return null;
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var header in lines[1..])
        {
            var colon = header.IndexOf(':');
            if (colon <= 0) return null;
            headers.Add(new(header[..colon], header[(colon + 1)..].Trim(' ')));
        }
        return new VerifiedRequest
        {
            Method = line[0],
            Target = line[1],
            Headers = headers,
            Body = parts.Length < 2 ? [] : Encoding.Latin1.GetBytes(parts[1]),
        };
    }
}
