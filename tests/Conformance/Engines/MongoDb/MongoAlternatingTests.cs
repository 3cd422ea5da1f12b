using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>The alternating-users strategy on a replica set.</summary>
public sealed class MongoAlternatingTests(MongoServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwentyRotations_TakeTurns_AndTheOneBeforeGoesOnLoggingIn()
    {
        var pair = await MongoPair.CreateAsync(await servers.GetSetAsync(), _stop, database: "shop");
        for (var round = 0; round < 20; round++)
        {
            var before = pair.Current;
            await pair.RotateAsync(_stop);
            pair.Current.Name.ShouldNotBe(before.Name);
            if (round % 10 != 9) continue;
            await pair.ShouldLogInAsync(pair.Current);
            await pair.ShouldLogInAsync(before);
        }
        await pair.ShouldBeEqualAsync(_stop);
    }

    /// <summary>W1: a clone that was made with its final password, but not its rights, passes AWS's login test.</summary>
    [Fact]
    public async Task W1_HalfBuiltClone_IsNotPromoted()
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop);
        var pending = MongoAccount.NewPassword();
        await server.RunAsync(
            "admin", command => command.Text("createUser", pair.Clone).Text("pwd", pending).Texts("roles", []), _stop);

        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.MultiUser.TestSecretAsync(pair.RequestFor(pending), _stop), FailureCause.Privilege, pending);
        failure.Message.ShouldContain("clone lacks role \"readWrite\" of \"shop\"");

        await pair.RotateAsync(_stop, pending);
        await pair.ShouldBeEqualAsync(_stop);
    }

    /// <summary>W2: AWS's template copies roles when the clone is made, and never looks at them again.</summary>
    [Fact]
    public async Task W2_EveryDifferenceThatArises_IsGoneAfterTheNextRotation()
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop, database: "shop");
        await pair.RotateAsync(_stop);
        await pair.RotateAsync(_stop);
        await server.RunAsync("shop", command => command.Text("updateUser", pair.Base)
            .Array("roles", ["read"], (roles, index, role) => roles.Document(index, one => one.Text("role", role).Text("db", "stock")))
            .Document("customData", data => data.Text("team", "payments"))
            .Texts("mechanisms", ["SCRAM-SHA-256"])
            .Array("authenticationRestrictions", ["127.0.0.1"], (all, index, address) => all.Document(index, one => one
                .Texts("clientSource", [address, "::1"]))), _stop);
        (await MongoRotation.MultiUser.CheckAsync(pair.RequestFor("unused"), _stop)).Count.ShouldBe(5);

        await pair.RotateAsync(_stop);

        await pair.ShouldBeEqualAsync(_stop);
        (await pair.FindAsync(pair.Clone, _stop))!.Roles.ShouldBe([new MongoRole("read", "stock")]);
        (await MongoRotation.MultiUser.CheckAsync(pair.RequestFor("unused"), _stop)).ShouldBeEmpty();
    }

    /// <summary>A form of the password that only the base has cannot be given to the clone while applications are on it.</summary>
    [Theory]
    [InlineData("SCRAM-SHA-1", "SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-256", "SCRAM-SHA-1")]
    [InlineData("SCRAM-SHA-256", "SCRAM-SHA-1,SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-1,SCRAM-SHA-256", "SCRAM-SHA-256")]
    public async Task MechanismsOfTheBase_ReachTheClone_AndNobodyIsLockedOut(string first, string then)
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop, change: command => command.Texts("mechanisms", first.Split(',')));
        await pair.RotateAsync(_stop);
        // Now applications are on the clone, and an administrator changes the base.
        await server.RunAsync("admin", command => command.Text("updateUser", pair.Base).Text("pwd", MongoAccount.NewPassword())
            .Texts("mechanisms", then.Split(',')), _stop);
        var onClone = pair.Current;

        await pair.RotateAsync(_stop);
        await pair.ShouldLogInAsync(onClone);
        await pair.ShouldLogInAsync(pair.Current);
        (await pair.FindAsync(pair.Base, _stop))!.Mechanisms.ShouldBe(then.Split(','));

        await pair.RotateAsync(_stop);
        await pair.ShouldLogInAsync(pair.Current);
        await pair.ShouldBeEqualAsync(_stop);
    }

    /// <summary>W11: the value of a secret leads to one server, the superuser's to another that has a user of the same name.</summary>
    [Fact]
    public async Task W11_AnotherServerThanTheSuperusers_IsRefused()
    {
        var (set, alone) = (await servers.GetSetAsync(), await servers.GetAloneAsync());
        var real = await MongoAccount.CreateAsync(set, _stop);
        var rogue = await MongoAccount.CreateAsync(alone, _stop, real.Name);
        var pending = MongoAccount.NewPassword();
        var request = rogue.Alternation((rogue.Name, rogue.Password), (rogue.Name + "_clone", pending)) with
        {
            Superuser = set.AdminCredentials(real.Port),
        };
        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.MultiUser.SetSecretAsync(request, _stop), FailureCause.Precondition, pending);
        failure.Message.ShouldContain("is not the same host as");
        failure.TargetUntouched.ShouldBeTrue();
        (await real.FindAsync(_stop, real.Name + "_clone")).ShouldBeNull();
        (await rogue.FindAsync(_stop, real.Name + "_clone")).ShouldBeNull();
    }

    [Fact]
    public async Task W11_AnotherServerThanThePinnedOne_IsRefused()
    {
        var (set, alone) = (await servers.GetSetAsync(), await servers.GetAloneAsync());
        var pair = await MongoPair.CreateAsync(set, _stop);
        var pinned = await MongoRotation.MultiUser.SetSecretAsync(pair.RequestFor(MongoAccount.NewPassword()), _stop);
        var elsewhere = await MongoAccount.CreateAsync(alone, _stop);
        var identity = (await MongoRotation.SingleUser.SetSecretAsync(
            elsewhere.Rotation(elsewhere.Password, elsewhere.Password), _stop)).Pin.ServerIdentity;

        pinned.Pin.ServerIdentity.ShouldStartWith("replica set rs of tests of localhost:");
        identity.ShouldStartWith("server localhost:");
        var request = pair.RequestFor(MongoAccount.NewPassword()) with { Pin = pinned.Pin with { ServerIdentity = identity } };
        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.MultiUser.SetSecretAsync(request, _stop), FailureCause.Precondition);
        failure.Message.ShouldStartWith("Another server answers");
    }

    /// <summary>W13: names reach the server as values of a typed document, never as text of a command.</summary>
    [Fact]
    public async Task W13_HostileNames_AreOnlyNames()
    {
        string[] roles = ["$where", "a TO b", "'; drop", "{\"$gt\":\"\"}", "ro\"le", "back\\slash", "名前", " "];
        const string Database = "o'b-{z}";
        var server = await servers.GetSetAsync();
        var account = await MongoAccount.CreateAsync(
            server, _stop, name: "$'{\"a\":1}, \\ = 名前 " + MongoAccount.NewName(), database: Database, mayChangeItself: false);
        foreach (var role in roles)
        {
            await server.RunAsync(
                Database, command => command.Text("createRole", role).Texts("privileges", []).Texts("roles", []), _stop);
        }
        await server.RunAsync(Database, command =>
        {
            command.Text("updateUser", account.Name);
            MongoAccount.Roles(command, roles.Select(role => new MongoRole(role, Database)));
        }, _stop);
        var pair = new MongoPair(account);
        await pair.RotateAsync(_stop);
        await pair.ShouldBeEqualAsync(_stop);
        (await pair.FindAsync(pair.Clone, _stop))!.Roles.Count.ShouldBe(roles.Length);
        await pair.RotateAsync(_stop);
        await pair.ShouldLogInAsync(pair.Current);
    }

    /// <summary>W14: neither user of a pair has power over the other.</summary>
    [Fact]
    public async Task W14_Clone_CannotChangeItsBase()
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop);
        var first = pair.Current;
        await pair.RotateAsync(_stop);
        var login = new MongoLogin(new RotatorOptions(), TimeProvider.System, changesItself: false);
        foreach (var (user, victim) in (((string, string), string)[])[(pair.Current, pair.Base), (first, pair.Clone)])
        {
            var credentials = pair.Credentials(user);
            await using var connection = await login.OpenAsync(
                MongoAddress.Of(credentials), new MongoLoginName(credentials, "admin"), _stop);
            var command = MongoConnection.Command().Text("updateUser", victim).Text("pwd", MongoAccount.NewPassword());
            var failure = await MongoRotation.FailureOfAsync(connection.RunAsync("admin", command, _stop), FailureCause.Privilege);
            failure.NativeCode.ShouldBe("13");
        }
        await pair.ShouldLogInAsync(first);
        await pair.ShouldLogInAsync(pair.Current);
    }

    [Theory]
    [InlineData("root", "admin")]
    [InlineData("userAdminAnyDatabase", "admin")]
    [InlineData("clusterAdmin", "admin")]
    [InlineData("restore", "admin")]
    [InlineData("dbOwner", "admin")]
    [InlineData("heir of root", "admin")]
    [InlineData("giver of roles", "admin")]
    public async Task W11_PowerfulUser_IsRefused(string role, string database)
    {
        var server = await servers.GetSetAsync();
        await EnsureMightyRolesAsync(server);
        var pair = await MongoPair.CreateAsync(server, _stop);
        await server.RunAsync("admin", command =>
        {
            command.Text("grantRolesToUser", pair.Base);
            MongoAccount.Roles(command, [new MongoRole(role, database)]);
        }, _stop);
        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.MultiUser.SetSecretAsync(pair.RequestFor(MongoAccount.NewPassword()), _stop), FailureCause.Precondition);
        failure.Message.ShouldContain("more powerful");
        failure.TargetUntouched.ShouldBeTrue();
        (await pair.FindAsync(pair.Clone, _stop)).ShouldBeNull();
    }

    [Theory]
    [InlineData("readWriteAnyDatabase", "admin")]
    [InlineData("dbAdminAnyDatabase", "admin")]
    [InlineData("backup", "admin")]
    [InlineData("clusterMonitor", "admin")]
    [InlineData("dbOwner", "shop")]
    [InlineData("userAdmin", "shop")]
    public async Task UserBelowThatLine_Rotates(string role, string database)
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop);
        await server.RunAsync("admin", command =>
        {
            command.Text("grantRolesToUser", pair.Base);
            MongoAccount.Roles(command, [new MongoRole(role, database)]);
        }, _stop);
        await pair.RotateAsync(_stop);
        await pair.ShouldBeEqualAsync(_stop);
    }

    [Fact]
    public async Task SuperuserItself_IsRefused()
    {
        var server = await servers.GetSetAsync();
        var superuser = server.AdminCredentials((await server.FindPrimaryAsync(_stop)).Port);
        var request = new RotationRequest { Current = superuser, Pending = superuser, Superuser = superuser };
        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.SingleUser.SetSecretAsync(request, _stop), FailureCause.Precondition, server.AdminPassword);
        failure.Message.ShouldContain("is the superuser itself");
    }

    [Fact]
    public async Task AddOnly_LeavesWhatTheCloneHasTooMuch_AndVerifyOnlyRefusesIt()
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop);
        await pair.RotateAsync(_stop);
        await pair.RotateAsync(_stop);
        await server.RunAsync("admin", command =>
        {
            command.Text("updateUser", pair.Clone);
            MongoAccount.Roles(command, [new MongoRole("read", "stock")]);
        }, _stop);

        var verifyOnly = pair.RequestFor(MongoAccount.NewPassword()) with { Settings = new() { GrantSync = GrantSync.VerifyOnly } };
        await MongoRotation.FailureOfAsync(MongoRotation.MultiUser.SetSecretAsync(verifyOnly, _stop), FailureCause.Privilege);
        await pair.RotateAsync(_stop, settings: new() { GrantSync = GrantSync.AddOnly });
        (await pair.FindAsync(pair.Clone, _stop))!.Roles.ShouldBe([new MongoRole("readWrite", "shop"), new MongoRole("read", "stock")]);
    }

    [Fact]
    public async Task Plan_ShowsEveryCommandMasked_AndChangesNothing()
    {
        var pair = await MongoPair.CreateAsync(await servers.GetSetAsync(), _stop, database: "shop");
        var pending = MongoAccount.NewPassword();
        var plan = await MongoRotation.MultiUser.PlanAsync(pair.RequestFor(pending), _stop);
        plan.Username.ShouldBe(pair.Clone);
        plan.Statements[0].ShouldStartWith(
            $"db.getSiblingDB(\"shop\").createUser(\"{pair.Clone}\", {{ pwd: (random, kept nowhere), roles: [");
        plan.Statements[^1].ShouldBe(
            $"db.getSiblingDB(\"shop\").updateUser(\"{pair.Clone}\", "
                + "{ pwd: '***', mechanisms: [\"SCRAM-SHA-1\", \"SCRAM-SHA-256\"] })");
        string.Join('\n', plan.Statements).ShouldNotContain(pending);
        (await pair.FindAsync(pair.Clone, _stop)).ShouldBeNull();
    }

    /// <summary>A superuser that lives in the accounts' own database is found there.</summary>
    [Fact]
    public async Task SuperuserOfTheAccountsDatabase_LogsIn()
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop, database: "shop");
        var password = MongoAccount.NewPassword();
        var superuser = MongoAccount.NewName();
        await server.RunAsync("shop", command =>
        {
            command.Text("createUser", superuser).Text("pwd", password);
            MongoAccount.Roles(command, [new MongoRole("userAdmin", "shop")]);
        }, _stop);
        var request = pair.RequestFor(MongoAccount.NewPassword()) with { Superuser = pair.Credentials((superuser, password)) };
        await MongoRotation.MultiUser.RotateAsync(request, _stop);
        await pair.ShouldBeEqualAsync(_stop);
    }

    private async Task EnsureMightyRolesAsync(PrivateMongo server)
    {
        foreach (var (name, role, action) in ((string Name, string? Role, string? Action)[])
            [("heir of root", "root", null), ("giver of roles", null, "grantRole")])
        {
            try
            {
                await server.RunAsync("admin", command => command.Text("createRole", name)
                    .Array("privileges", (string[])(action is null ? [] : [action]), (all, index, one) => all.Document(index, given => given
                        .Document("resource", where => where.Text("db", "").Text("collection", "")).Texts("actions", [one])))
                    .Texts("roles", role is null ? [] : [role]), _stop);
            }
            catch (RotatorException e) when (e.NativeCode == "51002")
            {
                // An earlier case made it.
            }
        }
    }
}
