-- Every version of an entry of a book, as it was written. The table `entry` has the latest.
CREATE TABLE entry_revision (
    entry_id TEXT NOT NULL REFERENCES entry (id),
    version INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (entry_id, version)
) STRICT;

-- What was there before revisions were kept; who wrote it stands in the journal.
INSERT INTO entry_revision (entry_id, version, recorded_at, recorded_by, data)
SELECT id, version, updated_at, '', data FROM entry;

-- A unit's book, closed for a span of days: what it held then, and the hash of that.
CREATE TABLE book_closing (
    id TEXT PRIMARY KEY,
    register TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    period TEXT NOT NULL,
    first_on TEXT NOT NULL,
    last_on TEXT NOT NULL,
    closed_at INTEGER NOT NULL,
    closed_by TEXT NOT NULL,
    entries INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content TEXT NOT NULL,
    reopened_at INTEGER,
    reopened_by TEXT,
    reopen_reason TEXT
) STRICT;
CREATE UNIQUE INDEX book_closing_open ON book_closing (register, organization_id, period) WHERE reopened_at IS NULL;
CREATE INDEX book_closing_span ON book_closing (register, organization_id, last_on);

-- The views that were made of the books' schemas, to make them anew when a schema changes.
CREATE TABLE book_view (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL
) STRICT;

-- `marking`: none (its text was looked at), unread (it has no text that can be looked at).
-- `scan`: clean, not-scanned, infected; the detail is the scanner's word.
ALTER TABLE attachment ADD COLUMN marking TEXT NOT NULL DEFAULT 'unread';
ALTER TABLE attachment ADD COLUMN scan TEXT NOT NULL DEFAULT 'not-scanned';
ALTER TABLE attachment ADD COLUMN scan_detail TEXT;
ALTER TABLE attachment ADD COLUMN scanned_at INTEGER;
CREATE INDEX attachment_scan ON attachment (scan, scanned_at);
