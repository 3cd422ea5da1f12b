using System.Globalization;
using Rekey.Server.Authorization.Policies;
using Rekey.Server.Identity;
using Rekey.Server.Protocols;

namespace Rekey.Server.Authorization;

/// <summary>
/// The condition keys that every call has, whatever the service. Keys of things that do not exist here are absent: VPCs, organizations,
/// MFA, sessions, calls by other services on somebody's behalf.
/// Source: AWS IAM User Guide, "AWS global condition context keys".
/// </summary>
internal static class GlobalKeys
{
    /// <param name="keys">What the service knows of the call; the global keys are added.</param>
    /// <param name="resourceAccount">12 digits.</param>
    public static void Add(ContextKeys keys, RequestContext context, string resourceAccount)
    {
        var principal = context.Principal;
        keys.Add("aws:PrincipalArn", principal.Arn)
            .Add("aws:PrincipalAccount", principal.Account)
            .Add("aws:PrincipalType", TypeOf(principal))
            .Add("aws:userid", principal.UserId)
            .Add("aws:PrincipalIsAWSService", "false")
            .Add("aws:ViaAWSService", "false")
            .Add("aws:ResourceAccount", resourceAccount)
            .Add("aws:RequestedRegion", context.Region)
            .Add("aws:SecureTransport", context.IsSecureTransport ? "true" : "false")
            .Add("aws:SourceIp", AddressOf(context))
            .Add("aws:UserAgent", string.IsNullOrEmpty(context.UserAgent) ? null : context.UserAgent)
            .Add("aws:CurrentTime", context.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))
            .Add("aws:EpochTime", context.Time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
    }

    private static string? TypeOf(Principal principal) => principal.Kind == PrincipalKind.Root ? "Account" : null;

    /// <summary>An IPv4 address that came in over an IPv6 socket is written as what it is, or no range of a policy would hold it.</summary>
    private static string? AddressOf(RequestContext context) =>
        (context.SourceIp is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.SourceIp)?.ToString();
}
