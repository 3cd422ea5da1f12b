using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

public sealed class AuthorizationHeaderTests
{
    private const string NoCredential = "Authorization header requires 'Credential' parameter. ";
    private const string NoSignature = "Authorization header requires 'Signature' parameter. ";
    private const string NoSignedHeaders = "Authorization header requires 'SignedHeaders' parameter. ";
    private const string NoDate = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    private const string Hashed = "(Hashed with SHA-256 and encoded with Base64) Authorization=";

    private static readonly SigV4Authenticator Authenticator = SignedSamples.Authenticator(new ManualClock(SignedSamples.Time));

    [Theory]
    [InlineData("AWS4-HMAC-SHA256", NoCredential + NoSignature + NoSignedHeaders + Hashed)]
    [InlineData("AWS4-HMAC-SHA256 ", NoCredential + NoSignature + NoSignedHeaders + Hashed)]
    [InlineData("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host", NoSignature + Hashed)]
    [InlineData("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Signature=0", NoSignedHeaders + Hashed)]
    [InlineData("AWS4-HMAC-SHA256 Signature=0, SignedHeaders=host", NoCredential + Hashed)]
    [InlineData("AWS4-HMAC-SHA256 Credential=, Signature=, SignedHeaders=", NoCredential + NoSignature + NoSignedHeaders + Hashed)]
    [InlineData("AWS4-HMAC-SHA256 credential=a, signature=b, signedheaders=c", NoCredential + NoSignature + NoSignedHeaders + Hashed)]
    [InlineData("Basic cm9vdDpodW50ZXIy==", NoCredential + NoSignature + NoSignedHeaders + Hashed)]
    public void MissingPart_IsIncompleteSignatureNamingIt(string authorization, string text) => ShouldBeIncomplete(authorization, text);

    [Fact]
    public void NothingButAnEmptyHeader_NamesEverything()
    {
        var request = new VerifiedRequest { Headers = [new("Host", "localhost"), new("Authorization", "")] };
        var failure = Authenticator.Authenticate(request.ToHttp(), []).Failure.ShouldNotBeNull();
        failure.Text.ShouldStartWith(NoCredential + NoSignature + NoSignedHeaders + NoDate + Hashed);
    }

    [Theory]
    [InlineData("Bearer eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo")]
    [InlineData("AWS4-HMAC-SHA256 Credential= a/b/c/d/e, SignedHeaders=host, Signature=0")]
    [InlineData("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0 hunter2")]
    public void PartWithoutEqualSign_IsIncompleteSignature(string authorization) => ShouldBeIncomplete(
        authorization,
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '");

    [Theory]
    [InlineData("Credential=a/b/c/d/e", "Credential")]
    [InlineData("SignedHeaders=host", "SignedHeaders")]
    [InlineData("Signature=1", "Signature")]
    public void PartGivenTwice_IsIncompleteSignature(string again, string name) => ShouldBeIncomplete(
        $"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0, {again}",
        $"Authorization header must not repeat '{name}' parameter. " + Hashed);

    [Fact]
    public void HeaderGivenTwice_IsIncompleteSignature()
    {
        var request = SignedSamples.Json();
        request.Headers.Add(new("Authorization", request.Get("Authorization")!));
        Authenticator.Authenticate(request.ToHttp(), request.Body).Failure.ShouldNotBeNull().Fault
            .ShouldBe(AuthenticationFault.IncompleteSignature);
    }

    [Theory]
    [InlineData(", ", ",")]
    [InlineData(", ", " ")]
    [InlineData(", ", " , ")]
    [InlineData("SHA256 ", "SHA256  ")]
    [InlineData("Signature=", "Extension=x, Signature=")]
    public void OtherSpelling_IsAccepted(string part, string spelling)
    {
        var request = SignedSamples.Json();
        request.Set("Authorization", request.Get("Authorization")!.Replace(part, spelling, StringComparison.Ordinal));
        Authenticator.Authenticate(request.ToHttp(), request.Body).Failure.ShouldBeNull();
    }

    private static void ShouldBeIncomplete(string authorization, string text)
    {
        var request = SignedSamples.Json().With(copy => copy.Set("Authorization", authorization));
        var failure = Authenticator.Authenticate(request.ToHttp(), request.Body).Failure.ShouldNotBeNull();
        failure.Fault.ShouldBe(AuthenticationFault.IncompleteSignature);
        failure.Text.ShouldStartWith(text);
        foreach (var word in new[] { "hunter2", "eyJ", "cm9vd" }) failure.Text.ShouldNotContain(word);
    }
}
