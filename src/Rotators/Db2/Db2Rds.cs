using Rekey.Aws;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Db2;

/// <summary>
/// RDS for Db2, whose users are kept outside of the database: the procedures of the database rdsadmin note what is to be done, and a
/// task does it a little later.
/// </summary>
internal sealed class Db2Rds(SqlSession session, TimeProvider time) : IAsyncDisposable
{
    public const string Database = "rdsadmin";

    private const string Procedures = "CALL rdsadmin.";

    /// <summary>Looks at a task before it is given up.</summary>
    private const int LooksMax = 60;

    /// <summary>Looks without a task to be seen after which it is taken for done: the wait of AWS's template.</summary>
    private const int LooksWithoutTaskMax = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Whether a change is the procedures' to make.</summary>
    public static bool Owns(string statement) => statement.StartsWith(Procedures, StringComparison.Ordinal);

    public static string GroupStatement(string procedure, string username, string group) =>
        $"{Procedures}{procedure}({Db2Text.Literal(username.ToLowerInvariant())}, {Db2Text.Literal(group.ToLowerInvariant())})";

    /// <summary>The statement that sets a password, up to it.</summary>
    public static string ChangePassword(string username) => $"{Procedures}change_password({Db2Text.Literal(username)}, ";

    /// <summary>The statement that makes a user, up to its password.</summary>
    public static string AddUser(string username) => $"{Procedures}add_user({Db2Text.Literal(username)}, ";

    public Task SetPasswordAsync(string username, Sensitive wanted, CancellationToken cancellationToken) => RunAsync(
        "CHANGE_PASSWORD", new SensitiveText().Append(ChangePassword(username)).AppendLiteral(wanted).Append(')'), cancellationToken);

    public Task AddAsync(string username, Sensitive password, CancellationToken cancellationToken) => RunAsync(
        "ADD_USER", new SensitiveText().Append(AddUser(username)).AppendLiteral(password).Append(", '')"), cancellationToken);

    public Task ChangeGroupsAsync(string statement, CancellationToken cancellationToken) => RunAsync(
        statement.Contains("remove_groups", StringComparison.Ordinal) ? "REMOVE_GROUPS" : "ADD_GROUPS",
        new SensitiveText().Append(statement), cancellationToken);

    /// <summary>Whether there is such a user. The list is one text of lines, each of which begins with a name and a tab.</summary>
    public async Task<bool> KnowsAsync(string username, CancellationToken cancellationToken)
    {
        var rows = await session.QueryAsync($"{Procedures}list_users()", cancellationToken);
        return rows.SelectMany(row => (row[0] ?? "").Split('\n'))
            .Any(line => line.Split('\t')[0].Trim().Equals(username, StringComparison.OrdinalIgnoreCase));
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();

    /// <summary>Starts the task and waits, within bounds, until it has taken effect. No login is spent on that.</summary>
    private async Task RunAsync(string kind, SensitiveText statement, CancellationToken cancellationToken)
    {
        string before;
        try
        {
            var row = await session.QueryRowAsync(
                $"SELECT COALESCE(MAX(task_id), 0) FROM TABLE(rdsadmin.get_task_status(NULL, NULL, '{kind}'))", cancellationToken);
            before = row?[0] ?? "0";
        }
        catch
        {
            statement.Dispose();
            throw;
        }
        if (!long.TryParse(before, out var last)) last = 0;
        await session.ExecuteAsync(statement, cancellationToken);
        FaultPoint.Reach("rds.after-call");
        for (var look = 1; look <= LooksMax; look++)
        {
            var rows = await session.QueryAsync(
                $"SELECT lifecycle FROM TABLE(rdsadmin.get_task_status(NULL, NULL, '{kind}')) WHERE task_id > {last}", cancellationToken);
            var states = rows.Select(row => (row[0] ?? "").Trim().ToUpperInvariant()).ToList();
            if (states.Any(state => state is "FAILED" or "FAILURE" or "ERROR"))
                throw new RotatorException(FailureCause.Other, $"RDS reports that its task {kind} failed: see rdsadmin.get_task_status");
            if (states.Count > 0 ? states.TrueForAll(state => state == "SUCCESS") : look >= LooksWithoutTaskMax) return;
            await Task.Delay(Pause, time, cancellationToken);
        }
        throw new RotatorException(FailureCause.Timeout, $"RDS has not finished its task {kind} in time");
    }
}
