using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Logins;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>
/// Opens the stored versions that a step works with. What is missing or unreadable is <see cref="FailureCause.Precondition"/>.
/// </summary>
internal sealed class RotationValueReader(IDatabase database, EnvelopeCipher cipher, LoginLedgers ledgers)
{
    /// <summary>
    /// AWSCURRENT, the version being made, AWSPREVIOUS where it has credentials that this engine understands, the superuser. An attempt may
    /// be refused two logins: after one that was, the next begins with others.
    /// </summary>
    public RotationValues<RotationRequest> Read(
        RotationFunction function, RotationInProgress rotation, Secret secret, TlsMode whenSslIsAbsent)
    {
        using var pending = Read(secret, secret.FindVersion(rotation.VersionId), StagingLabels.Pending);
        var subject = ReadSubject(function, secret, whenSslIsAbsent).Subject;
        var suspects = FindSuspects(function, rotation, secret, whenSslIsAbsent);
        var wasSet = database.Read(session => RotationJournal.WasSet(session, rotation.SecretArn, rotation.VersionId));
        return new RotationValues<RotationRequest>(new RotationRequest
        {
            Current = subject.Current,
            Superuser = subject.Superuser,
            Pin = subject.Pin,
            Settings = subject.Settings,
            Logins = subject.Logins,
            Pending = Credentials(function, pending, whenSslIsAbsent),
            Previous = FindPrevious(function, secret, whenSslIsAbsent),
            PendingMayBeLive = rotation.PendingMayBeLive,
            PendingIsProven = rotation.PendingMayBeLive && wasSet,
            Suspects = suspects,
            Turn = TurnOf(secret, subject.Current),
        });
    }

    /// <summary>AWSCURRENT and what its rotation is bound to.</summary>
    public RotationValues<RotationSubject> ReadSubject(RotationFunction function, Secret secret, TlsMode whenSslIsAbsent)
    {
        var configuration = database.Read(session => RotationConfigurations.Of(session, secret.Arn));
        // Only then is a clone known by its name alone, and worth asking where it comes from.
        var isUnknown = configuration is { Pin: null, Settings.Users: null };
        var logins = ledgers.Open(secret.Arn, configuration.SuperuserArn);
        using var payload = Read(secret, StagingLabels.Current);
        var current = Credentials(function, payload, whenSslIsAbsent);
        try
        {
            return new RotationValues<RotationSubject>(new RotationSubject
            {
                Current = current,
                FormerUsernames = isUnknown ? Usernames(function, secret, whenSslIsAbsent) : [],
                MayHaveLeftAClone = isUnknown && database.Read(session => RotationJournal.HasUnfinishedAlone(session, secret.Arn)),
                Superuser = FindSuperuser(function, configuration, current, whenSslIsAbsent),
                Pin = configuration.Pin,
                Settings = configuration.Settings,
                Logins = logins.Report,
            });
        }
        catch
        {
            current.Password.Dispose();
            throw;
        }
    }

    /// <summary>
    /// AWSCURRENT, and what else is stored for the same account with another password: first the versions that an abandoned rotation
    /// may have made the one that logs in, then AWSPENDING, then AWSPREVIOUS.
    /// </summary>
    public RotationValues<HealingSubject> ReadForHealing(RotationFunction function, Secret secret, TlsMode whenSslIsAbsent)
    {
        var suspects = database.Read(session => RotationConfigurations.Of(session, secret.Arn)).SuspectVersionIds;
        var subject = ReadSubject(function, secret, whenSslIsAbsent).Subject;
        SecretVersion?[] versions =
        [
            .. suspects.Select(secret.FindVersion),
            secret.FindLabelled(StagingLabels.Pending),
            secret.FindLabelled(StagingLabels.Previous),
        ];
        List<DatabaseCredentials> candidates = [];
        foreach (var version in versions.DistinctBy(version => version?.VersionId))
        {
            if (Find(function, secret, version, whenSslIsAbsent) is not { } found) continue;
            if (IsSameAccount(found, subject.Current)
                && !candidates.Append(subject.Current).Any(known => known.Password.FixedTimeEquals(found.Password)))
            {
                candidates.Add(found);
            }
            else
            {
                found.Password.Dispose();
            }
        }
        return new RotationValues<HealingSubject>(new HealingSubject
        {
            Current = subject.Current,
            Superuser = subject.Superuser,
            Pin = subject.Pin,
            Settings = subject.Settings,
            Logins = subject.Logins,
            Turn = TurnOf(secret, subject.Current),
            Candidates = candidates,
            HasSuspects = suspects.Count > 0,
        });
    }

    /// <summary>One stored version.</summary>
    public SecretPayload Read(Secret secret, SecretVersion version) => Read(secret, version, version.VersionId);

    public SecretPayload Read(Secret secret, string label) => Read(secret, secret.FindLabelled(label), label);

