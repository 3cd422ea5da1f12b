using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>Secrets that rotate one database user: each would take the other's password away.</summary>
internal sealed class RotationRivals(RotationFunctions functions)
{
    /// <summary>
    /// Another secret whose rotation is on and has one of these users of the same server, be it as the one that it was pinned to or as the
    /// other one of its pair.
    /// </summary>
    /// <returns>Its ARN, or null.</returns>
    public string? Find(
        Session session, string secretArn, string host, int port, string? identity, IReadOnlyCollection<string> usernames)
    {
        var suffixes = functions.All.Select(function => function.Template.Engine.CloneSuffix).Distinct().ToList();
        HashSet<string> baseUsers = [.. usernames];
        foreach (var username in usernames)
        {
            baseUsers.UnionWith(suffixes
                .Where(suffix => username.EndsWith(suffix, StringComparison.Ordinal))
                .Select(suffix => username[..^suffix.Length]));
        }
        return RotationConfigurations.OnServer(session, secretArn, host, port, identity, baseUsers)
            .Where(other => UsersOf(other.Configuration, functions.Find(other.FunctionArn ?? "")).Any(usernames.Contains))
            .Select(other => other.Configuration.SecretArn)
            .FirstOrDefault();
    }

    private static IEnumerable<string> UsersOf(RotationConfiguration configuration, RotationFunction? function)
    {
        if (configuration.Pin is not { } pin) yield break;
        yield return pin.Username;
        if (function is not { Rotator.NeedsSuperuser: true }) yield break;
        yield return configuration.Settings.Users is { } users ? users.Twin : pin.Username + function.Template.Engine.CloneSuffix;
    }
}
