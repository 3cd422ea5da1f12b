using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Identity;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class BatchGetSecretValueTests(SecretsManagerServer server) : OperationTests(server)
{
    private const string Operation = "BatchGetSecretValue";
    private const string EitherOr = "Either 'SecretIdList' or 'Filters' must be provided, but not both.";
    private const string NoFilters = "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.";
    private const string BadToken = "Invalid NextToken value.";

    private static int s_groups;

    [Fact]
    public async Task Values_ComeInTheOrderAskedFor()
    {
        var (first, second) = (NewName(), NewName());
        var (firstArn, secondArn) = (await CreateAsync(first, "one"), await CreateAsync(second, "two"));
        var answer = await OkAsync(Operation, new { SecretIdList = new[] { second, firstArn, secondArn[..^7] } });
        Shown(answer).ShouldBe([$"{second}=two", $"{first}=one", $"{second}=two"]);
        answer["Errors"]!.ToJsonString().ShouldBe("[]");
        answer.AsObject().Select(member => member.Key).ShouldBe(["Errors", "SecretValues"]);
    }

    [Fact]
    public async Task Entry_IsGetSecretValuesAnswer()
    {
        var name = NewName();
        await OkAsync(
            "CreateSecret", new { Name = name, SecretBinary = Convert.ToBase64String([0, 255]), ClientRequestToken = NewToken() });
        var binary = await OkAsync(Operation, new { SecretIdList = new[] { name } });
        binary["SecretValues"]![0]!.ToJsonString().ShouldBe((await OkAsync("GetSecretValue", new { SecretId = name })).ToJsonString());

        await PutAsync(name, "pending", "AWSPENDING");
        await PutAsync(name, "\"current\"");
        var text = await OkAsync(Operation, new { SecretIdList = new[] { name } });
        Shown(text).ShouldBe([$"{name}=\"current\""]);
        text["SecretValues"]![0]!.ToJsonString().ShouldBe((await OkAsync("GetSecretValue", new { SecretId = name })).ToJsonString());
    }

    [Fact]
    public async Task SecretAskedForTwice_IsAnsweredTwice()
    {
        var name = NewName();
        await CreateAsync(name, "v");
        var answer = await OkAsync(Operation, new { SecretIdList = new[] { name, "nobody", name, "nobody" } });
        Shown(answer).ShouldBe([$"{name}=v", $"{name}=v"]);
        Failed(answer).ShouldBe([$"nobody ResourceNotFoundException {NotFound}", $"nobody ResourceNotFoundException {NotFound}"]);
    }

    [Fact]
    public async Task SecretThatCannotBeRead_CostsNoOther()
    {
        var (good, deleted, empty) = (NewName(), NewName(), NewName());
        var arn = await CreateAsync(good, "v");
        await CreateAsync(deleted);
        await OkAsync("DeleteSecret", new { SecretId = deleted });
        await OkAsync("CreateSecret", new { Name = empty, ClientRequestToken = NewToken() });
        var elsewhere = arn.Replace("us-east-1", "eu-west-1");
        const string theirs = "arn:aws:secretsmanager:us-east-1:999999999999:secret:theirs-a1b2c3";
        var answer = await OkAsync(
            Operation, new { SecretIdList = new[] { "nobody", deleted, empty, "white space", elsewhere, theirs, "arn:aws:s3:::b", good } });
        Shown(answer).ShouldBe([$"{good}=v"]);
        Failed(answer).ShouldBe(
        [
            $"nobody ResourceNotFoundException {NotFound}",
            $"{deleted} InvalidRequestException {MarkedForDeletion}",
            $"{empty} ResourceNotFoundException Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
            $"white space ValidationException {InvalidName}",
            $"{elsewhere} ResourceNotFoundException {NotFound}",
            $"{theirs} AccessDeniedException User: arn:aws:iam::123456789012:root is not authorized to perform: "
                + $"secretsmanager:GetSecretValue on resource: {theirs} because no identity-based policy allows the "
                + "secretsmanager:GetSecretValue action",
            $"arn:aws:s3:::b ValidationException {InvalidName}",
        ]);
        answer["Errors"]![0]!.AsObject().Select(member => member.Key).ShouldBe(["ErrorCode", "Message", "SecretId"]);
    }

    [Fact]
    public async Task Filters_FindActiveSecretsInOrderOfCreation()
    {
        var group = NewGroup();
        await CreateAsync(group + "b", "1");
        await CreateAsync(group + "deleted", "2");
        var empty = Text(await OkAsync("CreateSecret", new { Name = group + "empty", ClientRequestToken = NewToken() }), "ARN");
        await OkAsync("DeleteSecret", new { SecretId = group + "deleted" });
        var answer = await OkAsync(Operation, new { Filters = Filter(group) });
        Shown(answer).ShouldBe([$"{group}b=1"]);
        Failed(answer).ShouldBe(
            [$"{empty} ResourceNotFoundException Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"]);
        answer["NextToken"].ShouldBeNull();

        Shown(await OkAsync(Operation, new { Filters = Filter(group + "none") })).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public async Task Pages_TogetherAreTheMatches(int? size)
    {
        var group = NewGroup();
        for (var index = 0; index < 21; index++) await CreateAsync($"{group}{index:d2}", "v");
        var seen = new List<string>();
        string? token = null;
        do
        {
            var page = await OkAsync(Operation, new { Filters = Filter(group), MaxResults = size, NextToken = token });
            Shown(page).Count().ShouldBeLessThanOrEqualTo(size ?? 20);
            seen.AddRange(Shown(page));
            token = (string?)page["NextToken"];
        }
        while (token is not null);
        seen.Order().ShouldBe(Enumerable.Range(0, 21).Select(index => $"{group}{index:d2}=v"));
    }

    [Fact]
    public async Task Requests_AreRefusedAsAWhole()
    {
        var group = NewGroup();
        await CreateAsync(group + "1");
        await CreateAsync(group + "2");
        var token = Text(await OkAsync(Operation, new { Filters = Filter(group), MaxResults = 1 }), "NextToken");
        var listed = Text(await OkAsync("ListSecrets", new { Filters = Filter(group), MaxResults = 1 }), "NextToken");
        string[] ids = ["x"];
        foreach (var (request, code, text) in new (object, string, string)[]
        {
            (new { }, "InvalidParameterException", EitherOr),
            (new { Filters = Array.Empty<object>() }, "InvalidParameterException", EitherOr),
            (new { SecretIdList = ids, Filters = Filter(group) }, "InvalidParameterException", EitherOr),
            (new { SecretIdList = ids, Filters = Filter(group), MaxResults = 1 }, "InvalidParameterException", EitherOr),
            (new { SecretIdList = ids, MaxResults = 1 }, "InvalidParameterException", NoFilters),
            (new { MaxResults = 1 }, "InvalidParameterException", NoFilters),
            (new { Filters = new[] { new { Values = ids } } }, "InvalidParameterException", "Invalid filter key"),
            (new { Filters = new[] { new { Key = "name" } } }, "InvalidParameterException", "Invalid filter values for key: name"),
            (new { SecretIdList = ids, NextToken = token }, "InvalidNextTokenException", BadToken),
            (new { Filters = Filter(group + "1"), NextToken = token }, "InvalidNextTokenException", BadToken),
            (new { Filters = Filter(group), NextToken = listed }, "InvalidNextTokenException", BadToken),
            (new { Filters = Filter(group), NextToken = "nonsense" }, "InvalidNextTokenException", BadToken),
        }) await FailAsync(Operation, request, code, text);

        foreach (var request in new object[]
        {
            new { SecretIdList = Array.Empty<string>() },
            new { SecretIdList = Enumerable.Repeat("x", 21) },
            new { SecretIdList = new[] { "" } },
            new { Filters = Filter(group), MaxResults = 0 },
            new { Filters = Filter(group), MaxResults = 21 },
        }) (await Server.CallAsync(Operation, request, Stop)).ErrorCode.ShouldBe("ValidationException");
        Shown(await OkAsync(Operation, new { SecretIdList = new[] { group + "1" }, Filters = Array.Empty<object>() })).Count().ShouldBe(1);
    }

    [Fact]
    public async Task TwentyLargestValues_FitIntoAnAnswer()
    {
        var names = Enumerable.Range(0, 20).Select(_ => NewName()).ToArray();
        // Each byte takes six characters in JSON.
        var value = new string('\u0001', 65_536);
        foreach (var name in names) await CreateAsync(name, value);
        var answer = await OkAsync(Operation, new { SecretIdList = names });
        answer["SecretValues"]!.AsArray().Select(entry => Text(entry!, "SecretString")).ShouldAllBe(text => text == value);
        answer["SecretValues"]!.AsArray().Select(entry => Text(entry!, "Name")).ShouldBe(names);
    }

    [Fact]
    public async Task Read_SetsTheDay()
    {
        var (read, other) = (NewName(), NewName());
        await CreateAsync(read);
        await CreateAsync(other);
        await OkAsync(Operation, new { SecretIdList = new[] { read } });
        Time(await OkAsync("DescribeSecret", new { SecretId = read }), "LastAccessedDate")
            .ShouldBe(new DateTimeOffset(Server.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero));
        (await OkAsync("DescribeSecret", new { SecretId = other }))["LastAccessedDate"].ShouldBeNull();
    }

    [Fact]
    public async Task EverySecret_IsRecordedAsReadAndThenTheCall()
    {
        await using var own = await TestServer.StartAsync(Stop);
        var made = await own.CallAsync("CreateSecret", new { Name = "a", SecretString = "v", ClientRequestToken = NewToken() }, Stop);
        var answer = await own.CallAsync(Operation, new { SecretIdList = new[] { "a", "nobody" } }, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);

        var lines = await own.AuditLinesAsync(Stop);
        lines.Select(line => line.GetProperty("eventName").GetString()).ShouldBe(["GetSecretValue", "GetSecretValue", Operation]);
        lines.Select(line => line.GetProperty("requestID").GetString()).ShouldAllBe(id => id == answer.RequestId);
        lines.Select(line => line.GetProperty("eventSource").GetString()).ShouldAllBe(name => name == "secretsmanager.amazonaws.com");
        lines.Select(line => line.GetProperty("readOnly").GetBoolean()).ShouldAllBe(isReadOnly => isReadOnly);
        lines[0].GetProperty("resourceArn").GetString().ShouldBe(made.Text("ARN"));
        lines[0].TryGetProperty("errorCode", out _).ShouldBeFalse();
        lines[1].TryGetProperty("resourceArn", out _).ShouldBeFalse();
        lines[1].GetProperty("errorCode").GetString().ShouldBe("ResourceNotFoundException");
        lines[2].TryGetProperty("errorCode", out _).ShouldBeFalse();
        lines[0].EnumerateObject().Select(field => field.Name)
            .ShouldBe(lines[2].EnumerateObject().Select(field => field.Name).Append("resourceArn"), ignoreOrder: true);
    }

    [Fact]
    public async Task Values_AreGoneOnceTheAnswerIsDisposed()
    {
        var names = new[] { NewName(), NewName() };
        foreach (var name in names) await CreateAsync(name, "v");
        var operation = Server.Services.GetRequiredService<BatchGetSecretValue>();
        var context = new RequestContext
        {
            Principal = Principal.Root(TestServer.Account, TestServer.RootAccessKeyId),
            Region = TestServer.Region,
            RequestId = "r",
            Time = Server.Clock.GetUtcNow(),
            Action = $"secretsmanager:{Operation}",
        };
        // From the store, then from memory.
        for (var read = 0; read < 2; read++)
        {
            var answer = await operation.InvokeAsync(new BatchGetSecretValueRequest { SecretIdList = names }, context, Stop);
            answer.SecretValues.Count.ShouldBe(2);
            answer.Dispose();
            foreach (var value in answer.SecretValues) Should.Throw<ObjectDisposedException>(() => value.SecretString!.Reveal().Length);
        }
    }

    private static string NewGroup() => $"group{Interlocked.Increment(ref s_groups):d4}/";

    private static object[] Filter(string prefix) => [new { Key = "name", Values = new[] { prefix } }];

    private static IEnumerable<string> Shown(JsonNode answer) =>
        answer["SecretValues"]!.AsArray().Select(entry => $"{Text(entry!, "Name")}={Text(entry!, "SecretString")}");

    private static IEnumerable<string> Failed(JsonNode answer) => answer["Errors"]!.AsArray()
        .Select(entry => $"{Text(entry!, "SecretId")} {Text(entry!, "ErrorCode")} {Text(entry!, "Message")}");
}
