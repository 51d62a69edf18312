-- Outages, each from the first failed to the first answered sample.
-- keys: unit outage target noun subject kind provider contract planned updated_at
-- seen: began_at ended_at lasted_ms unseen_ms attribution
-- typed: planned_until_at
-- past: nothing
SELECT organization_id AS unit, id AS outage, target_id AS target, noun, subject, kind, provider_id AS provider,
    contract, began_at, ended_at, lasted_ms, unseen_ms, attribution,
    CASE WHEN planned_by IS NULL THEN 'no' ELSE 'yes' END AS planned, planned_until AS planned_until_at,
    COALESCE(ended_at, noted_at) AS updated_at
FROM outage WHERE organization_id IS NOT NULL
