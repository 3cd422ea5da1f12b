namespace Rekey.Server.Identity;

/// <summary>Who is calling. <paramref name="AccessKeyId"/> is null for the server's own work.</summary>
public sealed record Principal(PrincipalKind Kind, string Account, string Arn, string UserId, string? AccessKeyId)
{
    /// <summary>The account root: everything in its own account is allowed.</summary>
    public static Principal Root(string account, string accessKeyId) =>
        new(PrincipalKind.Root, account, $"arn:aws:iam::{account}:root", account, accessKeyId);

    /// <summary>The service acting for one rotation; the authorizer confines it to the secret under the lease.</summary>
    public static Principal Rotation(string account) =>
        new(PrincipalKind.Service, account, "secretsmanager.amazonaws.com", "secretsmanager.amazonaws.com", null);
}

/// <summary>What a principal is, and with it which rules decide for it.</summary>
public enum PrincipalKind
{
    Root,
    Service,
}
