using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

/// <summary>Which headers must be signed, and how their names and values count.</summary>
public sealed class SignedHeadersTests
{
    private static readonly SigV4Authenticator Authenticator = SignedSamples.Authenticator(new ManualClock(SignedSamples.Time));

    [Theory]
    [InlineData("x-amz-date")]
    [InlineData("x-amz-date;x-amz-target")]
    [InlineData("hosts;x-amz-date;x-amz-target")]
    public void HostNotSigned_IsInvalidSignature(string names) => Sign(Plain(), names).Failure.ShouldBe(AuthenticationErrors.HostNotSigned);

    [Theory]
    [InlineData("X-Amz-Target", "host;x-amz-date")]
    [InlineData("X-Amz-Date", "host;x-amz-target")]
    public void AmzHeaderNotSigned_IsInvalidSignatureNamingIt(string header, string names) =>
        Sign(Plain(), names).Failure.ShouldBe(
            AuthenticationErrors.Invalid($"'{header}' must be a 'SignedHeader' in the AWS Authorization."));

    [Fact]
    public void AmzHeaderAddedAfterSigning_IsInvalidSignature()
    {
        foreach (var original in new[] { SignedSamples.Json(), SignedSamples.Presigned() })
        {
            var request = original.With(copy => copy.Set("x-amz-trusted", "x"));
            Authenticate(request).Failure.ShouldNotBeNull().Text.ShouldStartWith("'x-amz-trusted' must be a 'SignedHeader'");
        }
    }

    [Theory]
    [InlineData("Accept-Encoding")]
    [InlineData("User-Agent")]
    [InlineData("X-Amzn-Trace-Id")]
    [InlineData("X-Amz-User-Agent")]
    [InlineData("X-Forwarded-For")]
    public void OtherHeaderAddedOnTheWay_IsNoMatter(string name) =>
        Authenticate(SignedSamples.Json().With(copy => copy.Set(name, "x"))).Failure.ShouldBeNull();

    [Theory]
    [InlineData("x-amz-date;host;x-amz-target")]
    [InlineData("host;host;x-amz-date;x-amz-target")]
    [InlineData("Host;x-amz-date;x-amz-target")]
    [InlineData("host;x-amz-date;x-amz-target;")]
    [InlineData(";host;x-amz-date;x-amz-target")]
    [InlineData("absent;host;x-amz-date;x-amz-target")]
    public void NamesOutOfForm_AreInvalidSignature(string names) =>
        Sign(Plain(), names).Failure.ShouldBe(AuthenticationErrors.SignatureMismatch);

    [Fact]
    public void SignedHeaderRemoved_IsInvalidSignature() =>
        Authenticate(SignedSamples.Json().With(copy => copy.Remove("X-Amz-Target"))).Failure
            .ShouldBe(AuthenticationErrors.SignatureMismatch);

    [Fact]
    public void SignedHeaderRepeatedAfterSigning_IsInvalidSignature() =>
        Authenticate(SignedSamples.Json().With(copy => copy.Headers.Add(new("X-Amz-Target", "secretsmanager.DeleteSecret")))).Failure
            .ShouldBe(AuthenticationErrors.SignatureMismatch);

    [Fact]
    public void HeaderRepeatedBeforeSigning_IsSignedInItsOrder()
    {
        var request = Plain().With(copy => copy.Headers.AddRange([new("My-Header", "b"), new("My-Header", "a")]));
        const string Names = "host;my-header;x-amz-date;x-amz-target";
        Sign(request, Names).Failure.ShouldBeNull();

        var signed = new ReferenceSigner { SignedHeaders = Names }.Sign(request);
        signed.Headers.Reverse();
        Authenticate(signed).Failure.ShouldBe(AuthenticationErrors.SignatureMismatch);
    }

    [Theory]
    [InlineData("  a   b ", "a b")]
    [InlineData("a\tb", "a b")]
    [InlineData("\"a   b\"", "\"a b\"")]
    [InlineData("é ü", "é  ü")]
    public void WhiteSpaceInAValue_CountsAsOneSpace(string sent, string signed)
    {
        var request = new ReferenceSigner().Sign(Plain().With(copy => copy.Set("My-Header", signed)));
        Authenticate(request.With(copy => copy.Set("My-Header", sent))).Failure.ShouldBeNull();
    }

    private static VerifiedRequest Plain() => new()
    {
        Headers = [new("Host", "localhost:7353"), new("X-Amz-Date", "20260504T030201Z"), new("X-Amz-Target", "secretsmanager.ListSecrets")],
    };

    private static Authentication Sign(VerifiedRequest request, string names) =>
        Authenticate(new ReferenceSigner { SignedHeaders = names }.Sign(request));

    private static Authentication Authenticate(VerifiedRequest request) => Authenticator.Authenticate(request.ToHttp(), request.Body);
}
