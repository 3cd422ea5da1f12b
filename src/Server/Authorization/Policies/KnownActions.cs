using Rekey.Server.Protocols.Shapes;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// The actions of a service, from its model. A pattern of a policy that matches none of them says nothing, most often by mistake.
/// </summary>
internal sealed class KnownActions
{
    /// <summary>The 23 operations of Secrets Manager.</summary>
    public static readonly KnownActions SecretsManager = Of("secretsmanager");

    private readonly string[] _actions;

    private KnownActions(string[] actions) => _actions = actions;

    public IReadOnlyList<string> All => _actions;

    public bool AreMatchedBy(ActionPattern pattern) => Array.Exists(_actions, pattern.Matches);

    /// <summary>The first pattern, in Action or NotAction, that matches no action of the service; null when each matches one.</summary>
    public ActionPattern? FindUnknown(PolicyDocument policy) =>
        policy.Statements.SelectMany(statement => statement.Actions.Patterns).FirstOrDefault(pattern => !AreMatchedBy(pattern));

    private static KnownActions Of(string service) =>
        new([.. ServiceModel.Get(service).Operations.Select(operation => $"{service}:{operation.Name}").Order(StringComparer.Ordinal)]);
}
