CREATE TABLE inspection_round (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    occasion TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    regulation TEXT COLLATE "C",
    clauses TEXT COLLATE "C",
    units TEXT COLLATE "C",
    team TEXT COLLATE "C",
    notified_on TEXT COLLATE "C",
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    conclusion TEXT COLLATE "C",
    minutes TEXT COLLATE "C"
);

CREATE TABLE inspection_item (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspection_round (id),
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    regulation TEXT COLLATE "C" NOT NULL,
    clause TEXT COLLATE "C" NOT NULL,
    asked TEXT COLLATE "C",
    verdict TEXT COLLATE "C",
    result TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C",
    checked_on TEXT COLLATE "C",
    answered_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX inspection_item_inspection ON inspection_item (inspection_id, organization_id);

CREATE TABLE finding (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspection_round (id),
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    regulation TEXT COLLATE "C" NOT NULL,
    clause TEXT COLLATE "C" NOT NULL,
    summary TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    action_owner TEXT COLLATE "C" NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    mended_on TEXT COLLATE "C",
    mended_note TEXT COLLATE "C",
    document TEXT COLLATE "C",
    rechecked_on TEXT COLLATE "C",
    rechecked_by TEXT COLLATE "C"
);
CREATE INDEX finding_inspection ON finding (inspection_id);
CREATE INDEX finding_organization ON finding (organization_id, status);
