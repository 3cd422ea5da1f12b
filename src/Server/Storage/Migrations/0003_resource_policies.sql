ALTER TABLE secrets ADD COLUMN resource_policy TEXT; -- compact JSON, members in the caller's order; null without a policy