    /// <summary>The credentials of one stored version; null when it has none that can be opened and this engine understands.</summary>
    public DatabaseCredentials? Find(RotationFunction function, Secret secret, SecretVersion? version, TlsMode whenSslIsAbsent)
    {
        if (version is not { HasValue: true }) return null;
        try
        {
            using var payload = Read(secret, version, version.VersionId);
            return Credentials(function, payload, whenSslIsAbsent);
        }
        catch (Exception exception) when (exception is RotatorException or ServiceException)
        {
            return null;
        }
    }

    public static DatabaseCredentials Credentials(
        RotationFunction function, SecretPayload payload, TlsMode whenSslIsAbsent = TlsMode.Verified)
    {
        if (!payload.IsText) throw new RotatorException(FailureCause.Precondition, "The secret value is binary, not a JSON text.");
        using var text = Sensitive.CopyOf(payload.Reveal());
        return SecretJson.ReadCredentials(text, function.Template.Engine, whenSslIsAbsent);
    }

    /// <summary>A superuser's refusal, or one before the account was let in, says nothing about the versions.</summary>
    private int TurnOf(Secret secret, DatabaseCredentials current) =>
        ledgers.WasRefused(Principal.NameOf(current, current.Username), secret.Arn)
            ? database.Read(session => RotationJournal.RefusedSinceSuccess(session, secret.Arn))
            : 0;

    private static bool IsSameAccount(DatabaseCredentials one, DatabaseCredentials other) =>
        one.Username == other.Username && one.Port == other.Port && one.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>What an abandoned rotation may have made the password, until a healing or this rotation has found out.</summary>
    private List<DatabaseCredentials> FindSuspects(
        RotationFunction function, RotationInProgress rotation, Secret secret, TlsMode whenSslIsAbsent) =>
    [
        .. database.Read(session => RotationConfigurations.Of(session, secret.Arn)).SuspectVersionIds
            .Where(versionId => versionId != rotation.VersionId)
            .Select(versionId => Find(function, secret, secret.FindVersion(versionId), whenSslIsAbsent))
            .OfType<DatabaseCredentials>(),
    ];

    private DatabaseCredentials? FindPrevious(RotationFunction function, Secret secret, TlsMode whenSslIsAbsent) =>
        Find(function, secret, secret.FindLabelled(StagingLabels.Previous), whenSslIsAbsent);

    private HashSet<string> Usernames(RotationFunction function, Secret secret, TlsMode whenSslIsAbsent)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var version in secret.Versions)
        {
            if (version.Stages.Contains(StagingLabels.Current)) continue;
            if (Find(function, secret, version, whenSslIsAbsent) is not { } found) continue;
            found.Password.Dispose();
            names.Add(found.Username);
        }
        return names;
    }

    /// <summary>
    /// The bound superuser's credentials, with the database of the secret's own. A value that names another superuser than the bound one is
    /// refused: whoever may write it must not choose whose power is used.
    /// </summary>
    private DatabaseCredentials? FindSuperuser(
        RotationFunction function, RotationConfiguration configuration, DatabaseCredentials current, TlsMode whenSslIsAbsent)
    {
        if (configuration.SuperuserArn is not { } boundArn)
        {
            if (current.MasterArn is null || !function.Rotator.NeedsSuperuser) return null;
            throw NotBound("The rotation was enabled before the secret had a masterarn");
        }
        var secret = database.Read(session => SecretStore.FindByArn(session, boundArn));
        if (current.MasterArn is { } named && !IsNamed(boundArn, secret, named))
            throw NotBound("The secret's masterarn is not the superuser secret that its rotation was enabled with");
        if (secret is null || secret.IsScheduledForDeletion)
            throw SuperuserFault($"The superuser secret (masterarn) {boundArn} is deleted.");
        try
        {
            using var payload = Read(secret, StagingLabels.Current);
            return Credentials(function, payload, whenSslIsAbsent).WithDatabase(current.DatabaseName);
        }
        catch (RotatorException e)
        {
            throw SuperuserFault($"The superuser secret (masterarn) {boundArn}: {e.Message}");
        }
    }

    /// <summary>A secret may be named by its ARN, by its ARN without the random suffix, or by its name.</summary>
    public static bool IsNamed(string arn, Secret? secret, string named)
    {
        const int SuffixLength = 7;
        return named == arn || named == secret?.Name || named == arn[..^SuffixLength];
    }

    private static RotatorException NotBound(string why) =>
        SuperuserFault($"{why}: enable it anew with RotateSecret and RotationLambdaARN.");

    private static RotatorException SuperuserFault(string text) =>
        new(FailureCause.Precondition, text) { SecretKey = "masterarn" };

    private SecretPayload Read(Secret secret, SecretVersion? version, string label)
    {
        var ciphertext = version is { HasValue: true }
            ? database.Read(session => SecretStore.ReadPayload(session, secret.Arn, version.VersionId))
            : null;
        if (ciphertext is null) throw new RotatorException(FailureCause.Precondition, $"The secret has no value labelled {label}.");
        return SecretPayload.FromStored(cipher.Open(secret.Arn, version!.VersionId, ciphertext));
    }
}
