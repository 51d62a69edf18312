-- What checks may read. A view is a contract with the packs: columns are added, never
-- changed. `unit` is the id of the organization that the row is about.

CREATE VIEW fact_organization AS
SELECT id AS unit, code, name, kind, level, membership, parent_id AS parent, updated_at
FROM organization WHERE ends_on IS NULL;

CREATE VIEW fact_contact AS
SELECT organization_id AS unit, id AS contact, role, name, starts_on, ends_on, updated_at FROM contact;

CREATE VIEW fact_site AS
SELECT organization_id AS unit, id AS site, code, name, class, status, address, address_key, updated_at
FROM site;

CREATE VIEW fact_circuit AS
SELECT organization_id AS unit, id AS circuit, code, provider_id AS provider, bandwidth_mbps, status,
    a_site_id AS a_site, z_site_id AS z_site, updated_at
FROM circuit;

CREATE VIEW fact_device AS
SELECT organization_id AS unit, id AS device, name, role, site_id AS site, status, address, address_key,
    in_service_on, inspected_on, inspection_result, updated_at
FROM device;

CREATE VIEW fact_prefix AS
SELECT id AS prefix, cidr, first_key, last_key, organization_id AS unit, updated_at FROM prefix;

CREATE VIEW fact_account AS
SELECT organization_id AS unit, id AS account, login, kind, enabled,
    totp_since IS NOT NULL AS mfa,
    EXISTS (
        SELECT 1 FROM account_grant g
        WHERE g.account_id = account.id AND g.role IN ('administrator', 'operator')
    ) AS privileged,
    password_changed_at, last_sign_in_at, updated_at
FROM account WHERE organization_id IS NOT NULL;

-- Whatever is probed: its noun, owner and name.
CREATE VIEW target AS
SELECT id AS target_id, 'site' AS noun, organization_id, name AS subject, address, probe, class, status FROM site
WHERE address IS NOT NULL AND status = 'active'
UNION ALL
SELECT id, 'circuit', organization_id, code, address, probe, 'standard', status FROM circuit
WHERE address IS NOT NULL AND status = 'active'
UNION ALL
SELECT id, 'device', organization_id, name, address, probe, 'standard', status FROM device
WHERE address IS NOT NULL AND probe IS NOT NULL AND status = 'active';

CREATE VIEW fact_target AS
SELECT t.organization_id AS unit, t.target_id AS target, t.noun, t.subject, t.class,
    COALESCE(s.state, 'no_data') AS state, s.since_at, s.last_sample_at, s.updated_at
FROM target t LEFT JOIN target_state s ON s.target_id = t.target_id;

CREATE VIEW fact_availability AS
SELECT t.organization_id AS unit, t.target_id AS target, t.noun, t.subject, t.class, d.month,
    d.up_ms, d.down_ms, d.unreachable_ms, d.isolated_ms, d.no_data_ms, d.updated_at
FROM target t JOIN (
    SELECT target_id, month,
        CAST(SUM(up_ms) AS BIGINT) AS up_ms,
        CAST(SUM(down_ms) AS BIGINT) AS down_ms,
        CAST(SUM(unreachable_ms) AS BIGINT) AS unreachable_ms,
        CAST(SUM(isolated_ms) AS BIGINT) AS isolated_ms,
        CAST(SUM(no_data_ms) AS BIGINT) AS no_data_ms,
        MAX(updated_at) AS updated_at
    FROM availability_day GROUP BY target_id, month
) d ON d.target_id = t.target_id;

CREATE VIEW fact_log_source AS
SELECT d.organization_id AS unit, d.id AS device, d.name, d.role, s.last_received_at, s.lines,
    COALESCE(s.updated_at, d.updated_at) AS updated_at
FROM device d LEFT JOIN log_source s ON s.device_id = d.id
WHERE d.status = 'active' AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch');

CREATE VIEW fact_entry AS
SELECT organization_id AS unit, register, id AS entry, occurred_on, recorded_at, period, result, expires_on,
    finished_at, subject
FROM entry;

CREATE VIEW fact_role AS
SELECT organization_id AS unit, role, starts_on, ends_on, updated_at FROM role_assignment;
