using Rekey.Aws;
using Rekey.Server.Authorization;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// The one way in which values leave for callers: GetSecretValue and each entry of BatchGetSecretValue. Served from memory while this
/// process alone writes to the store, from one read otherwise. Throws GetSecretValue's errors.
/// </summary>
internal sealed class SecretValueReader(
    IDatabase database, ValueCache cache, EnvelopeCipher cipher, MemoryCipher memory, AccessDays accessDays)
{
    /// <summary>Authorises the context's action on the secret, then reads. The answer is the caller's to dispose.</summary>
    public GetSecretValueResponse Read(GetSecretValueRequest request, RequestContext context)
    {
        var stage = request.VersionStage ?? (request.VersionId is null ? StagingLabels.Current : null);
        var key = new ValueKey(context.Account, context.Region, request.SecretId, request.VersionId, stage);
        return cache.Find(key) is { } kept ? Repeat(request, context, kept) : Load(request, context, stage, key);
    }

    private GetSecretValueResponse Repeat(GetSecretValueRequest request, RequestContext context, SealedValue kept)
    {
        Authorize(request, context, kept.Arn, kept);
        NoteAccess(kept, context.Time);
        return Answer(kept, memory.Open(kept.Ciphertext));
    }

    private GetSecretValueResponse Load(GetSecretValueRequest request, RequestContext context, string? stage, in ValueKey key)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        var reading = cache.Begin(id.CacheKey(context.Account, context.Region));
        var value = database.Read(session => SealedValueQuery.Find(session, context.Account, context.Region, id, request.VersionId, stage));
        Authorize(request, context, SecretAccess.ResourceArn(id, value?.Arn), value);
        if (value is null) throw SecretsManagerErrors.SecretNotFound();
        if (value.IsScheduledForDeletion && !SecretAccess.MayWorkOnDeleted(context)) throw SecretsManagerErrors.MarkedForDeletion();
        if (value.Ciphertext is null && request.VersionId is { } versionId) throw SecretsManagerErrors.VersionNotFound(versionId);
        if (value.Ciphertext is null) throw SecretsManagerErrors.LabelNotFound(stage!);
        if (stage is not null && !value.Stages.Contains(stage)) throw SecretsManagerErrors.LabelNotOnVersion();
        var opened = cipher.Open(value.Arn, value.VersionId!, value.Ciphertext);
        NoteAccess(value, context.Time);
        // A value that only a rotation may still see must not be there for others.
        if (cache.IsKeeping && !value.IsScheduledForDeletion)
            cache.Add(key, reading, value with { Ciphertext = memory.Seal(opened.Reveal()) });
        return Answer(value, opened);
    }

    private static void Authorize(GetSecretValueRequest request, RequestContext context, string? arn, SealedValue? value)
    {
        Authorizer.Demand(context, arn, request.SecretId);
        if (value?.Policy is { } policy) policy.Demand(context, request.SecretId, ConditionKeys.OfRead(request, value));
    }

    private void NoteAccess(SealedValue value, DateTimeOffset now)
    {
        var day = SealedValue.DayOf(now);
        if (value.AccessDay != day && accessDays.TryNote(value.Arn, value.VersionId!, SealedValue.StartOfDay(day))) value.AccessDay = day;
    }

    private static GetSecretValueResponse Answer(SealedValue value, Sensitive opened)
    {
        var payload = SecretPayload.FromStored(opened);
        return new GetSecretValueResponse
        {
            ARN = value.Arn,
            CreatedDate = value.CreatedDate,
            Name = value.Name,
            SecretBinary = payload.IsText ? null : payload,
            SecretString = payload.IsText ? payload : null,
            VersionId = value.VersionId!,
            VersionStages = value.Stages.IsEmpty ? null : value.Stages,
        };
    }
}
