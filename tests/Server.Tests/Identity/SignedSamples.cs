using System.Text;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Identity;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Server.Tests.Identity;

/// <summary>Requests as real clients send them, signed for the keys of <see cref="Authenticator"/>.</summary>
internal static class SignedSamples
{
    public const string RootKeyId = "AKIAROOTEXAMPLE12345";
    public const string SessionKeyId = "ASIASESSIONEXAMPLE12";
    public static readonly DateTimeOffset Time = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    private static readonly Sensitive Secret = Sensitive.FromText("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    private static readonly Sensitive Token = Sensitive.FromText("FwoGZXIvYXdzEBYaDExample+Token/With==Padding");
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"SecretId":"prod/db-1","VersionStage":"AWSCURRENT"}""");

    public static SigningCredentials Root => new(RootKeyId, Secret);

    public static SigningCredentials Session => new(SessionKeyId, Secret, Token);

    public static SigV4Authenticator Authenticator(TimeProvider time, DateTimeOffset? sessionEnd = null)
    {
        var principal = Principal.Root("123456789012", RootKeyId);
        var session = new AccessKey(SessionKeyId, Secret, principal) { SessionToken = Token, ExpiresAt = sessionEnd };
        return new SigV4Authenticator(new AccessKeyStore([new AccessKey(RootKeyId, Secret, principal), session]), ["us-east-1"], time);
    }

    public static VerifiedRequest Json(SigningCredentials? credentials = null, bool sendsContentHash = false)
    {
        using var message = Message("/");
        new Signer(credentials ?? Root, "us-east-1", "secretsmanager", new ManualClock(Time)) { SendsContentHash = sendsContentHash }
            .Sign(message, Body);
        return VerifiedRequest.From(message, Body);
    }

    public static VerifiedRequest Presigned(SigningCredentials? credentials = null, TimeSpan? expires = null)
    {
        using var message = Message("/2015-03-31/functions/rotate%20db?Qualifier=%2BLATEST&b=two%20words");
        var signer = new Signer(credentials ?? Root, "us-east-1", "lambda", new ManualClock(Time));
        signer.Presign(message, Body, expires ?? TimeSpan.FromMinutes(15));
        return VerifiedRequest.From(message, Body);
    }

    private static HttpRequestMessage Message(string target)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, "http://localhost:7353" + target) { Content = new ByteArrayContent(Body) };
        message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-amz-json-1.1");
        message.Headers.TryAddWithoutValidation("X-Amz-Target", "secretsmanager.GetSecretValue");
        return message;
    }
}
