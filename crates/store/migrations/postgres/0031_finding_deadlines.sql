-- A unit asks for more time to mend what was found, with its reason.
ALTER TABLE finding ADD COLUMN asked_due_on TEXT COLLATE "C";
ALTER TABLE finding ADD COLUMN asked_reason TEXT COLLATE "C";
-- Each unit concludes its own part of a self-assessment.
ALTER TABLE inspection_item ADD COLUMN concluded_on TEXT COLLATE "C";
CREATE INDEX finding_due ON finding (due_on);
