-- What the last verification of each part of the evidence found.
-- keys: subject updated_at
-- seen: checked_at sound size reason
-- past: nothing
SELECT subject, checked_at, sound, size, reason, checked_at AS updated_at FROM evidence_check
