using System.Text;
using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

/// <summary>Whatever arrives, the authenticator answers: it neither throws nor lets anybody in. Two readings of the rules agree.</summary>
public sealed class HostileSignatureTests
{
    private const int Rounds = 5_000;

    private static readonly string[] Fragments =
    [
        "AWS4-HMAC-SHA256", "Credential=", "SignedHeaders=", "Signature=", "host", "x-amz-date", ";", ",", " ", "=", "/", "&", "?", "%",
        "%2", "%zz", "..", "//", "+", "\t", "\0", "é", "\ud800", "20260504T030201Z", "20260504/us-east-1/secretsmanager/aws4_request",
        SignedSamples.RootKeyId + "/", "X-Amz-Algorithm=", "X-Amz-Credential=", "X-Amz-Signature=", "X-Amz-SignedHeaders=", "X-Amz-Date=",
        "X-Amz-Expires=", "X-Amz-Security-Token=", new('0', 64), new('a', 5_000),
    ];

    private static readonly SigV4Authenticator Authenticator = SignedSamples.Authenticator(new ManualClock(SignedSamples.Time));

    [Fact]
    public void Rubbish_IsRefusedWithAShortText()
    {
        var random = new Random(20260504);
        for (var round = 0; round < Rounds; round++)
        {
            var request = SignedSamples.Json().With(copy =>
            {
                if (random.Next(2) == 0) copy.Set("Authorization", Rubbish(random));
                else copy.Remove("Authorization");
                if (random.Next(2) == 0) copy.Target = "/?" + Rubbish(random);
                if (random.Next(4) == 0) copy.Set("X-Amz-Date", Rubbish(random));
                if (random.Next(4) == 0) copy.Set("Host", Rubbish(random));
            });
            var result = Authenticator.Authenticate(request.ToHttp(), request.Body);
            result.Failure.ShouldNotBeNull().Text.Length.ShouldBeLessThan(1_000);
        }
    }

    [Fact]
    public void RandomRequestSignedByTheOtherReading_IsAccepted()
    {
        var random = new Random(40502026);
        for (var round = 0; round < Rounds; round++)
        {
            var request = new VerifiedRequest
            {
                Method = random.Next(2) == 0 ? "GET" : "POST",
                Target = RandomTarget(random),
                Headers = [new("Host", "localhost"), new("X-Amz-Date", "20260504T030201Z")],
                Body = Encoding.UTF8.GetBytes(Text(random, 20)),
            };
            for (var i = random.Next(4); i > 0; i--) request.Headers.Add(new("My-Header" + random.Next(3), "x" + Text(random, 12)));
            var result = Authenticator.Authenticate(new ReferenceSigner().Sign(request).ToHttp(), request.Body);
            result.Failure.ShouldBeNull($"round {round}: {request.Target}");
        }
    }

    private static string Rubbish(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Fragments[random.Next(Fragments.Length)]));

    private static string RandomTarget(Random random)
    {
        var path = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => "/" + random.Next(5) switch
        {
            0 => "..",
            1 => ".",
            2 => "",
            _ => Uri.EscapeDataString(Text(random, 6)),
        }));
        var query = string.Join('&', Enumerable.Range(0, random.Next(4)).Select(_ => Parameter(random)));
        return query.Length == 0 ? path : path + "?" + query;
    }

    private static string Parameter(Random random)
    {
        var name = Uri.EscapeDataString(Text(random, 3));
        return random.Next(4) == 0 ? name : name + "=" + Uri.EscapeDataString(Text(random, 6)).Replace("%20", "+");
    }

    private static string Text(Random random, int lengthMax) =>
        string.Concat(Enumerable.Range(0, random.Next(lengthMax)).Select(_ => "aZ0-._~ !*'()+&=%/é€\t"[random.Next(21)]));
}
