using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>
/// RotateSecret, CancelRotateSecret and what a rotation does to a secret: sections 6.2, 6.16 and 7 of the specification. The target of the
/// tests never refuses, so a rotation fails only where there is nothing to rotate.
/// </summary>
internal static class Rotations
{
    private static readonly TimeSpan HistoryKept = TimeSpan.FromDays(400);

    public static string FunctionArn(string region) =>
        $"arn:aws:lambda:{region}:{World.Account}:function:SecretsManagerRDSMariaDBRotationSingleUser";

    public static JsonObject RotateSecret(Call call)
    {
        var token = Tokens.Demand(call);
        var secret = Names.DemandWritable(call);
        var rotation = secret.Rotation;
        var (function, rules) = Configuration(call, secret);
        var answer = Answers.Of(("ARN", secret.Arn), ("Name", secret.Name), ("VersionId", token));
        if (secret.Version(token) is not null)
            return rotation.Worked.ContainsKey(token) ? answer : throw Refusal.Request(Tokens.InUse(secret, token));
        var unfinished = UnfinishedOf(secret);
        (rotation.IsEnabled, rotation.Function, rotation.Rules) = (true, function, rules);
        secret.Changed = call.Now;
        if (unfinished is not null)
        {
            // Put by hand, for a rotation ends before the next call: it is rotated to as this call says.
            Finish(call.World, secret, unfinished);
            throw Refusal.Request("A previous rotation isn't complete. That rotation will be reattempted.");
        }

        rotation.Next = Schedules.Next(rules, call.Now, rotation.Last);
        call.World.HasWork = true;
        if (call.Flag("RotateImmediately") == false)
        {
            // The test takes AWSPENDING to its temporary version, and both are gone when it ends.
            if (HasValue(secret)) secret.Labels.RemoveAll(entry => entry.Label == Labels.Pending);
        }
        else
        {
            Rotate(call.World, secret, token);
        }
        return answer;
    }

    public static JsonObject CancelRotateSecret(Call call)
    {
        var secret = Names.DemandWritable(call);
        if (secret.Rotation.IsEnabled is null)
            throw Refusal.Request("You tried to cancel rotation on a secret that doesn't have rotation enabled.");
        SwitchOff(secret);
        secret.Changed = call.Now;
        return Answers.Of(("ARN", secret.Arn), ("Name", secret.Name));
    }

    /// <summary>Rotation, where it was configured, is off; the function and the rules stay.</summary>
    public static void SwitchOff(KnownSecret secret)
    {
        if (secret.Rotation.IsEnabled is not null) secret.Rotation.IsEnabled = false;
        secret.Rotation.Next = null;
    }

    /// <summary>AWSCURRENT moved without a rotation: counts as one for the next date.</summary>
    public static void CountManualChange(KnownSecret secret, DateTimeOffset now)
    {
        if (secret.Rotation.IsEnabled == true) secret.Rotation.Next = Schedules.Next(secret.Rotation.Rules, now, now);
    }

    /// <summary>A window has opened: the server rotates by itself.</summary>
    public static void RotateDue(World world, KnownSecret secret)
    {
        world.HasWork = true;
        if (!HasValue(secret))
            secret.Rotation.Next = Schedules.Next(secret.Rotation.Rules, world.Now, secret.Rotation.Last ?? secret.Created);
        else if (UnfinishedOf(secret) is { } unfinished) Finish(world, secret, unfinished);
        else Rotate(world, secret, Symbols.Version(secret, world.Now));
    }

    private static (string Function, KnownRules? Rules) Configuration(Call call, KnownSecret secret)
    {
        if (call.Text("ExternalSecretRotationRoleArn") is { } role)
        {
            throw Refusal.Request(
                $"Secrets Manager is unable to assume role {role}: secrets held by partners are not rotated here.");
        }
        if (call.Objects("ExternalSecretRotationMetadata") is { Count: > 0 })
        {
            throw Refusal.Request(
                "You can't specify ExternalSecretRotationMetadata because secrets held by partners are not rotated here.");
        }
        var function = call.Text("RotationLambdaARN") ?? secret.Rotation.Function
            ?? throw Refusal.Request("No Lambda rotation function ARN is associated with this secret.");
        if (function != FunctionArn(call.Region))
        {
            throw Refusal.Framework("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function. "
                + "Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.");
        }
        return (function, call.Request["RotationRules"] is JsonObject rules ? Schedules.Parse(rules) : secret.Rotation.Rules);
    }

    private static bool HasValue(KnownSecret secret) =>
        secret.HolderOf(Labels.Current) is { } current && secret.Version(current)!.Value is not null;

    /// <summary>AWSPENDING on a version that is not AWSCURRENT: its value may be the one that logs in.</summary>
    private static string? UnfinishedOf(KnownSecret secret) =>
        secret.HolderOf(Labels.Pending) is { } pending && pending != secret.HolderOf(Labels.Current) ? pending : null;

    /// <summary>All four steps with a version of the service's own.</summary>
    private static void Rotate(World world, KnownSecret secret, string versionId)
    {
        secret.Labels.RemoveAll(entry => entry.Label == Labels.Pending);
        if (!HasValue(secret))
        {
            // Nothing to rotate: the version is taken away again.
            secret.Rotation.Next = Schedules.Next(secret.Rotation.Rules, world.Now, secret.Rotation.Last ?? secret.Created);
            return;
        }
        secret.Versions.Add(new KnownVersion
        {
            Id = versionId,
            Number = secret.NextNumber,
            Created = world.Now,
            Value = ("SecretString", $"rotated {versionId}"),
            UsesOwnKey = Keys.IsOwn(world, secret),
        });
        Finish(world, secret, versionId);
    }

    private static void Finish(World world, KnownSecret secret, string versionId)
    {
        world.HasWork = true;
        var rotation = secret.Rotation;
        Labels.Attach(secret.Labels, Labels.Current, versionId);
        secret.Labels.RemoveAll(entry => entry.Label == Labels.Pending);
        Versions.TryCollect(secret, world.Now);
        rotation.Last = secret.Changed = world.Now;
        rotation.Next = rotation.IsEnabled == true ? Schedules.Next(rotation.Rules, world.Now, world.Now) : null;
        var forgotten = rotation.Worked.Where(entry => entry.Value < world.Now - HistoryKept).ToList();
        forgotten.ForEach(entry => rotation.Worked.Remove(entry.Key));
        rotation.Worked[versionId] = world.Now;
    }
}
