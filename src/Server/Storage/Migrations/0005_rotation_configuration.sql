-- What a secret's rotation is bound to and how it is done, beyond what AWS's fields say. The row goes with the secret.
CREATE TABLE rotation_configurations (
    arn             {text} PRIMARY KEY,
    settings        TEXT,                    -- JSON, see SettingsJson; null for the defaults
    superuser_arn   {text},                  -- the superuser's secret (masterarn), bound by RotateSecret; null for none
    pinned_identity TEXT,                    -- what the server said of itself; null until a rotation has found out
    pinned_host     TEXT,
    pinned_port     BIGINT,
    pinned_username TEXT,                    -- the base user
    suspect_version {text}                   -- an abandoned version whose password may be the one that logs in
);
CREATE INDEX rotation_configurations_superuser ON rotation_configurations (superuser_arn);

-- Database accounts that a rotation or an upkeep task has under its hands: one of them at a time, over all secrets and nodes.
CREATE TABLE rotation_principals (
    principal   {text} NOT NULL,             -- see Principal
    arn         {text} NOT NULL,             -- the secret on whose behalf
    exclusive   BIGINT NOT NULL,             -- 0 for a superuser that only acts
    lease_until BIGINT NOT NULL,             -- holds longer while the secret's rotation may have changed its target
    PRIMARY KEY (principal, arn)
);
CREATE INDEX rotation_principals_arn ON rotation_principals (arn);

-- What is done for a secret between its rotations, one row per secret and kind. Runs only while the secret is in no rotation.
CREATE TABLE rotation_upkeep (
    arn           {text} NOT NULL,
    kind          TEXT   NOT NULL,           -- see UpkeepKind
    due_at        BIGINT,                    -- null when nothing is to be done: ended, or parked until someone acts
    attempt       BIGINT NOT NULL,
    owner         TEXT,
    lease_until   BIGINT,
    fence         BIGINT NOT NULL,
    outcome       TEXT,                      -- of the last run that ended: see UpkeepOutcome
    ended_at      BIGINT,
    cause         TEXT,
    cause_message TEXT,
    PRIMARY KEY (arn, kind)
);
CREATE INDEX rotation_upkeep_due ON rotation_upkeep (due_at);

-- How often the password was made stricter because the server's rules refused it.
ALTER TABLE rotations ADD COLUMN strictness BIGINT NOT NULL DEFAULT 0;
-- 1 when the old password goes on logging in and has to be taken away after the grace.
ALTER TABLE rotations ADD COLUMN must_retire BIGINT NOT NULL DEFAULT 0;
-- Since when AWSCURRENT is refused by the target; null while it logs in.
ALTER TABLE rotations ADD COLUMN refused_since BIGINT;

ALTER TABLE rotation_events ADD COLUMN duration_ms BIGINT;
ALTER TABLE rotation_events ADD COLUMN sql_state TEXT;
ALTER TABLE rotation_events ADD COLUMN native_code TEXT;
-- How long the value that applications had was refused, of a rotation that succeeded.
ALTER TABLE rotation_events ADD COLUMN gap_ms BIGINT;
