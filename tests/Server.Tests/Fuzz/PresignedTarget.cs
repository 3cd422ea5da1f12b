using System.Text;
using Rekey.Aws.SigV4;
using Rekey.Server.Identity;
using Rekey.Server.Tests.Identity;
using Rekey.Server.Tests.SigV4;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>Query strings that may be a signature. What is read is the same once printed and read again.</summary>
internal sealed class PresignedTarget : FuzzTarget
{
    private const int TextCharsMax = 1000;

    public override string Name => "presigned";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. SignatureVector.Names.Select(SignatureVector.Load)
        .Where(vector => vector.IsPresigned).Select(vector => vector.Signed.Query)
        .Append(SignedSamples.Presigned().Target.Split('?', 2)[1])
        .Append(SignedSamples.Presigned(SignedSamples.Session).Target.Split('?', 2)[1])
        .Concat(["", "&", "a=b", "X-Amz-Algorithm", "X-Amz-Signature=", "X-Amz-Credential=a&X-Amz-Credential=b"])
        .Select(Encoding.UTF8.GetBytes)];

    public override IReadOnlyList<string> Words { get; } =
    [
        "X-Amz-Algorithm=", "X-Amz-Credential=", "X-Amz-Signature=", "X-Amz-SignedHeaders=", "X-Amz-Date=", "X-Amz-Expires=",
        "X-Amz-Security-Token=", "X%2DAmz-Date=", "x-amz-date=", "AWS4-HMAC-SHA256", "&", "=", "%2F", "%", "%2", "%zz", "+", "%C3%A4",
        "%00",
        "604800", "604801", "host", "host%3Bx-amz-date", "/", "?", "#",
    ];

    public override void Check(byte[] input)
    {
        var query = Encoding.Latin1.GetString(input);
        var read = Measured(input, () => Read(query));
        Read(query).ShouldBe(read);
        if (read?.Failure is { } failure) failure.Length.ShouldBeInRange(1, TextCharsMax);
        if (read?.Claim is not { } claim) return;
        Read(Printed(claim)).ShouldBe(read);
        Read("&a=b&" + Printed(claim) + "&&").ShouldBe(read);
        Read(Printed(claim) + "&X-Amz-Date=20260504T030201Z")!.Value.Failure!.ShouldContain("must not repeat 'X-Amz-Date'");
    }

    private static (Claimed? Claim, string? Failure)? Read(string query)
    {
        if (PresignedQuery.Find(query) is not { } presigned) return null;
        if (presigned.Read(out var claim) is { } failure) return (null, failure.Text);
        claim.IsPresigned.ShouldBeTrue();
        return (new Claimed(
            claim.Algorithm.ToString(), claim.Credential.ToString(), claim.SignedHeaders.ToString(), claim.Signature.ToString(), claim.Date,
            claim.Expires, claim.SecurityToken), null);
    }

    private static string Printed(Claimed claim)
    {
        (string Name, string? Value)[] parameters =
        [
            (SignatureNames.SecurityTokenParameter, claim.SecurityToken), (SignatureNames.ExpiresParameter, claim.Expires),
            (SignatureNames.DateParameter, claim.Date), (SignatureNames.SignatureParameter, claim.Signature),
            (SignatureNames.SignedHeadersParameter, claim.SignedHeaders), (SignatureNames.CredentialParameter, claim.Credential),
            (SignatureNames.AlgorithmParameter, claim.Algorithm),
        ];
        return string.Join('&', parameters.Where(parameter => parameter.Value is not null)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}"));
    }

    private sealed record Claimed(
        string Algorithm, string Credential, string SignedHeaders, string Signature, string Date, string? Expires, string? SecurityToken);
}
