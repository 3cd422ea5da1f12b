using System.Security.Cryptography;
using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>The single-user strategy on a replica set.</summary>
public sealed class MongoSetSecretTests(MongoServers servers)
{
    /// <summary>All of printable ASCII: more than any template puts into a password.</summary>
    private static readonly string PrintableAscii = new([.. Enumerable.Range(' ', 95).Select(c => (char)c)]);

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task W15_TwentyRotations_EachHoldsOnEveryMember_AndNoPasswordReachesTheServersLogs()
    {
        var server = await servers.GetSetAsync();
        var account = await MongoAccount.CreateAsync(server, _stop);
        var used = new List<string> { account.Password };
        for (var round = 0; round < 20; round++)
        {
            used.Add(MongoAccount.NewPassword());
            await MongoRotation.SingleUser.RotateAsync(account.Rotation(used[^2], used[^1]), _stop);
        }
        await account.ShouldLogInAsync(used[^1]);
        await account.ShouldBeRefusedAsync(used[^2]);
        foreach (var member in server.Members)
        {
            var log = await member.LogTextAsync(_stop);
            log.ShouldContain("rekey");
            foreach (var password in used) log.ShouldNotContain(password);
        }
    }

    [Fact]
    public async Task EveryCharacterAtEveryPlace_LogsInFromAnotherClientToo()
    {
        var server = await servers.GetSetAsync();
        var account = await MongoAccount.CreateAsync(server, _stop);
        var current = account.Password;
        // Each character stands first, last and in the middle of one of these.
        for (var shift = 0; shift < PrintableAscii.Length; shift += 5)
        {
            var turned = PrintableAscii[shift..] + PrintableAscii[..shift];
            var pending = shift % 2 == 0 ? turned : new string([.. turned.Reverse()]);
            await MongoRotation.SingleUser.RotateAsync(account.Rotation(current, pending), _stop);
            current = pending;
        }
        await account.ShouldLogInAsync(current);
        foreach (var batch in PrintableAscii.Chunk(PrintableAscii.Length / 4))
        {
            var pending = string.Concat(batch.Select(c => $"{c}x{c}"));
            await MongoRotation.SingleUser.RotateAsync(account.Rotation(current, pending), _stop);
            await account.ShouldLogInAsync(pending);
            current = pending;
        }
    }

    [Theory]
    [InlineData("we\"ird")]
    [InlineData("o'brien")]
    [InlineData("first.last")]
    [InlineData("$where")]
    [InlineData("a=b,c=d")]
    [InlineData("=2C,=3D")]
    [InlineData("n,,n=root,r=")]
    [InlineData("back\\slash\\")]
    [InlineData("at@sign@")]
    [InlineData("%")]
    [InlineData(" blank ")]
    [InlineData("{$gt: ''}")]
    [InlineData("ünïcode–имя–名前")]
    [InlineData("x_clone")]
    public async Task HostileUserName_Rotates(string name)
    {
        var account = await MongoAccount.CreateAsync(
            await servers.GetSetAsync(), _stop, name + RandomNumberGenerator.GetHexString(6), database: "shop");
        var pending = MongoAccount.NewPassword();
        await MongoRotation.SingleUser.RotateAsync(account.Rotation(account.Password, pending), _stop);
        await account.ShouldLogInAsync(pending);
        await account.ShouldBeRefusedAsync(account.Password);
    }

