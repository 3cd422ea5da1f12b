using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Native;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.SecretsManager;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>finishSecret moved AWSCURRENT, and nobody learnt of it.</summary>
public sealed class LostReplyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>With AWS both labels may stay on the version, and a function that begins again has to find out that it is done.</summary>
    [Fact]
    public async Task W6_ReplyOfThePromotionLost_EndsWithOneLabel_AndTheTargetUntouched()
    {
        await using var scene = await UpkeepScene.StartAsync(
            Cancel,
            new TestServerOptions
            {
                Services = services => services.Replace(ServiceDescriptor.Singleton<IRotationTarget>(
                    provider => new LosesReply(ActivatorUtilities.CreateInstance<NativeTarget>(provider)))),
            },
            overlaps: false);
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation()?.Cause is not null, Cancel);
        (await LabelsAsync(scene)).ShouldBe(["AWSCURRENT", "AWSPENDING"], ignoreOrder: true);
        var current = await scene.CurrentPasswordAsync(Cancel);
        var done = scene.Target.Done.Count;

        await scene.AdvanceUntilAsync(() => scene.Rotation() is null, Cancel);

        (await LabelsAsync(scene)).ShouldBe(["AWSCURRENT"]);
        (await scene.CurrentPasswordAsync(Cancel)).ShouldBe(current);
        scene.Target.Done.Skip(done).ShouldAllBe(what => what.StartsWith("login ", StringComparison.Ordinal));
        scene.Target["app"].Passwords.ShouldBe([current]);
        scene.Count(RotationEventName.RotationSucceeded).ShouldBe(1);
        var pending = await scene.Server.CallAsync("GetSecretValue", new { SecretId = "db", VersionStage = "AWSPENDING" }, Cancel);
        pending.ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    private static async Task<string[]> LabelsAsync(UpkeepScene scene) =>
        [.. (await scene.OkAsync("DescribeSecret", new { SecretId = "db" }, Cancel))["VersionIdsToStages"]![UpkeepScene.Token]!.AsArray()
            .Select(label => label!.GetValue<string>())];

    private sealed class LosesReply(IRotationTarget target) : IRotationTarget
    {
        private bool _isLost;

        public IReadOnlyList<Principal> PrincipalsOf(Secret secret) => target.PrincipalsOf(secret);

        public async Task<StepReport> RunAsync(
            RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
        {
            var report = await target.RunAsync(step, rotation, secret, rotationToken, cancellationToken);
            if (step != RotationStep.FinishSecret || _isLost) return report;
            _isLost = true;
            throw new RotatorException(FailureCause.Network, "the reply was lost");
        }
    }
}
