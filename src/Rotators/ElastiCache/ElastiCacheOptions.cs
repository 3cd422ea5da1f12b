using Rekey.Aws.SigV4;

namespace Rekey.Rotators.ElastiCache;

/// <summary>How the ElastiCache API is reached, and with whose rights: those of a principal that may describe and modify users.</summary>
public sealed class ElastiCacheOptions
{
    /// <summary>The API's address; null for AWS's in the region of the user's ARN.</summary>
    public Uri? Endpoint { get; init; }

    public required SigningCredentials Credentials { get; init; }

    /// <summary>How long a change is waited for. AWS's template: MAX_WAITING_TIME_FOR_ACTIVE_IN_SECONDS.</summary>
    public TimeSpan ActiveMax { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Between two looks at the user's state. AWS's template: WAITING_RETRY_INTERVAL_IN_SECONDS.</summary>
    public TimeSpan ActivePause { get; init; } = TimeSpan.FromSeconds(10);
}
