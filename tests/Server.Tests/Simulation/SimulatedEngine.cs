using System.Runtime.CompilerServices;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;

namespace Rekey.Server.Tests.Simulation;

/// <summary>How an engine keeps two passwords.</summary>
internal enum OverlapKind
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>Both are given in one statement, as MariaDB's authentication alternatives.</summary>
    Together,

    /// <summary>The new one pushes the present one aside, as MySQL's RETAIN CURRENT PASSWORD.</summary>
    Retain,

    /// <summary>Added and removed one by one, as in Redis's lists.</summary>
    List,
}

/// <summary>The contract of an engine, on the simulated server. It has no strategy of its own.</summary>
internal sealed class SimulatedEngine(Simulation simulation, SimulatedNode node, OverlapKind overlap)
    : IDatabaseLogin, IDatabaseAdministration
{
    public static DatabaseEngine Kind { get; } = new() { Name = "simulated", DefaultPort = 5000, UsernameLengthMax = 32 };

    async Task<IAccountSession> IDatabaseLogin.LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var connection = await Connection.OpenAsync(simulation, node, credentials.Username, credentials.Password, cancellationToken);
        return new AccountSession(simulation, connection, overlap);
    }

    async Task<IAdministratorSession> IDatabaseAdministration.LogInAsync(
        DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var connection = await Connection.OpenAsync(simulation, node, superuser.Username, superuser.Password, cancellationToken);
        return new AdministratorSession(simulation, connection, overlap);
    }

    public async IAsyncEnumerable<HopResult> DiagnoseAsync(
        DatabaseCredentials current, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HopResult hop;
        try
        {
            await Connection.OpenAsync(simulation, node, current.Username, current.Password, cancellationToken);
            hop = new HopResult("login", Ok: true, "Logged in.");
        }
        catch (RotatorException exception)
        {
            hop = new HopResult("login", Ok: false, exception.Message, "Look at the server.", exception.Cause);
        }
        yield return hop;
    }

    /// <summary>The server's rules, as far as it tells them.</summary>
    public static Task<PasswordRules> ReadRulesAsync(Connection connection, CancellationToken cancellationToken) =>
        connection.QueryAsync(
            "read password rules",
            () => connection.Server.TellsItsRules
                ? new PasswordRules { LengthMin = connection.Server.PasswordLengthMin }
                : PasswordRules.None,
            cancellationToken);

    public static Task<bool> IsSameSystemAsync(
        Simulation simulation, Connection connection, string otherIdentity, CancellationToken cancellationToken) =>
        connection.QueryAsync(
            "read cluster members",
            () => connection.Server.Members.Contains(otherIdentity) || !simulation.Setup.TellsServersApart, cancellationToken);
}

internal sealed class AccountSession(Simulation simulation, Connection connection, OverlapKind overlap) : IAccountSession
{
    public string ServerIdentity => connection.ServerIdentity;

    public IAccountPasswords Passwords => simulation.Setup.Passwords(new SimulatedPasswords(connection, connection.Account.Name, overlap));

    public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) =>
        SimulatedEngine.ReadRulesAsync(connection, cancellationToken);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        SimulatedEngine.IsSameSystemAsync(simulation, connection, otherIdentity, cancellationToken);

    public Task ProbeAsync(CancellationToken cancellationToken) => connection.QueryAsync("probe", () => true, cancellationToken);

    public ValueTask DisposeAsync()
    {
        connection.Break();
        return ValueTask.CompletedTask;
    }
}
