using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Logins;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Rotation.Upkeep;
using Rekey.Server.Tests.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Logins;

/// <summary>Refused logins never reach a server's lock-out, whatever they were made for.</summary>
public sealed class LoginLedgerTests
{
    private const int Max = 4;
    private const string App = "db:3306 app";
    private const string Superuser = "db:3306 master";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static LoginRefusal? Refusal(UpkeepScene scene, string principal) =>
        scene.Database.Read(session => LoginRefusals.Find(session, principal));

    private static int RefusedOf(UpkeepScene scene, string username)
    {
        lock (scene.Target.Done) return scene.Target.Done.Count(what => what.StartsWith($"refused {username} ", StringComparison.Ordinal));
    }

    /// <summary>
    /// A superuser rotates the account; the account is refused, and the superuser is kept from it by failures of many kinds.
    /// </summary>
    [Fact]
    public async Task W3_AttemptsThatFailForMixedCauses_ShareTheAccountsBudget()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BindSuperuserAsync(Cancel);
        await scene.RotateAsync(Cancel, function: UpkeepScene.WithSuperuser);
        scene.Target["app"].Passwords = ["nobody knows"];
        FailureCause[] causes = [FailureCause.Unavailable, FailureCause.Network, FailureCause.Timeout];
        var turn = 0;
        scene.Fails = what => what.StartsWith("login master", StringComparison.Ordinal)
            ? new RotatorException(causes[turn++ % causes.Length], "not now")
            : null;
        (await scene.StartRotationAsync(Cancel, UpkeepScene.NextToken, function: null)).IsSuccess.ShouldBeTrue();
        await scene.AdvanceUntilAsync(() => scene.Events().Contains(RotationEventName.RotationWaiting), Cancel);

        Refusal(scene, App)!.Count.ShouldBeInRange(Max, Max + 1);
        RefusedOf(scene, "app").ShouldBe(Refusal(scene, App)!.Count);
        var told = scene.Entries().Last(entry => entry.Name == RotationEventName.RotationWaiting);
        told.Cause.ShouldBe(FailureCause.Auth);
        told.Message!.ShouldContain(App);
        told.Message!.ShouldContain("RotateSecret");
        var refused = RefusedOf(scene, "app");
        await scene.PassAsync(LoginBudget.FirstPause - TimeSpan.FromMinutes(5), Cancel);
        RefusedOf(scene, "app").ShouldBe(refused);

