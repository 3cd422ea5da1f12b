namespace Rekey.Server;

/// <summary>Every protocol bound, with its unit and its source. Sorted by subject.</summary>
internal static class Limits
{
    // Audit

    /// <summary>Longest user agent kept in an audit record, in UTF-16 units. Own choice: longer than any SDK sends.</summary>
    public const int AuditUserAgentCharsMax = 512;

    /// <summary>Longest error text kept in an audit record, in UTF-16 units. CloudTrail cuts errorMessage at the same length.</summary>
    public const int AuditErrorTextCharsMax = 1024;

    /// <summary>
    /// Size of the ring that holds audit records on their way to the database, in bytes. Own choice: some 40,000 records.
    /// </summary>
    public const long AuditSpoolBytes = 16 * 1024 * 1024;

    /// <summary>
    /// Audit records are compressed and written to the database in blocks of about this many bytes. Own choice: arrays from 85,000 bytes on
    /// are collected only with everything else, and a busy server would spend its time on that.
    /// </summary>
    public const int AuditBlockBytesMax = 64 * 1024;

    /// <summary>Number of audit blocks written in one transaction. Own choice.</summary>
    public const int AuditBlocksPerWrite = 32;

    /// <summary>How long a record may wait for company before it goes to the database. Own choice.</summary>
    public static readonly TimeSpan AuditDrainDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Pause after a failed attempt to move audit records into the database. Own choice.</summary>
    public static readonly TimeSpan AuditRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>How long a call waits for room in a full spool before it is refused. Own choice.</summary>
    public static readonly TimeSpan AuditWait = TimeSpan.FromSeconds(2);

    // Authentication. "Guide" is the AWS IAM User Guide, "AWS Signature Version 4 for API requests".

    /// <summary>How far a signature's time may be from ours; Guide. 299 s is accepted, 301 s refused.</summary>
    public static readonly TimeSpan ClockSkewMax = TimeSpan.FromMinutes(5);

    /// <summary>Seconds a presigned request may stay valid: seven days; Guide.</summary>
    public const int PresignedSecondsMax = 604_800;

    /// <summary>Signing keys kept in memory, about 300 bytes each. Own choice.</summary>
    public const int CachedSigningKeysMax = 10_000;

    /// <summary>Bytes of the root's credentials file. Own choice: one of ours has 115.</summary>
    public const int RootCredentialsFileBytesMax = 4096;

    /// <summary>Characters of a caller's text that an error message repeats. Own choice.</summary>
    public const int EchoedCharsMax = 64;

    // Front door

    /// <summary>
    /// Largest request body, in bytes. Own choice: a 65,536-byte value, each byte a six-character JSON escape, and room to spare.
    /// </summary>
    public const int RequestBodyBytesMax = 1024 * 1024;

    /// <summary>How much of an oversized body is read and dropped so that its sender sees the answer, in bytes. Own choice.</summary>
    public const long RequestBodyDrainBytesMax = 8 * 1024 * 1024;

    /// <summary>All request headers together, in bytes. Own choice: presigned URLs and session tokens stay below 16 KiB.</summary>
    public const int RequestHeaderBytesMax = 32 * 1024;

    /// <summary>Number of request headers. Kestrel's default.</summary>
    public const int RequestHeadersMax = 100;

    /// <summary>The request line, in bytes: a presigned URL with a session token. Kestrel's default.</summary>
    public const int RequestLineBytesMax = 8 * 1024;

    /// <summary>Time in which all headers of a request must have arrived. Own choice.</summary>
    public static readonly TimeSpan RequestHeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Nesting of a JSON request. The deepest input of any served model has 7 levels.</summary>
    public const int JsonDepthMax = 32;

    /// <summary>Number of parameters of a form (Query protocol). Own choice: a page of tags or filters stays far below.</summary>
    public const int QueryParametersMax = 4096;

    /// <summary>Constraint violations named in one ValidationException. Own choice; it bounds the answer to a hostile request.</summary>
    public const int ViolationsMax = 32;

    /// <summary>Longest offending value repeated in an error text, in UTF-16 units. Own choice.</summary>
    public const int ViolationValueCharsMax = 1024;

    // Keys

    /// <summary>Bytes of a root key file read at most: base64 of 32 bytes takes 44 and a line end.</summary>
    public const int RootKeyFileBytes = 1024;

    // Metrics

