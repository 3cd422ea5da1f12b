using Rekey.Server.Rotation;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Tests.Simulation;

/// <summary>A secret as the store has it at a moment, values opened.</summary>
internal sealed class SecretView(
    SimulatedSecret secret, IReadOnlyDictionary<string, string> labels, IReadOnlyDictionary<string, StoredLogin> logins,
    RotationInProgress? row, IReadOnlyList<string> suspects)
{
    public SimulatedSecret Secret { get; } = secret;

    /// <summary>Version ids by label.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; } = labels;

    public RotationInProgress? Row { get; } = row;

    /// <summary>Versions that an abandoned rotation may have made the one that logs in.</summary>
    public IReadOnlyList<string> Suspects { get; } = suspects;

    public string? Current => Labels.GetValueOrDefault(StagingLabels.Current);

    public string? Pending => Labels.GetValueOrDefault(StagingLabels.Pending);

    public string? Previous => Labels.GetValueOrDefault(StagingLabels.Previous);

    public StoredLogin? CurrentLogin => LoginOf(Current);

    public IEnumerable<StoredLogin> Logins => logins.Values;

    /// <summary>The versions with this user and password.</summary>
    public IEnumerable<string> Find(string username, string password) =>
        logins.Where(login => login.Value.Username == username && login.Value.Value == password).Select(login => login.Key);

    public StoredLogin? LoginOf(string? versionId) => versionId is null ? null : logins.GetValueOrDefault(versionId);

    /// <summary>Whether what applications have logs in.</summary>
    public bool Works(SimulatedServer server) => LogsIn(server, Current);

    public bool LogsIn(SimulatedServer server, string? versionId) =>
        LoginOf(versionId) is { } login && server.Find(login.Username) is { } account && account.LogsIn(login.Value);

    /// <summary>Whether one of the versions that Rekey knows of logs in.</summary>
    public bool IsRecoverable(SimulatedServer server) =>
        LogsIn(server, Current) || LogsIn(server, Pending) || LogsIn(server, Previous) || LogsIn(server, Row?.VersionId)
            || Suspects.Any(versionId => LogsIn(server, versionId));
}

/// <summary>User and password of a stored version.</summary>
internal sealed class StoredLogin(string username, string value)
{
    public string Username { get; } = username;

    public string Value { get; } = value;
}
