-- One text for both engines. TEXT columns that are compared or ordered are declared {text}: plain TEXT on SQLite, TEXT COLLATE "C" on
-- PostgreSQL, so that both compare code points. Times are Unix milliseconds; days are Unix milliseconds at 00:00 UTC; flags are 0 or 1.
-- BYTEA keeps bytes as they are on both.

CREATE TABLE kms_keys (
    key_id           {text} PRIMARY KEY,     -- a UUID in lower case
    key_arn          {text} NOT NULL UNIQUE,
    account          {text} NOT NULL,
    region           {text} NOT NULL,
    alias            {text},                 -- alias/aws/secretsmanager
    wrapped_material BYTEA  NOT NULL,
    created_at       BIGINT NOT NULL,
    UNIQUE (account, region, alias)
);

-- One row: what tells the right root key from a wrong one.
CREATE TABLE root_key (
    id          BIGINT PRIMARY KEY,
    check_value BYTEA  NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE secrets (
    arn                  {text} PRIMARY KEY,
    account              {text} NOT NULL,
    region               {text} NOT NULL,
    name                 {text} NOT NULL,
    description          TEXT,
    kms_key_id           TEXT,               -- as the caller gave it; null for the default key
    kms_key_arn          TEXT   NOT NULL,    -- the key that seals new versions
    type                 TEXT,
    tags                 TEXT,               -- JSON array of [key, value] in order; null when never tagged
    created_at           BIGINT NOT NULL,
    last_changed_at      BIGINT NOT NULL,
    last_accessed_day    BIGINT,
    deleted_at           BIGINT,             -- when DeleteSecret was called
    purge_at             BIGINT,             -- end of the recovery window
    rotation_enabled     BIGINT,             -- null when never configured
    rotation_lambda_arn  TEXT,
    rotation_days        BIGINT,             -- AutomaticallyAfterDays as shown
    rotation_schedule    TEXT,               -- ScheduleExpression
    rotation_duration    TEXT,               -- Duration
    last_rotated_at      BIGINT,
    next_rotation_at     BIGINT,             -- last second of the next window, as shown
    rotation_due_at      BIGINT,             -- when the scheduler starts the next rotation; null when there is none
    UNIQUE (account, region, name)
);
CREATE INDEX secrets_purge ON secrets (purge_at);
CREATE INDEX secrets_due ON secrets (rotation_due_at);
CREATE INDEX secrets_created ON secrets (account, region, created_at, arn);

CREATE TABLE secret_versions (
    arn               {text} NOT NULL,
    version_id        {text} NOT NULL,
    created_at        BIGINT NOT NULL,
    sequence          BIGINT NOT NULL,       -- creation order within the secret, from 1
    last_accessed_day BIGINT,
    kms_key_arn       TEXT,                  -- the key that sealed the payload; null while there is none
    ciphertext        BYTEA,                 -- null for a rotation's placeholder
    PRIMARY KEY (arn, version_id)
);

-- The primary key is the rule that a label sits on at most one version.
CREATE TABLE secret_labels (
    arn        {text} NOT NULL,
    label      {text} NOT NULL,
    version_id {text} NOT NULL,
    position   BIGINT NOT NULL,              -- order in which the labels were attached to the secret
    PRIMARY KEY (arn, label)
);

-- The rotation in progress of a secret: at most one. Intent is written here before each effect.
CREATE TABLE rotations (
    arn             {text} PRIMARY KEY,
    version_id      {text} NOT NULL,         -- the ClientRequestToken
    kind            TEXT   NOT NULL,         -- see RotationKind
    state           TEXT   NOT NULL,         -- see RotationState
    pending_may_be_live BIGINT NOT NULL,     -- 1 once setSecret may have reached the target
    attempt         BIGINT NOT NULL,
    not_before      BIGINT NOT NULL,
    window_end      BIGINT,                  -- null: not bound to a window
    owner           TEXT,
    lease_until     BIGINT,
    fence           BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    step_started_at BIGINT,
    cause           TEXT,                    -- class of the last failure
    cause_message   TEXT
);
CREATE INDEX rotations_due ON rotations (not_before);

-- One row per attempt of a step, and per end of a rotation: the flight recorder.
CREATE TABLE rotation_events (
    arn        {text} NOT NULL,
    version_id {text} NOT NULL,
    at         BIGINT NOT NULL,
    sequence   BIGINT NOT NULL,
    event      TEXT   NOT NULL,              -- see RotationEventName
    step       TEXT,
    attempt    BIGINT NOT NULL,
    cause      TEXT,
    message    TEXT,
    PRIMARY KEY (arn, sequence)
);

-- Targets that answered over TLS once are never spoken to without it again.
CREATE TABLE target_tls (
    target     {text} PRIMARY KEY,           -- host:port, lower case
    seen_at    BIGINT NOT NULL
);

CREATE TABLE audit_events (
    event_id      {text} PRIMARY KEY,
    at            BIGINT NOT NULL,
    account       {text} NOT NULL,
    region        {text} NOT NULL,
    event_source  TEXT   NOT NULL,           -- secretsmanager.amazonaws.com
    event_name    TEXT   NOT NULL,
    read_only     BIGINT NOT NULL,
    principal_arn TEXT,
    access_key_id TEXT,
    resource_arn  TEXT,
    source_address TEXT,
    user_agent    TEXT,
    request_id    TEXT   NOT NULL,
    error_code    TEXT,
    error_message TEXT,
    detail        TEXT                       -- JSON object of event-specific fields
);
CREATE INDEX audit_events_at ON audit_events (account, region, at);

-- Records of reads and refusals, many to a row: JSON lines in the order in which they were recorded, gzipped.
CREATE TABLE audit_blocks (
    block_id {text} PRIMARY KEY,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    lines    BYTEA  NOT NULL
);
CREATE INDEX audit_blocks_at ON audit_blocks (first_at);

-- How far a node's spool of such records has been taken over.
CREATE TABLE audit_spools (
    spool_id   {text} PRIMARY KEY,
    drained_to BIGINT NOT NULL
);
