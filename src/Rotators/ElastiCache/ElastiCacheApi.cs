using System.Buffers;
using System.Net;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Rekey.Aws;
using Rekey.Aws.SigV4;

namespace Rekey.Rotators.ElastiCache;

/// <summary>The two calls of the ElastiCache API that a rotation needs, in AWS's Query protocol, signed.</summary>
internal sealed class ElastiCacheApi(ElastiCacheOptions api, RotatorOptions options, TimeProvider time)
{
    private const string Version = "2015-02-02";
    private const int AnswerBytesMax = 1024 * 1024;

    /// <summary>The user as the service knows it. <see cref="FailureCause.Precondition"/> when it knows none.</summary>
    public async Task<ElastiCacheUser> DescribeUserAsync(ElastiCacheUserArn user, CancellationToken cancellationToken)
    {
        using var form = new QueryForm("DescribeUsers", Version).Add("UserId", user.UserId);
        var answer = await CallAsync("DescribeUsers", user, form, cancellationToken);
        var member = answer.Descendants().FirstOrDefault(element => element.Name.LocalName == "Users")?.Elements().FirstOrDefault()
            ?? throw new RotatorException(FailureCause.Precondition, $"The ElastiCache API describes no user {user.UserId}.");
        return ElastiCacheUser.Parse(member);
    }

    /// <summary>Makes these the user's passwords, at most two; the service carries it out later.</summary>
    public async Task ModifyUserAsync(
        ElastiCacheUserArn user, IReadOnlyList<Sensitive> passwords, CancellationToken cancellationToken)
    {
        using var form = new QueryForm("ModifyUser", Version).Add("UserId", user.UserId);
        for (var i = 0; i < passwords.Count; i++) form.Add($"Passwords.member.{i + 1}", passwords[i]);
        await CallAsync("ModifyUser", user, form, cancellationToken);
    }

    private async Task<XElement> CallAsync(
        string action, ElastiCacheUserArn user, QueryForm form, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.CommandTimeout);
        try
        {
            // A client a call: rotations are rare, and what a connection was opened with is not kept.
            using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = options.ConnectTimeout };
            using var signing = new SigningHandler(new Signer(api.Credentials, user.Region, "elasticache", time), handler);
            using var client = new HttpClient(signing);
            using var request = new HttpRequestMessage(HttpMethod.Post, api.Endpoint ?? user.DefaultEndpoint);
            request.Content = form.ToContent();
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var body = await ReadAsync(answer, deadline.Token);
            return answer.StatusCode == HttpStatusCode.OK ? body : throw ElastiCacheErrors.Of(action, answer.StatusCode, body);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or XmlException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ElastiCacheErrors.Of(action, e);
        }
    }

    private static async Task<XElement> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(AnswerBytesMax);
        try
        {
            var length = await stream.ReadAtLeastAsync(buffer.AsMemory(0, AnswerBytesMax), AnswerBytesMax, false, cancellationToken);
            if (length == AnswerBytesMax) throw new IOException("The answer is too long.");
            if (length == 0) return new XElement("Empty");
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
            using var reader = XmlReader.Create(new MemoryStream(buffer, 0, length), settings);
            return XElement.Load(reader);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }
}
