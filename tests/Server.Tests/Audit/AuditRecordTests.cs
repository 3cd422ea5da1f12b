using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Audit;

/// <summary>Every call leaves exactly one record, whatever became of it.</summary>
public sealed class AuditRecordTests
{
    private const string Token = "00000000-0000-4000-8000-000000000001";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_IsRecordedWithItsCallerAndTarget()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        var made = await server.CallAsync("CreateSecret", new { Name = "a", SecretString = "v", ClientRequestToken = Token }, Cancel);
        using var request = server.JsonRequest("secretsmanager.GetSecretValue", """{"SecretId":"a"}"""u8.ToArray());
        request.Headers.UserAgent.ParseAdd("tester/1.0");
        var answer = await TestServer.SendAsync(server.SecretsManager, request, Cancel);

        var line = (await server.AuditLinesAsync(Cancel)).Single();
        line.EnumerateObject().Select(field => (field.Name, field.Value.ToString())).ShouldBe(
        [
            ("eventTime", "2026-03-02T10:00:00+00:00"), ("eventSource", "secretsmanager.amazonaws.com"), ("eventName", "GetSecretValue"),
            ("readOnly", "True"), ("awsRegion", "us-east-1"), ("recipientAccountId", "123456789012"),
            ("principalArn", "arn:aws:iam::123456789012:root"), ("accessKeyId", TestServer.RootAccessKeyId),
            ("resourceArn", made.Text("ARN")), ("sourceIPAddress", "127.0.0.1"), ("userAgent", "tester/1.0"),
            ("requestID", answer.RequestId!),
        ]);
    }

    [Fact]
    public async Task Change_IsRecordedInItsTransactionOnly()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        var made = await server.CallAsync("CreateSecret", new { Name = "a", SecretString = "v", ClientRequestToken = Token }, Cancel);

        var events = Events(server);
        events.ShouldBe([("CreateSecret", made.Text("ARN"), made.RequestId!, null)]);
        (await server.AuditLinesAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task FailedChange_IsRecordedOnceAsAFailure()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        await server.CallAsync("CreateSecret", new { Name = "a", SecretString = "v", ClientRequestToken = Token }, Cancel);
        var again = await server.CallAsync(
            "CreateSecret", new { Name = "a", SecretString = "v", ClientRequestToken = "00000000-0000-4000-8000-000000000002" }, Cancel);
        again.ErrorCode.ShouldBe("ResourceExistsException");

        Events(server).Count.ShouldBe(1);
        var line = (await server.AuditLinesAsync(Cancel)).Single();
        Text(line, "eventName").ShouldBe("CreateSecret");
        Text(line, "errorCode").ShouldBe("ResourceExistsException");
        Text(line, "errorMessage").ShouldBe(again.ErrorMessage);
        Text(line, "requestID").ShouldBe(again.RequestId);
    }

    [Fact]
    public async Task BrokenSignature_IsRecordedWithoutACaller()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        using var client = server.Client("secretsmanager", new SigningCredentials(TestServer.RootAccessKeyId, Sensitive.FromText("wrong")));
        using var request = server.JsonRequest("secretsmanager.GetSecretValue", """{"SecretId":"a"}"""u8.ToArray());
        (await TestServer.SendAsync(client, request, Cancel)).ErrorCode.ShouldBe("InvalidSignatureException");

        var line = (await server.AuditLinesAsync(Cancel)).Single();
        Text(line, "eventName").ShouldBe("GetSecretValue");
        Text(line, "errorCode").ShouldBe("InvalidSignatureException");
        line.TryGetProperty("principalArn", out _).ShouldBeFalse();
        line.TryGetProperty("recipientAccountId", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task ConstraintViolation_IsRecordedWithoutItsText()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        await server.CallAsync("GetSecretValue", new { SecretId = new string('x', 3000) }, Cancel);

        var line = (await server.AuditLinesAsync(Cancel)).Single();
        Text(line, "errorCode").ShouldBe("ValidationException");
        line.TryGetProperty("errorMessage", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task UnknownOperation_IsRecorded()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        await server.CallAsync("NoSuchThing", new { }, Cancel);

        Text((await server.AuditLinesAsync(Cancel)).Single(), "errorCode").ShouldBe("UnknownOperationException");
    }

    [Fact]
    public async Task EveryCall_LeavesOneRecordAlsoWhenCallersCompete()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        var calls = Enumerable.Range(0, 400).Select(_ => server.CallAsync("GetRandomPassword", new { }, Cancel));
        var ids = (await Task.WhenAll(calls)).Select(answer => answer.RequestId).ToHashSet();

        var recorded = (await server.AuditLinesAsync(Cancel)).Select(line => Text(line, "requestID")).ToList();
        recorded.Count.ShouldBe(400);
        recorded.ToHashSet().SetEquals(ids!).ShouldBeTrue();
    }

    [Fact]
    public async Task Records_AreInTheDatabaseAfterACleanStop()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-test-");
        try
        {
            await using (var server = await TestServer.StartAsync(new TestServerOptions { DataDirectory = directory.FullName }, Cancel))
                await server.CallAsync("GetRandomPassword", new { }, Cancel);
            await using var next = await TestServer.StartAsync(new TestServerOptions { DataDirectory = directory.FullName }, Cancel);
            var blocks = next.Services.GetRequiredService<IDatabase>()
                .Read(session => session.Query("SELECT lines FROM audit_blocks", row => AuditLines.Unpack(row.Bytes(0)).Single()));

            blocks.Single().ShouldContain("GetRandomPassword");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static List<(string Name, string Arn, string RequestId, string? Error)> Events(TestServer server) =>
        server.Services.GetRequiredService<IDatabase>().Read(session => session.Query(
            "SELECT event_name, resource_arn, request_id, error_code FROM audit_events",
            row => (row.Text(0), row.Text(1), row.Text(2), row.TextOrNull(3))));

    private static string Text(JsonElement line, string name) => line.GetProperty(name).GetString()!;
}
