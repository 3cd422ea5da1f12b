using System.Security.Cryptography;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

public sealed class PostgresSetSecretTests(PostgresServers servers)
{
    private const string PrintableAscii =
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(13, 10)]
    [InlineData(15, 100)]
    [InlineData(16, 10)]
    [InlineData(18, 100)]
    public async Task W15_ManyRotations_EachHolds_AndNoPasswordReachesTheServersLog(int version, int rotations)
    {
        var server = await servers.GetAsync(version);
        var role = await TestRole.CreateAsync(server, _stop);
        var rotator = PostgresRotation.Rotator();
        var current = role.Password;
        var used = new List<string>();
        for (var round = 0; round < rotations; round++)
        {
            // Every printable character stands at both ends once.
            var edge = PrintableAscii[round % PrintableAscii.Length];
            var pending = edge + RandomNumberGenerator.GetString(PrintableAscii, 30) + edge;
            var rotation = role.Rotation(current, pending);
            await rotator.SetSecretAsync(rotation, _stop);
            await rotator.TestSecretAsync(rotation, _stop);
            (await role.LogsInAsync(pending, _stop)).ShouldBeTrue($"round {round}");
            used.Add(pending);
            current = pending;
        }
        await role.ShouldHoldAsync(current, _stop, role.Password, used[^2]);
        role.RefusedLogins().ShouldBe(2);
        var log = server.Log;
        log.ShouldContain("ALTER ROLE SESSION_USER PASSWORD 'SCRAM-SHA-256$4096:");
        foreach (var password in used)
            for (var start = 0; start + 8 <= password.Length; start += 4) log.ShouldNotContain(password.Substring(start, 8));
        (await server.ExecuteAsync($"SELECT count(*) FROM pg_stat_activity WHERE usename = '{role.Name}'", _stop)).ShouldBe(0L);
    }

    [Theory]
    [InlineData("we\"ird")]
    [InlineData("o'brien")]
    [InlineData("first.last")]
    [InlineData("a; DROP TABLE x; --")]
    [InlineData("back\\slash")]
    [InlineData("%s {0} $1 :x @y")]
    [InlineData("Mixed CASE")]
    [InlineData(" spaces at both ends ")]
    [InlineData("session_user")]
    [InlineData("ünïcode–имя–名前")]
    [InlineData("😀")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890123")]
    public async Task W13_HostileRoleName_Rotates(string name)
    {
        foreach (var version in (int[])[15, 18])
        {
            var server = await servers.GetAsync(version);
            var role = await TestRole.CreateAsync(server, _stop, name);
            var pending = TestRole.NewPassword();
            await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, pending), _stop);
            await role.ShouldHoldAsync(pending, _stop, role.Password);
        }
    }

    [Fact]
    public async Task PasswordOutsideAscii_LogsInFromOtherClientsToo()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        const string Pending = "pässwörd €5 пароль 暗号 비밀";
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, Pending), _stop);
        (await Psql.LogsInAsync(await servers.GetAsync(15), role.Name, Pending, _stop)).ShouldBeTrue();
        (await Psql.LogsInAsync(await servers.GetAsync(15), role.Name, role.Password, _stop)).ShouldBeFalse();
    }

    [Fact]
    public async Task NameLongerThanTheServersLimit_IsRefused()
    {
        var server = await servers.GetAsync(15);
        var name = "long_" + RandomNumberGenerator.GetHexString(59, lowercase: true);
        var role = await TestRole.CreateAsync(server, _stop, name);
        var pending = TestRole.NewPassword();
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, pending), _stop)
            .ShouldFailAsync(FailureCause.Precondition, role.Password, pending);
        await role.ShouldHoldAsync(role.Password, _stop, pending);
    }
}
