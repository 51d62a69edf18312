-- Keyed: who has the database alone cannot write an entry.
ALTER TABLE journal ADD COLUMN seal TEXT COLLATE "C";
CREATE INDEX journal_noun ON journal (noun, seq);

-- The last verification of each kind of evidence: `vault`, `journal`.
CREATE TABLE evidence_check (
    subject TEXT COLLATE "C" PRIMARY KEY,
    checked_at BIGINT NOT NULL,
    sound BOOLEAN NOT NULL,
    size BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL
);

CREATE VIEW fact_evidence_check AS
SELECT subject, checked_at, sound, size, reason, checked_at AS updated_at FROM evidence_check;
