-- The region of the primary: another one's for a replica, its own while a secret has replicas, null when it is not replicated.
ALTER TABLE secrets ADD COLUMN primary_region TEXT;

-- One row per primary and region: what is wanted there, whether it still has to be delivered, and what came of it. The row is the outbox:
-- every change of the primary raises its revision in the same transaction. It stays when the link has ended, because a link made again
-- must count on from here.
CREATE TABLE replication_links (
    primary_arn     {text} NOT NULL,
    region          {text} NOT NULL,
    intent          TEXT   NOT NULL,         -- see ReplicationIntent
    since_revision  BIGINT NOT NULL,         -- the revision with which the region was added; a smaller one belongs to an earlier link
    revision        BIGINT NOT NULL,
    kms_key_id      TEXT,                    -- as the caller gave it; null for the region's default key
    force_overwrite BIGINT NOT NULL,
    status          TEXT   NOT NULL,         -- see ReplicationStatus
    status_message  TEXT,
    attempt         BIGINT NOT NULL,
    due_at          BIGINT,                  -- when to deliver; 0: at once; null: delivered
    PRIMARY KEY (primary_arn, region)
);
CREATE INDEX replication_links_due ON replication_links (due_at);

-- What the region of a replica has taken over, so that what arrives again or late changes nothing. It outlives the replica.
CREATE TABLE replication_receipts (
    primary_arn {text} NOT NULL,
    region      {text} NOT NULL,
    revision    BIGINT NOT NULL,
    outcome     TEXT   NOT NULL,             -- see ReplicationReceipt
    PRIMARY KEY (primary_arn, region)
);
