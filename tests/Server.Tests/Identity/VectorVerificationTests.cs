using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.SigV4;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

/// <summary>Every published signed request is accepted, and one that differs in its signature or secret is not.</summary>
public sealed class VectorVerificationTests
{
    public static TheoryData<string> Names => [.. SignatureVector.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void SignedRequest_IsAccepted(string name)
    {
        var vector = SignatureVector.Load(name);
        var result = Authenticate(vector, SignatureVector.SecretAccessKey, VerifiedRequest.From(vector.Signed));
        result.Failure.ShouldBeNull();
        result.Principal.ShouldNotBeNull().AccessKeyId.ShouldBe(SignatureVector.AccessKeyId);
        (result.Region, result.Service).ShouldBe(("us-east-1", "service"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SameRequestUnderAnotherSecret_IsRefused(string name)
    {
        var vector = SignatureVector.Load(name);
        var result = Authenticate(vector, SignatureVector.SecretAccessKey + "x", VerifiedRequest.From(vector.Signed));
        result.Failure.ShouldBe(AuthenticationErrors.SignatureMismatch);
    }

    /// <summary>As botocore publishes it, this signed request carries the signature of the request without a token.</summary>
    [Fact]
    public void BotocoreSessionTokenWithAnotherExamplesSignature_IsRefused()
    {
        var vector = SignatureVector.Load("botocore/get-vanilla-with-session-token");
        var other = SignatureVector.Load("botocore/get-vanilla").Signature;
        var request = VerifiedRequest.From(vector.Signed);
        request.Set("Authorization", request.Get("Authorization")!.Replace(vector.Signature, other, StringComparison.Ordinal));
        Authenticate(vector, SignatureVector.SecretAccessKey, request).Failure.ShouldBe(AuthenticationErrors.SignatureMismatch);
    }

    private static Authentication Authenticate(SignatureVector vector, string secret, VerifiedRequest request)
    {
        var principal = Principal.Root("123456789012", SignatureVector.AccessKeyId);
        var key = new AccessKey(SignatureVector.AccessKeyId, Sensitive.FromText(secret), principal)
        {
            SessionToken = vector.SessionToken is null ? null : Sensitive.FromText(vector.SessionToken),
        };
        var authenticator = new SigV4Authenticator(new AccessKeyStore([key]), ["us-east-1"], new ManualClock(SignatureVector.Time))
        {
            PathStyle = vector.PathStyle,
        };
        return authenticator.Authenticate(request.ToHttp(), request.Body);
    }
}
