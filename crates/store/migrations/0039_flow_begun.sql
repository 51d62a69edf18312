-- How many requests somebody has begun lately.
CREATE INDEX flow_created ON flow (created_by, created_at);
-- Whom somebody has named.
CREATE INDEX flow_substitute_by ON flow_substitute (account_id, ends_on);
