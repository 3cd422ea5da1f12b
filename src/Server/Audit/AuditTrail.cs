namespace Rekey.Server.Audit;

/// <summary>The part of an audit record that only the operation knows.</summary>
public sealed class AuditTrail
{
    /// <summary>ARN of the resource, or null while it is not known or there is none.</summary>
    public string? ResourceArn { get; set; }

    /// <summary>True once the record was written in the operation's own transaction.</summary>
    public bool IsRecorded { get; set; }
}
