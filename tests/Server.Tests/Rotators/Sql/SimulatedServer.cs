using Rekey.Rotators;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;

namespace Rekey.Server.Tests.Rotators.Sql;

/// <summary>
/// A database server in memory that is spoken to in statements, in place of an ODBC driver: keeps a list of what it was sent, secrets
/// included, and breaks the connection where it is told to.
/// </summary>
internal abstract class SimulatedServer
{
    /// <summary>Logins, with their outcome, and statements; not queries.</summary>
    public List<string> Sent { get; } = [];

    public List<string> Queries { get; } = [];

    public int OpenSessions { get; private set; }

    public int Refused { get; private set; }

    /// <summary>Effects so far: statements and logins.</summary>
    public int Effects { get; private set; }

    /// <summary>The connection breaks after the effect of this number has taken place, and before the answer; 0 for never.</summary>
    public int DropAfter { get; set; }

    /// <summary>An error in place of a statement's effect.</summary>
    public Func<string, OdbcException?> Fails { get; set; } = _ => null;

    public Task<SqlSession> ConnectAsync(DatabaseCredentials credentials, SqlRoute route, CancellationToken cancellationToken)
    {
        var password = credentials.Password.RevealText();
        try
        {
            var session = Login(credentials, password, route);
            Sent.Add($"login {credentials.Username} {password}");
            Effects++;
            DemandConnection();
            OpenSessions++;
            return Task.FromResult<SqlSession>(session);
        }
        catch (OdbcException e) when (e.SqlState != "08S01")
        {
            Refused++;
            Sent.Add($"refused {credentials.Username} {password}");
            throw;
        }
    }

    /// <summary>Throws <see cref="OdbcException"/> when the login is refused.</summary>
    protected abstract SimulatedSession Login(DatabaseCredentials credentials, string password, SqlRoute route);

    /// <summary>The rows of a query.</summary>
    public abstract IReadOnlyList<IReadOnlyList<string?>> Answer(SimulatedSession session, string query);

    /// <summary>The effect of a statement.</summary>
    public abstract void Execute(SimulatedSession session, string statement);

    /// <summary>What the server undoes when a session ends.</summary>
    public virtual void End(SimulatedSession session)
    {
    }

    internal void Run(SimulatedSession session, string statement)
    {
        Sent.Add(statement);
        if (Fails(statement) is { } failure) throw failure;
        Execute(session, statement);
        Effects++;
        DemandConnection();
    }

    internal void Close(SimulatedSession session)
    {
        OpenSessions--;
        End(session);
    }

    private void DemandConnection()
    {
        if (Effects == DropAfter) throw new OdbcException("08S01", 0, "communication link failure");
    }
}

/// <summary>A session with a simulated server.</summary>
internal sealed class SimulatedSession(SimulatedServer server, string username) : SqlSession
{
    private bool _isBroken;
    private bool _isClosed;

    public string Username => username;

    /// <summary>What USE chose.</summary>
    public string Database { get; set; } = "";

    /// <summary>What ROLLBACK brings back; null outside of a transaction.</summary>
    public object? Savepoint { get; set; }

    public override Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken)
    {
        using (statement)
        {
            Demand();
            try
            {
                server.Run(this, statement.Span.ToString());
            }
            catch (OdbcException e) when (e.SqlState == "08S01")
            {
                _isBroken = true;
                throw;
            }
            return Task.CompletedTask;
        }
    }

    public override Task<IReadOnlyList<IReadOnlyList<string?>>> QueryAsync(string statement, CancellationToken cancellationToken)
    {
        Demand();
        server.Queries.Add(statement);
        return Task.FromResult(server.Answer(this, statement));
    }

    public override ValueTask DisposeAsync()
    {
        if (!_isClosed) server.Close(this);
        _isClosed = true;
        return ValueTask.CompletedTask;
    }

    private void Demand()
    {
        if (_isBroken || _isClosed) throw new OdbcException("08S01", 0, "the connection is closed");
    }
}
