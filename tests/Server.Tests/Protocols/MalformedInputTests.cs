using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols;

/// <summary>Whatever is sent, the answer is AWS's refusal in AWS's form and never a 5xx.</summary>
public sealed class MalformedInputTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryMalformedBody_GetsItsCodeFromEveryOperation()
    {
        var operations = Server.Services.GetRequiredService<OperationTable>().All.Where(operation => operation.Service == "secretsmanager");
        foreach (var group in operations.GroupBy(operation => TextOf(operation.Name), operation => operation.Name))
            foreach (var (name, body, code) in MalformedBodies.Small(group.Key))
                await Parallel.ForEachAsync(group, Cancel, async (operation, _) => await DemandAsync(operation, name, body, code));
    }

    /// <summary>They cost the tests too much to send them to every operation, and none looks at them in its own way.</summary>
    [Fact]
    public async Task EveryLargeBody_GetsItsCode()
    {
        foreach (var (name, body, code) in MalformedBodies.Large("SecretId")) await DemandAsync("GetSecretValue", name, body, code);
    }

    [Fact]
    public async Task HugeBody_IsRefusedWithoutBeingKept()
    {
        using var request = Server.JsonRequest("secretsmanager.GetSecretValue", new byte[5 * 1024 * 1024]);
        var answer = await TestServer.SendAsync(Server.Http, request, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer.ErrorCode.ShouldBe("RequestEntityTooLargeException");
        answer.RequestId.ShouldNotBeNull();
    }

    [Fact]
    public async Task ChunkedBody_IsBoundedToo()
    {
        using var request = Server.JsonRequest("secretsmanager.GetSecretValue", new byte[2 * 1024 * 1024]);
        request.Headers.TransferEncodingChunked = true;
        var answer = await TestServer.SendAsync(Server.Http, request, Cancel);

        answer.ErrorCode.ShouldBe("RequestEntityTooLargeException");
    }

    [Fact]
    public async Task BodyInPieces_IsReadWhole()
    {
        const string Body = """{"PasswordLength":8}""";
        using var request = Server.JsonRequest("secretsmanager.GetRandomPassword", []);
        Server.Signer("secretsmanager").Sign(request, Encoding.UTF8.GetBytes(Body));
        using var connection = await RawConnection.OpenAsync(Server.Endpoint, Cancel);
        await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {Server.Endpoint.Authority}\r\nConnection: close\r\n", Cancel);
        foreach (var (name, values) in request.Headers.NonValidated.Concat(request.Content!.Headers.NonValidated))
            await connection.SendAsync($"{name}: {values}\r\n", Cancel);
        await connection.SendAsync("Transfer-Encoding: chunked\r\n\r\n", Cancel);
        foreach (var piece in Body.Chunk(3)) await connection.SendAsync($"{piece.Length:x}\r\n{new string(piece)}\r\n", Cancel);
        await connection.SendAsync("0\r\n\r\n", Cancel);
        var answer = await connection.ReadAsync(Cancel);

        answer.ShouldStartWith("HTTP/1.1 200 ");
        answer.ShouldContain("RandomPassword");
    }

    private async Task DemandAsync(string operation, string name, byte[] body, string code)
    {
        var answer = await Server.CallRawAsync(operation, body, Cancel);
        var what = $"{operation}: {name}";
        if (code == MalformedBodies.AsEmpty)
        {
            answer.ErrorCode.ShouldBe((await Server.CallRawAsync(operation, "{}", Cancel)).ErrorCode, what);
            return;
        }
        answer.ErrorCode.ShouldBe(code, what);
        var isTooLarge = code == "RequestEntityTooLargeException";
        answer.Status.ShouldBe(isTooLarge ? HttpStatusCode.RequestEntityTooLarge : HttpStatusCode.BadRequest, what);
        answer.ContentType.ShouldBe("application/x-amz-json-1.1", what);
        answer.Body.Length.ShouldBeLessThan(4096, what);
    }

    /// <summary>A member of an operation that is a text.</summary>
    private static string TextOf(string operation)
    {
        var members = ServiceModel.Get("secretsmanager").Operation(operation).Input.Members;
        return members.First(member => member.Shape is { Kind: ShapeKind.Text, IsSensitive: false, Enum: null }).Name;
    }
}
