-- What devices tell of themselves, and how the telling goes.

-- Interfaces as they are now; nobody types them.
CREATE TABLE interface (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    name TEXT NOT NULL,
    device_id TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    alias TEXT,
    admin_status TEXT,
    status TEXT,
    speed INTEGER,
    number INTEGER
);
CREATE INDEX interface_device ON interface (device_id);
CREATE INDEX interface_organization ON interface (organization_id);

-- How records that nobody types were before: the values as JSON, from when until when.
CREATE TABLE observed_past (
    noun TEXT NOT NULL,
    record_id TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (noun, record_id, from_at)
);
CREATE INDEX observed_past_until ON observed_past (until_at);

-- When a collector last asked a target, and what came of it.
CREATE TABLE collection (
    collector TEXT NOT NULL,
    target_id TEXT NOT NULL,
    tried_at INTEGER NOT NULL,
    good_at INTEGER,
    failures INTEGER NOT NULL,
    fault TEXT,
    PRIMARY KEY (collector, target_id)
);

-- What opens a device to a collector, sealed for that device alone.
CREATE TABLE device_secret (
    device_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    port INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (device_id, kind)
);
