using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

public sealed class PresignedQueryTests
{
    private const string Advice = "Re-examine the query-string parameters.";

    private static readonly SigV4Authenticator Authenticator = SignedSamples.Authenticator(new ManualClock(SignedSamples.Time));

    [Theory]
    [InlineData("X-Amz-Algorithm")]
    [InlineData("X-Amz-Credential")]
    [InlineData("X-Amz-Signature")]
    [InlineData("X-Amz-SignedHeaders")]
    [InlineData("X-Amz-Date")]
    public void MissingParameter_IsIncompleteSignatureNamingIt(string name)
    {
        var expected = AuthenticationErrors.Incomplete($"AWS query-string parameters must include '{name}'. {Advice}");
        Authenticate(copy => copy.Target = copy.Target.Replace(name, "Other", StringComparison.Ordinal)).ShouldBe(expected);
        Authenticate(copy => copy.Target = copy.Target.Replace(name + "=", name + "=&Other=", StringComparison.Ordinal)).ShouldBe(expected);
        Authenticate(copy => copy.Target = copy.Target.Replace(name, name.ToLowerInvariant(), StringComparison.Ordinal)).ShouldBe(expected);
    }

    [Fact]
    public void AlgorithmAlone_NamesEverythingElse() =>
        Authenticate(copy => copy.Target = "/?X-Amz-Algorithm").ShouldBe(AuthenticationErrors.Incomplete(
            "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. "
            + "AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
            + "AWS query-string parameters must include 'X-Amz-Date'. " + Advice));

    [Theory]
    [InlineData("X-Amz-Signature")]
    [InlineData("%58-Amz-Signature")]
    [InlineData("X-Amz-Expires")]
    [InlineData("X-Amz-Security-Token")]
    public void ParameterGivenTwice_IsIncompleteSignature(string name) =>
        Authenticate(copy => copy.Target += $"&{name}=0&{name}=1").ShouldNotBeNull().Text.ShouldStartWith(
            "AWS query-string parameters must not repeat 'X-Amz-");

    [Fact]
    public void ParametersInAnotherOrder_AreAccepted() => Authenticate(copy =>
    {
        var parts = copy.Target.Split('?');
        copy.Target = parts[0] + '?' + string.Join('&', parts[1].Split('&').Reverse());
    }).ShouldBeNull();

    [Fact]
    public void BodyIsSigned() => Authenticate(copy => copy.Body = []).ShouldBe(AuthenticationErrors.SignatureMismatch);

    private static AuthenticationFailure? Authenticate(Action<VerifiedRequest> change)
    {
        var request = SignedSamples.Presigned().With(change);
        return Authenticator.Authenticate(request.ToHttp(), request.Body).Failure;
    }
}
