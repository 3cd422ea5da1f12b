using Rekey.Rotators;

namespace Rekey.Server.Tests.Simulation;

/// <summary>A rotator as it is; a defect overrides what it spoils.</summary>
internal abstract class DefectiveRotator(IDatabaseRotator rotator) : IDatabaseRotator
{
    public bool NeedsSuperuser => rotator.NeedsSuperuser;

    protected IDatabaseRotator Sound => rotator;

    public string PendingUsername(RotationSubject subject) => rotator.PendingUsername(subject);

    public virtual Task<PasswordRules> ReadPasswordRulesAsync(RotationSubject subject, CancellationToken cancellationToken) =>
        rotator.ReadPasswordRulesAsync(subject, cancellationToken);

    public virtual Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
        rotator.SetSecretAsync(request, cancellationToken);

    public virtual Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
        rotator.TestSecretAsync(request, cancellationToken);

    public virtual Task<DateTimeOffset?> RetireAsync(RotationSubject subject, CancellationToken cancellationToken) =>
        rotator.RetireAsync(subject, cancellationToken);

    public virtual Task<bool> HealAsync(
        RotationSubject subject, IReadOnlyList<DatabaseCredentials> candidates, CancellationToken cancellationToken) =>
        rotator.HealAsync(subject, candidates, cancellationToken);

    public virtual Task<IReadOnlyList<string>> CheckAsync(RotationSubject subject, CancellationToken cancellationToken) =>
        rotator.CheckAsync(subject, cancellationToken);

    public IAsyncEnumerable<HopResult> DiagnoseAsync(RotationSubject subject, CancellationToken cancellationToken) =>
        rotator.DiagnoseAsync(subject, cancellationToken);

    public Task<RotationPlan> PlanAsync(RotationSubject subject, CancellationToken cancellationToken) =>
        rotator.PlanAsync(subject, cancellationToken);
}
