-- A record of a unit that another body may read: one row for each record and receiver. How it stood before
-- is in the journal.
CREATE TABLE share (
    id TEXT NOT NULL PRIMARY KEY,
    -- What is shared: `entry`.
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    receiver_id TEXT NOT NULL REFERENCES organization (id),
    ends_on TEXT,
    shared_at INTEGER NOT NULL,
    shared_by TEXT NOT NULL,
    revoked_at INTEGER,
    revoked_by TEXT
) STRICT;
CREATE UNIQUE INDEX share_subject ON share (subject_kind, subject_id, receiver_id);
CREATE INDEX share_receiver ON share (receiver_id);
