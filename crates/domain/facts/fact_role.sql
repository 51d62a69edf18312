-- Who holds which role that a regulation names, from when to when.
-- keys: unit role starts_on ends_on province updated_at
-- past: dated
SELECT r.organization_id AS unit, r.role, r.starts_on, r.ends_on, p.province, r.updated_at
FROM role_assignment r JOIN organization_province p ON p.organization_id = r.organization_id
