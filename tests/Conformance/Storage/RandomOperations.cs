using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Rekey.Conformance.Storage;

/// <summary>
/// An endless sequence of requests to Secrets Manager, good and bad, from one seed. Few names, tokens, labels and values, so that they meet
/// often. Where a request needs what only a server knows it says so: <c>@ARN(name)</c>, <c>@PARTIAL(name)</c>, <c>@TOKEN</c>.
/// </summary>
internal sealed class RandomOperations(int seed)
{
    // Equal lengths: no name begins another, so random ARN suffixes cannot change an order. Case and signs try the engines' collations.
    private static readonly string[] Names =
        ["a/01", "A/01", "a_01", "a-01", "B+02", "b=02", "b.02", "b@02", "Zz!3", "zZ/3", "zz03", "ZZ03"];

    private static readonly string[] Labels = ["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "BLUE", "green"];
    private static readonly string[] Values = ["one", "two", "{\"password\":\"x\"}", "\u00e9\u6f22\ud83d\ude00"];

    private readonly Random _random = new(seed);
    private readonly List<(string Name, string Token)> _tokens = [];
    private string _name = "";

    public RandomOperation Next()
    {
        var pause = _random.Next(20) == 0 ? TimeSpan.FromDays(_random.Next(1, 12)) : TimeSpan.FromMilliseconds(_random.Next(1, 5000));
        var (operation, request) = _random.Next(16) switch
        {
            0 or 1 or 2 => ("CreateSecret", CreateSecret()),
            3 or 4 => ("PutSecretValue", WithStages(WithValue(WithToken(OfSecret())))),
            5 => ("UpdateSecret", With(WithValue(WithToken(OfSecret())), "Description", Pick("", "first", "second"))),
            6 or 7 => ("UpdateSecretVersionStage", UpdateStage()),
            8 => ("DescribeSecret", OfSecret()),
            9 or 10 => ("GetSecretValue", GetValue()),
            11 => ("ListSecrets", ListSecrets()),
            12 => ("ListSecretVersionIds", ListVersions()),
            13 => Delete(),
            14 => Tag(),
            _ => Rotate(),
        };
        return new RandomOperation(pause, operation, request.ToJsonString());
    }

    private JsonObject CreateSecret()
    {
        _name = Pick(Names);
        var request = WithValue(WithToken(new JsonObject { ["Name"] = Chance(12) ? Pick("bad name", "n\u00e4me") : _name }));
        if (Chance(3)) request["Description"] = Pick("", "first", "second");
        if (Chance(4)) request["Tags"] = Tags();
        if (Chance(5)) request["KmsKeyId"] = Pick("", "alias/aws/secretsmanager", "alias/aws/secretsmanager", "alias/none");
        return request;
    }

    private JsonObject UpdateStage()
    {
        var request = With(OfSecret(), "VersionStage", Pick(Labels));
        if (!Chance(4)) request["MoveToVersionId"] = UsedToken();
        if (!Chance(3)) request["RemoveFromVersionId"] = UsedToken();
        return request;
    }

    private JsonObject GetValue()
    {
        var request = OfSecret();
        if (Chance(4)) request["VersionId"] = UsedToken();
        if (Chance(3)) request["VersionStage"] = Pick(Labels);
        return request;
    }

    private JsonObject ListSecrets()
    {
        var request = new JsonObject { ["MaxResults"] = _random.Next(1, 6) };
        if (Chance(2)) request["SortBy"] = Pick("created-date", "last-accessed-date", "last-changed-date", "name");
        if (Chance(2)) request["SortOrder"] = Pick("asc", "desc");
        if (Chance(2)) request["IncludePlannedDeletion"] = Chance(2);
        if (Chance(3)) request["NextToken"] = "@TOKEN";
        if (Chance(3))
        {
            var key = Pick("name", "description", "tag-key", "tag-value", "all", "primary-region");
            var values = new JsonArray(Pick("a", "!z", "first", "k1", "Z"));
            request["Filters"] = new JsonArray(new JsonObject { ["Key"] = key, ["Values"] = values });
        }
        return request;
    }

    private JsonObject ListVersions()
    {
        var request = OfSecret();
        if (Chance(2)) request["IncludeDeprecated"] = Chance(2);
        if (Chance(2)) request["MaxResults"] = _random.Next(1, 4);
        if (Chance(3)) request["NextToken"] = "@TOKEN";
        return request;
    }

    private (string, JsonObject) Delete()
    {
        if (!Chance(3)) return ("RestoreSecret", OfSecret());
        var request = OfSecret();
        if (Chance(2)) request["RecoveryWindowInDays"] = Pick(7, 7, 8, 30, 6, 31);
        if (Chance(6)) request["ForceDeleteWithoutRecovery"] = true;
        return ("DeleteSecret", request);
    }

    private (string, JsonObject) Tag() => Chance(2)
        ? ("TagResource", With(OfSecret(), "Tags", Tags()))
        : ("UntagResource", With(OfSecret(), "TagKeys", new JsonArray(Pick("k1", "k2", "k3"))));

    private (string, JsonObject) Rotate()
    {
        if (Chance(2)) return ("CancelRotateSecret", OfSecret());
        var request = With(WithToken(OfSecret()), "RotationLambdaARN", "arn:aws:lambda:us-east-1:123456789012:function:unknown");
        var schedule = Pick("rate(4 hours)", "rate(1 hour)", "cron(bad)");
        if (Chance(2)) request["RotationRules"] = new JsonObject { ["ScheduleExpression"] = schedule };
        return ("RotateSecret", request);
    }

    private JsonObject OfSecret()
    {
        _name = Pick(Names);
        var id = Chance(20) ? Pick("none", "bad name") : Pick(_name, $"@ARN({_name})", $"@PARTIAL({_name})");
        return new JsonObject { ["SecretId"] = id };
    }

    private JsonObject WithToken(JsonObject request) => Chance(25)
        ? request
        : With(request, "ClientRequestToken", Chance(4) ? UsedToken() : NewToken());

    private JsonObject WithValue(JsonObject request)
    {
        if (!Chance(6)) request["SecretString"] = Pick(Values);
        if (Chance(6)) request["SecretBinary"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Pick(Values)));
        return request;
    }

    private JsonObject WithStages(JsonObject request)
    {
        if (!Chance(2)) return request;
        var labels = new JsonArray();
        for (var i = _random.Next(1, 3); i > 0; i--) labels.Add(Pick(Labels));
        return With(request, "VersionStages", labels);
    }

    private JsonArray Tags()
    {
        var tags = new JsonArray();
        for (var i = _random.Next(1, 3); i > 0; i--)
            tags.Add(new JsonObject { ["Key"] = Pick("k1", "k2", "k3", "aws:no"), ["Value"] = Pick("", "v", "first") });
        return tags;
    }

    private string NewToken()
    {
        var token = string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{_tokens.Count:d12}");
        _tokens.Add((_name, token));
        return token;
    }

    /// <summary>One of the latest tokens, mostly one that was used with the secret in question.</summary>
    private string UsedToken()
    {
        var candidates = Chance(4) ? _tokens : _tokens.FindAll(used => used.Name == _name);
        return candidates.Count == 0 ? NewToken() : candidates[^_random.Next(1, Math.Min(candidates.Count, 6) + 1)].Token;
    }

    private static JsonObject With(JsonObject request, string member, JsonNode? value)
    {
        request[member] = value;
        return request;
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T Pick<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];
}

/// <param name="Pause">By how much the clock moves before the call.</param>
/// <param name="Request">JSON, perhaps with placeholders.</param>
internal sealed record RandomOperation(TimeSpan Pause, string Operation, string Request);
