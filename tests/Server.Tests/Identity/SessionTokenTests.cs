using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

public sealed class SessionTokenTests
{
    private const string Header = "X-Amz-Security-Token";

    public static TheoryData<bool> Forms => [false, true];

    [Theory]
    [MemberData(nameof(Forms))]
    public void SessionWithItsToken_IsAccepted(bool isPresigned) => At(0, Session(isPresigned), null).Failure.ShouldBeNull();

    [Theory]
    [MemberData(nameof(Forms))]
    public void SessionWithoutItsToken_IsUnrecognizedClient(bool isPresigned)
    {
        var request = Session(isPresigned).With(copy =>
        {
            copy.Remove(Header);
            copy.Target = copy.Target.Replace(Header, "X-Other", StringComparison.Ordinal);
        });
        At(0, request, null).Failure.ShouldBe(AuthenticationErrors.UnrecognizedClient);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("FwoGZXIvYXdzEBYaDExample+Token/With==Paddinh")]
    public void SessionWithAnotherToken_IsUnrecognizedClient(string token) =>
        At(0, Session(false).With(copy => copy.Set(Header, token)), null).Failure.ShouldBe(AuthenticationErrors.UnrecognizedClient);

    [Fact]
    public void TokenGivenTwice_IsUnrecognizedClient()
    {
        var request = Session(false);
        var twice = request.With(copy => copy.Headers.Add(new(Header, request.Get(Header)!)));
        At(0, twice, null).Failure.ShouldBe(AuthenticationErrors.UnrecognizedClient);
    }

    [Fact]
    public void TokenWithALongTermKey_IsUnrecognizedClient() =>
        At(0, SignedSamples.Json().With(copy => copy.Set(Header, "x")), null).Failure.ShouldBe(AuthenticationErrors.UnrecognizedClient);

    [Fact]
    public void TokenAddedAfterSigning_IsAccepted()
    {
        var unsigned = new VerifiedRequest { Headers = [new("Host", "localhost"), new("X-Amz-Date", "20260504T030201Z")] };
        var request = new ReferenceSigner { AccessKeyId = SignedSamples.SessionKeyId }.Sign(unsigned)
            .With(copy => copy.Set(Header, Session(false).Get(Header)!));
        At(0, request, null).Failure.ShouldBeNull();
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void SessionAtItsEnd_IsExpiredToken(int secondsAfterEnd, bool isAccepted)
    {
        foreach (var isPresigned in new[] { false, true })
        {
            var result = At(10 + secondsAfterEnd, Session(isPresigned), SignedSamples.Time.AddSeconds(10));
            result.Failure.ShouldBe(isAccepted ? null : AuthenticationErrors.ExpiredToken);
        }
    }

    /// <summary>Only who holds the secret learns that a session has ended.</summary>
    [Fact]
    public void WrongSignatureOfAnEndedSession_IsInvalidSignature() =>
        At(20, Session(false).With(copy => copy.Body = []), SignedSamples.Time).Failure.ShouldBe(AuthenticationErrors.SignatureMismatch);

    private static VerifiedRequest Session(bool isPresigned) =>
        isPresigned ? SignedSamples.Presigned(SignedSamples.Session) : SignedSamples.Json(SignedSamples.Session);

    private static Authentication At(int seconds, VerifiedRequest request, DateTimeOffset? sessionEnd) =>
        SignedSamples.Authenticator(new ManualClock(SignedSamples.Time.AddSeconds(seconds)), sessionEnd)
            .Authenticate(request.ToHttp(), request.Body);
}
