using System.Runtime.CompilerServices;
using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.ElastiCache;

/// <summary>
/// AWS's rotation of an ElastiCache user, through the service: nobody logs in, the user has two passwords while applications change over.
/// 1. Wait until the user is active. 2. Give it the pending and the current password. 3. Wait again. 4. Later, leave the current one alone.
/// </summary>
internal sealed class ElastiCacheUserRotator(RotatorOptions options, TimeProvider time) : IDatabaseRotator
{
    /// <summary>Characters of a password. Source: ElastiCache user guide, authenticating with passwords.</summary>
    private const int PasswordLengthMin = 16;
    private const int PasswordLengthMax = 128;

    public bool NeedsSuperuser => false;

    public string PendingUsername(RotationSubject subject)
    {
        _ = ArnOf(subject);
        return subject.Current.Username;
    }

    public Task<PasswordRules> ReadPasswordRulesAsync(RotationSubject subject, CancellationToken cancellationToken) =>
        Task.FromResult(new PasswordRules { LengthMin = PasswordLengthMin, LengthMax = PasswordLengthMax });

    public async Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        var user = await PrepareAsync(request, cancellationToken);
        // Before the first rotation the secret has no password: what the user has is not known, and is replaced.
        List<Sensitive> passwords = [request.Pending.Password];
        if (request.Current.Password.Length > 0 && !request.Current.Password.FixedTimeEquals(request.Pending.Password))
            passwords.Add(request.Current.Password);

        FaultPoint.Reach("setSecret.before-change");
        await Api.ModifyUserAsync(user, passwords, cancellationToken);
        FaultPoint.Reach("setSecret.after-change");
        await UntilActiveAsync(user, request, cancellationToken);

        var pin = new PinnedTarget(user.Text, request.Current.Host, request.Current.Port, request.Current.Username);
        return new SetSecretResult(pin, RefusedSince: null, MustRetire: passwords.Count > 1, []);
    }

    public async Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
        await UntilActiveAsync(ArnOf(request), request, cancellationToken);

    public async Task<DateTimeOffset?> RetireAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        var user = ArnOf(subject);
        await UntilActiveAsync(user, subject, cancellationToken);
        FaultPoint.Reach("retire.before-change");
        await Api.ModifyUserAsync(user, [subject.Current.Password], cancellationToken);
        FaultPoint.Reach("retire.after-change");
        await UntilActiveAsync(user, subject, cancellationToken);
        return null;
    }

    /// <remarks>Nothing: that the service refuses a password cannot be seen from here, as nobody logs in.</remarks>
    public async Task<bool> HealAsync(
        RotationSubject subject, IReadOnlyList<DatabaseCredentials> candidates, CancellationToken cancellationToken)
    {
        await UntilActiveAsync(ArnOf(subject), subject, cancellationToken);
        return false;
    }

    public async Task<IReadOnlyList<string>> CheckAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        Demand(await Api.DescribeUserAsync(ArnOf(subject), cancellationToken), subject);
        return [];
    }

    public async IAsyncEnumerable<HopResult> DiagnoseAsync(
        RotationSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HopResult hop;
        try
        {
            var user = await Api.DescribeUserAsync(ArnOf(subject), cancellationToken);
            Demand(user, subject);
            var detail = $"the ElastiCache API knows {user.UserName}: {user.Status}, {user.PasswordCount} passwords";
            hop = new HopResult("login", Ok: true, detail);
        }
        catch (RotatorException e)
        {
            hop = new HopResult("login", Ok: false, e.Message, "Correct the secret's user_arn, or Rekey's access to the API.", e.Cause);
        }
        yield return hop;
    }

    public async Task<RotationPlan> PlanAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        var user = ArnOf(subject);
        Demand(await Api.DescribeUserAsync(user, cancellationToken), subject);
        return new RotationPlan(subject.Current.Username, [],
        [
            $"ModifyUser UserId={user.UserId} Passwords=***,***",
            $"ModifyUser UserId={user.UserId} Passwords=***",
        ]);
    }

    private ElastiCacheApi Api => new(
        options.ElastiCache ?? throw Failures.Precondition(ElastiCacheTemplates.NotConfigured), options, time);

    private static ElastiCacheUserArn ArnOf(RotationSubject subject)
    {
        var user = ElastiCacheUserArn.Parse(subject.Current.ResourceArn);
        if (subject.Pin is { } pin && (pin.ServerIdentity != user.Text || pin.Username != subject.Current.Username))
        {
            throw Failures.Precondition(
                $"The secret names {user.Text}, but its rotation was enabled for {pin.ServerIdentity}. "
                    + "If that is meant to be, enable rotation anew: RotateSecret with RotationLambdaARN");
        }
        return user;
    }

    /// <summary>Whatever fails here, nothing was changed.</summary>
    private async Task<ElastiCacheUserArn> PrepareAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var user = ArnOf(request);
            var (current, pending) = (request.Current, request.Pending);
            if (pending.Username != current.Username)
                throw Failures.Precondition($"Attempting to modify user {pending.Username} other than current user {current.Username}");
            if (pending.ResourceArn != current.ResourceArn)
                throw Failures.Precondition($"Attempting to modify {pending.ResourceArn} other than current {current.ResourceArn}");
            await UntilActiveAsync(user, request, cancellationToken);
            return user;
        }
        catch (RotatorException e)
        {
            throw e.Untouched();
        }
    }

    private async Task UntilActiveAsync(ElastiCacheUserArn user, RotationSubject subject, CancellationToken cancellationToken)
    {
        var api = options.ElastiCache ?? throw Failures.Precondition(ElastiCacheTemplates.NotConfigured);
        var until = time.GetUtcNow() + api.ActiveMax;
        while (true)
        {
            var found = await Api.DescribeUserAsync(user, cancellationToken);
            Demand(found, subject);
            if (found.IsActive) return;
            if (time.GetUtcNow() >= until)
            {
                throw new RotatorException(FailureCause.Timeout,
                    $"The ElastiCache user {user.UserId} was not active within {api.ActiveMax.TotalSeconds:0} s. Its change goes on.");
            }
            await Task.Delay(api.ActivePause, time, cancellationToken);
        }
    }

    private static void Demand(ElastiCacheUser user, RotationSubject subject)
    {
        if (user.UserName != subject.Current.Username)
            throw Failures.Precondition($"The ElastiCache user is not called {subject.Current.Username}, as the secret says");
        if (user.AuthenticationType is "iam" or "no-password" or "no-password-required")
            throw Failures.Precondition($"The ElastiCache user {user.UserName} has no password ({user.AuthenticationType})");
        if (user.Status is "active" or "modifying") return;
        throw Failures.Precondition($"The ElastiCache user {user.UserName} is in a state that does not end by itself");
    }
}
