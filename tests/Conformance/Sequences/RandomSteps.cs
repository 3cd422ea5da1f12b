using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Rekey.Conformance.Reference;

namespace Rekey.Conformance.Sequences;

/// <summary>
/// An endless sequence of calls from one seed: few names, tokens, labels and values, so that they meet often, and one call in a few that is
/// wrong. Looks into the reference's world for what is worth asking about.
/// </summary>
internal sealed class RandomSteps
{
    // Names that end like an ARN, begin each other, differ in case only, or try the engines' collations and the words of filters.
    private static readonly string[] AllNames =
    [
        "db", "db-google", "Db-google", "test-secret", "app", "app-a1b2c3", "app-a1b2c3-", "a/b", "a/b/c", "A/B", "a", "a-b", "a_b", "-",
        "prod/DbPassword", "prod-DB_password", "x+y=z@w.!", "rds!cluster-abcdef", "Thirdsecret", "COMPANYthings", "secret2name",
        "team/app/db-000000", "ThisTestSecret", "zz@Z.1",
    ];

    private static readonly string[] AllLabels = ["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "BLUE", "green", "PUT0"];

    private static readonly string[] Values = ["one", "two", "{\"password\":\"x\"}", "\u00e9\u6f22\ud83d\ude00 \"quoted\"\n"];

    private static readonly string[] Texts =
        ["", "first test secret", "an secret", "asecret", "DescTwo Tag2", "a/b-c_d", "M\u00fcller & S\u00f6hne", "prod"];

    private static readonly string[] FilterKeys =
        ["name", "description", "tag-key", "tag-value", "all", "primary-region", "owning-service"];

    private static readonly string[] FilterValues =
    [
        "a", "A", "", "!", "!a", "d t", "ret", "secret", "SECRET", "an secret", "Test",
        "things", "Ythings", "prod/", "prod", "+", "!/", "k1", "first", "v", "db-", "tag2", "2", "!secret", "us", "!us",
    ];

    private readonly Random _random;
    private readonly World _world;
    private readonly string[] _names;
    private readonly string[] _labels;
    private readonly List<string> _arns = [];
    private readonly List<string> _tokens = [];
    private readonly bool _rotates;
    private readonly bool _isSlow;
    private string _region = World.Regions[0];
    private string _name = "";
    private int _number;

    public RandomSteps(int seed, World world)
    {
        (_random, _world) = (new Random(seed), world);
        // Some sequences crowd few secrets, to reach the limits of versions and labels; some hurry through years.
        _names = [.. AllNames.OrderBy(_ => _random.Next()).Take(Pick(1, 2, 4, 12, AllNames.Length))];
        _labels = Chance(4) ? [.. AllLabels, .. Enumerable.Range(0, 20).Select(number => $"L{number}")] : AllLabels;
        (_rotates, _isSlow) = (Chance(2), Chance(2));
    }

    public Step Next()
    {
        _region = Chance(4) ? Pick(World.Regions) : World.Regions[0];
        _name = Pick(_names);
        var (operation, request) = _random.Next(45) switch
        {
            < 6 => ("CreateSecret", CreateSecret()),
            < 12 => ("PutSecretValue", WithStages(WithValue(WithToken(OfSecret())))),
            < 15 => ("UpdateSecret", UpdateSecret()),
            < 19 => ("UpdateSecretVersionStage", UpdateStage()),
            < 22 => ("DescribeSecret", OfSecret()),
            < 26 => ("GetSecretValue", GetValue()),
            < 27 => ("BatchGetSecretValue", BatchGet()),
            < 30 => ("ListSecrets", ListSecrets()),
            < 32 => ("ListSecretVersionIds", ListVersions()),
            < 33 => ("DeleteSecret", Delete()),
            < 34 => ("RestoreSecret", OfSecret()),
            < 36 => Tag(),
            < 37 => ("GetRandomPassword", Password()),
            < 39 when _rotates => Rotate(),
            < 41 => Replicate(),
            < 44 => Policy(),
            _ => ("DescribeSecret", OfSecret()),
        };
        if (Chance(60)) Spoil(request);
        // As it comes from the wire: numbers of one kind.
        return new Step(_number++, Pause(), _region, operation, JsonNode.Parse(request.ToJsonString())!.AsObject());
    }

    private TimeSpan Pause()
    {
        if (!Chance(_isSlow ? 200 : 15)) return TimeSpan.FromMilliseconds(_random.Next(1, 5000));
        // Schedules in hours have many windows in a week.
        var isHourly = _world.Secrets.Values.Any(secret => secret.Rotation.Next?.Opens < _world.Now.AddHours(20));
        var days = isHourly ? 0.5 : Pick(0.04, 0.5, 1, 8, 31);
        return TimeSpan.FromMilliseconds(_random.NextInt64(1, (long)TimeSpan.FromDays(days).TotalMilliseconds));
    }

    private JsonObject CreateSecret()
    {
        var request = WithValue(WithToken(new JsonObject { ["Name"] = Chance(25) ? Pick("bad name", "n\u00e4me", "a:b") : _name }));
        if (Chance(3)) request["Description"] = Pick(Texts);
        if (Chance(4)) request["Tags"] = Tags(3);
        if (Chance(4)) request["KmsKeyId"] = Key();
        if (Chance(12)) request["Type"] = Pick("", "SalesforceClientSecret");
        if (Chance(12)) AddReplicas(request);
        return request;
    }

    private (string, JsonObject) Replicate()
    {
        var request = OfSecret();
        if (Secret is { IsReplica: true } && Chance(2)) return ("StopReplicationToReplica", request);
        if (Chance(3))
        {
            request["RemoveReplicaRegions"] = new JsonArray(Pick(World.Regions), Pick([.. World.Regions, "eu-north-1"]));
            return ("RemoveRegionsFromReplication", request);
        }
        AddReplicas(request);
        return (Chance(20) ? "StopReplicationToReplica" : "ReplicateSecretToRegions", request);
    }

    private (string, JsonObject) Policy()
    {
        var request = OfSecret();
        if (Chance(4)) return ("GetResourcePolicy", request);
        if (Chance(4)) return ("DeleteResourcePolicy", request);
        request["ResourcePolicy"] = Pick<string>([.. Policies.Texts]);
        if (Chance(4))
        {
            if (Chance(3)) request.Remove("SecretId");
            return ("ValidateResourcePolicy", request);
        }
        if (Chance(2)) request["BlockPublicPolicy"] = Chance(2);
        return ("PutResourcePolicy", request);
    }

    private void AddReplicas(JsonObject request)
    {
        var regions = World.Regions.Where(region => region != _region || Chance(8)).Take(Pick(1, 2)).ToList();
        if (Chance(20)) regions.Add(Pick("eu-north-1", regions[0]));
        var replicas = new JsonArray();
        foreach (var region in regions)
        {
            var replica = new JsonObject { ["Region"] = region };
            if (Chance(4)) replica["KmsKeyId"] = Pick("", "alias/aws/secretsmanager", Keys.OwnAlias, _world.OwnKeys[World.Regions[1]]);
            if (Chance(40)) replica.Remove("Region");
            replicas.Add(replica);
        }
        request["AddReplicaRegions"] = replicas;
        if (Chance(2)) request["ForceOverwriteReplicaSecret"] = Chance(2);
    }

    private JsonObject UpdateSecret()
    {
        var request = WithToken(OfSecret());
        if (Chance(2)) WithValue(request);
        if (Chance(2)) request["Description"] = Pick(Texts);
        if (Chance(3)) request["KmsKeyId"] = Key();
        if (Chance(12)) request["Type"] = Pick("", "SalesforceClientSecret");
        return request;
    }

    private string Key() =>
        Pick("", "alias/aws/secretsmanager", Keys.OwnAlias, Keys.OwnAlias, _world.OwnKeys[_region], Chance(4) ? "alias/none" : "");

    private JsonObject UpdateStage()
    {
        var request = OfSecret();
        var label = Pick(_labels);
        request["VersionStage"] = label;
        if (!Chance(5)) request["MoveToVersionId"] = UsedToken();
        // Mostly right: a wrong RemoveFromVersionId changes nothing.
        var holder = Secret?.HolderOf(label);
        if (Chance(4)) return request;
        request["RemoveFromVersionId"] = holder is null || !_world.Symbols.IsKnown(holder) || Chance(5) ? UsedToken() : holder;
        return request;
    }

    private JsonObject GetValue()
    {
        var request = OfSecret();
        if (Chance(3)) request["VersionId"] = UsedToken();
        if (Chance(3)) request["VersionStage"] = Pick(_labels);
        return request;
    }

    private JsonObject BatchGet()
    {
        var request = new JsonObject();
        if (Chance(2))
        {
            var ids = new JsonArray();
            for (var i = Pick(1, 1, 2, 3, 20); i > 0; i--)
            {
                ids.Add(SecretId());
                _name = Pick(_names);
            }
            request["SecretIdList"] = ids;
        }
        if (request.Count == 0 || Chance(12)) request["Filters"] = Chance(12) ? new JsonArray() : Filters();
        if (request.ContainsKey("Filters") || Chance(12))
        {
            if (Chance(2)) request["MaxResults"] = Pick(1, 2, 20);
            if (Chance(4)) Continue(request, "values");
        }
        return request;
    }

    private JsonObject ListSecrets()
    {
        var request = new JsonObject();
        if (!Chance(3)) request["MaxResults"] = _random.Next(1, 8);
        if (Chance(2)) request["SortBy"] = Pick("created-date", "last-accessed-date", "last-changed-date", "name");
        if (Chance(2)) request["SortOrder"] = Pick("asc", "desc");
        if (Chance(2)) request["IncludePlannedDeletion"] = Chance(2);
        if (Chance(2)) request["Filters"] = Filters();
        if (Chance(3)) Continue(request, "secrets");
        return request;
    }

    private JsonArray Filters()
    {
        var filters = new JsonArray();
        for (var i = Pick(1, 1, 1, 2); i > 0; i--)
        {
            var values = new JsonArray();
            for (var j = Pick(1, 1, 2, 3); j > 0; j--) values.Add(Pick(FilterValues));
            filters.Add(new JsonObject { ["Key"] = Pick(FilterKeys), ["Values"] = values });
        }
        if (Chance(20)) filters[0]!.AsObject().Remove(Pick("Key", "Values"));
        return filters;
    }

    private JsonObject ListVersions()
    {
        var request = OfSecret();
        if (Chance(2)) request["IncludeDeprecated"] = Chance(2);
        if (Chance(2)) request["MaxResults"] = _random.Next(1, 4);
        if (Chance(3)) Continue(request, "versions");
        return request;
    }

    private JsonObject Delete()
    {
        var request = OfSecret();
        if (Chance(2)) request["RecoveryWindowInDays"] = Pick(7, 7, 8, 30, 6, 31);
        if (Chance(3)) request["ForceDeleteWithoutRecovery"] = Chance(3) ? false : true;
        return request;
    }

    private (string, JsonObject) Tag()
    {
        var request = OfSecret();
        if (Chance(3))
        {
            request["TagKeys"] = new JsonArray(Pick("k1", "k2", "Env", "none", Chance(8) ? "aws:x" : "k3"), Pick("k1", "k4"));
            return ("UntagResource", request);
        }
        request["Tags"] = Tags(Chance(10) ? 30 : 2);
        return ("TagResource", request);
    }

    private JsonArray Tags(int most)
    {
        var tags = new JsonArray();
        var many = most > 3 ? _random.Next(2) : 0;
        for (var i = _random.Next(most + 1); i > 0; i--)
        {
            var key = most > 3 ? string.Create(CultureInfo.InvariantCulture, $"t{many}{i}") : Pick("k1", "k2", "k3", "k4", "Env");
            var tag = new JsonObject { ["Key"] = Chance(40) ? "aws:no" : key };
            if (!Chance(6)) tag["Value"] = Pick("", "v", "first", "prod/x");
            if (Chance(80)) tag.Remove("Key");
            tags.Add(tag);
        }
        return tags;
    }

    private JsonObject Password()
    {
        var request = new JsonObject();
        if (Chance(2)) request["PasswordLength"] = Pick(1, 3, 4, 5, 20, 4096);
        foreach (var flag in (string[])["ExcludeUppercase", "ExcludeLowercase", "ExcludeNumbers", "ExcludePunctuation", "IncludeSpace"])
            if (Chance(4)) request[flag] = !Chance(4);
        if (Chance(3)) request["RequireEachIncludedType"] = Chance(2);
        if (Chance(3)) request["ExcludeCharacters"] = Pick("", "abc", "0123456789", " /@\"'\\", "\u00e9");
        return request;
    }

    private (string, JsonObject) Rotate()
    {
        if (Chance(4)) return ("CancelRotateSecret", OfSecret());
        var request = WithToken(OfSecret());
        var functions = (string[])[FunctionNobodyHas, Rotations.FunctionArn(World.Regions[1])];
        if (!Chance(3)) request["RotationLambdaARN"] = Chance(12) ? Pick(functions) : Rotations.FunctionArn(_region);
        if (!Chance(3)) request["RotationRules"] = Rules();
        if (Chance(4)) request["RotateImmediately"] = Chance(4);
        if (Chance(40)) request["ExternalSecretRotationRoleArn"] = "arn:aws:iam::123456789012:role/partner";
        return ("RotateSecret", request);
    }

    private const string FunctionNobodyHas = "arn:aws:lambda:us-east-1:123456789012:function:unknown";

    private JsonObject Rules()
    {
        var rules = new JsonObject();
        if (Chance(3)) rules["AutomaticallyAfterDays"] = Pick(1, 7, 30, 1000);
        if (!Chance(3) && (rules.Count == 0 || Chance(10)))
        {
            var good = Pick<string>([.. Schedules.CronExpressions, "rate(4 hours)", "rate(10 hours)", "rate(1 day)", "rate(30 days)"]);
            rules["ScheduleExpression"] = Chance(10) ? Pick("rate(1 hour)", "rate(1000 days)", "every day") : good;
        }
        if (Chance(3)) rules["Duration"] = Pick("1h", "2h", "8h", "24h", "0h");
        return rules;
    }

    /// <summary>A SecretId in one of its forms, mostly of the name in question.</summary>
    private JsonObject OfSecret()
    {
        return new JsonObject { ["SecretId"] = SecretId() };
    }

    private string SecretId()
    {
        var secret = Secret;
        if (secret is not null && !_arns.Contains(secret.Arn)) _arns.Add(secret.Arn);
        var partial = $"arn:aws:secretsmanager:{_region}:{World.Account}:secret:{_name}";
        return _random.Next(40) switch
        {
            < 20 => _name,
            < 28 => secret?.Arn ?? _name,
            < 33 => partial,
            34 => _arns.Count == 0 ? _name : Pick<string>([.. _arns]),
            35 => (secret?.Arn ?? partial).Replace(_region, World.Regions[1], StringComparison.Ordinal),
            36 => (secret?.Arn ?? partial).Replace(World.Account, "210987654321", StringComparison.Ordinal),
            37 => Pick("none", "bad name", "n\u00e4me", "arn:aws:s3:::bucket", "arn:aws:secretsmanager:us-east-1:123456789012:db", "arn:"),
            38 => $"{partial}-abcdef",
            _ => _name,
        };
    }

    private JsonObject WithToken(JsonObject request)
    {
        if (!Chance(40)) request["ClientRequestToken"] = Chance(5) ? UsedToken() : NewToken();
        return request;
    }

    private JsonObject WithValue(JsonObject request)
    {
        if (!Chance(8)) request["SecretString"] = Pick(Values);
        if (Chance(8)) request["SecretBinary"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Pick(Values)));
        return request;
    }

