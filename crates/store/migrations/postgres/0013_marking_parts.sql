-- What of a file was not looked at for markings of secrecy, and who signed it.
ALTER TABLE attachment ADD COLUMN unread TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE attachment ADD COLUMN signers TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Earlier versions looked at less than they said.
UPDATE attachment SET marking = 'partly', unread = 'earlier' WHERE marking = 'none';
