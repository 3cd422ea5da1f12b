-- Logins that a database server refused in a row, whatever they were made for. The row goes when the server lets the account in.
CREATE TABLE login_refusals (
    principal {text} PRIMARY KEY,            -- see Principal: address and user
    refused   BIGINT NOT NULL,
    last_at   BIGINT NOT NULL                -- when the value was read with which the last one was refused
);

-- When a human last stored a value of the secret, or started its rotation: refusals before that say nothing any more.
CREATE TABLE login_decisions (
    arn {text} PRIMARY KEY,
    at  BIGINT NOT NULL
);

-- Work that waits because an account was refused too often.
CREATE TABLE login_waits (
    arn        {text} NOT NULL,
    work       {text} NOT NULL,              -- Rotation, or see UpkeepKind
    principal  {text} NOT NULL,
    wait_until BIGINT NOT NULL,
    PRIMARY KEY (arn, work)
);
CREATE INDEX login_waits_principal ON login_waits (principal);