    /// <summary>Number of secrets with rotation that one scrape looks at. Own choice: some tenths of a second.</summary>
    public const int MetricsSecretsSeen = 10_000;

    // Policies

    /// <summary>
    /// Longest policy text that is parsed, in bytes. Derived: the longest that a service takes has 20,480 characters of at most four bytes.
    /// </summary>
    public const int PolicyBytesMax = 4 * 20_480;

    /// <summary>Nesting of a policy in levels of JSON. Derived: the grammar has six, and the seventh is refused with its place.</summary>
    public const int PolicyDepthMax = 8;

    // Schedules. "Guide" is the AWS Secrets Manager User Guide, "Rotation schedules"; "model" is secretsmanager.json.

    /// <summary>Days; model, AutomaticallyRotateAfterDaysType.</summary>
    public const long AutomaticallyAfterDaysMin = 1;

    /// <summary>Days; model, AutomaticallyRotateAfterDaysType.</summary>
    public const long AutomaticallyAfterDaysMax = 1000;

    /// <summary>Characters; model, ScheduleExpressionType.</summary>
    public const int ScheduleExpressionCharsMax = 256;

    /// <summary>Hours between two openings of a rotation window; Guide.</summary>
    public const int ScheduleHoursMin = 4;

    /// <summary>Days between two openings under rate(); Guide.</summary>
    public const int ScheduleRateDaysMax = 999;

    // Secrets. "Quotas" is the AWS Secrets Manager User Guide, "Quotas".

    /// <summary>Longest value, in bytes of UTF-8 or binary; Quotas.</summary>
    public const int SecretValueBytesMax = 65_536;

    /// <summary>Secrets of one account in one region; Quotas.</summary>
    public const int SecretsPerRegionMax = 500_000;

    /// <summary>Staging labels across all versions of one secret; Quotas.</summary>
    public const int LabelsPerSecretMax = 20;

    /// <summary>Versions without labels kept per secret; Quotas, "about 100" versions.</summary>
    public const int DeprecatedVersionsKept = 100;

    /// <summary>Age below which a version is never collected; API reference, PutSecretValue.</summary>
    public static readonly TimeSpan DeprecatedVersionAgeMin = TimeSpan.FromHours(24);

    /// <summary>Tags of one secret; General Reference, tagging.</summary>
    public const int TagsPerSecretMax = 50;

    /// <summary>Days; API reference, DeleteSecret.</summary>
    public const long RecoveryWindowDaysMin = 7;

    /// <summary>Days, and the default; API reference, DeleteSecret.</summary>
    public const long RecoveryWindowDaysMax = 30;

    /// <summary>Entries of one page of a list, and the default; model, MaxResultsType.</summary>
    public const int PageSizeMax = 100;

    /// <summary>Secrets of one page of BatchGetSecretValue, and the default; model, MaxResultsBatchType.</summary>
    public const int BatchPageSizeMax = 20;

    /// <summary>How long a NextToken may be used. Own choice; AWS's is not known.</summary>
    public static readonly TimeSpan PageTokenLifetime = TimeSpan.FromHours(24);

    /// <summary>Secrets looked at for one page of a list. Own choice: about 0.1 s; the rest comes with the next page.</summary>
    public const int SecretsSeenPerPage = 10_000;

    /// <summary>Reads noted in memory before they are written as access days. Own choice; a read without room is noted next time.</summary>
    public const int AccessesPendingMax = 200_000;

    /// <summary>Ciphertexts and names kept in memory for GetSecretValue, in bytes. Own choice: 100,000 ordinary ones take 80 MB.</summary>
    public const long SecretCacheBytesMax = 256L * 1024 * 1024;

    /// <summary>Access days written in one transaction. Own choice: a few milliseconds of the committer.</summary>
    public const int AccessesPerWrite = 256;

    /// <summary>The longest sleep before the next purge: how late a jump of the clock may be noticed. Own choice.</summary>
    public static readonly TimeSpan PurgeSleepMax = TimeSpan.FromHours(1);

    // Replication

    /// <summary>Number of deliveries taken up at once. Own choice.</summary>
    public const int ReplicationBatch = 100;

    /// <summary>Pause after the first delivery that did not get through; each later one is twice as long. Own choice.</summary>
    public static readonly TimeSpan ReplicationRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause between two deliveries of one replica. Own choice.</summary>
    public static readonly TimeSpan ReplicationRetryDelayMax = TimeSpan.FromMinutes(5);

