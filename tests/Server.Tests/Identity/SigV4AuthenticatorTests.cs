using System.Security.Cryptography;
using System.Text;
using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

public sealed class SigV4AuthenticatorTests
{
    private static readonly ManualClock Clock = new(SignedSamples.Time);
    private static readonly SigV4Authenticator Authenticator = SignedSamples.Authenticator(Clock);

    [Fact]
    public void SignedRequest_TellsWhoAndForWhat()
    {
        var result = Authenticate(SignedSamples.Json());
        result.Principal.ShouldBe(Principal.Root("123456789012", SignedSamples.RootKeyId));
        (result.Region, result.Service, result.Failure).ShouldBe(("us-east-1", "secretsmanager", null));
        Authenticate(SignedSamples.Presigned()).Service.ShouldBe("lambda");
    }

    [Fact]
    public void NoSignature_IsMissingToken()
    {
        Authenticate(new VerifiedRequest()).Failure.ShouldBe(AuthenticationErrors.MissingToken);
        Authenticate(new VerifiedRequest { Target = "/?X-Amz-Date=20260504T030201Z&Action=GetCallerIdentity" }).Failure
            .ShouldBe(AuthenticationErrors.MissingToken);
    }

    [Fact]
    public void SignatureInHeaderAndQuery_IsInvalidSignature() =>
        Authenticate(SignedSamples.Presigned().With(copy => copy.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x"))).Failure
            .ShouldBe(AuthenticationErrors.TwoForms);

    [Theory]
    [InlineData("AKIAROOTEXAMPLE12346")]
    [InlineData("akiarootexample12345")]
    [InlineData("")]
    public void UnknownAccessKey_IsUnrecognizedClient(string accessKeyId) =>
        FailureOf(new ReferenceSigner { AccessKeyId = accessKeyId }.Sign(Plain())).ShouldBe(AuthenticationErrors.UnrecognizedClient);

    [Fact]
    public void WrongSecret_IsInvalidSignature() =>
        FailureOf(new ReferenceSigner { Secret = "wJalrXUtnFEMI" }.Sign(Plain())).ShouldBe(AuthenticationErrors.SignatureMismatch);

    [Theory]
    [InlineData("20260504/eu-west-1/secretsmanager/aws4_request", "Credential should be scoped to a valid region, not 'eu-west-1'. ")]
    [InlineData(
        "20260504/us-east-1/secretsmanager/aws5_request",
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ")]
    [InlineData(
        "20260503/us-east-1/secretsmanager/aws4_request",
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260503' != '20260504', from "
        + "'20260504T030201Z'.")]
    [InlineData(
        "x//s/\u0007t",
        "Credential should be scoped to a valid region, not ''. Credential should be scoped with a valid terminator: 'aws4_request', not "
        + "'?t'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'x' != '20260504', from "
        + "'20260504T030201Z'.")]
    public void WrongScope_IsInvalidSignatureNamingEveryFault(string scope, string text) =>
        Authenticate(new ReferenceSigner { Scope = scope }.Sign(Plain())).Failure.ShouldBe(AuthenticationErrors.Invalid(text));

    /// <summary>A secret key pasted where the key id belongs is not repeated.</summary>
    [Theory]
    [InlineData("20260504/us-east-1/secretsmanager")]
    [InlineData("K7MDENG/bPxRfiCYEXAMPLEKEY/20260504/us-east-1/secretsmanager/aws4_request")]
    public void CredentialOfOtherThanFiveParts_IsIncompleteSignature(string scope)
    {
        var signer = new ReferenceSigner { AccessKeyId = "wJalrXUtnFEMI", Scope = scope };
        var failure = FailureOf(signer.Sign(Plain())).ShouldNotBeNull();
        failure.Fault.ShouldBe(AuthenticationFault.IncompleteSignature);
        failure.Text.ShouldStartWith("Credential must have exactly 5 slash-delimited elements");
        failure.Text.ShouldNotContain("wJalr");
    }

    [Theory]
    [InlineData("AWS4-HMAC-SHA1")]
    [InlineData("AWS4-ECDSA-P256-SHA256")]
    [InlineData("aws4-hmac-sha256")]
    public void OtherAlgorithm_IsIncompleteSignature(string algorithm) =>
        Authenticate(new ReferenceSigner { Algorithm = algorithm }.Sign(Plain())).Failure.ShouldBe(AuthenticationErrors.Incomplete(
            $"Unsupported AWS 'algorithm': '{algorithm}' (only AWS4-HMAC-SHA256 for now). "));

    /// <summary>The services here hash the body themselves; only S3 takes a placeholder for the hash.</summary>
    [Theory]
    [InlineData("UNSIGNED-PAYLOAD")]
    [InlineData("STREAMING-UNSIGNED-PAYLOAD-TRAILER")]
    [InlineData("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("")]
    public void OtherThanTheHashOfTheBody_IsInvalidSignature(string contentHash)
    {
        var request = Plain().With(copy => copy.Set("x-amz-content-sha256", contentHash));
        var signer = new ReferenceSigner { PayloadHash = contentHash };
        FailureOf(signer.Sign(request)).ShouldBe(AuthenticationErrors.SignatureMismatch);
        FailureOf(signer.Sign(Plain())).ShouldBe(AuthenticationErrors.SignatureMismatch);
        FailureOf(new ReferenceSigner().Sign(request)).ShouldBe(AuthenticationErrors.SignatureMismatch);
    }

    [Fact]
    public void HashOfTheBodyInItsHeader_IsAccepted()
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Plain().Body));
        Authenticate(new ReferenceSigner().Sign(Plain().With(copy => copy.Set("x-amz-content-sha256", hash)))).Failure.ShouldBeNull();
    }

    [Fact]
    public void EmptyBody_IsSignedAsSuch() => FailureOf(new ReferenceSigner().Sign(Plain().With(copy => copy.Body = []))).ShouldBeNull();

    [Theory]
    [InlineData("/?a=1&b=2&a=0", "/?a=0&a=1&b=2")]
    [InlineData("/?q=two+words", "/?q=two%20words")]
    [InlineData("/?q=%7e%2F", "/?q=~%2f")]
    [InlineData("/?flag", "/?flag=")]
    [InlineData("/?&&a=1&", "/?a=1")]
    [InlineData("http://localhost/x?a=1", "/x?a=1")]
    [InlineData("/a/./b/../c//d", "/a/c/d")]
    public void AnotherSpellingOfTheSameTarget_HasTheSameSignature(string sent, string signed)
    {
        var request = new ReferenceSigner().Sign(Plain().With(copy => copy.Target = signed));
        Authenticate(request.With(copy => copy.Target = sent)).Failure.ShouldBeNull();
    }

    [Theory]
    [InlineData("/?a=1&b=2", "/?a=2&b=1")]
    [InlineData("/?q=a%2Bb", "/?q=a+b")]
    [InlineData("/?q=%2541", "/?q=A")]
    [InlineData("/a%2Fb", "/a/b")]
    [InlineData("/%2e%2e/a", "/a")]
    [InlineData("/a", "/a/")]
    public void AnotherTarget_HasAnotherSignature(string sent, string signed)
    {
        var request = new ReferenceSigner().Sign(Plain().With(copy => copy.Target = signed));
        Authenticate(request.With(copy => copy.Target = sent)).Failure.ShouldBe(AuthenticationErrors.SignatureMismatch);
    }

    private static VerifiedRequest Plain() => new()
    {
        Headers = [new("Host", "localhost:7353"), new("X-Amz-Date", "20260504T030201Z"), new("X-Amz-Target", "secretsmanager.ListSecrets")],
        Body = Encoding.UTF8.GetBytes("{}"),
    };

    private static AuthenticationFailure? FailureOf(VerifiedRequest request) => Authenticate(request).Failure;

    private static Authentication Authenticate(VerifiedRequest request) => Authenticator.Authenticate(request.ToHttp(), request.Body);
}
