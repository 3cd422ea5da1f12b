using System.Collections.Frozen;

namespace Rekey.Server.Protocols;

/// <summary>All operations of all services, found by service and name.</summary>
internal sealed class OperationTable
{
    private readonly FrozenDictionary<string, Operation> _byAction;

    public OperationTable(IEnumerable<Operation> operations)
    {
        All = [.. operations];
        _byAction = All.ToFrozenDictionary(operation => operation.Action, StringComparer.Ordinal);
        Services = All.Select(operation => operation.Service).ToFrozenSet(StringComparer.Ordinal);
    }

    public IReadOnlyList<Operation> All { get; }

    /// <summary>Signing names of the services that have an operation.</summary>
    public FrozenSet<string> Services { get; }

    /// <summary>The operation of an IAM action (<c>service:Name</c>), or null.</summary>
    public Operation? Find(string action) => _byAction.GetValueOrDefault(action);
}
