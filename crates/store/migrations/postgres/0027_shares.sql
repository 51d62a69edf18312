-- A record of a unit that another body may read: one row for each record and receiver. How it stood before
-- is in the journal.
CREATE TABLE share (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- What is shared: `entry`.
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    receiver_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    ends_on TEXT COLLATE "C",
    shared_at BIGINT NOT NULL,
    shared_by TEXT COLLATE "C" NOT NULL,
    revoked_at BIGINT,
    revoked_by TEXT COLLATE "C"
);
CREATE UNIQUE INDEX share_subject ON share (subject_kind, subject_id, receiver_id);
CREATE INDEX share_receiver ON share (receiver_id);
