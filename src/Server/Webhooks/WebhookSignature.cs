using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rekey.Server.Webhooks;

/// <summary>
/// What proves to a receiver who sent an event, and when: <c>t=SECONDS,v1=HEX</c>, where HEX is the HMAC-SHA256 of <c>SECONDS.BODY</c>
/// under the webhook's secret. The time is that of the attempt, so that a receiver can refuse what is old.
/// </summary>
internal static class WebhookSignature
{
    public const string Header = "Rekey-Signature";

    public static string Sign(ReadOnlySpan<byte> key, string body, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{seconds}.{body}"));
        return $"t={seconds},v1={Convert.ToHexStringLower(signature)}";
    }
}
