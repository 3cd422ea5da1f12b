-- Sealed; null until the rotation is claimed for the first time.
ALTER TABLE rotations ADD COLUMN rotation_token BYTEA;
