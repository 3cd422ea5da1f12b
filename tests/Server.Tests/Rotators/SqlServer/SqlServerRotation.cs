using Rekey.Rotators;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.SqlServer;
using Rekey.Rotators.Strategies;
using Rekey.Server.Tests.Rotators.Sql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.SqlServer;

/// <summary>A simulated SQL Server with an application's login, and rotations on it.</summary>
internal sealed class SqlServerRotation
{
    public const string Shop = "shop";

    public SqlServerRotation()
    {
        var state = Server.State;
        foreach (var database in (ReadOnlySpan<string>)[Shop, "stock", "tempdb_like"]) state.Databases[database] = new();
        Add("app", "old");
        Add("sa_team", "super").Roles.Add("sysadmin");
    }

    public SimulatedSqlServer Server { get; } = new();

    public SqlServerLogin Login => new(new RotatorOptions(), Server.ConnectAsync);

    public SingleUser Single => new(Login, Login, new ImmediateTime());

    public AlternatingUsers Alternating => new(DatabaseEngine.SqlServer, Login, Login, new ImmediateTime());

    public static DatabaseCredentials Superuser => Account("sa_team", "super");

    public static DatabaseCredentials Account(string username, string password, string database = Shop) =>
        SqlSecrets.Account("sqlserver", username, password, database);

    public SqlServerAccount Add(string username, string password)
    {
        var login = new SqlServerAccount { Sid = Server.State.NewSid(), Password = password };
        login.Permissions[new SqlServerSubject("", null, null, null, "CONNECT SQL")] = 'G';
        return Server.State.Logins[username] = login;
    }

    public SqlServerUser AddUser(string database, string login, string? name = null)
    {
        var user = new SqlServerUser { Sid = Server.State.Logins[login].Sid };
        user.Permissions[new SqlServerSubject("", null, null, null, "CONNECT")] = 'G';
        return Server.State.Databases[database].Users[name ?? login] = user;
    }

    public static RotationRequest Alternate(string current = "app", string pending = "app_clone", string old = "old", string wanted = "new",
        RotationSettings? settings = null) =>
        SqlSecrets.Request(Account(current, old), Account(pending, wanted), Superuser, settings: settings);

    public Task<SetSecretResult> SetAsync(IDatabaseRotator rotator, RotationRequest request) =>
        rotator.SetSecretAsync(request, TestContext.Current.CancellationToken);

    public async Task<RotatorException> FailureAsync(IDatabaseRotator rotator, RotationRequest request)
    {
        var e = await Should.ThrowAsync<RotatorException>(() => SetAsync(rotator, request));
        Server.OpenSessions.ShouldBe(0);
        return e;
    }

    public async Task<bool> LogsInAsync(DatabaseCredentials credentials)
    {
        try
        {
            await using var session = await Login.LogInAsync(credentials, TestContext.Current.CancellationToken);
            return true;
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Auth)
        {
            return false;
        }
    }

    public string RightsOf(string login) => Server.State.RightsOf(login);

    public static OdbcException Error(int code, string sqlState = "42000") => SimulatedSqlServer.Failure(sqlState, code);
}
