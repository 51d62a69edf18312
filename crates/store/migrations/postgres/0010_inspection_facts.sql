-- Inspections as documents are filled from: one row for each unit that a checklist asks; of
-- one without a checklist, that of its lead.
CREATE VIEW fact_inspection AS
SELECT i.organization_id AS unit, r.id AS inspection, r.code, r.name, r.occasion, r.organization_id AS lead,
    r.status, r.starts_on, r.ends_on, COUNT(*) AS items,
    SUM(CASE WHEN i.result = 'open' THEN 1 ELSE 0 END) AS open_items,
    SUM(CASE WHEN i.result = 'deviates' THEN 1 ELSE 0 END) AS deviations,
    MAX(i.updated_at) AS updated_at
FROM inspection_round r JOIN inspection_item i ON i.inspection_id = r.id
GROUP BY i.organization_id, r.id
UNION ALL
SELECT r.organization_id, r.id, r.code, r.name, r.occasion, r.organization_id, r.status, r.starts_on, r.ends_on,
    0, 0, 0, r.updated_at
FROM inspection_round r
WHERE NOT EXISTS (SELECT 1 FROM inspection_item i WHERE i.inspection_id = r.id);

CREATE VIEW fact_finding AS
SELECT organization_id AS unit, id AS finding, inspection_id AS inspection, regulation, clause, summary, severity,
    action, action_owner, due_on, status, mended_on, rechecked_on, updated_at
FROM finding;
