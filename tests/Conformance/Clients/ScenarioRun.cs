using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rekey.Server.Protocols.Shapes;
using Shouldly;

namespace Rekey.Conformance.Clients;

/// <summary>One client's way through one scenario.</summary>
/// <param name="variables">What <c>${name}</c> stands for.</param>
internal sealed class ScenarioRun(ClientDriver client, Dictionary<string, string> variables)
{
    private const int TriesMax = 600;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private static readonly Regex s_variable = new(@"\$\{(?<name>\w+)\}", RegexOptions.NonBacktracking);

    private static readonly HashSet<string> s_declared = [.. ServiceModel.Get("secretsmanager").Operations.SelectMany(one => one.Errors)];

    public async Task PerformAsync(Scenario scenario, CancellationToken cancellationToken)
    {
        foreach (var (call, index) in scenario.Calls.Select((call, index) => (call, index)))
        {
            for (var time = 0; time < call.Times; time++)
            {
                var (difference, answer) = await PerformAsync(call, cancellationToken);
                difference.ShouldBeNull(
                    $"{client.Client.Name}, {scenario.Name}, call {index + 1}, {call.Operation}: {difference}\n{answer.ToJsonString()}\n");
                foreach (var (name, member) in call.Keep) variables[name] = At(answer["Result"], member);
            }
        }
    }

    private async Task<(string? Difference, JsonObject Answer)> PerformAsync(ScenarioCall call, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await SendAsync(call, cancellationToken);
            var difference = call.Error is null ? InAnswer(call, answer) : InRefusal(call, answer);
            if (difference is null || !call.Eventually || attempt == TriesMax) return (difference, answer);
            await Task.Delay(s_pause, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<JsonObject> SendAsync(ScenarioCall call, CancellationToken cancellationToken)
    {
        var line = new JsonObject
        {
            ["Operation"] = call.Operation,
            ["Parameters"] = Substitute(call.Parameters),
            ["Client"] = Substitute(call.Client),
        };
        if (call.PageSize is not { } size) return await client.CallAsync(line, cancellationToken);
        if (!client.Client.Description.Paginators.Contains(call.Operation)) return await FollowAsync(line, size, cancellationToken);
        line["PageSize"] = size;
        return Merge((await client.CallAsync(line, cancellationToken))["Pages"]!.AsArray());
    }

    /// <summary>What a program does whose client cannot follow pages.</summary>
    private async Task<JsonObject> FollowAsync(JsonObject line, int size, CancellationToken cancellationToken)
    {
        var pages = new JsonArray();
        line["Parameters"]!["MaxResults"] = size;
        while (true)
        {
            var answer = await client.CallAsync(line, cancellationToken);
            if (answer["Result"] is not { } page) return answer;
            pages.Add(page.DeepClone());
            if (page["NextToken"] is not { } token) return Merge(pages);
            line["Parameters"]!["NextToken"] = token.DeepClone();
        }
    }

    /// <summary>The members of all pages: lists follow each other, what is alike on all pages stands once.</summary>
    private static JsonObject Merge(JsonArray pages)
    {
        var whole = new JsonObject();
        foreach (var (name, value) in pages.SelectMany(page => page!.AsObject()).Where(member => member.Key != "NextToken"))
        {
            if (whole[name] is JsonArray list && value is JsonArray more) foreach (var one in more) list.Add(one?.DeepClone());
            else whole[name] = value?.DeepClone();
        }
        return new JsonObject { ["Result"] = whole, ["Pages"] = pages.Count, ["LastPage"] = pages[^1]!.DeepClone() };
    }

    private string? InAnswer(ScenarioCall call, JsonObject answer)
    {
        if (answer["Result"] is not { } result) return "refused";
        // The CLI prints one list, whatever the pages were.
        if (call.Pages is { } pages && answer["Pages"]!.GetValue<int>() != pages && client.Client.Kind != "AWS CLI")
            return $"{answer["Pages"]} pages, not {pages}";
        if (answer["LastPage"]?["NextToken"] is not null) return "a token after the last page";
        if (answer["Status"] is { } status && status.GetValue<int>() != 200) return $"status {status}";
        if (call.Answer is null) return null;
        return Expectation.Difference(Substitute(call.Answer), result, client.Client.Description.Members);
    }

    private string? InRefusal(ScenarioCall call, JsonObject answer)
    {
        if (answer["Code"]?.GetValue<string>() is not { } code) return $"{call.Error} expected";
        if (code != call.Error) return $"{call.Error} expected, not {code}";
        if (call.Message is { } message && !Expectation.Matches(Substitute(message), answer["Message"]!.GetValue<string>()))
            return $"the text '{Substitute(message)}' expected";
        if (answer["Status"] is { } status && status.GetValue<int>() != 400) return $"status {status}";
        if (answer["RequestId"] is { } id && !Guid.TryParse(id.GetValue<string>(), out _)) return $"request id {id}";
        var isOwnClass = answer["Modelled"]?.GetValue<bool>() ?? s_declared.Contains(code);
        return isOwnClass == s_declared.Contains(code) ? null : "not the error's own class";
    }

    private static string At(JsonNode? result, string member)
    {
        var value = member.Split('.').Aggregate(result, (node, part) => node is JsonArray list ? list[int.Parse(part)] : node?[part]);
        return value?.GetValue<string>() ?? throw new InvalidOperationException($"The answer has no {member}.");
    }

    private JsonNode Substitute(JsonNode node) => node switch
    {
        JsonObject members =>
            new JsonObject(members.Select(member => KeyValuePair.Create(Substitute(member.Key), SubstituteIn(member.Value)))),
        JsonArray values => new JsonArray([.. values.Select(SubstituteIn)]),
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(Substitute(text)),
        _ => node.DeepClone(),
    };

    private JsonNode? SubstituteIn(JsonNode? node) => node is null ? null : Substitute(node);

    private string Substitute(string text) => s_variable.Replace(text, match => variables[match.Groups["name"].Value]);
}
