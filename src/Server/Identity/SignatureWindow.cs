using System.Globalization;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>
/// When a signature is valid: from five minutes before its time, for clocks that differ, until five minutes after it, or as long as a
/// presigned request says. Within that window a captured request can be repeated, as on AWS.
/// </summary>
internal static class SignatureWindow
{
    /// <param name="claim">The request's signature.</param>
    /// <param name="now">The server's time.</param>
    /// <param name="date">The time of the signature in the form in which it was signed.</param>
    public static AuthenticationFailure? Check(in SignatureClaim claim, DateTimeOffset now, out string date)
    {
        date = claim.Date;
        if (!AmzDate.TryParse(claim.Date, out var time) && !TryHttpDate(claim, out time))
            return AuthenticationErrors.UnreadableDate(claim.Date);
        if (claim.Date.Length != AmzDate.Length) date = AmzDate.Format(time);
        if (!TryLifetime(claim, out var lifetime))
        {
            return AuthenticationErrors.Incomplete(
                $"X-Amz-Expires must be a number of seconds from 1 to {Limits.PresignedSecondsMax}. "
                + "Re-examine the query-string parameters.");
        }

        if (now - time > lifetime)
        {
            return AuthenticationErrors.Invalid(
                $"Signature expired: {date} is now earlier than {AmzDate.Format(now - lifetime)} "
                + $"({AmzDate.Format(now)} - {Words(lifetime)})");
        }

        if (time - now > Limits.ClockSkewMax)
        {
            return AuthenticationErrors.Invalid(
                $"Signature not yet current: {date} is still later than {AmzDate.Format(now + Limits.ClockSkewMax)} "
                + $"({AmzDate.Format(now)} + {Words(Limits.ClockSkewMax)})");
        }

        return null;
    }

    /// <summary>The Date header may be in HTTP's own format; the signature is then made with the same time in ISO 8601.</summary>
    private static bool TryHttpDate(in SignatureClaim claim, out DateTimeOffset time)
    {
        time = default;
        return !claim.IsPresigned
            && DateTimeOffset.TryParseExact(claim.Date, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    private static bool TryLifetime(in SignatureClaim claim, out TimeSpan lifetime)
    {
        lifetime = Limits.ClockSkewMax;
        if (claim.Expires is null) return true;
        if (!int.TryParse(claim.Expires, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return false;
        lifetime = TimeSpan.FromSeconds(seconds);
        return seconds is >= 1 and <= Limits.PresignedSecondsMax;
    }

    private static string Words(TimeSpan span) =>
        span == Limits.ClockSkewMax ? "5 min." : string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds} sec.");
}
