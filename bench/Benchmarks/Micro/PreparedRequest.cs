using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rekey.Benchmarks.Micro;

/// <summary>
/// A signed request as the server would see it, that can be handled again and again: what it needs for itself is allocated once, so that
/// what is measured is the server's.
/// </summary>
internal sealed class PreparedRequest
{
    private readonly FixedBody _body;

    /// <param name="message">The bytes of the request: head, empty line, body.</param>
    public PreparedRequest(byte[] message)
    {
        var headLength = message.AsSpan().IndexOf("\r\n\r\n"u8);
        _body = new FixedBody(message.AsMemory(headLength + 4));
        var lines = Encoding.ASCII.GetString(message, 0, headLength).Split("\r\n");
        var request = Http.Features.GetRequiredFeature<IHttpRequestFeature>();
        (request.Method, request.Path, request.RawTarget, request.Protocol) = ("POST", "/", "/", HttpProtocol.Http11);
        foreach (var line in lines[1..])
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            request.Headers[line[..colon]] = line[(colon + 2)..];
        }
        Http.Features.Set<IRequestBodyPipeFeature>(_body);
        Http.Response.Body = new MemoryStream(4096);
    }

    public HttpContext Http { get; } = new DefaultHttpContext();

    public ReadOnlyMemory<byte> Body => _body.Bytes;

    /// <summary>Puts the request before a server once more and returns the body of its answer; any status but 200 is an error.</summary>
    public ReadOnlySpan<byte> Handle(RequestDelegate server)
    {
        var body = (MemoryStream)Http.Response.Body;
        _body.Rewind();
        body.SetLength(0);
        Http.Response.Headers.Clear();
        server(Http).GetAwaiter().GetResult();
        var answer = body.GetBuffer().AsSpan(0, (int)body.Length);
        if (Http.Response.StatusCode != StatusCodes.Status200OK) throw new InvalidDataException(Encoding.UTF8.GetString(answer));
        return answer;
    }

    /// <summary>A body that is there at once, as it is when it came in the same packet as the head.</summary>
    private sealed class FixedBody(ReadOnlyMemory<byte> bytes) : PipeReader, IRequestBodyPipeFeature
    {
        private readonly ReadOnlySequence<byte> _all = new(bytes);
        private ReadOnlySequence<byte> _rest = new(bytes);

        public ReadOnlyMemory<byte> Bytes => bytes;

        public PipeReader Reader => this;

        public void Rewind() => _rest = _all;

        public override bool TryRead(out ReadResult result)
        {
            result = new ReadResult(_rest, isCanceled: false, isCompleted: true);
            return true;
        }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            new(new ReadResult(_rest, isCanceled: false, isCompleted: true));

        public override void AdvanceTo(SequencePosition consumed) => _rest = _rest.Slice(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => AdvanceTo(consumed);

        public override void CancelPendingRead() { }

        public override void Complete(Exception? exception = null) { }
    }
}
