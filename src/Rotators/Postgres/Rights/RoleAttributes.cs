using System.Globalization;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>
/// Attributes of the clone that are to be its base's. Those that make a role powerful are refused before (<see cref="ReservedRoles"/>).
/// </summary>
internal static class RoleAttributes
{
    public static IEnumerable<PostgresChange> Compare(CloneRules rules, RoleFacts @base, RoleFacts clone)
    {
        // Before version 16 a member that does not inherit has none of its base's rights; what the base itself may not inherit stops there.
        var inherits = rules.OwnerRole is null && !rules.HasMembershipOptions ? true : @base.Inherits;
        if (inherits != clone.Inherits)
        {
            yield return Alter(
                rules, inherits ? RightsChangeKind.Add : RightsChangeKind.Remove, "INHERIT", inherits ? "INHERIT" : "NOINHERIT");
        }
        if (@base.CreatesDatabases != clone.CreatesDatabases)
        {
            yield return Alter(
                rules, @base.CreatesDatabases ? RightsChangeKind.Add : RightsChangeKind.Remove, "CREATEDB",
                @base.CreatesDatabases ? "CREATEDB" : "NOCREATEDB");
        }
        if (@base.ConnectionLimit != clone.ConnectionLimit)
        {
            var limit = $"CONNECTION LIMIT {@base.ConnectionLimit.ToString(CultureInfo.InvariantCulture)}";
            yield return Alter(rules, RightsChangeKind.Add, limit, limit);
        }
        if (@base.ValidUntil != clone.ValidUntil)
        {
            var until = $"VALID UNTIL {SqlText.Literal(@base.ValidUntil)}";
            yield return Alter(rules, RightsChangeKind.Add, until, until);
        }
    }

    private static PostgresChange Alter(CloneRules rules, RightsChangeKind kind, string attribute, string option) =>
        PostgresChange.Of(kind, $"attribute {attribute}", database: null, $"ALTER ROLE {SqlText.Name(rules.Twin)} {option}");
}
