using System.Collections.Immutable;

namespace Rekey.Server.SecretsManager;

/// <summary>What GetSecretValue needs to answer, the value still sealed.</summary>
internal sealed record SealedValue
{
    public required string Arn { get; init; }
    public required string Name { get; init; }
    public required bool IsScheduledForDeletion { get; init; }

    /// <summary>Null when the secret has no such version.</summary>
    public required string? VersionId { get; init; }

    public required DateTimeOffset CreatedDate { get; init; }

    /// <summary>
    /// As the store holds it, or in <see cref="ValueCache"/> as this process keeps it; null for a placeholder.
    /// </summary>
    public required byte[]? Ciphertext { get; init; }

    /// <summary>In order of attachment; empty when the version is deprecated.</summary>
    public required ImmutableArray<string> Stages { get; init; }

    /// <summary>The secret's resource policy; null without one.</summary>
    public SecretPolicy? Policy { get; init; }

    /// <summary>The day of the last read that was noted, as <see cref="DayOf"/> counts; 0 for none.</summary>
    public int AccessDay { get; set; }

    /// <summary>Days since the year 1, UTC.</summary>
    public static int DayOf(DateTimeOffset time) => (int)(time.UtcTicks / TimeSpan.TicksPerDay);

    public static DateTimeOffset StartOfDay(int day) => new(day * TimeSpan.TicksPerDay, TimeSpan.Zero);
}
