using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>DeleteSecret, RestoreSecret and the purge: sections 6.5 and 6.15 of the specification.</summary>
internal static class Deletion
{
    public static JsonObject DeleteSecret(Call call)
    {
        var secretId = call.Text("SecretId")!;
        var secret = Names.Find(call, secretId);
        var days = call.Number("RecoveryWindowInDays");
        var isForced = call.Flag("ForceDeleteWithoutRecovery") == true;
        if (secret is null && !isForced) throw Names.NotFound();
        if (secret?.Deleted is not null && !isForced) throw Names.MarkedForDeletion();
        if (secret is not null) DemandUnreplicated(secret);
        if (days is < 7 or > 30)
            throw Refusal.Parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
        if (days is not null && isForced)
            throw Refusal.Parameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");

        if (isForced)
        {
            if (secret is not null) call.World.Remove(secret);
            var isArn = secretId.StartsWith("arn:", StringComparison.Ordinal);
            var arn = secret?.Arn ?? (isArn ? secretId : Names.NewArn(call, secretId));
            return Deleted(arn, secret?.Name ?? secretId, call.Now);
        }
        secret!.Deleted = secret.Changed = call.Now;
        secret.PurgeAt = call.Now.AddDays(days ?? 30);
        Rotations.SwitchOff(secret);
        return Deleted(secret.Arn, secret.Name, secret.PurgeAt.Value);
    }

    public static JsonObject RestoreSecret(Call call)
    {
        var secret = Names.Demand(call);
        Names.DemandNoReplica(secret);
        if (secret.Deleted is not null)
        {
            secret.Deleted = secret.PurgeAt = null;
            secret.Changed = call.Now;
        }
        return Answers.Of(("ARN", secret.Arn), ("Name", secret.Name));
    }

    private static void DemandUnreplicated(KnownSecret secret)
    {
        Names.DemandNoReplica(secret);
        if (secret.Replicas.Count == 0) return;
        var regions = string.Join(", ", secret.Replicas.Select(replica => replica.Region));
        throw Refusal.Parameter($"You can't delete secret {secret.Arn} that still has replica regions [{regions}].");
    }

    private static JsonObject Deleted(string arn, string name, DateTimeOffset date) =>
        Answers.Of(("ARN", arn), ("Name", name), ("DeletionDate", Answers.Time(date)));
}
