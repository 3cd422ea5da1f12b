using System.Text;
using Microsoft.AspNetCore.Http;
using Rekey.Aws.SigV4;
using Rekey.Server.Identity;
using Rekey.Server.Tests.Identity;
using Rekey.Server.Tests.SigV4;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Authorization headers: the header, and on a second line the date. What is read is the same once printed and read again; so are the parts
/// of a credential and a date. No refusal repeats the header.
/// </summary>
internal sealed class AuthorizationTarget : FuzzTarget
{
    private const int TextCharsMax = 1000;

    public override string Name => "authorization";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. SignatureVector.Names.Select(SignatureVector.Load)
        .Where(vector => !vector.IsPresigned).Select(vector => $"{vector.Signed.Header("Authorization")!.Trim()}\n20150830T123600Z")
        .Append($"{SignedSamples.Json().Get("Authorization")}\n20260504T030201Z")
        .Concat(["Bearer abc.def\n", "AWS4-HMAC-SHA256\n", "\n", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=host,Signature=0\nx"])
        .Select(Encoding.UTF8.GetBytes)];

    public override IReadOnlyList<string> Words { get; } =
    [
        "AWS4-HMAC-SHA256", "Credential=", "SignedHeaders=", "Signature=", "host", "x-amz-date", ";", ",", ", ", " ", "=", "/",
        "aws4_request",
        "20260504T030201Z", "20260229T000000Z", "20240229T235959Z", "00010101T000000Z", "99991231T235959Z", "Mon, 04 May 2026 03:02:01 GMT",
        "\t", "\0", "é",
    ];

    public override void Check(byte[] input)
    {
        var lines = Encoding.UTF8.GetString(input).Split('\n', 2);
        var (first, failure) = Measured(input, () => Read(lines[0], lines.Length > 1 ? lines[1] : null));
        Read(lines[0], lines.Length > 1 ? lines[1] : null).ShouldBe((first, failure));
        if (AmzDate.TryParse(lines[^1], out var time)) AmzDate.Format(time).ShouldBe(lines[^1]);
        if (failure is not null)
        {
            failure.Length.ShouldBeInRange(1, TextCharsMax);
            return;
        }
        var (algorithm, credential, headers, signature) = first!.Value;
        Read($"{algorithm} Credential={credential}, SignedHeaders={headers}, Signature={signature}", lines[1]).Claim.ShouldBe(first);
        if (!Credential.TryParse(credential, out var parts)) return;
        $"{parts.AccessKeyId}/{parts.Scope}".ShouldBe(credential);
        $"{parts.Date}/{parts.Region}/{parts.Service}/{parts.Terminator}".ShouldBe(parts.Scope.ToString());
    }

    private static ((string, string, string, string)? Claim, string? Failure) Read(string authorization, string? date)
    {
        var headers = new HeaderDictionary();
        if (date is not null) headers["X-Amz-Date"] = date;
        var failure = AuthorizationHeader.Read(headers, authorization, out var claim);
        if (failure is not null) return (null, failure.Text);
        claim.IsPresigned.ShouldBeFalse();
        claim.Date.ShouldBe(date);
        var signature = claim.Signature.ToString();
        return ((claim.Algorithm.ToString(), claim.Credential.ToString(), claim.SignedHeaders.ToString(), signature), null);
    }
}
