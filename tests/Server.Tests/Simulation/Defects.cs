using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// Deliberate defects, most of them what AWS's templates do: the simulator has to find each. One that it does not find it would not find
/// in the product either.
/// </summary>
internal static class Defects
{
    /// <summary>A rotator that differs from the product's.</summary>
    internal sealed class Of(Func<IDatabaseRotator, SimulatedEngine, IDatabaseRotator> spoil) : SimulationSetup
    {
        public override IDatabaseRotator SingleUser(SimulatedEngine engine, TimeProvider time) =>
            spoil(base.SingleUser(engine, time), engine);

        public override IDatabaseRotator AlternatingUsers(Simulation simulation, SimulatedEngine engine, TimeProvider time) =>
            spoil(base.AlternatingUsers(simulation, engine, time), engine);
    }

    /// <summary>Passwords that are changed in another way than the engine's contract says.</summary>
    internal sealed class OfPasswords(Func<IAccountPasswords, IAccountPasswords> spoil) : SimulationSetup
    {
        public override IAccountPasswords Passwords(IAccountPasswords passwords) => spoil(passwords);
    }

    /// <summary>Steps that are performed in another way.</summary>
    internal sealed class OfTarget(Func<IRotationTarget, SimulatedNode, IRotationTarget> spoil) : SimulationSetup
    {
        public override IRotationTarget Target(IRotationTarget target, SimulatedNode node) => spoil(target, node);
    }

    /// <summary>Whatever server answers is taken for the pinned one.</summary>
    internal sealed class AnyServer : SimulationSetup
    {
        public override bool TellsServersApart => false;
    }

    /// <summary>W1: the clone gets its final password when it is made, and its rights afterwards.</summary>
    internal sealed class PasswordFirst(IDatabaseRotator rotator, IDatabaseAdministration administration) : DefectiveRotator(rotator)
    {
        public override async Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
        {
            if (Sound.NeedsSuperuser)
            {
                await using var session = await administration.LogInAsync(request.Superuser!, cancellationToken);
                var pair = AlternateName.PairOf(request, SimulatedEngine.Kind);
                await session.CreateLockedAsync(pair, cancellationToken);
                await session.ActivateAsync(request.Pending.Username, request.Pending.Password, cancellationToken);
            }
            return await Sound.SetSecretAsync(request, cancellationToken);
        }
    }

    /// <summary>W2: rights are looked at only when the clone is made.</summary>
    internal sealed class RightsOnce(IDatabaseRotator rotator) : DefectiveRotator(rotator)
    {
        public override Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
            Sound.SetSecretAsync(Unsynchronized(request), cancellationToken);

        public override Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
            Sound.TestSecretAsync(Unsynchronized(request), cancellationToken);

        private static RotationRequest Unsynchronized(RotationRequest request) =>
            request with { Settings = request.Settings with { GrantSync = GrantSync.Off } };
    }

    /// <summary>W3: a refused login is tried again like any passing fault, and nobody keeps count.</summary>
    internal sealed class RefusalsPass(IDatabaseRotator rotator) : DefectiveRotator(rotator)
    {
        public override async Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
        {
            try
            {
                return await Sound.SetSecretAsync(request with { Logins = null }, cancellationToken);
            }
            catch (RotatorException exception) when (exception.Cause == FailureCause.Auth)
            {
                throw new RotatorException(FailureCause.Network, exception.Message);
            }
        }
    }

    /// <summary>W3: refused logins are counted by nobody, over attempts, tasks and secrets.</summary>
    internal sealed class Uncounted(IDatabaseRotator rotator) : DefectiveRotator(rotator)
    {
        public override Task<PasswordRules> ReadPasswordRulesAsync(RotationSubject subject, CancellationToken cancellationToken) =>
            Sound.ReadPasswordRulesAsync(subject with { Logins = null }, cancellationToken);

        public override Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
            Sound.SetSecretAsync(request with { Logins = null }, cancellationToken);

        public override Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
            Sound.TestSecretAsync(request with { Logins = null }, cancellationToken);

        public override Task<DateTimeOffset?> RetireAsync(RotationSubject subject, CancellationToken cancellationToken) =>
            Sound.RetireAsync(subject with { Logins = null }, cancellationToken);

        public override Task<bool> HealAsync(
            RotationSubject subject, IReadOnlyList<DatabaseCredentials> candidates, CancellationToken cancellationToken) =>
            Sound.HealAsync(subject with { Logins = null }, candidates, cancellationToken);

        public override Task<IReadOnlyList<string>> CheckAsync(RotationSubject subject, CancellationToken cancellationToken) =>
            Sound.CheckAsync(subject with { Logins = null }, cancellationToken);
    }

    /// <summary>W4: the old password is taken away before the new one is current.</summary>
    internal sealed class RetiresEarly(IDatabaseRotator rotator) : DefectiveRotator(rotator)
    {
        public override async Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
        {
            var result = await Sound.SetSecretAsync(request, cancellationToken);
            if (result.MustRetire) await Sound.RetireAsync(request with { Current = request.Pending }, cancellationToken);
            return result;
        }
    }

