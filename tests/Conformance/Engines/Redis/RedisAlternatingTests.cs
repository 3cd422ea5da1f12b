using System.Text.Json.Nodes;
using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>A base user and its clone that take turns, on one server.</summary>
public sealed class RedisAlternatingTests
{
    private const string Pending = "p3nd-w0rd";

    private static readonly string[] AppRules = ["reset", "on", ">old", "~app:*", "%R~shared:*", "&news:*", "+@read", "+@write", "-keys"];

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RedisKind.Redis7, true)]
    [InlineData(RedisKind.Redis7, false)]
    [InlineData(RedisKind.Valkey8, true)]
    [InlineData(RedisKind.Valkey8, false)]
    public async Task UsersTakeTurns_EachWithTheBasesRights_AndRestartsForgetNothing(RedisKind kind, bool usesAclFile)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = usesAclFile }, _stop);
        var rotation = await StartAsync(server);
        foreach (var expected in (string[])["app_clone", "app", "app_clone", "app"])
        {
            var (username, password) = (rotation.Username, rotation.Password);
            await rotation.RotateAsync(_stop);
            rotation.Username.ShouldBe(expected);
            await server.CrashAsync();
            await server.StartAsync(_stop);
            (await server.LogsInAsync(rotation.Username, rotation.Password, _stop)).ShouldBeTrue();
            (await server.LogsInAsync(username, password, _stop)).ShouldBeTrue("AWSPREVIOUS logs in until its turn comes");
            await ShouldBeEqualAsync(server);
            (await rotation.Rotator.CheckAsync(rotation.Subject, _stop)).ShouldBeEmpty();
        }
    }

    /// <summary>
    /// A clone whose making was broken off could log in on AWS's templates as soon as it existed, and their retry took the login for the
    /// whole. Here it cannot before its rights are whole, and a login does not prove that they are.
    /// </summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task W1_HalfBuiltClone_IsNotPromoted(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        var rotation = await StartAsync(server);
        string[][] halves =
        [
            [], ["~app:*"], ["+@read"], ["on", ">" + Pending, "+@read"], ["on", ">" + Pending, "~*", "+@all", "-@admin"],
            ["on", "nopass", "~*", "+@write"],
        ];
        foreach (var half in halves)
        {
            await server.SetUserAsync("app_clone", _stop, ["reset", .. half]);
            var request = rotation.Request(Pending, mayBeLive: true);
            await rotation.Rotator.TestSecretAsync(request, _stop).ShouldThrowAsync<RotatorException>();
            await rotation.Rotator.SetSecretAsync(request, _stop);
            await rotation.Rotator.TestSecretAsync(request, _stop);
            await ShouldBeEqualAsync(server);
            (await server.LogsInAsync("app_clone", "anything", _stop)).ShouldBeFalse();
        }
    }

    /// <summary>A process that ends between two effects leaves a clone that nobody logs in with; the next attempt ends the work.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task FirstRotationBrokenOffAnywhere_LeavesNoLogin_AndIsFinishedByTheNext(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        var rotation = await StartAsync(server);
        await using var administration = await new RedisAdministration(server.Options).LogInAsync(server.AdminCredentials, _stop);
        var pair = new Rekey.Rotators.Strategies.UserPair("app", "app_clone", RotationSettings.Default);
        await administration.CreateLockedAsync(pair, _stop);
        (await server.LogsInAsync("app_clone", Pending, _stop)).ShouldBeFalse();
        var comparison = await administration.CompareAsync(pair, _stop);
        await administration.ApplyAsync(pair, comparison.Changes, _stop);
        (await administration.CompareAsync(pair, _stop)).Changes.ShouldBeEmpty();
        (await server.LogsInAsync("app_clone", Pending, _stop)).ShouldBeFalse();
        await rotation.SetAsync(Pending, _stop, mayBeLive: true);
        (await server.LogsInAsync("app_clone", Pending, _stop)).ShouldBeTrue();
    }

    /// <summary>What is given to the base, or taken from it, reaches the clone at the next rotation, whichever is current.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task W2_ChangedGrants_ReachTheClone_GivenAndTaken(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        var rotation = await StartAsync(server);
        await rotation.RotateAsync(_stop);
        string[][] edits =
        [
            ["+config|get"], ["-set"], ["resetkeys", "~other:*"], ["&more:*"], ["resetchannels"], ["(+ping ~x*)"], ["clearselectors"],
            ["skip-sanitize-payload"], ["sanitize-payload"], ["-@all", "+get"],
        ];
        foreach (var edit in edits)
        {
            await server.SetUserAsync("app", _stop, edit);
            if (rotation.Username == "app_clone")
                (await rotation.Rotator.CheckAsync(rotation.Subject, _stop)).ShouldNotBeEmpty(string.Join(' ', edit));
            // The clone is made equal when its turn comes, and when the base's comes too.
            await rotation.RotateAsync(_stop);
            await ShouldBeEqualAsync(server);
        }
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task GrantSync_DoesWhatItSays(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await server.SetUserAsync("app", _stop, "on", ">old", "~a*", "+@read");
        foreach (var sync in (GrantSync[])[GrantSync.VerifyOnly, GrantSync.AddOnly, GrantSync.Off, GrantSync.Mirror])
        {
            await server.SetUserAsync("app_clone", _stop, "reset", "~extra*", "+@read");
            var rotation = new RedisRotation(server, alternating: true, "app", "old")
            {
                Settings = new RotationSettings { GrantSync = sync },
            };
            if (sync == GrantSync.VerifyOnly)
            {
                await rotation.SetAsync(Pending, _stop).ShouldFailAsync(FailureCause.Privilege, Pending);
                (await server.LogsInAsync("app_clone", Pending, _stop)).ShouldBeFalse();
                continue;
            }
            await rotation.SetAsync(Pending, _stop);
            (await server.FindUserAsync("app_clone", _stop))!.Rules.Keys.ShouldBe(sync switch
            {
                GrantSync.AddOnly => ["~a*", "~extra*"],
                GrantSync.Off => ["~extra*"],
                _ => ["~a*"],
            });
        }
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task UsersThatNoRotationMayTouch_AreRefused(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(
            kind, new PrivateRedisSetup { UsesAclFile = true, DefaultUser = "user default on >old ~* +@read" }, _stop);
        await server.SetUserAsync("boss", _stop, "on", ">old", "~*", "&*", "+@all");
        await server.SetUserAsync("half", _stop, "on", ">old", "+acl|setuser");
        foreach (var username in (string[])["default", "boss", "half", PrivateRedis.Admin])
        {
            foreach (var alternating in (bool[])[true, false])
            {
                var password = username == PrivateRedis.Admin ? server.AdminPassword : "old";
                await new RedisRotation(server, alternating, username, password).SetAsync(Pending, _stop)
                    .ShouldFailAsync(FailureCause.Precondition, Pending, server.AdminPassword);
            }
            (await server.FindUserAsync(username + "_clone", _stop)).ShouldBeNull();
        }
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task W16_SessionsOfTheRetiredLogin_AreEnded_AndNoOthers(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await server.SetUserAsync("app", _stop, AppRules);
        var rotation = new RedisRotation(server, alternating: true, "app", "old")
        {
            Settings = new RotationSettings { OldSessions = OldSessions.EndAfterGrace },
        };
        (await rotation.RotateAsync(_stop)).MustRetire.ShouldBeTrue();
        var login = new RedisLogin(server.Options);
        await using var old = await login.LogInAsync(server.Credentials("app", "old"), _stop);
        await using var present = await login.LogInAsync(server.Credentials("app_clone", rotation.Password), _stop);

        await rotation.RetireAsync(_stop);

        await old.ProbeAsync(_stop).ShouldFailAsync(FailureCause.Network, "old");
        await present.ProbeAsync(_stop);
        (await server.LogsInAsync("app", "old", _stop)).ShouldBeTrue("its turn comes again");
    }

    /// <summary>The secret's value is not trusted to say which server the superuser is let loose on.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task W11_SuperuserOfAnotherServer_TouchesNothing(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await using var other = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await server.SetUserAsync("app", _stop, AppRules);
        await other.SetUserAsync("app", _stop, AppRules);
        foreach (var alternating in (bool[])[true, false])
        {
            var rotation = new RedisRotation(server, alternating, "app", "old") { Superuser = other.AdminCredentials };
            await rotation.SetAsync(Pending, _stop).ShouldFailAsync(FailureCause.Precondition, Pending, other.AdminPassword);
        }
        (await other.FindUserAsync("app", _stop))!.Hashes.ShouldBe([PrivateRedis.Hash("old")]);
        (await other.FindUserAsync("app_clone", _stop)).ShouldBeNull();
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task Heal_PutsBackWhatTheSecretSays(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        var rotation = await StartAsync(server);
        await rotation.RotateAsync(_stop);
        await server.SetUserAsync("app_clone", _stop, "resetpass", ">by-hand");
        (await rotation.Rotator.HealAsync(rotation.Subject, [], _stop)).ShouldBeTrue();
        (await server.LogsInAsync(rotation.Username, rotation.Password, _stop)).ShouldBeTrue();
        (await server.LogsInAsync("app_clone", "by-hand", _stop)).ShouldBeFalse();
        (await rotation.Rotator.HealAsync(rotation.Subject, [], _stop)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task Plan_ShowsWhatWouldBeSent_AndChangesNothing(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        var rotation = await StartAsync(server);
        var plan = await rotation.Rotator.PlanAsync(rotation.Subject, _stop);
        plan.Username.ShouldBe("app_clone");
        plan.Statements[0].ShouldBe("ACL SETUSER app_clone");
        plan.Statements.ShouldContain("ACL SETUSER app_clone ~app:*");
        plan.Statements.ShouldContain("ACL SETUSER app_clone resetpass #***");
        (await server.FindUserAsync("app_clone", _stop)).ShouldBeNull();
        var hops = await rotation.Rotator.DiagnoseAsync(rotation.Subject, _stop).ToListAsync(_stop);
        hops.ShouldAllBe(hop => hop.Ok);
        hops.Select(hop => hop.Hop).ShouldBe(["resolve", "connect", "tls", "login", "privileges", "clone", "superuser", "rights"]);
        var alone = RedisRotation.Create(server.Options, alternating: false);
        var last = (await alone.DiagnoseAsync(rotation.Subject with { Superuser = null }, _stop).ToListAsync(_stop))[^1];
        (last.Hop, last.Ok, last.Cause).ShouldBe(("privileges", false, FailureCause.Privilege));
    }

    private async Task<RedisRotation> StartAsync(PrivateRedis server)
    {
        await server.SetUserAsync("app", _stop, AppRules);
        return new RedisRotation(server, alternating: true, "app", "old");
    }

    /// <summary>As the server itself describes the two, passwords aside.</summary>
    private async Task ShouldBeEqualAsync(PrivateRedis server)
    {
        async Task<string> DescribeAsync(string username) =>
            RedisDescription.Of(await server.ExecuteAsync(_stop, "ACL", "GETUSER", username)).ToJsonString();
        (await DescribeAsync("app_clone")).ShouldBe(await DescribeAsync("app"));
    }
}

/// <summary>The server's own description of a user, read without the code under test's model.</summary>
internal static class RedisDescription
{
    /// <summary>Without passwords and the word for the default, which version 7.0 leaves out at first; each selector once.</summary>
    public static JsonObject Of(RespReply reply)
    {
        var description = new JsonObject();
        for (var i = 0; i < reply.Items.Count; i += 2)
        {
            var name = reply.Items[i].Text;
            if (name != "passwords") description[name] = Value(reply.Items[i + 1]);
        }
        return description;
    }

    private static JsonNode Value(RespReply reply) => reply.Kind == RespKind.Array
        ? new JsonArray([.. reply.Items.Where(item => item.Octets is not ("on" or "off" or "sanitize-payload" or "nopass"))
            .Select(item => Value(item)).DistinctBy(node => node.ToJsonString())
            .OrderBy(node => node.ToJsonString(), StringComparer.Ordinal)])
        : reply.Octets.StartsWith('+') || reply.Octets.StartsWith('-') ? reply.Octets
        : string.Join(' ', reply.Octets.Split(' ').Order(StringComparer.Ordinal)); // of patterns the order means nothing
}
