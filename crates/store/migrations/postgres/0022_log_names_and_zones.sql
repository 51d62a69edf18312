-- In which zone a device's clock runs, for times in its log lines that name none.
ALTER TABLE device ADD COLUMN time_zone TEXT COLLATE "C";
-- As whose lines they were taken in, where a name behind a relay was not known yet; null for nobody's.
ALTER TABLE log_claim ADD COLUMN as_device_id TEXT COLLATE "C";
ALTER TABLE log_claim ADD COLUMN as_organization_id TEXT COLLATE "C";
