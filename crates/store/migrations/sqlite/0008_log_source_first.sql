-- Since when a source has sent: set once. Of sources from before, the latest line is the
-- earliest that is known for certain.
ALTER TABLE log_source ADD COLUMN first_received_at INTEGER NOT NULL DEFAULT 0;
UPDATE log_source SET first_received_at = last_received_at;

DROP VIEW fact_log_source;
CREATE VIEW fact_log_source AS
SELECT d.organization_id AS unit, d.id AS device, d.name, d.role, s.last_received_at, s.lines,
    COALESCE(s.updated_at, d.updated_at) AS updated_at, s.first_received_at
FROM device d LEFT JOIN log_source s ON s.device_id = d.id
WHERE d.status = 'active' AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch');

DROP VIEW fact_device;
CREATE VIEW fact_device AS
SELECT organization_id AS unit, id AS device, name, role, site_id AS site, status, address, address_key,
    in_service_on, inspected_on, inspection_result, updated_at, code, custodian, origin
FROM device;