    [Fact]
    public async Task PasswordBeyondAscii_LogsInFromOtherClientsToo()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        const string Pending = "pässwörd €5 пароль 暗号 비밀 Ž;=,";
        await MongoRotation.SingleUser.RotateAsync(account.Rotation(account.Password, Pending), _stop);
        await account.ShouldLogInAsync(Pending);
    }

    [Fact]
    public async Task LongPassword_Rotates()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        var pending = RandomNumberGenerator.GetString("}{';\\a", 4096);
        await MongoRotation.SingleUser.RotateAsync(account.Rotation(account.Password, pending), _stop);
        await account.ShouldLogInAsync(pending);
    }

    /// <summary>AWS's template names no mechanisms, so that the server adds the older one back at every rotation.</summary>
    [Theory]
    [InlineData("SCRAM-SHA-1")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-1,SCRAM-SHA-256")]
    public async Task MechanismsOfTheUser_AreKept(string mechanisms)
    {
        var account = await MongoAccount.CreateAsync(
            await servers.GetSetAsync(), _stop, change: command => command.Texts("mechanisms", mechanisms.Split(',')));
        var pending = MongoAccount.NewPassword();
        await MongoRotation.SingleUser.RotateAsync(account.Rotation(account.Password, pending), _stop);
        (await account.FindAsync(_stop))!.Mechanisms.ShouldBe(mechanisms.Split(','));
        await account.ShouldLogInAsync(pending);
    }

    [Fact]
    public async Task OnlyThePassword_IsChanged()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop, change: command => command
            .Document("customData", data => data.Text("team", "payments"))
            .Array("authenticationRestrictions", ["127.0.0.0/8"], (all, index, range) => all.Document(index, one => one
                .Texts("clientSource", [range]))));
        var before = (await account.FindAsync(_stop))!;
        await MongoRotation.SingleUser.RotateAsync(account.Rotation(account.Password, MongoAccount.NewPassword()), _stop);
        var after = (await account.FindAsync(_stop))!;
        MongoUserDifferences.Between(before, after).ShouldBeEmpty();
        MongoUserDifferences.Between(after, before).ShouldBeEmpty();
        after.CustomData.ShouldNotBeNull();
        after.Restrictions.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LaterAttempt_ConvergesFromEitherPassword(bool isLive)
    {
        var server = await servers.GetSetAsync();
        var account = await MongoAccount.CreateAsync(server, _stop);
        var pending = MongoAccount.NewPassword();
        if (isLive)
            await server.RunAsync("admin", command => command.Text("updateUser", account.Name).Text("pwd", pending), _stop);
        await MongoRotation.SingleUser.RotateAsync(account.Rotation(account.Password, pending, pendingMayBeLive: true), _stop);
        await account.ShouldLogInAsync(pending);
        await account.ShouldBeRefusedAsync(account.Password);
    }

    [Fact]
    public async Task UserThatMayNotChangeItself_IsPrivilege_AndUntouched()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop, mayChangeItself: false);
        var pending = MongoAccount.NewPassword();
        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.SingleUser.SetSecretAsync(account.Rotation(account.Password, pending), _stop),
            FailureCause.Privilege, account.Password, pending);
        failure.TargetUntouched.ShouldBeTrue();
        failure.NativeCode.ShouldBe("13");
        await account.ShouldLogInAsync(account.Password);
        await account.ShouldBeRefusedAsync(pending);
    }

    [Fact]
    public async Task W24_UserThatMayNotChangeItself_IsChangedByTheSuperuser()
    {
        var server = await servers.GetSetAsync();
        var account = await MongoAccount.CreateAsync(server, _stop, database: "shop", mayChangeItself: false);
        var pending = MongoAccount.NewPassword();
        var request = account.Alternation((account.Name, account.Password), (account.Name, pending));
        await MongoRotation.SingleUser.RotateAsync(request, _stop);
        await account.ShouldLogInAsync(pending);
        await account.ShouldBeRefusedAsync(account.Password);
    }

    [Fact]
    public async Task WrongCurrentPassword_IsAuth_AndUntouched()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        var (wrong, pending) = (MongoAccount.NewPassword(), MongoAccount.NewPassword());
        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.SingleUser.SetSecretAsync(account.Rotation(wrong, pending), _stop), FailureCause.Auth, wrong, pending);
        failure.TargetUntouched.ShouldBeTrue();
        failure.NativeCode.ShouldBe("18");
        await account.ShouldLogInAsync(account.Password);
    }

    /// <summary>W27: MongoDB refuses a user of another database with the words it has for a wrong password; ours say what else to look at.
    /// </summary>
    [Fact]
    public async Task W27_WrongDatabaseName_IsNamedAsAReason()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop, database: "shop");
        var elsewhere = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop, database: "admin");
        var request = elsewhere.Rotation(account.Password, MongoAccount.NewPassword());
        var failure = await MongoRotation.FailureOfAsync(MongoRotation.SingleUser.SetSecretAsync(request, _stop), FailureCause.Auth);
        failure.Message.ShouldContain("dbname");
    }

    /// <summary>W23: the secret's host may be a secondary, which takes no change.</summary>
    [Fact]
    public async Task W23_HostThatIsASecondary_IsRotatedAtThePrimary()
    {
        var server = await servers.GetSetAsync();
        var account = await MongoAccount.CreateAsync(server, _stop);
        var primary = await server.FindPrimaryAsync(_stop);
        var current = account.Password;
        foreach (var member in server.Members)
        {
            var pending = MongoAccount.NewPassword();
            await MongoRotation.SingleUser.RotateAsync(account.Rotation(current, pending, port: member.Port), _stop);
            current = pending;
        }
        server.Members.ShouldContain(member => member.Port != primary.Port);
        await account.ShouldLogInAsync(current);
    }

    [Fact]
    public async Task ServerOfNoSet_Rotates()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetAloneAsync(), _stop);
        var pending = MongoAccount.NewPassword();
        await MongoRotation.SingleUser.RotateAsync(account.Rotation(account.Password, pending), _stop);
        await account.ShouldLogInAsync(pending);
        await account.ShouldBeRefusedAsync(account.Password);
    }
}
