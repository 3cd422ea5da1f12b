using System.Text.Encodings.Web;
using System.Text.Json;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MongoDb;

/// <summary>One thing in which a clone differs, and the clone without that difference.</summary>
internal sealed record MongoUserDifference(RightsChange Change, Func<MongoUser, MongoUser> Mend);

/// <summary>
/// In what a clone differs from its base: roles, mechanisms, restrictions, custom data. A mechanism that the clone lacks is not among
/// them: only a new password can bring it, and the next one does.
/// </summary>
internal static class MongoUserDifferences
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<MongoUserDifference> Between(MongoUser model, MongoUser clone) =>
    [
        .. model.Roles.Except(clone.Roles).Select(role => Added(clone, role)),
        .. clone.Roles.Except(model.Roles).Select(role => Removed(clone, role)),
        .. Mechanisms(model, clone),
        .. Restrictions(model, clone),
        .. CustomData(model, clone),
    ];

    /// <summary>A command as people type it, with what it sets left to the reader's eye.</summary>
    public static string Statement(string method, MongoUser user, string fields) =>
        $"db.getSiblingDB({Quote(user.Database)}).{method}({Quote(user.Name)}, {{ {fields} }})";

    public static string Describe(IEnumerable<MongoRole> roles) =>
        $"[{string.Join(", ", roles.Select(role => $"{{ role: {Quote(role.Name)}, db: {Quote(role.Database)} }}"))}]";

    public static string Describe(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Quote))}]";

    public static string Describe(IEnumerable<MongoRestriction> restrictions) =>
        $"[{string.Join(", ", restrictions.Select(one =>
            $"{{ clientSource: {Describe(one.ClientSources)}, serverAddress: {Describe(one.ServerAddresses)} }}"))}]";

    public static string Quote(string text) => JsonSerializer.Serialize(text, Readable);

    private static MongoUserDifference Added(MongoUser clone, MongoRole role) => new(
        new RightsChange(
            RightsChangeKind.Add, NameOf(role), Statement("updateUser", clone, $"roles: [..., {Describe([role])[1..^1]}]")),
        user => user with { Roles = [.. user.Roles, role] });

    private static MongoUserDifference Removed(MongoUser clone, MongoRole role) => new(
        new RightsChange(
            RightsChangeKind.Remove, NameOf(role), Statement("updateUser", clone, $"roles: [without {Describe([role])[1..^1]}]")),
        user => user with { Roles = [.. user.Roles.Where(other => other != role)] });

    private static IEnumerable<MongoUserDifference> Mechanisms(MongoUser model, MongoUser clone)
    {
        if (model.Mechanisms.Count == 0 || clone.Mechanisms.IsSubsetOf(model.Mechanisms)) yield break;
        var kept = clone.Mechanisms.Intersect(model.Mechanisms, StringComparer.Ordinal).ToArray();
        // Without one in common the new password brings the right ones.
        if (kept.Length == 0) yield break;
        var tooMany = string.Join(", ", clone.Mechanisms.Except(model.Mechanisms, StringComparer.Ordinal));
        yield return new MongoUserDifference(
            new RightsChange(
                RightsChangeKind.Remove, $"login by {tooMany}", Statement("updateUser", clone, $"mechanisms: {Describe(kept)}")),
            user => user with { Mechanisms = new SortedSet<string>(kept, StringComparer.Ordinal) });
    }

    private static IEnumerable<MongoUserDifference> Restrictions(MongoUser model, MongoUser clone)
    {
        if (model.Restrictions.SetEquals(clone.Restrictions)) yield break;
        yield return new MongoUserDifference(
            new RightsChange(
                model.Restrictions.Count > 0 ? RightsChangeKind.Add : RightsChangeKind.Remove,
                "authenticationRestrictions",
                Statement("updateUser", clone, $"authenticationRestrictions: {Describe(model.Restrictions)}")),
            user => user with { Restrictions = model.Restrictions });
    }

    private static IEnumerable<MongoUserDifference> CustomData(MongoUser model, MongoUser clone)
    {
        if (Same(model.CustomData, clone.CustomData)) yield break;
        yield return new MongoUserDifference(
            new RightsChange(
                model.CustomData is null ? RightsChangeKind.Remove : RightsChangeKind.Add,
                "customData",
                Statement("updateUser", clone, $"customData: {(model.CustomData is null ? "{}" : "(the base's)")}")),
            user => user with { CustomData = model.CustomData });
    }

    private static bool Same(BsonDocument? one, BsonDocument? other) =>
        one is null || other is null ? one is null && other is null : one.Value.Bytes.Span.SequenceEqual(other.Value.Bytes.Span);

    private static string NameOf(MongoRole role) => $"role {Quote(role.Name)} of {Quote(role.Database)}";
}
