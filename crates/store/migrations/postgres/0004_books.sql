-- Every version of an entry of a book, as it was written. The table `entry` has the latest.
CREATE TABLE entry_revision (
    entry_id TEXT COLLATE "C" NOT NULL REFERENCES entry (id),
    version BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    data TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (entry_id, version)
);

-- What was there before revisions were kept; who wrote it stands in the journal.
INSERT INTO entry_revision (entry_id, version, recorded_at, recorded_by, data)
SELECT id, version, updated_at, '', data FROM entry;

-- A unit's book, closed for a span of days: what it held then, and the hash of that.
CREATE TABLE book_closing (
    id TEXT COLLATE "C" PRIMARY KEY,
    register TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    period TEXT COLLATE "C" NOT NULL,
    first_on TEXT COLLATE "C" NOT NULL,
    last_on TEXT COLLATE "C" NOT NULL,
    closed_at BIGINT NOT NULL,
    closed_by TEXT COLLATE "C" NOT NULL,
    entries BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    reopened_at BIGINT,
    reopened_by TEXT COLLATE "C",
    reopen_reason TEXT COLLATE "C"
);
CREATE UNIQUE INDEX book_closing_open ON book_closing (register, organization_id, period) WHERE reopened_at IS NULL;
CREATE INDEX book_closing_span ON book_closing (register, organization_id, last_on);

-- The views that were made of the books' schemas, to make them anew when a schema changes.
CREATE TABLE book_view (
    name TEXT COLLATE "C" PRIMARY KEY,
    definition TEXT COLLATE "C" NOT NULL
);

-- `marking`: none (its text was looked at), unread (it has no text that can be looked at).
-- `scan`: clean, not-scanned, infected; the detail is the scanner's word.
ALTER TABLE attachment ADD COLUMN marking TEXT COLLATE "C" NOT NULL DEFAULT 'unread';
ALTER TABLE attachment ADD COLUMN scan TEXT COLLATE "C" NOT NULL DEFAULT 'not-scanned';
ALTER TABLE attachment ADD COLUMN scan_detail TEXT COLLATE "C";
ALTER TABLE attachment ADD COLUMN scanned_at BIGINT;
CREATE INDEX attachment_scan ON attachment (scan, scanned_at);
