-- Inspections as documents are filled from: one row for each unit that a checklist asks; of
-- one without a checklist, that of its lead.
-- keys: unit inspection code name updated_at
-- typed: occasion lead status starts_on ends_on items open_items deviations
-- past: unchanged inspection-round inspection-item
SELECT i.organization_id AS unit, r.id AS inspection, r.code, r.name, r.occasion, r.organization_id AS lead,
    r.status, r.starts_on, r.ends_on, COUNT(*) AS items,
    CAST(SUM(CASE WHEN i.result = 'open' THEN 1 ELSE 0 END) AS BIGINT) AS open_items,
    CAST(SUM(CASE WHEN i.result = 'deviates' THEN 1 ELSE 0 END) AS BIGINT) AS deviations,
    MAX(i.updated_at) AS updated_at
FROM inspection_round r JOIN inspection_item i ON i.inspection_id = r.id
GROUP BY i.organization_id, r.id
UNION ALL
SELECT r.organization_id, r.id, r.code, r.name, r.occasion, r.organization_id, r.status, r.starts_on, r.ends_on,
    0, 0, 0, r.updated_at
FROM inspection_round r
WHERE NOT EXISTS (SELECT 1 FROM inspection_item i WHERE i.inspection_id = r.id)
