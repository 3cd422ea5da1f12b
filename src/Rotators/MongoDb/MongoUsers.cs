using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// The commands about users that rotations send, on one connection to the primary. Every change is one command, which the server carries
/// out whole or not at all, and is confirmed by a majority of the members, so that no failover takes it back.
/// </summary>
internal sealed class MongoUsers(MongoConnection connection, string database, RotatorOptions options)
{
    /// <summary>The user, or null when there is none of that name in the database.</summary>
    public async Task<MongoUser?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await connection.RunAsync(
                database, About(name).Boolean("showAuthenticationRestrictions", true), cancellationToken);
            return Read(answer, hasRestrictions: true);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Other && e.NativeCode is not null)
        {
            // Amazon DocumentDB knows neither the option nor what it would show.
            return Read(await connection.RunAsync(database, About(name), cancellationToken), hasRestrictions: false);
        }
    }

    /// <inheritdoc cref="FindAsync"/>
    public async Task<MongoUser> DemandAsync(string name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken)
            ?? throw Failures.Precondition($"The server has no user {name} in its database {database} (dbname in the secret)");

    /// <summary>What the user may do, roles within roles included; the user is there.</summary>
    public async Task<MongoPower> ReadPowerAsync(MongoUser user, CancellationToken cancellationToken)
    {
        if (!user.HasRestrictions) return MongoPower.Of(user.Roles);
        var answer = await connection.RunAsync(database, About(user.Name).Boolean("showPrivileges", true), cancellationToken);
        return answer.FindDocuments("users") is [var described, ..] ? MongoPower.Read(described) : MongoPower.Of(user.Roles);
    }

    /// <summary>
    /// Sets the password, kept in the same forms as before: a server that is not told would add those it has by default. Not cancellable:
    /// whether the change was made must not be left open by a stop.
    /// </summary>
    public async Task SetPasswordAsync(MongoUser user, Sensitive password, IReadOnlyCollection<string> mechanisms)
    {
        _ = MongoPassword.Demand(password, mechanisms);
        var command = MongoConnection.Command().Text("updateUser", user.Name).Text("pwd", password);
        if (mechanisms.Count > 0) command.Texts("mechanisms", mechanisms);
        await RunAsync(Confirmed(command, user), CancellationToken.None);
    }

    /// <summary>Makes a user like the model, whose password nobody knows.</summary>
    public async Task CreateAsync(string name, MongoUser model, CancellationToken cancellationToken)
    {
        using var nobodys = new PasswordPolicy { Length = 64, ExcludedCharacters = "/\"@" }.Generate();
        var command = MongoConnection.Command().Text("createUser", name).Text("pwd", nobodys);
        if (model.Mechanisms.Count > 0) command.Texts("mechanisms", model.Mechanisms);
        await RunAsync(Confirmed(Describe(command, model, previous: null), model), cancellationToken);
    }

    /// <summary>Makes the user what <paramref name="wanted"/> says, in one command; its password stays.</summary>
    public async Task UpdateAsync(MongoUser wanted, MongoUser previous, CancellationToken cancellationToken)
    {
        var command = MongoConnection.Command().Text("updateUser", wanted.Name);
        if (!wanted.Mechanisms.SetEquals(previous.Mechanisms)) command.Texts("mechanisms", wanted.Mechanisms);
        await RunAsync(Confirmed(Describe(command, wanted, previous), wanted), cancellationToken);
    }

    private static BsonWriter About(string name, string database) => MongoConnection.Command()
        .Document("usersInfo", user => user.Text("user", name).Text("db", database));

    private static BsonWriter Describe(BsonWriter command, MongoUser wanted, MongoUser? previous)
    {
        command.Array("roles", wanted.Roles, (writer, index, role) =>
            writer.Document(index, inner => inner.Text("role", role.Name).Text("db", role.Database)));
        if (wanted.CustomData is { } data) command.Document("customData", data);
        else if (previous?.CustomData is not null) command.Document("customData", _ => { });
        if (wanted.HasRestrictions && (wanted.Restrictions.Count > 0 || previous?.Restrictions.Count > 0))
        {
            command.Array("authenticationRestrictions", wanted.Restrictions, (writer, index, one) => writer.Document(index, inner =>
            {
                // An empty list would let nobody in.
                if (one.ClientSources.Count > 0) inner.Texts("clientSource", one.ClientSources);
                if (one.ServerAddresses.Count > 0) inner.Texts("serverAddress", one.ServerAddresses);
            }));
        }
        return command;
    }

    private BsonWriter About(string name) => About(name, database);

    private BsonWriter Confirmed(BsonWriter command, MongoUser user)
    {
        // Amazon DocumentDB writes to its shared storage, and takes no such order.
        if (!user.HasRestrictions) return command;
        var milliseconds = (int)Math.Min(options.CommandTimeout.TotalMilliseconds, int.MaxValue);
        return command.Document("writeConcern", concern => concern.Text("w", "majority").Int32("wtimeout", milliseconds));
    }

    private Task<BsonDocument> RunAsync(BsonWriter command, CancellationToken cancellationToken) =>
        connection.RunAsync(database, command, cancellationToken);

    private MongoUser? Read(BsonDocument answer, bool hasRestrictions)
    {
        try
        {
            return answer.FindDocuments("users") is [var user, ..] ? MongoUser.Read(user, hasRestrictions) : null;
        }
        catch (InvalidDataException e)
        {
            throw MongoErrors.FromSocket(e, connection.Address);
        }
    }
}
