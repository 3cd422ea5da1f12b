using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>One user with two passwords for the time of the grace, on one server.</summary>
public sealed class RedisSingleUserTests
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private static PrivateRedisSetup WithAclFile => new() { UsesAclFile = true };

    [Theory]
    [InlineData(RedisKind.Redis7, true)]
    [InlineData(RedisKind.Redis7, false)]
    [InlineData(RedisKind.Valkey8, true)]
    [InlineData(RedisKind.Valkey8, false)]
    public async Task OldPasswordLogsIn_UntilItIsRetired_AndRestartsForgetNothing(RedisKind kind, bool usesAclFile)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = usesAclFile }, _stop);
        await server.SetUserAsync("app", _stop, "on", ">old", "~app:*", "&news:*", "+@read", "+@write");
        var rules = (await server.FindUserAsync("app", _stop))!.Rules;
        var rotation = new RedisRotation(server, alternating: false, "app", "old");

        var result = await rotation.RotateAsync(_stop);
        result.RefusedSince.ShouldBeNull();
        result.MustRetire.ShouldBeTrue();
        await server.CrashAsync();
        await server.StartAsync(_stop);
        (await server.LogsInAsync("app", "old", _stop)).ShouldBeTrue();
        (await server.LogsInAsync("app", rotation.Password, _stop)).ShouldBeTrue();

        await rotation.RetireAsync(_stop);
        await server.CrashAsync();
        await server.StartAsync(_stop);
        (await server.LogsInAsync("app", "old", _stop)).ShouldBeFalse();
        (await server.LogsInAsync("app", rotation.Password, _stop)).ShouldBeTrue();
        AclComparison.Of(rules, (await server.FindUserAsync("app", _stop))!.Rules).ShouldBeEmpty();
        // The pin still holds: neither restart made another system of the server.
        (await rotation.Rotator.CheckAsync(rotation.Subject, _stop)).ShouldBeEmpty();
        rotation.Notices.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task ServerWithoutAnyFile_IsRotated_AndTheOperatorIsTold(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { HasConfigurationFile = false }, _stop);
        await server.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        var rotation = new RedisRotation(server, alternating: false, "app", "old");
        await rotation.RotateAsync(_stop);
        rotation.Notices.ShouldContain(notice => notice.Contains("restart"));
    }

    /// <summary>A rewritten configuration file with a quote in a name or a pattern is one the server does not start from.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task QuotesInUsers_DoNotReachTheConfigurationFile(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup(), _stop);
        await server.SetUserAsync("it's", _stop, "on", ">x", "~\"*", "+@read");
        await server.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        var rotation = new RedisRotation(server, alternating: false, "app", "old");
        await rotation.RotateAsync(_stop);
        rotation.Notices.ShouldContain(notice => notice.Contains("quote"));
        await server.CrashAsync();
        await server.StartAsync(_stop);
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task UserWithoutTheRight_NeedsASuperuser_AndIsToldWhichRights(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, WithAclFile, _stop);
        await server.SetUserAsync("app", _stop, "on", ">old-password", "~*", "+get");
        var rotation = new RedisRotation(server, alternating: false, "app", "old-password") { Superuser = null };
        var failure = await rotation.SetAsync("new-password", _stop)
            .ShouldFailAsync(FailureCause.Privilege, "old-password", "new-password");
        failure.Message.ShouldContain("acl|setuser");
        failure.TargetUntouched.ShouldBeTrue();
        (await server.FindUserAsync("app", _stop))!.Hashes.ShouldBe([PrivateRedis.Hash("old-password")]);
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task DefaultUser_ChangesItself_AlsoWhereRequirepassMadeIt(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(
            kind, new PrivateRedisSetup { DefaultUser = "requirepass old" }, _stop);
        var rotation = new RedisRotation(server, alternating: false, "default", "old") { Superuser = null };
        (await rotation.RotateAsync(_stop)).RefusedSince.ShouldBeNull();
        await rotation.RetireAsync(_stop);
        await server.CrashAsync();
        await server.StartAsync(_stop);
        (await server.LogsInAsync("default", "old", _stop)).ShouldBeFalse();
        (await server.LogsInAsync("default", rotation.Password, _stop)).ShouldBeTrue();
    }

    /// <summary>A user that logs in with anything does not pass for one that was rotated.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task UserWithoutAPassword_HasOneAfterwards(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, WithAclFile, _stop);
        await server.SetUserAsync("app", _stop, "on", "nopass", "~*", "+@read");
        var rotation = new RedisRotation(server, alternating: false, "app", "old");
        await rotation.RotateAsync(_stop);
        (await server.LogsInAsync("app", "anything", _stop)).ShouldBeFalse();
        await rotation.RetireAsync(_stop);
        (await server.FindUserAsync("app", _stop))!.Hashes.ShouldBe([PrivateRedis.Hash(rotation.Password)]);
    }

    /// <summary>Every state a crash can leave: which of the two passwords are set, beside one that is neither.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task EveryPartialState_Converges(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, WithAclFile, _stop);
        foreach (var present in (string[][])[["old"], ["new"], ["old", "new"], ["old", "stray"], ["new", "stray"], ["stray"]])
        {
            foreach (var overlap in (OverlapMode[])[OverlapMode.Auto, OverlapMode.Off])
            {
                await server.SetUserAsync("app", _stop, ["reset", "on", "~*", "+@read", .. present.Select(password => ">" + password)]);
                var rotation = new RedisRotation(server, alternating: false, "app", "old")
                {
                    Settings = new RotationSettings { Overlap = overlap },
                };
                if (present is ["stray"]) await HealAsync(server, rotation);
                var result = await rotation.SetAsync("new", _stop, mayBeLive: present.Contains("new"));
                string[] expected = overlap == OverlapMode.Auto ? ["old", "new"] : ["new"];
                string.Join(' ', (await server.FindUserAsync("app", _stop))!.Hashes).ShouldBe(
                    string.Join(' ', expected.Select(PrivateRedis.Hash).Order(StringComparer.Ordinal)),
                    $"{string.Join('+', present)}, {overlap}");
                rotation.Promote("new", result);
                await rotation.RetireAsync(_stop);
                await rotation.RetireAsync(_stop);
                (await server.FindUserAsync("app", _stop))!.Hashes.ShouldBe([PrivateRedis.Hash("new")]);
            }
        }
    }

    /// <summary>Redis does not end sessions whose password is gone; those of the applications live on.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task OldSessions_SurviveTheRetirementOfTheirPassword(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, WithAclFile, _stop);
        await server.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read", "+ping");
        await using var session = await new RedisLogin(server.Options).LogInAsync(server.Credentials("app", "old"), _stop);
        var rotation = new RedisRotation(server, alternating: false, "app", "old");
        await rotation.RotateAsync(_stop);
        await rotation.RetireAsync(_stop);
        (await session.Server.Connection.AskAsync(["GET", "key"], _stop)).IsError.ShouldBeFalse();
        (await server.LogsInAsync("app", "old", _stop)).ShouldBeFalse();
    }

    /// <summary>Users may be called almost anything; no character of a name or password becomes part of a command.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task W13_HostileNames_AreOnlyNames(RedisKind kind)
    {
        await using var server = await PrivateRedis.StartAsync(kind, WithAclFile, _stop);
        string[] names = ["a'b", "a\"b", "a\\b", "#c", ">pw", "+@all", "reset", "$5", "*3", "über", "\u202eapp", "😀", "x;y", "-", "%s{0}"];
        foreach (var name in names)
        {
            foreach (var alternating in (bool[])[false, true])
            {
                await server.SetUserAsync(name, _stop, "reset", "on", ">old", "~a*", "+@read");
                var rotation = new RedisRotation(server, alternating, name, "old");
                await rotation.RotateAsync(_stop);
                (await server.LogsInAsync(rotation.Username, rotation.Password, _stop)).ShouldBeTrue(name);
            }
        }
        var admin = (await server.FindUserAsync(PrivateRedis.Admin, _stop))!;
        admin.Hashes.ShouldBe([PrivateRedis.Hash(server.AdminPassword)]);
        await server.CrashAsync();
        await server.StartAsync(_stop);
        foreach (var name in names) (await server.FindUserAsync(name, _stop)).ShouldNotBeNull(name);
    }

    private async Task HealAsync(PrivateRedis server, RedisRotation rotation)
    {
        // What an earlier rotation would have pinned.
        await using var admin = await server.OpenAdminAsync(_stop);
        var identity = RedisIdentity.Of(admin, PrivateRedis.Host, facts: null).ToString();
        var subject = rotation.Subject with { Pin = new PinnedTarget(identity, PrivateRedis.Host, server.Port, "app") };
        (await rotation.Rotator.HealAsync(subject, [], _stop)).ShouldBeTrue();
        (await rotation.Rotator.HealAsync(subject, [], _stop)).ShouldBeFalse();
    }
}
