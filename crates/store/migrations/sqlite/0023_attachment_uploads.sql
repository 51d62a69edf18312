-- Name, uploader and time belong to an upload and to the record that it was handed in with; the content is
-- kept once, by its hash. Rows of before have no record: they are their unit's.
CREATE TABLE attachment_upload (
    id TEXT NOT NULL PRIMARY KEY,
    record_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    uploaded_by TEXT NOT NULL,
    uploaded_at INTEGER NOT NULL,
    marking TEXT NOT NULL,
    unread TEXT NOT NULL,
    signers TEXT NOT NULL,
    scan TEXT NOT NULL,
    scan_detail TEXT,
    scanned_at INTEGER
) STRICT;
INSERT INTO attachment_upload (id, record_id, sha256, name, media_type, size, organization_id, uploaded_by, uploaded_at, marking, unread, signers, scan, scan_detail, scanned_at)
SELECT sha256 || '/' || organization_id, '', sha256, name, media_type, size, organization_id, uploaded_by, uploaded_at, marking, unread, signers, scan, scan_detail, scanned_at FROM attachment;
DROP TABLE attachment;
ALTER TABLE attachment_upload RENAME TO attachment;
CREATE INDEX attachment_scan ON attachment (scan, scanned_at);
CREATE INDEX attachment_content ON attachment (sha256, organization_id);
CREATE INDEX attachment_day ON attachment (organization_id, uploaded_at);
