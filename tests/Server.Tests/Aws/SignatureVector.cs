using System.Text.Json;
using Rekey.Aws;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Tests.SigV4;

/// <summary>One published example of one form: what goes in, every intermediate text, what comes out.</summary>
internal sealed class SignatureVector
{
    public const string AccessKeyId = "AKIDEXAMPLE";
    public const string SecretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    public const string Scope = "20150830/us-east-1/service/aws4_request";
    public static readonly DateTimeOffset Time = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Aws", "Vectors");

    public required RawRequest Request { get; init; }

    public required RawRequest Signed { get; init; }

    public required string CanonicalRequest { get; init; }

    public required string StringToSign { get; init; }

    public required string Signature { get; init; }

    public required string SignedHeaders { get; init; }

    public required bool IsPresigned { get; init; }

    public string? SessionToken { get; init; }

    /// <summary>The token is added after signing and is no part of the canonical request.</summary>
    public bool TokenIsUnsigned { get; init; }

    public PathStyle PathStyle { get; init; }

    public bool SendsContentHash { get; init; }

    public SigningCredentials Credentials => new(
        AccessKeyId,
        Sensitive.FromText(SecretAccessKey),
        SessionToken is null || TokenIsUnsigned ? null : Sensitive.FromText(SessionToken));

    public static IEnumerable<string> Names =>
        AwsCNames.SelectMany(name => new[] { name + "/header", name + "/query" }).Concat(BotocoreNames);

    private static IEnumerable<string> AwsCNames =>
        Directory.GetDirectories(Path.Combine(Root, "aws-c-auth", "v4")).Select(path => "aws-c-auth/v4/" + Path.GetFileName(path)).Order();

    private static IEnumerable<string> BotocoreNames =>
        Directory.GetFiles(Path.Combine(Root, "botocore"), "*.req", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, Path.GetDirectoryName(path)!)).Order();

    public static SignatureVector Load(string name) => name.StartsWith("aws-c-auth", StringComparison.Ordinal)
        ? LoadAwsC(Path.GetDirectoryName(name)!, Path.GetFileName(name))
        : LoadBotocore(name);

    private static SignatureVector LoadAwsC(string folder, string form)
    {
        var context = JsonDocument.Parse(Text(folder, "context.json")).RootElement;
        var signed = RawRequest.Parse(Text(folder, form + "-signed-request.txt"));
        return new SignatureVector
        {
            Request = RawRequest.Parse(Text(folder, "request.txt")),
            Signed = signed,
            CanonicalRequest = Text(folder, form + "-canonical-request.txt"),
            StringToSign = Text(folder, form + "-string-to-sign.txt"),
            Signature = Text(folder, form + "-signature.txt"),
            SignedHeaders = form == "query" ? signed.Parameter("X-Amz-SignedHeaders")! : Between(signed.Header("Authorization")!),
            IsPresigned = form == "query",
            SessionToken = context.GetProperty("credentials").TryGetProperty("token", out var token) ? token.GetString() : null,
            TokenIsUnsigned = context.TryGetProperty("omit_session_token", out var omit) && omit.GetBoolean(),
            PathStyle = context.GetProperty("normalize").GetBoolean() ? PathStyle.Normalized : PathStyle.AsSent,
            SendsContentHash = context.GetProperty("sign_body").GetBoolean(),
        };
    }

    /// <summary>The Authorization comes from the .authz file: one .sreq repeats the signature of another example.</summary>
    private static SignatureVector LoadBotocore(string folder)
    {
        var name = Path.GetFileName(folder);
        var request = RawRequest.Parse(Text(folder, name + ".req"));
        var signed = RawRequest.Parse(Text(folder, name + ".sreq"));
        var authorization = Text(folder, name + ".authz");
        var token = signed.Header("X-Amz-Security-Token");
        return new SignatureVector
        {
            Request = request,
            Signed = signed.WithHeader("Authorization", authorization),
            CanonicalRequest = Text(folder, name + ".creq"),
            StringToSign = Text(folder, name + ".sts"),
            Signature = authorization[^64..],
            SignedHeaders = Between(authorization),
            IsPresigned = false,
            SessionToken = token,
            TokenIsUnsigned = token is not null && !authorization.Contains("x-amz-security-token"),
        };
    }

    private static string Between(string authorization) => authorization.Split("SignedHeaders=")[1].Split(',')[0];

    private static string Text(string folder, string file) => File.ReadAllText(Path.Combine(Root, folder, file)).TrimEnd('\r');
}
