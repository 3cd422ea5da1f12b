using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>Who the clone is to be equal to, and how.</summary>
/// <param name="OwnerRole">The role that owns everything; null where the clone is a member of its base.</param>
/// <param name="Version">As <c>server_version_num</c>.</param>
/// <param name="IsSetUp">
/// True once base acts as the owner role. Before that the owner role gets what the base has, so that applications keep every right; after
/// that its rights are the administrators' business.
/// </param>
internal sealed record CloneRules(string Base, string Twin, string? OwnerRole, int Version, bool IsSetUp)
{
    private const int VersionWithMembershipOptions = 160000;

    /// <summary>Since version 16 INHERIT and SET belong to a membership; before, to the role, or to nobody.</summary>
    public bool HasMembershipOptions => Version >= VersionWithMembershipOptions;

    /// <summary>What queries take: the last is empty where there is no owner role.</summary>
    public IReadOnlyList<string> Roles => [Base, Twin, OwnerRole ?? ""];

    /// <summary>The owner role that the settings name. Precondition when they name none.</summary>
    public static string? OwnerRoleOf(UserPair pair)
    {
        if (pair.Settings.PostgresClone != PostgresCloneMode.OwnerRole) return null;
        var owner = pair.Settings.OwnerRole;
        if (string.IsNullOrEmpty(owner))
            throw Failures.Precondition("The clone is to share an owner role, but the secret's rotation settings name none (OwnerRole)");
        return owner != pair.Base && owner != pair.Twin
            ? owner
            : throw Failures.Precondition("The owner role must be a third role, neither the base nor its clone");
    }
}
