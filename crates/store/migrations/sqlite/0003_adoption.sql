-- Which regulation holds for whom: for an organization and those below it, or for everybody.
CREATE TABLE adoption (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    regulation TEXT NOT NULL,
    organization_id TEXT REFERENCES organization (id),
    kinds TEXT,
    starts_on TEXT NOT NULL,
    ends_on TEXT,
    decision TEXT,
    note TEXT
) STRICT;

-- What was asked when somebody answered (SHA-256); an answer counts while the question is the same.
ALTER TABLE attestation ADD COLUMN question TEXT NOT NULL DEFAULT '';

-- The head of the tree that an organization stands in: its province. Those that stand in no
-- tree (nobody above, nobody below) share one.
CREATE VIEW organization_province AS
SELECT c.descendant_id AS organization_id,
    CASE WHEN c.depth = 0 AND NOT EXISTS (SELECT 1 FROM organization b WHERE b.parent_id = h.id) THEN ''
        ELSE h.id END AS province
FROM organization_closure c JOIN organization h ON h.id = c.ancestor_id
WHERE h.parent_id IS NULL;

DROP VIEW fact_organization;
CREATE VIEW fact_organization AS
SELECT o.id AS unit, o.code, o.name, o.kind, o.level, o.membership, o.parent_id AS parent, p.province, o.updated_at
FROM organization o JOIN organization_province p ON p.organization_id = o.id
WHERE o.ends_on IS NULL;

DROP VIEW fact_role;
CREATE VIEW fact_role AS
SELECT r.organization_id AS unit, r.role, r.starts_on, r.ends_on, p.province, r.updated_at
FROM role_assignment r JOIN organization_province p ON p.organization_id = r.organization_id;