        // Whoever starts it by hand need not wait.
        scene.Fails = _ => null;
        await scene.StartRotationAsync(Cancel, Guid.NewGuid().ToString(), function: null);
        await scene.UntilAsync(() => scene.Rotation() is null, Cancel);
        scene.Count(RotationEventName.RotationSucceeded).ShouldBe(2);
        Refusal(scene, App).ShouldBeNull();
    }

    [Fact]
    public async Task W3_WrongSuperuserOfManySecrets_IsTriedByAFewOfThem_AndMendedForAll()
    {
        const int Secrets = 20;
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BindSuperuserAsync(Cancel);
        var value = (await scene.OkAsync("DescribeSecret", new { SecretId = "master" }, Cancel))["ARN"]!.GetValue<string>();
        scene.Target[ScriptedServer.SuperuserName].Passwords = ["changed by somebody"];
        for (var i = 0; i < Secrets; i++)
        {
            scene.Target.Accounts[$"app{i}"] = new ScriptedAccount("one");
            await scene.OkAsync(
                "CreateSecret",
                new
                {
                    Name = $"many{i}",
                    ClientRequestToken = Guid.NewGuid().ToString(),
                    SecretString = UpkeepScene.Value("one", $"app{i}", value),
                },
                Cancel);
        }
        for (var i = 0; i < Secrets; i++)
        {
            await scene.OkAsync(
                "RotateSecret",
                new
                {
                    SecretId = $"many{i}",
                    ClientRequestToken = Guid.NewGuid().ToString(),
                    RotationLambdaARN = UpkeepScene.WithSuperuser,
                },
                Cancel);
        }
        await scene.PassAsync(LoginBudget.FirstPause - TimeSpan.FromMinutes(5), Cancel);
        RefusedOf(scene, ScriptedServer.SuperuserName).ShouldBe(Max);
        Refusal(scene, Superuser)!.Count.ShouldBe(Max);

        var mended = UpkeepScene.Value("mended", ScriptedServer.SuperuserName);
        scene.Target[ScriptedServer.SuperuserName].Passwords = ["mended"];
        await scene.OkAsync(
            "PutSecretValue", new { SecretId = "master", ClientRequestToken = Guid.NewGuid().ToString(), SecretString = mended }, Cancel);
        await scene.UntilAsync(() => Open(scene) == 0, Cancel);
        RefusedOf(scene, ScriptedServer.SuperuserName).ShouldBe(Max);
        for (var i = 0; i < Secrets; i++) scene.Target[$"app{i}"].Passwords.ShouldNotContain("one");
        Refusal(scene, Superuser).ShouldBeNull();
    }

    private static long Open(UpkeepScene scene) =>
        scene.Database.Read(session => session.Find("SELECT COUNT(*) FROM rotations", row => row.Number(0)));

    [Fact]
    public async Task LoginThatSucceeds_SetsTheCountBack()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        var right = await scene.CurrentPasswordAsync(Cancel);
        scene.Target["app"].Passwords = ["for a while"];
        await scene.ExtensionAsync("DiagnoseSecret", Cancel);
        await scene.ExtensionAsync("DiagnoseSecret", Cancel);
        Refusal(scene, App)!.Count.ShouldBe(2);
        scene.Target["app"].Passwords = [right];
        await scene.ExtensionAsync("DiagnoseSecret", Cancel);
        Refusal(scene, App).ShouldBeNull();
    }

    // A decision that lies in the future would outdate every refusal that follows.
    [Fact]
    public async Task W3_ClockSetBack_AfterADecision_IsNoLeaveToGoOn()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        scene.Target["app"].Passwords = ["nobody knows"];
        await scene.ExtensionAsync("DiagnoseSecret", Cancel);
        await scene.PutAsync("a typing error", Cancel);
        scene.Server.Clock.Advance(TimeSpan.FromSeconds(1));
        await scene.ExtensionAsync("DiagnoseSecret", Cancel);
        Refusal(scene, App)!.Count.ShouldBe(1, "the value by hand is new");
        scene.Server.Clock.JumpTo(scene.Server.Clock.GetUtcNow().AddHours(-2));
        await scene.AdvanceUntilAsync(
            () => Refusal(scene, App)!.LastAt <= scene.Server.Clock.GetUtcNow() + TimeSpan.FromSeconds(1), Cancel);
        for (var before = Refusal(scene, App)!.Count; before <= Max; before = Refusal(scene, App)!.Count)
        {
            await scene.ExtensionAsync("DiagnoseSecret", Cancel);
            Refusal(scene, App)!.Count.ShouldBeGreaterThan(before);
        }
    }

    // A human who looks is never made to wait, but servers count their logins too.
    [Fact]
    public async Task Diagnosis_IsCountedAndNotBlocked()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        scene.Target["app"].Passwords = ["nobody knows"];
        for (var i = 1; i <= Max + 2; i++)
        {
            await scene.ExtensionAsync("DiagnoseSecret", Cancel);
            RefusedOf(scene, "app").ShouldBe(i);
        }
        Refusal(scene, App)!.Count.ShouldBe(Max + 2);
    }

    [Fact]
    public async Task W3_HeartbeatRotationAndHealing_ShareTheAccountsBudget()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.SetAsync(new RotationSettings { Heartbeat = TimeSpan.FromHours(1), HealOnFailedHeartbeat = true }, Cancel);
        await scene.RotateAsync(Cancel);
        scene.Target["app"].Passwords = ["nobody knows"];
        await scene.AdvanceUntilAsync(() => Refusal(scene, App) is { Count: >= 2 }, Cancel);
        await scene.StartRotationAsync(Cancel, UpkeepScene.NextToken, function: null);
        await scene.AdvanceUntilAsync(() => scene.Rotation() is { State: RotationState.Parked } or { CauseMessage: not null }, Cancel);
        await scene.PutAsync("a typing error", Cancel);
        var refused = RefusedOf(scene, "app");
        await scene.PassAsync(TimeSpan.FromHours(20), Cancel);
        // What a human stored has a budget of its own, and all that is done about it keeps to that.
        (RefusedOf(scene, "app") - refused).ShouldBeInRange(1, Max + 2);
        scene.Task(UpkeepKind.Heartbeat).ShouldNotBeNull();
    }

    // Those that only use a superuser must not spend the one login by which its own secret could find out the right password.
    [Fact]
    public async Task W3_OneLoginOfASuperuserAfterARest_IsItsOwnSecrets_WhileThatIsMended()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BindSuperuserAsync(Cancel);
        await scene.RotateAsync(Cancel, function: UpkeepScene.WithSuperuser);
        var master = (await scene.OkAsync("DescribeSecret", new { SecretId = "master" }, Cancel))["ARN"]!.GetValue<string>();
        var now = scene.Server.Clock.GetUtcNow();
        await scene.Database.WriteAsync(
            session =>
            {
                LoginRefusals.Write(session, new LoginRefusal(Superuser, Max, now - LoginBudget.FirstPause), now);
                Begin(session, scene.Arn, isExclusive: false).ShouldBeNull("it may be used again");
                UpkeepRows.Schedule(session, master, UpkeepKind.Heal, now);
                Begin(session, scene.Arn, isExclusive: false)!.Until.ShouldBe(now + LoginBudget.FirstPause);
                UpkeepRows.Schedule(session, master, UpkeepKind.Heal, now + LoginBudget.FirstPause);
                Begin(session, scene.Arn, isExclusive: false).ShouldBeNull("that is not due yet");
                UpkeepRows.Schedule(session, master, UpkeepKind.Heal, now);
                LoginRefusals.Write(session, new LoginRefusal(Superuser, Max, now - 2 * LoginBudget.FirstPause), now);
                Begin(session, scene.Arn, isExclusive: false).ShouldBeNull("it had its turn");
                LoginRefusals.Write(session, new LoginRefusal(Superuser, Max, now - LoginBudget.FirstPause), now);
                Begin(session, master, isExclusive: true).ShouldBeNull();
                LoginRefusals.Write(session, new LoginRefusal(Superuser, Max - 1, now), now);
                Begin(session, scene.Arn, isExclusive: false).ShouldBeNull("more than one may be refused");
                return true;
            },
            Cancel);

        LoginWait? Begin(Session session, string secretArn, bool isExclusive) => LoginWaits.Begin(
            session, secretArn, LoginWaits.RotationWork, [new Principal(Superuser, isExclusive)],
            new RotationOptions { MaxRefusedLoginsInARow = Max }, now);
    }

    [Fact]
    public async Task Count_IsTheStores()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        scene.Target["app"].Passwords = ["nobody knows"];
        for (var i = 0; i < Max; i++) await scene.ExtensionAsync("DiagnoseSecret", Cancel);
        // The next task of a process that knows nothing of these logins.
        var now = scene.Server.Clock.GetUtcNow();
        await scene.Database.WriteAsync(
            session =>
            {
                UpkeepRows.Schedule(session, scene.Arn, UpkeepKind.Heal, now);
                return true;
            },
            Cancel);
        await scene.UntilAsync(() => scene.Task(UpkeepKind.Heal) is { CauseMessage: not null }, Cancel);
        scene.Task(UpkeepKind.Heal)!.DueAt.ShouldBe(Refusal(scene, App)!.LastAt + LoginBudget.FirstPause);
        RefusedOf(scene, "app").ShouldBe(Max);
    }

    // A human's word is later than any refusal, also than one that a wrong clock dated.
    [Fact]
    public async Task ClockSetBack_DoesNotMakeAccountsRestForItsError()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        var now = scene.Server.Clock.GetUtcNow();
        var refusal = new LoginRefusal(App, Max, now.AddYears(1));
        await scene.Database.WriteAsync(
            session =>
            {
                LoginRefusals.Write(session, refusal, now);
                return ClockCorrection.Rotations(session, new RotationOptions(), now);
            },
            Cancel);
        Refusal(scene, App)!.LastAt.ShouldBe(now);
        LoginBudget.Of(Refusal(scene, App), default, Max, now + LoginBudget.FirstPause).Free.ShouldBe(1);
        LoginBudget.Of(Refusal(scene, App), new LoginDecision(now.AddMinutes(1), null), Max, now.AddMinutes(1)).Free.ShouldBe(Max);
    }
}
