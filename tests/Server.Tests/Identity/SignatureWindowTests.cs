using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

/// <summary>
/// <code>
/// header      |--- 5 min ---|now|--- 5 min ---|          presigned   |--- 5 min ---|signed|--- X-Amz-Expires ---|
/// </code>
/// </summary>
public sealed class SignatureWindowTests
{
    [Theory]
    [InlineData(-299)]
    [InlineData(-300)]
    [InlineData(0)]
    [InlineData(299)]
    [InlineData(300)]
    public void HeaderWithinFiveMinutes_IsAccepted(int secondsAfterSigning) =>
        At(secondsAfterSigning, SignedSamples.Json()).Failure.ShouldBeNull();

    [Theory]
    [InlineData(301, "Signature expired: 20260504T030201Z is now earlier than 20260504T030202Z (20260504T030702Z - 5 min.)")]
    [InlineData(86_400, "Signature expired: 20260504T030201Z is now earlier than 20260505T025701Z (20260505T030201Z - 5 min.)")]
    [InlineData(-301, "Signature not yet current: 20260504T030201Z is still later than 20260504T030200Z (20260504T025700Z + 5 min.)")]
    public void HeaderOutsideFiveMinutes_IsInvalidSignature(int secondsAfterSigning, string text) =>
        At(secondsAfterSigning, SignedSamples.Json()).Failure.ShouldBe(AuthenticationErrors.Invalid(text));

    [Fact]
    public void ClockBetweenTwoSeconds_CountsItsFraction()
    {
        var clock = new ManualClock(SignedSamples.Time.AddSeconds(300).AddMilliseconds(1));
        Authenticate(clock, SignedSamples.Json()).IsAuthenticated.ShouldBeFalse();
    }

    /// <summary>There is no memory of signatures: within the window a request counts as often as it comes, as on AWS.</summary>
    [Fact]
    public void SameRequestAgain_IsAcceptedUntilTheWindowCloses()
    {
        var clock = new ManualClock(SignedSamples.Time);
        var authenticator = SignedSamples.Authenticator(clock);
        var request = SignedSamples.Json();
        for (var second = 0; second <= 300; second += 100)
        {
            clock.JumpTo(SignedSamples.Time.AddSeconds(second));
            authenticator.Authenticate(request.ToHttp(), request.Body).IsAuthenticated.ShouldBeTrue();
        }

        clock.JumpTo(SignedSamples.Time.AddSeconds(301));
        authenticator.Authenticate(request.ToHttp(), request.Body).IsAuthenticated.ShouldBeFalse();
    }

    [Theory]
    [InlineData(900, -300, true)]
    [InlineData(900, -301, false)]
    [InlineData(900, 900, true)]
    [InlineData(900, 901, false)]
    [InlineData(1, 1, true)]
    [InlineData(1, 2, false)]
    [InlineData(604_800, 604_800, true)]
    [InlineData(604_800, 604_801, false)]
    public void Presigned_IsValidAsLongAsItSays(int expires, int secondsAfterSigning, bool isAccepted) =>
        At(secondsAfterSigning, SignedSamples.Presigned(expires: TimeSpan.FromSeconds(expires))).IsAuthenticated.ShouldBe(isAccepted);

    [Fact]
    public void PresignedTooOld_IsInvalidSignature() =>
        At(31, SignedSamples.Presigned(expires: TimeSpan.FromSeconds(30))).Failure.ShouldBe(AuthenticationErrors.Invalid(
            "Signature expired: 20260504T030201Z is now earlier than 20260504T030202Z (20260504T030232Z - 30 sec.)"));

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+60")]
    [InlineData("604801")]
    [InlineData("99999999999999999999")]
    [InlineData("1e3")]
    [InlineData(" 60")]
    [InlineData("")]
    public void PresignedForAnImpossibleTime_IsIncompleteSignature(string expires)
    {
        var request = SignedSamples.Presigned()
            .With(copy => copy.Target = copy.Target.Replace("X-Amz-Expires=900", "X-Amz-Expires=" + expires));
        var failure = At(0, request).Failure.ShouldNotBeNull();
        failure.Fault.ShouldBe(AuthenticationFault.IncompleteSignature);
        failure.Text.ShouldContain("X-Amz-Expires must be a number of seconds from 1 to 604800.");
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public void PresignedWithoutExpires_IsValidForFiveMinutes(int secondsAfterSigning, bool isInTime)
    {
        var request = SignedSamples.Presigned().With(copy => copy.Target = copy.Target.Replace("&X-Amz-Expires=900", ""));
        var expected = isInTime ? AuthenticationErrors.SignatureMismatch.Text : "Signature expired: ";
        At(secondsAfterSigning, request).Failure.ShouldNotBeNull().Text.ShouldStartWith(expected);
    }

    [Theory]
    [InlineData("2026-05-04T03:02:01Z")]
    [InlineData("20260504")]
    [InlineData("20260504T030201")]
    [InlineData("20260504T030201z")]
    [InlineData("20260504 030201Z")]
    [InlineData("20261304T030201Z")]
    [InlineData("20260230T030201Z")]
    [InlineData("20260504T240000Z")]
    [InlineData("00000504T030201Z")]
    [InlineData("２０２６0504T030201Z")]
    [InlineData("Mon, 04 May 2026 03:02:01 CET")]
    [InlineData("")]
    public void UnreadableDate_IsIncompleteSignature(string date)
    {
        var request = SignedSamples.Json().With(copy => copy.Set("X-Amz-Date", date));
        At(0, request).Failure.ShouldBe(AuthenticationErrors.UnreadableDate(date));
    }

    [Fact]
    public void PresignedWithAnHttpDate_IsIncompleteSignature()
    {
        const string Date = "Mon, 04 May 2026 03:02:01 GMT";
        var request = SignedSamples.Presigned()
            .With(copy => copy.Target = copy.Target.Replace("X-Amz-Date=20260504T030201Z", "X-Amz-Date=" + Uri.EscapeDataString(Date)));
        At(0, request).Failure.ShouldBe(AuthenticationErrors.UnreadableDate(Date));
    }

    [Theory]
    [InlineData("20260504T030201Z")]
    [InlineData("Mon, 04 May 2026 03:02:01 GMT")]
    public void DateHeaderInsteadOfAmzDate_IsAccepted(string date)
    {
        var request = new VerifiedRequest { Headers = [new("Host", "localhost"), new("Date", date)] };
        At(0, new ReferenceSigner().Sign(request)).Failure.ShouldBeNull();
    }

    private static Authentication At(int secondsAfterSigning, VerifiedRequest request) =>
        Authenticate(new ManualClock(SignedSamples.Time.AddSeconds(secondsAfterSigning)), request);

    private static Authentication Authenticate(ManualClock clock, VerifiedRequest request) =>
        SignedSamples.Authenticator(clock).Authenticate(request.ToHttp(), request.Body);
}
