using System.Text;
using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

/// <summary>
/// Whoever holds a signed request can change no byte of what it signs. Every position of every signed part, a fifth of all other
/// characters each, one at a time. No change is what means the same: another case in a header name or in the digits of an escape, a comma
/// for the space between the parts of an Authorization header.
/// </summary>
public sealed class SignatureMutationTests
{
    private static readonly SigV4Authenticator Authenticator = SignedSamples.Authenticator(new ManualClock(SignedSamples.Time));

    public static TheoryData<string> Samples =>
        ["json", "json with content hash", "json in a session", "presigned", "presigned in a session"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void AnyByteOfASignedPart_Changed_IsRefused(string sample)
    {
        var original = Sample(sample);
        Accepts(original).ShouldBeTrue();
        var accepted = Mutations(original).Where(mutation => Accepts(mutation.Request)).Select(mutation => mutation.What).ToList();
        accepted.ShouldBeEmpty();
        Accepts(original).ShouldBeTrue();
    }

    [Fact]
    public void TheseAreManyMutations() =>
        Samples.Sum(sample => Mutations(Sample(sample.Data)).Count()).ShouldBeGreaterThan(40_000);

    [Theory]
    [MemberData(nameof(Samples))]
    public void ByteAddedOrRemoved_IsRefused(string sample)
    {
        var original = Sample(sample);
        for (var i = 0; i < original.Body.Length; i++)
        {
            var at = i;
            Accepts(original.With(request => request.Body = [.. request.Body[..at], .. request.Body[(at + 1)..]])).ShouldBeFalse();
            Accepts(original.With(request => request.Body = [.. request.Body[..at], (byte)' ', .. request.Body[at..]])).ShouldBeFalse();
        }

        Accepts(original.With(request => request.Target += request.Target.Contains('?') ? "&x=1" : "?x=1")).ShouldBeFalse();
        Accepts(original.With(request => request.Target = "/x" + request.Target)).ShouldBeFalse();
        Accepts(original.With(request => request.Method = "PUT")).ShouldBeFalse();
        Accepts(original.With(request => request.Body = [])).ShouldBeFalse();
    }

    private static VerifiedRequest Sample(string name) => name switch
    {
        "json" => SignedSamples.Json(),
        "json with content hash" => SignedSamples.Json(sendsContentHash: true),
        "json in a session" => SignedSamples.Json(SignedSamples.Session),
        "presigned" => SignedSamples.Presigned(),
        _ => SignedSamples.Presigned(SignedSamples.Session),
    };

    private static bool Accepts(VerifiedRequest request) => Authenticator.Authenticate(request.ToHttp(), request.Body).IsAuthenticated;

    private static IEnumerable<(string What, VerifiedRequest Request)> Mutations(VerifiedRequest original)
    {
        var parts = Headers(original).Concat(Text("target", original.Target, (request, text) => request.Target = text))
            .Concat(Text("method", original.Method, (request, text) => request.Method = text));
        foreach (var (what, change) in parts) yield return (what, original.With(change));
        for (var i = 0; i < original.Body.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var (at, flip) = (i, (byte)(1 << bit));
                yield return ($"body at {at} bit {bit}", original.With(request => request.Body[at] ^= flip));
            }
        }
    }

    private static IEnumerable<(string What, Action<VerifiedRequest> Change)> Headers(VerifiedRequest original)
    {
        for (var i = 0; i < original.Headers.Count; i++)
        {
            var (at, name, value) = (i, original.Headers[i].Key, original.Headers[i].Value);
            foreach (var mutation in Text("name of " + name, name, (request, text) => request.Headers[at] = new(text, value)))
                yield return mutation;
            foreach (var mutation in Text("value of " + name, value, (request, text) => request.Headers[at] = new(name, text)))
                yield return mutation;
        }
    }

    private static IEnumerable<(string What, Action<VerifiedRequest> Change)> Text(
        string part, string text, Action<VerifiedRequest, string> apply)
    {
        for (var i = 0; i < text.Length; i++)
        {
            for (var other = (char)('!' + i % 5); other <= '~'; other += (char)5)
            {
                if (other == text[i] || IsSameMeaning(part, text, i, other)) continue;
                var changed = new StringBuilder(text) { [i] = other }.ToString();
                yield return ($"{part}: {changed}", request => apply(request, changed));
            }
        }
    }

    private static bool IsSameMeaning(string part, string text, int at, char other)
    {
        var isCase = char.ToLowerInvariant(other) == char.ToLowerInvariant(text[at]);
        if (part == "value of Authorization" && text[at] is ',' or ' ') return other == ',';
        if (part.StartsWith("name of", StringComparison.Ordinal)) return isCase;
        var isEscape = text.AsSpan(Math.Max(0, at - 2), Math.Min(2, at)).Contains('%');
        return part == "target" && isEscape && isCase;
    }
}
