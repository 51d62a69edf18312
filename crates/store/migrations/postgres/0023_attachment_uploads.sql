-- Name, uploader and time belong to an upload and to the record that it was handed in with; the content is
-- kept once, by its hash. Rows of before have no record: they are their unit's.
CREATE TABLE attachment_upload (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    record_id TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    uploaded_by TEXT COLLATE "C" NOT NULL,
    uploaded_at BIGINT NOT NULL,
    marking TEXT COLLATE "C" NOT NULL,
    unread TEXT COLLATE "C" NOT NULL,
    signers TEXT COLLATE "C" NOT NULL,
    scan TEXT COLLATE "C" NOT NULL,
    scan_detail TEXT COLLATE "C",
    scanned_at BIGINT
);
INSERT INTO attachment_upload (id, record_id, sha256, name, media_type, size, organization_id, uploaded_by, uploaded_at, marking, unread, signers, scan, scan_detail, scanned_at)
SELECT sha256 || '/' || organization_id, '', sha256, name, media_type, size, organization_id, uploaded_by, uploaded_at, marking, unread, signers, scan, scan_detail, scanned_at FROM attachment;
DROP TABLE attachment;
ALTER TABLE attachment_upload RENAME TO attachment;
CREATE INDEX attachment_scan ON attachment (scan, scanned_at);
CREATE INDEX attachment_content ON attachment (sha256, organization_id);
CREATE INDEX attachment_day ON attachment (organization_id, uploaded_at);
