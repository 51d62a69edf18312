-- A document that was sent is corrected by another that names it; the other writes the same
-- entry of the book anew.
ALTER TABLE document ADD COLUMN replaces TEXT COLLATE "C" REFERENCES document (id);
CREATE INDEX document_replaces ON document (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX document_entry ON document (entry_id) WHERE entry_id IS NOT NULL;
