using Rekey.Conformance.Engines;
using Rekey.Conformance.Engines.MongoDb;
using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>What two users of the admin database may do, by usersInfo.</summary>
internal sealed class MongoRights(PrivateMongo server)
{
    public async Task DemandEqualAsync(string one, string other, CancellationToken cancellationToken)
    {
        var expected = await FindAsync(one, cancellationToken);
        expected.Roles.ShouldNotBeEmpty();
        (await FindAsync(other, cancellationToken)).Roles.ShouldBe(expected.Roles);
    }

    public Task ChangeAsync(string user, bool more, CancellationToken cancellationToken) => server.RunAsync("admin", command =>
    {
        command.Text(more ? "grantRolesToUser" : "revokeRolesFromUser", user);
        MongoAccount.Roles(command, [new MongoRole("read", "audit")]);
    }, cancellationToken);

    private async Task<MongoUser> FindAsync(string name, CancellationToken cancellationToken) =>
        (await server.WithPrimaryAsync(
            connection => new MongoUsers(connection, "admin", new RotatorOptions()).FindAsync(name, cancellationToken), cancellationToken))
        .ShouldNotBeNull();
}