    /// <summary>The longest sleep of the worker: how late it finds what another node left behind. Own choice.</summary>
    public static readonly TimeSpan ReplicationSleepMax = TimeSpan.FromSeconds(10);

    // Rotation

    /// <summary>
    /// Number of newest events of a secret's rotations that DescribeRotation shows. Own choice: several rotations with their retries.
    /// </summary>
    public const int RotationEventsShown = 100;

    // Rates, per principal and region. "Quotas" is the AWS Secrets Manager User Guide, "Quotas".

    /// <summary>Requests per second, DescribeSecret and GetSecretValue together; Quotas.</summary>
    public const int DescribesAndGetsPerSecond = 10_000;

    /// <summary>Requests per second, BatchGetSecretValue; Quotas.</summary>
    public const int BatchGetsPerSecond = 100;

    /// <summary>Requests per second, ListSecrets; Quotas.</summary>
    public const int ListsPerSecond = 100;

    /// <summary>Requests per second of each other group of operations; Quotas.</summary>
    public const int OtherCallsPerSecond = 50;

    /// <summary>Number of callers whose rate is kept in memory, some 250 bytes each. Own choice.</summary>
    public const int TokenBucketsMax = 100_000;

    // Server

    /// <summary>How long the readiness probe waits for the database. Own choice.</summary>
    public static readonly TimeSpan ReadinessTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Time for running work to end after SIGTERM. Own choice: 10 seconds to the end of the process are promised.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    // Storage

    /// <summary>
    /// Number of reading connections kept open between reads on SQLite. Own choice: each holds up to 2 MB and three files.
    /// </summary>
    public const int ReadConnectionsKept = 64;

    /// <summary>Number of prepared statements kept per connection. Own choice: several times the SQL texts in the program.</summary>
    public const int StatementsKeptPerConnection = 512;

    /// <summary>
    /// Number of writes committed together on SQLite. Own choice, measured: throughput grows little beyond 64 and hardly at all beyond 256.
    /// </summary>
    public const int WriteBatch = 256;

    /// <summary>Number of writes that may wait for the committer before further callers wait for room. Own choice.</summary>
    public const int WritesWaiting = 4096;

    /// <summary>
    /// Number of connections that write at the same time on PostgreSQL. Own choice, measured: 8 reach most of what 32 do.
    /// </summary>
    public const int PostgresWriters = 16;

    /// <summary>Number of connections that read at once on PostgreSQL. Own choice: two nodes fit into its default of 100.</summary>
    public const int PostgresReaders = 32;

    /// <summary>Number of runs of one write on PostgreSQL before a conflict is reported to the caller. Own choice.</summary>
    public const int PostgresWriteAttempts = 24;

    /// <summary>Number of runs of one write on PostgreSQL before a unique violation is believed. Own choice.</summary>
    public const int PostgresUniqueAttempts = 3;

    /// <summary>Number of runs of one read on PostgreSQL while its connections turn out to be broken. Own choice.</summary>
    public const int PostgresReadAttempts = 3;

    /// <summary>No further run of a write begins once this much time has passed since its first. Own choice.</summary>
    public static readonly TimeSpan PostgresRetryTime = TimeSpan.FromSeconds(10);

    /// <summary>Longest pause between two runs of a conflicting write, in milliseconds. Own choice.</summary>
    public const int PostgresRetryPauseMax = 100;

    // Webhooks

    /// <summary>Number of events looked for at once. Own choice.</summary>
    public const int WebhookBatch = 100;

    /// <summary>Number of events on their way at the same time, so that a slow receiver does not hold up the others. Own choice.</summary>
    public const int WebhooksAtOnce = 8;

    /// <summary>Time for one attempt, from the name's resolution to the answer's headers. Own choice.</summary>
    public static readonly TimeSpan WebhookTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a node has an event for itself: longer than an attempt may take. Own choice.</summary>
    public static readonly TimeSpan WebhookLease = TimeSpan.FromSeconds(60);

    /// <summary>Pause after the first attempt that failed; each later one is twice as long. Own choice.</summary>
    public static readonly TimeSpan WebhookRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause between two attempts. Own choice.</summary>
    public static readonly TimeSpan WebhookRetryDelayMax = TimeSpan.FromMinutes(15);

    /// <summary>The longest sleep of the worker: how late it finds what another node left behind. Own choice.</summary>
    public static readonly TimeSpan WebhookSleepMax = TimeSpan.FromSeconds(30);
}