    /// <summary>A password in the text of a failure.</summary>
    internal sealed class Talks(IDatabaseRotator rotator) : DefectiveRotator(rotator)
    {
        public override async Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
        {
            try
            {
                return await Sound.SetSecretAsync(request, cancellationToken);
            }
            catch (RotatorException exception)
            {
                throw new RotatorException(exception.Cause, $"{exception.Message} ({request.Pending.Password.RevealText()})");
            }
        }
    }

    /// <summary>The old password does not stay beside the new one.</summary>
    internal sealed class KeepsNothing(IAccountPasswords passwords) : SpoiltPasswords(passwords)
    {
        public override Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken) =>
            Sound.ReplaceAsync(kept, wanted, cancellationToken);
    }

    /// <summary>W8: the server has a password that was not stored first.</summary>
    internal sealed class StoresLater(IAccountPasswords passwords) : SpoiltPasswords(passwords)
    {
        public override async Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken)
        {
            using var other = Sensitive.FromText($"{wanted.RevealText()}-not-stored");
            await Sound.ReplaceAsync(present, other, cancellationToken);
        }
    }

    internal abstract class SpoiltPasswords(IAccountPasswords passwords) : IAccountPasswords
    {
        protected IAccountPasswords Sound => passwords;

        public Task<bool> CanOverlapAsync(CancellationToken cancellationToken) => passwords.CanOverlapAsync(cancellationToken);

        public virtual Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken) =>
            passwords.ReplaceAsync(present, wanted, cancellationToken);

        public virtual Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken) =>
            passwords.AddAsync(kept, wanted, cancellationToken);

        public Task RetireAsync(Sensitive kept, CancellationToken cancellationToken) => passwords.RetireAsync(kept, cancellationToken);

        public IReadOnlyList<string> Statements(PasswordChange change) => passwords.Statements(change);
    }

    /// <summary>W10: no account is kept from others.</summary>
    internal sealed class Unlocked(IRotationTarget target) : IRotationTarget
    {
        public IReadOnlyList<Principal> PrincipalsOf(Secret secret) => [];

        public Task<StepReport> RunAsync(
            RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken) =>
            target.RunAsync(step, rotation, secret, rotationToken, cancellationToken);
    }

    /// <summary>AWSCURRENT moves before the new password was tried.</summary>
    internal sealed class PromotesFirst(IRotationTarget target) : IRotationTarget
    {
        public IReadOnlyList<Principal> PrincipalsOf(Secret secret) => target.PrincipalsOf(secret);

        public async Task<StepReport> RunAsync(
            RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
        {
            if (step == RotationStep.SetSecret)
                await target.RunAsync(RotationStep.FinishSecret, rotation, secret, rotationToken, cancellationToken);
            return await target.RunAsync(step, rotation, secret, rotationToken, cancellationToken);
        }
    }

    /// <summary>A later attempt makes another password, though the first one's may be the one that logs in.</summary>
    internal sealed class ForgetsPending(IRotationTarget target, SimulatedNode node) : SpoiltTarget(target)
    {
        public override async Task<StepReport> RunAsync(
            RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
        {
            if (step == RotationStep.CreateSecret && rotation.Attempt > 1)
            {
                secret = await node.Database.WriteAsync(
                    session =>
                    {
                        RotationQueue.DemandLease(session, rotation.Lease);
                        SecretStore.ClearPayload(session, secret.Arn, rotation.VersionId);
                        return SecretStore.FindByArn(session, secret.Arn)!;
                    },
                    cancellationToken);
            }
            return await Sound.RunAsync(step, rotation, secret, rotationToken, cancellationToken);
        }
    }

    /// <summary>The version that was just replaced bears no AWSPREVIOUS.</summary>
    internal sealed class MislaysPrevious(IRotationTarget target, SimulatedNode node) : SpoiltTarget(target)
    {
        public override async Task<StepReport> RunAsync(
            RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
        {
            if (step != RotationStep.FinishSecret)
                return await Sound.RunAsync(step, rotation, secret, rotationToken, cancellationToken);
            await node.Database.WriteAsync(
                session =>
                {
                    RotationQueue.DemandLease(session, rotation.Lease);
                    var labels = SecretStore.FindByArn(session, secret.Arn)!.Labels;
                    var moved = labels.Attach(StagingLabels.Current, rotation.VersionId).Remove(StagingLabels.Previous);
                    SecretStore.WriteLabels(session, secret.Arn, labels, moved);
                    return true;
                },
                cancellationToken);
            return StepReport.Nothing;
        }
    }

    /// <summary>The target is changed in a step whose intent does not say so.</summary>
    internal sealed class SetsEarly(IRotationTarget target) : SpoiltTarget(target)
    {
        public override async Task<StepReport> RunAsync(
            RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
        {
            var report = await Sound.RunAsync(step, rotation, secret, rotationToken, cancellationToken);
            // A value that an earlier attempt stored is there to be set.
            if (step == RotationStep.CreateSecret && secret.FindVersion(rotation.VersionId) is { HasValue: true })
                await Sound.RunAsync(RotationStep.SetSecret, rotation, secret, rotationToken, cancellationToken);
            return report;
        }
    }

    internal abstract class SpoiltTarget(IRotationTarget target) : IRotationTarget
    {
        protected IRotationTarget Sound => target;

        public IReadOnlyList<Principal> PrincipalsOf(Secret secret) => target.PrincipalsOf(secret);

        public abstract Task<StepReport> RunAsync(
            RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken);
    }
}
