using System.Text;
using Rekey.Aws.SigV4;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Identity;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SigV4;

public sealed class SignerTests
{
    private static readonly ManualClock Clock = new(SignatureVector.Time);

    public static TheoryData<string> Names => [.. SignatureVector.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void PublishedRequest_IsSignedAsPublished(string name)
    {
        var vector = SignatureVector.Load(name);
        using var message = Message(vector.Request);
        if (vector.IsPresigned) SignerOf(vector).Presign(message, Encoding.UTF8.GetBytes(vector.Request.Body), TimeSpan.FromHours(1));
        else SignerOf(vector).Sign(message, Encoding.UTF8.GetBytes(vector.Request.Body));

        if (vector.IsPresigned && vector.TokenIsUnsigned) message.RequestUri!.Query.ShouldEndWith(vector.Signature);
        else if (vector.IsPresigned) message.RequestUri!.PathAndQuery.ShouldBe(vector.Signed.Target);
        else message.Headers.NonValidated["Authorization"].ToString().ShouldBe(vector.Signed.Header("Authorization")!.Trim());
    }

    [Fact]
    public void SigningAgain_ReplacesTheSignature()
    {
        var vector = SignatureVector.Load("botocore/get-vanilla");
        using var message = Message(vector.Request);
        SignerOf(vector).Sign(message, []);
        var first = message.Headers.NonValidated["Authorization"].ToString();
        SignerOf(vector).Sign(message, []);
        message.Headers.NonValidated["Authorization"].ToString().ShouldBe(first);
        message.Headers.NonValidated["x-amz-date"].Count.ShouldBe(1);
    }

    [Fact]
    public void HeadersThatChangeOnTheWay_AreNotSigned()
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:7353/");
        message.Headers.UserAgent.ParseAdd("rekey/1.0");
        message.Headers.Add("X-Amz-Target", "secretsmanager.ListSecrets");
        message.Headers.ExpectContinue = true;
        SignerOf(SignatureVector.Load("botocore/get-vanilla")).Sign(message, []);
        message.Headers.NonValidated["Authorization"].ToString().ShouldContain("SignedHeaders=host;x-amz-date;x-amz-target,");
    }

    [Fact]
    public async Task Handler_SignsTheBodyThatIsSent()
    {
        using var last = new CapturingHandler();
        var vector = SignatureVector.Load("botocore/get-vanilla");
        using var client = new HttpClient(new SigningHandler(SignerOf(vector), last));
        using var content = new StringContent("{}");
        using var response = await client.PostAsync("http://example.amazonaws.com/", content, TestContext.Current.CancellationToken);

        using var expected = new HttpRequestMessage(HttpMethod.Post, "http://example.amazonaws.com/") { Content = new StringContent("{}") };
        expected.Content.Headers.ContentLength = 2;
        SignerOf(vector).Sign(expected, "{}"u8);
        last.Authorization.ShouldBe(expected.Headers.NonValidated["Authorization"].ToString());
        last.Body.ShouldBe("{}");
    }

    [Fact]
    public void Credentials_PrintTheirKeyIdOnly() =>
        SignatureVector.Load("botocore/post-sts-token/post-sts-header-before").Credentials.ToString().ShouldBe(SignatureVector.AccessKeyId);

    private static Signer SignerOf(SignatureVector vector) => new(vector.Credentials, "us-east-1", "service", Clock)
    {
        PathStyle = vector.PathStyle,
        SendsContentHash = vector.SendsContentHash && !vector.IsPresigned,
    };

    private static HttpRequestMessage Message(RawRequest request)
    {
        var uri = new Uri(
            "https://example.amazonaws.com" + request.Target,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(HttpMethod.Parse(request.Method), uri);
        if (request.Body.Length > 0) message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(request.Body));
        foreach (var (name, value) in request.Headers.Where(header => !header.Key.Equals("host", StringComparison.OrdinalIgnoreCase)))
        {
            var oneLine = value.Replace('\n', ' ');
            if (!message.Headers.TryAddWithoutValidation(name, oneLine)) message.Content!.Headers.TryAddWithoutValidation(name, oneLine);
        }

        return message;
    }

    private sealed class CapturingHandler : HttpMessageHandler
    {
        public string? Authorization { get; private set; }

        public string? Body { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorization = request.Headers.NonValidated["Authorization"].ToString();
            Body = await request.Content!.ReadAsStringAsync(cancellationToken);
            return new HttpResponseMessage();
        }
    }
}
