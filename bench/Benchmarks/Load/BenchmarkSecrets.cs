using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Rekey.Aws;
using Rekey.Aws.SigV4;

namespace Rekey.Benchmarks.Load;

/// <summary>The secrets that the benchmark stores and reads, as signed requests ready to be sent: database secrets by their size.</summary>
internal sealed class BenchmarkSecrets(Uri endpoint)
{
    public const string AccessKeyId = "AKIABENCHMARK0000001";
    public const string SecretAccessKey = "benchmark+only/notASecret0123456789abcdef";
    public const string Region = "us-east-1";

    private const int DigitsOfMark = 9;

    private const string MediaType = "application/x-amz-json-1.1";

    private readonly Signer _signer =
        new(new SigningCredentials(AccessKeyId, Sensitive.FromText(SecretAccessKey)), Region, "secretsmanager", TimeProvider.System);

    public byte[] Create(int secret) => Request("CreateSecret",
        $$"""{"ClientRequestToken":"{{Token(secret)}}","Name":"{{Name(secret)}}","SecretString":{{Quoted(Value(secret))}}}""");

    /// <summary>A body of about 150 bytes.</summary>
    public byte[] Get(string arn) => Request("GetSecretValue", $$"""{"SecretId":"{{arn}}","VersionStage":"AWSCURRENT"}""");

    public static string Name(int secret) => string.Create(CultureInfo.InvariantCulture, $"bench/database/app-{secret:D6}/credentials");

    /// <summary>Whether an answer holds the value of this secret: its password bears the secret's number in nine digits.</summary>
    public static bool IsValueOf(int secret, ReadOnlySpan<byte> body)
    {
        var mark = "\\\"password\\\":\\\"p-"u8;
        var at = body.IndexOf(mark);
        return at >= 0
            && Utf8Parser.TryParse(body.Slice(at + mark.Length, DigitsOfMark), out int number, out var digits)
            && digits == DigitsOfMark
            && number == secret;
    }

    /// <summary>An unsigned request with a body of 150 bytes, for the server that only answers.</summary>
    public static byte[] Plain(Uri server) => Encoding.ASCII.GetBytes(
        $"POST / HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: {MediaType}\r\nContent-Length: 150\r\n\r\n" + new string('x', 150));

    public static string Value(int secret) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"engine":"mysql","host":"db-{{secret:D6}}","port":3306,"username":"app","password":"p-{{secret:D9}}-Zk4vT9qLw2Xr"}""");

    private static string Quoted(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    private static string Token(int secret) => string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{secret:D12}");

    private byte[] Request(string operation, string json)
    {
        var body = Encoding.UTF8.GetBytes(json);
        using var message = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(body) };
        message.Content.Headers.TryAddWithoutValidation("Content-Type", MediaType);
        message.Headers.TryAddWithoutValidation("X-Amz-Target", $"secretsmanager.{operation}");
        _signer.Sign(message, body);
        var head = new StringBuilder($"POST / HTTP/1.1\r\nHost: {endpoint.Authority}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Type: {MediaType}\r\nContent-Length: {body.Length}\r\n");
        foreach (var (name, values) in message.Headers.NonValidated) head.Append(CultureInfo.InvariantCulture, $"{name}: {values}\r\n");
        return [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. body];
    }
}
