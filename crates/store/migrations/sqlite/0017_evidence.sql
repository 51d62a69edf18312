-- Keyed: who has the database alone cannot write an entry.
ALTER TABLE journal ADD COLUMN seal TEXT;
CREATE INDEX journal_noun ON journal (noun, seq);

-- The last verification of each kind of evidence: `vault`, `journal`.
CREATE TABLE evidence_check (
    subject TEXT PRIMARY KEY,
    checked_at INTEGER NOT NULL,
    sound INTEGER NOT NULL,
    size INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE VIEW fact_evidence_check AS
SELECT subject, checked_at, sound, size, reason, checked_at AS updated_at FROM evidence_check;
