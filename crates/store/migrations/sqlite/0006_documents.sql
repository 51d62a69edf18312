-- Documents: what is written, filled, signed and sent.
CREATE TABLE document (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    template TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    period TEXT NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    -- JSON: what persons wrote, by the draft's name.
    drafts TEXT NOT NULL,
    -- JSON: the numbers as they were when they were taken, with their sources.
    filled TEXT NOT NULL,
    filled_at INTEGER NOT NULL,
    number TEXT NOT NULL,
    place TEXT NOT NULL,
    signer TEXT NOT NULL,
    signed_on TEXT,
    file TEXT,
    sent_on TEXT,
    entry_id TEXT REFERENCES entry (id),
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX document_organization ON document (organization_id, template, period);
CREATE INDEX document_period ON document (template, period, state);
