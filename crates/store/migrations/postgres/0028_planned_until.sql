-- Until when the work was announced that explains a loss: what lasts longer is a fault.
ALTER TABLE outage ADD COLUMN planned_until BIGINT;

DROP VIEW fact_outage;
CREATE VIEW fact_outage AS
SELECT organization_id AS unit, id AS outage, target_id AS target, noun, subject, kind, provider_id AS provider,
    contract, began_at, ended_at, lasted_ms, unseen_ms, attribution,
    CASE WHEN planned_by IS NULL THEN 'no' ELSE 'yes' END AS planned, planned_until AS planned_until_at,
    COALESCE(ended_at, noted_at) AS updated_at
FROM outage WHERE organization_id IS NOT NULL;
