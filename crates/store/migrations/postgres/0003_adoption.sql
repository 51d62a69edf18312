-- Which regulation holds for whom: for an organization and those below it, or for everybody.
CREATE TABLE adoption (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    regulation TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" REFERENCES organization (id),
    kinds TEXT COLLATE "C",
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C",
    decision TEXT COLLATE "C",
    note TEXT COLLATE "C"
);

-- What was asked when somebody answered (SHA-256); an answer counts while the question is the same.
ALTER TABLE attestation ADD COLUMN question TEXT COLLATE "C" NOT NULL DEFAULT '';

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
