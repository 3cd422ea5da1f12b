-- Labels that the event moved: a JSON array, see LabelMoves; null for none.
ALTER TABLE rotation_events ADD COLUMN label_moves TEXT;

-- Finds the secrets whose rotation was ever configured without looking at the others.
CREATE INDEX secrets_rotating ON secrets (account, region, name) WHERE rotation_enabled IS NOT NULL;

-- The webhooks of the configuration, written when a node starts: what happens is put into the outbox of those that want it.
CREATE TABLE webhook_endpoints (
    endpoint {text} PRIMARY KEY,             -- its number in the configuration
    events   TEXT NOT NULL                   -- names of events with commas between, before and after them
);

-- Events on their way to webhooks, one row per webhook and event. Written in the transaction of what happened, removed once it has arrived.
CREATE TABLE webhook_outbox (
    event_id    {text} NOT NULL,             -- a UUID, by which receivers know a repetition
    endpoint    {text} NOT NULL,
    arn         {text} NOT NULL,
    sequence    BIGINT NOT NULL,             -- of the event among those of its secret: delivered in this order
    event       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    body        TEXT   NOT NULL,             -- JSON, as it is signed and sent
    attempt     BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT,                      -- a node is sending it
    PRIMARY KEY (endpoint, arn, sequence)
);
CREATE INDEX webhook_outbox_due ON webhook_outbox (due_at);
