-- Documents: what is written, filled, signed and sent.
CREATE TABLE document (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    template TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    period TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    -- JSON: what persons wrote, by the draft's name.
    drafts TEXT COLLATE "C" NOT NULL,
    -- JSON: the numbers as they were when they were taken, with their sources.
    filled TEXT COLLATE "C" NOT NULL,
    filled_at BIGINT NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    signer TEXT COLLATE "C" NOT NULL,
    signed_on TEXT COLLATE "C",
    file TEXT COLLATE "C",
    sent_on TEXT COLLATE "C",
    entry_id TEXT COLLATE "C" REFERENCES entry (id),
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX document_organization ON document (organization_id, template, period);
CREATE INDEX document_period ON document (template, period, state);
