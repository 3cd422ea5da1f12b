using Rekey.Aws;

namespace Rekey.Server.Protocols;

/// <summary>An operation as the front door sees it: bytes in, bytes out. One instance per operation for the life of the process.</summary>
internal abstract class Operation(string service, string name)
{
    /// <summary>Signing name of the service, such as <c>secretsmanager</c>; also the prefix of its IAM actions.</summary>
    public string Service { get; } = service;

    /// <summary>AWS's name of the operation.</summary>
    public string Name { get; } = name;

    /// <summary>The IAM action, such as <c>secretsmanager:GetSecretValue</c>.</summary>
    public string Action { get; } = $"{service}:{name}";

    /// <summary>CloudTrail's name of the service, such as <c>secretsmanager.amazonaws.com</c>.</summary>
    public string EventSource { get; } = $"{service}.amazonaws.com";

    /// <summary>True when CloudTrail calls the operation read-only: its name says so.</summary>
    public bool IsReadOnly { get; } = name.StartsWith("Get", StringComparison.Ordinal)
        || name.StartsWith("List", StringComparison.Ordinal)
        || name.StartsWith("Describe", StringComparison.Ordinal)
        || name.StartsWith("BatchGet", StringComparison.Ordinal)
        || name.StartsWith("Validate", StringComparison.Ordinal);

    /// <summary>
    /// The request from its bytes, satisfying the service model's constraints; throws SerializationException or ValidationException.
    /// </summary>
    public abstract object Bind(Call call, ReadOnlySpan<byte> body);

    /// <summary>The error for a fault of this server while the operation ran: the one its model declares, if any.</summary>
    public virtual ServiceException Fault() => FrameworkErrors.Internal();

    /// <summary>Runs the operation on what <see cref="Bind"/> returned and writes the answer.</summary>
    public abstract ValueTask InvokeAsync(Call call, object request, ResponseBuffer answer, CancellationToken cancellationToken);
}
