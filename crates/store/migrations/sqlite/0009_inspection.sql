CREATE TABLE inspection_round (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    occasion TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    regulation TEXT,
    clauses TEXT,
    units TEXT,
    team TEXT,
    notified_on TEXT,
    starts_on TEXT NOT NULL,
    ends_on TEXT,
    status TEXT NOT NULL,
    conclusion TEXT,
    minutes TEXT
) STRICT;

CREATE TABLE inspection_item (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    inspection_id TEXT NOT NULL REFERENCES inspection_round (id),
    organization_id TEXT NOT NULL REFERENCES organization (id),
    regulation TEXT NOT NULL,
    clause TEXT NOT NULL,
    asked TEXT,
    verdict TEXT,
    result TEXT NOT NULL,
    note TEXT,
    checked_on TEXT,
    answered_by TEXT NOT NULL
) STRICT;
CREATE INDEX inspection_item_inspection ON inspection_item (inspection_id, organization_id);

CREATE TABLE finding (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    inspection_id TEXT NOT NULL REFERENCES inspection_round (id),
    organization_id TEXT NOT NULL REFERENCES organization (id),
    regulation TEXT NOT NULL,
    clause TEXT NOT NULL,
    summary TEXT NOT NULL,
    severity TEXT NOT NULL,
    action TEXT NOT NULL,
    action_owner TEXT NOT NULL,
    due_on TEXT NOT NULL,
    status TEXT NOT NULL,
    mended_on TEXT,
    mended_note TEXT,
    document TEXT,
    rechecked_on TEXT,
    rechecked_by TEXT
) STRICT;
CREATE INDEX finding_inspection ON finding (inspection_id);
CREATE INDEX finding_organization ON finding (organization_id, status);
