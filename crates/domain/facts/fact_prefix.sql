-- The prefixes in force: those of the whole province, and those that were granted.
-- keys: prefix cidr first_key last_key unit updated_at
-- past: unchanged prefix claim
SELECT p.id AS prefix, p.cidr, p.first_key, p.last_key, p.organization_id AS unit, p.updated_at
FROM prefix p LEFT JOIN claim g ON g.kind = 'prefix' AND g.value_key = p.cidr
    AND g.organization_id = p.organization_id
WHERE p.organization_id IS NULL OR g.state = 'granted'
