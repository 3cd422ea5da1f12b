-- The journal of the credentials that a secret's target makes itself. It names them and never holds one. The row goes with the secret.
CREATE TABLE rotation_slots (
    arn   {text} PRIMARY KEY,
    state TEXT NOT NULL                      -- JSON, see SlotState
);
