using System.Runtime.CompilerServices;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Slots;

/// <summary>
/// The third strategy as a rotation function. The password of a version is made by the target, in createSecret, instead of by Rekey; the
/// superuser secret is what the target is asked with.
/// </summary>
public sealed class SlotRotator : IDatabaseRotator
{
    private readonly Func<RotationSubject, ICredentialIssuer> _connect;
    private readonly TimeProvider _time;

    /// <param name="connect">
    /// Speaks to the target of the subject with its superuser, at the superuser's own address. <see cref="FailureCause.Precondition"/> when
    /// the subject's is another one.
    /// </param>
    /// <param name="time">The clock.</param>
    internal SlotRotator(Func<RotationSubject, ICredentialIssuer> connect, TimeProvider time)
    {
        _connect = connect;
        _time = time;
    }

    public bool NeedsSuperuser => true;

    public string PendingUsername(RotationSubject subject) => subject.Current.Username;

    /// <remarks>The target makes the password.</remarks>
    public Task<PasswordRules> ReadPasswordRulesAsync(RotationSubject subject, CancellationToken cancellationToken) =>
        Task.FromResult(PasswordRules.None);

    /// <inheritdoc cref="SlotRotation.CreateSecretAsync"/>
    public Task CreateSecretAsync(
        RotationSubject subject, string token, SlotBook book, Func<IssuedCredential, CancellationToken, Task> storePending,
        CancellationToken cancellationToken)
    {
        DemandPinned(subject);
        IdOf(subject.Current);
        return Rotation(subject).CreateSecretAsync(token, book, storePending, cancellationToken);
    }

    /// <remarks>Nothing to do: the credential is live since it was made, and AWSCURRENT's stays so.</remarks>
    public Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            VersionRules.Demand(request, request.Current.Username);
            DemandPinned(request);
            IdOf(request.Pending);
            var current = request.Current;
            var pin = new PinnedTarget($"{current.Host.ToLowerInvariant()}:{current.Port}", current.Host, current.Port, current.Username);
            return Task.FromResult(new SetSecretResult(pin, RefusedSince: null, MustRetire: true, []));
        }
        catch (RotatorException e)
        {
            throw e.Untouched();
        }
    }

    public async Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        DemandPinned(request);
        using var pending = CredentialOf(request.Pending);
        await Rotation(request).TestSecretAsync(pending, cancellationToken);
    }

    /// <remarks>Needs <see cref="RotationSubject.Slots"/>.</remarks>
    public async Task<DateTimeOffset?> RetireAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        DemandPinned(subject);
        var book = subject.Slots ?? throw new ArgumentException("The slots of the secret are missing.", nameof(subject));
        return await Rotation(subject).CleanUpAsync(book, cancellationToken);
    }

    /// <remarks>
    /// Nobody can give a target a value that it made once: what is not let in is replaced by the next rotation, or by going back to a
    /// version that is.
    /// </remarks>
    public async Task<bool> HealAsync(
        RotationSubject subject, IReadOnlyList<DatabaseCredentials> candidates, CancellationToken cancellationToken)
    {
        await DemandCurrentAsync(subject, cancellationToken);
        return false;
    }

    public async Task<IReadOnlyList<string>> CheckAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        await DemandCurrentAsync(subject, cancellationToken);
        return [];
    }

    public async IAsyncEnumerable<HopResult> DiagnoseAsync(
        RotationSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Remedy = "Correct the secret's host, port, username or credentialid, or its superuser secret.";
        var superuser = await HopAsync("superuser", Remedy, async () =>
        {
            var issuer = _connect(subject);
            var listed = await issuer.ListAsync(cancellationToken);
            return $"the service lists {listed.Count} credentials of {subject.Current.Username}, of {issuer.SlotsMax} at most";
        });
        yield return superuser;
        if (!superuser.Ok) yield break;
        yield return await HopAsync("login", Remedy, async () =>
        {
            await DemandCurrentAsync(subject, cancellationToken);
            return $"the service lets {subject.Current.CredentialId} in";
        });
    }

    public async Task<RotationPlan> PlanAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        await DemandCurrentAsync(subject, cancellationToken);
        var listed = await _connect(subject).ListAsync(cancellationToken);
        var settings = SlotSettings.Of(subject.Settings);
        var id = IdOf(subject.Current);
        return new RotationPlan(
            subject.Current.Username, [],
            [
                .. listed.Where(one => one.Id != id).Select(one => $"found: {one.Id}, {(one.IsActive ? "active" : "disabled")}"),
                $"create a credential of {subject.Current.Username}, labelled {SlotRules.LabelOf("VERSION")}",
                $"log in with it {settings.SuccessesWanted} times in a row",
                $"disable {id}, {settings.Grace.TotalSeconds:0} s after the rotation and unused for {settings.Quiet.TotalSeconds:0} s",
                $"delete {id}, {settings.Soak.TotalSeconds:0} s later",
            ]);
    }

    private SlotRotation Rotation(RotationSubject subject) => new(_connect(subject), SlotSettings.Of(subject.Settings), _time);

    private async Task DemandCurrentAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        DemandPinned(subject);
        using var current = CredentialOf(subject.Current);
        if (await _connect(subject).TestAsync(current, cancellationToken)) return;
        throw new RotatorException(FailureCause.Auth, $"The service does not let {current.Id} in, AWSCURRENT's credential.");
    }

    /// <summary>Refuses a value that aims elsewhere, or at another principal, than rotation was enabled for.</summary>
    private static void DemandPinned(RotationSubject subject)
    {
        VersionRules.DemandPinned(subject);
        if (subject.Pin is not { } pin || pin.Username == subject.Current.Username) return;
        throw Failures.Precondition(
            $"The secret names {subject.Current.Username}, but its rotation was enabled for {pin.Username}. "
                + "If that is meant to be, enable rotation anew: RotateSecret with RotationLambdaARN");
    }

    private static IssuedCredential CredentialOf(DatabaseCredentials credentials) =>
        new(IdOf(credentials), credentials.Password.Copy());

    private static string IdOf(DatabaseCredentials credentials) => credentials.CredentialId
        ?? throw SecretJson.Fault("credentialid key is missing from secret JSON", "credentialid");

    private static async Task<HopResult> HopAsync(string hop, string remedy, Func<Task<string>> look)
    {
        try
        {
            return new HopResult(hop, Ok: true, await look());
        }
        catch (RotatorException e)
        {
            return new HopResult(hop, Ok: false, e.Message, remedy, e.Cause);
        }
    }
}
