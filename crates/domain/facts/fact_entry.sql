-- The entries of all books, with what every entry has. Each book also has a view of its own.
-- keys: unit register entry
-- typed: occurred_on recorded_at updated_at period result expires_on finished_at subject
-- done: finished_at
-- adds: age_days
-- past: dated
SELECT organization_id AS unit, register, id AS entry, occurred_on, recorded_at, updated_at, period, result,
    expires_on, finished_at, subject
FROM entry
