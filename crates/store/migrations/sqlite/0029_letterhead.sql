-- What stands on every paper of a body.
CREATE TABLE letterhead (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    organization_id TEXT NOT NULL UNIQUE REFERENCES organization (id),
    body TEXT,
    superior TEXT,
    symbol TEXT,
    place TEXT,
    capacity TEXT,
    signer_title TEXT,
    signer TEXT,
    recipients TEXT
) STRICT;
