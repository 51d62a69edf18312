-- What stands on every paper of a body.
CREATE TABLE letterhead (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES organization (id),
    body TEXT COLLATE "C",
    superior TEXT COLLATE "C",
    symbol TEXT COLLATE "C",
    place TEXT COLLATE "C",
    capacity TEXT COLLATE "C",
    signer_title TEXT COLLATE "C",
    signer TEXT COLLATE "C",
    recipients TEXT COLLATE "C"
);
