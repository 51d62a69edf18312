-- The organizations that there are now.
-- keys: unit code name kind level membership parent province updated_at
-- past: unchanged organization
SELECT o.id AS unit, o.code, o.name, o.kind, o.level, o.membership, o.parent_id AS parent, p.province, o.updated_at
FROM organization o JOIN organization_province p ON p.organization_id = o.id
WHERE o.ends_on IS NULL
