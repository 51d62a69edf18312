-- How each target stands.
-- keys: unit target noun subject class updated_at
-- seen: state since_at last_sample_at
-- past: nothing
SELECT t.organization_id AS unit, t.target_id AS target, t.noun, t.subject, t.class,
    COALESCE(s.state, 'no_data') AS state, s.since_at, s.last_sample_at, s.updated_at
FROM target t LEFT JOIN target_state s ON s.target_id = t.target_id
