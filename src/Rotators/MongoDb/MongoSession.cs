using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MongoDb;

/// <summary>A logged-in user that can change its own password, if its roles let it (changeOwnPassword).</summary>
internal sealed class MongoSession(MongoLogin login, MongoConnection connection, MongoLoginName user) : IAccountSession
{
    public string ServerIdentity => MongoIdentity.Read(connection.Hello!, connection.Address);

    public MongoConnection Connection => connection;

    public IAccountPasswords Passwords => new OnePassword(
        (_, wanted, stop) => ChangePasswordAsync(wanted, stop),
        MongoUserDifferences.Statement(
            "updateUser",
            new MongoUser { Name = user.Credentials.Username, Database = user.Database },
            "pwd: '***', mechanisms: [...]"));

    public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) =>
        MongoPasswordRules.ReadAsync(
            new MongoUsers(connection, user.Database, login.Options), user.Credentials.Username, cancellationToken);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        Task.FromResult(MongoIdentity.IsSame(ServerIdentity, otherIdentity));

    /// <summary>
    /// And proves that the password logs in on every member that can be reached: drivers spread over all of them, and each checks logins
    /// by its own copy of the users.
    /// </summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await connection.RunAsync(user.Database, MongoConnection.Command().Int32("ping", 1), cancellationToken);
        await new MongoMembers(login, connection, user).ProveAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task ChangePasswordAsync(Sensitive wanted, CancellationToken cancellationToken)
    {
        var primary = await login.FollowAsync(connection, user, cancellationToken);
        try
        {
            var users = new MongoUsers(primary, user.Database, login.Options);
            var account = await users.DemandAsync(user.Credentials.Username, cancellationToken);
            await users.SetPasswordAsync(account, wanted, account.Mechanisms);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Privilege)
        {
            throw Failures.Prefixed("The user may not change its own password: grant it changeOwnPassword, or bind a superuser secret", e);
        }
        finally
        {
            if (primary != connection) await primary.DisposeAsync();
        }
    }
}
