-- Alarms about Giềng itself: what of it, and what is said (JSON: what happened, what to do next).
ALTER TABLE alarm ADD COLUMN subject TEXT COLLATE "C";
ALTER TABLE alarm ADD COLUMN said TEXT COLLATE "C";
-- One open alarm for each cause.
CREATE UNIQUE INDEX alarm_of_system ON alarm (state, subject) WHERE cleared_at IS NULL AND subject IS NOT NULL;