    private JsonObject WithStages(JsonObject request)
    {
        if (!Chance(2)) return request;
        var labels = new JsonArray();
        for (var i = _random.Next(1, 4); i > 0; i--) labels.Add(Pick(_labels));
        request["VersionStages"] = labels;
        return request;
    }

    /// <summary>Goes on behind an earlier page: with its own query, or with another.</summary>
    private void Continue(JsonObject request, string kind)
    {
        var tokens = _world.Pages.Where(page => page.Value.Query.Contains(kind, StringComparison.Ordinal)).TakeLast(8).ToList();
        request["NextToken"] = tokens.Count == 0 || Chance(20) ? Pick("x", "AAAA", "not base64!") : Pick([.. tokens]).Key;
    }

    /// <summary>Breaks a constraint of the service model.</summary>
    private void Spoil(JsonObject request)
    {
        var members = request.Where(member => member.Value is JsonValue).Select(member => member.Key).ToArray();
        if (members.Length == 0) return;
        var spoiled = Pick(members);
        switch (spoiled)
        {
            case "SecretId" or "Name" or "VersionStage" when Chance(2):
                request.Remove(spoiled);
                break;
            case "MaxResults":
                request["MaxResults"] = Pick(0, 101, -1, 21);
                break;
            case "PasswordLength":
                request["PasswordLength"] = Pick(0, 4097);
                break;
            case "SortBy" or "SortOrder":
                request[spoiled] = "size";
                break;
            case "ClientRequestToken" or "VersionId" or "MoveToVersionId":
                request[spoiled] = new string('t', Pick(1, 31, 32, 64, 65));
                break;
            case "Description" when Chance(2):
                request["Description"] = new string('d', Pick(2048, 2049));
                break;
            case "Name":
                request["Name"] = new string('n', Pick(0, 512, 513));
                break;
            case "SecretString" when Chance(3):
                request["SecretString"] = new string('s', Pick(0, 65_536, 65_537));
                break;
        }
    }

    private string NewToken()
    {
        var token = string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{_number:d12}");
        _tokens.Add(token);
        return token;
    }

    /// <summary>A version of the secret in question, or any token that was ever used.</summary>
    private string UsedToken()
    {
        var versions = Secret?.Versions.Where(version => _world.Symbols.IsKnown(version.Id)).TakeLast(6).ToList();
        if (versions is { Count: > 0 } && !Chance(5)) return Pick([.. versions]).Id;
        return _tokens.Count == 0 ? NewToken() : _tokens[^_random.Next(1, Math.Min(_tokens.Count, 20) + 1)];
    }

    private KnownSecret? Secret => _world.Secrets.GetValueOrDefault((_region, _name));

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T Pick<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];
}
