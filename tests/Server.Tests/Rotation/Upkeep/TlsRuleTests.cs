using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>
/// A secret without <c>ssl</c>: AWS's templates log in without TLS as soon as TLS fails, for whatever reason. Here TLS is demanded, and
/// where the operator allows less, it is for servers that have none.
/// </summary>
public sealed class TlsRuleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ScriptedTls.NotOffered)]
    [InlineData(ScriptedTls.Refused)]
    public async Task W12_SecretWithoutSsl_IsNotRotatedWithoutTls(ScriptedTls tls)
    {
        await using var scene = await StartAsync(allowsPlaintext: false, tls);
        await FailsByTlsAsync(scene);
    }

    [Fact]
    public async Task W12_RefusedCertificate_IsNoReasonToGoWithout()
    {
        await using var scene = await StartAsync(allowsPlaintext: true, ScriptedTls.Refused);
        await FailsByTlsAsync(scene);
    }

    [Fact]
    public async Task W12_ServerThatHasNone_IsUsedOnlyWhereTheOperatorAllows()
    {
        await using var scene = await StartAsync(allowsPlaintext: true, ScriptedTls.NotOffered);
        await scene.RotateAsync(Cancel);
        scene.Target.PlaintextLogins.ShouldBePositive();
        scene.Target["app"].Passwords.ShouldContain(await scene.CurrentPasswordAsync(Cancel));
    }

    [Fact]
    public async Task W12_ServerThatSpokeTlsOnce_IsNeverSpokenToWithout()
    {
        await using var scene = await StartAsync(allowsPlaintext: true, ScriptedTls.Trusted);
        await scene.RotateAsync(Cancel);
        // Somebody in between says that the server has no TLS any more.
        scene.Target.Tls = ScriptedTls.NotOffered;
        await FailsByTlsAsync(scene, UpkeepScene.NextToken);
    }

    private static async Task<UpkeepScene> StartAsync(bool allowsPlaintext, ScriptedTls tls)
    {
        var scene = await UpkeepScene.StartAsync(Cancel, new TestServerOptions
        {
            Settings = new Dictionary<string, string?>
            {
                ["Rekey:Rotation:AllowPlaintextWhenSslIsAbsent"] = allowsPlaintext.ToString(),
            },
        });
        scene.Target.Tls = tls;
        var value = UpkeepScene.Value("one", ssl: null);
        await scene.OkAsync(
            "PutSecretValue", new { SecretId = "db", ClientRequestToken = Guid.NewGuid().ToString(), SecretString = value }, Cancel);
        return scene;
    }

    private static async Task FailsByTlsAsync(UpkeepScene scene, string token = UpkeepScene.Token)
    {
        var before = scene.Target.Accounts["app"].Passwords;
        (await scene.StartRotationAsync(Cancel, token)).IsSuccess.ShouldBeTrue();
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.StepFailed) > 0, Cancel);
        scene.Entries().First(entry => entry.Name == RotationEventName.StepFailed).Cause.ShouldBe(FailureCause.Tls);
        scene.Target.PlaintextLogins.ShouldBe(0);
        scene.Target["app"].Passwords.ShouldBe(before);
    }
}
