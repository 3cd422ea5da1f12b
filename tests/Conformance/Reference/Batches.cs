using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>BatchGetSecretValue: section 6.1 of the specification.</summary>
internal static class Batches
{
    public static JsonObject BatchGetSecretValue(Call call)
    {
        var (ids, filters) = (call.Texts("SecretIdList"), call.Objects("Filters"));
        if (filters is { Count: 0 }) filters = null;
        if (ids is not null && filters is not null) throw EitherOr();
        if (filters is null && call.Number("MaxResults") is not null)
            throw Refusal.Parameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.");
        if (ids is null && filters is null) throw EitherOr();
        if (filters is null && call.Text("NextToken") is not null) throw Refusal.BadNextToken();

        string? next = null;
        if (filters is not null) (ids, next) = Search(call, filters);
        var (values, errors) = (new JsonArray(), new JsonArray());
        foreach (var id in ids!) Read(call, id, values, errors);
        return Answers.Of(("SecretValues", values), ("Errors", errors), ("NextToken", next));
    }

    private static (List<string> Arns, string? Next) Search(Call call, List<JsonObject> filters)
    {
        Filters.Demand(filters);
        var query = $"values {call.Request["Filters"]!.ToJsonString()}";
        var start = Pages.Find(call, query) as Listing.Place;
        var (secrets, end) = Listing.Find(call, filters, "created-date", isDescending: false, start, call.Number("MaxResults") ?? 20);
        return (secrets.ConvertAll(secret => secret.Arn), end is null ? null : Pages.New(call, query, end));
    }

    /// <summary>As GetSecretValue would; a refusal costs the caller no other secret.</summary>
    private static void Read(Call call, string id, JsonArray values, JsonArray errors)
    {
        try
        {
            Names.DemandForm(id);
            values.Add(Versions.GetSecretValue(call with { Operation = "GetSecretValue", Request = new JsonObject { ["SecretId"] = id } }));
        }
        catch (Refusal refusal)
        {
            errors.Add(Answers.Of(("SecretId", id), ("ErrorCode", refusal.Code), ("Message", refusal.Message)));
        }
    }

    private static Refusal EitherOr() =>
        Refusal.Parameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
}
