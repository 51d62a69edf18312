-- Whose an address, a name in log lines or a prefix is: granted, not claimed. The records
-- keep what was typed (claim_use); what is in force is what stands here as granted.
CREATE TABLE claim (
    kind TEXT COLLATE "C" NOT NULL,
    -- The one form of the value (domain::claim::ClaimKind::key).
    value_key TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    state TEXT COLLATE "C" NOT NULL,
    -- Declared by the network centre: several units have it (address translation, VRRP).
    shared BOOLEAN NOT NULL,
    why TEXT COLLATE "C" NOT NULL,
    asked_at BIGINT NOT NULL,
    asked_by TEXT COLLATE "C" NOT NULL,
    decided_at BIGINT,
    decided_by TEXT COLLATE "C",
    note TEXT COLLATE "C",
    PRIMARY KEY (kind, value_key, organization_id)
);
-- Of what is not shared there is one owner, whoever writes at the same moment.
CREATE UNIQUE INDEX claim_owner ON claim (kind, value_key) WHERE state = 'granted' AND NOT shared;
CREATE INDEX claim_state ON claim (state);

ALTER TABLE device ADD COLUMN log_name TEXT COLLATE "C";
ALTER TABLE device ADD COLUMN relay BOOLEAN;

-- What records claim; that of a record which is not active is nobody's.
CREATE VIEW claim_use AS
SELECT 'address' AS kind, address_key AS value_key, address AS value, organization_id, 'site' AS noun,
    id AS record_id, name AS subject, created_at
FROM site WHERE address_key IS NOT NULL AND status = 'active'
UNION ALL
SELECT 'address', address_key, address, organization_id, 'circuit', id, code, created_at
FROM circuit WHERE address_key IS NOT NULL AND status = 'active'
UNION ALL
SELECT 'address', address_key, address, organization_id, 'device', id, name, created_at
FROM device WHERE address_key IS NOT NULL AND status = 'active'
UNION ALL
SELECT 'log-name', LOWER(log_name), log_name, organization_id, 'device', id, name, created_at
FROM device WHERE log_name IS NOT NULL AND status = 'active'
UNION ALL
SELECT 'prefix', cidr, cidr, organization_id, 'prefix', id, cidr, created_at
FROM prefix WHERE organization_id IS NOT NULL;

-- What was there before is granted to whoever had it first; the others wait.
INSERT INTO claim (kind, value_key, value, organization_id, state, shared, why, asked_at, asked_by,
    decided_at, decided_by)
SELECT kind, value_key, value, organization_id,
    CASE WHEN place = 1 THEN 'granted' ELSE 'waiting' END, FALSE,
    CASE WHEN place = 1 THEN 'free' ELSE 'taken' END, since, 'giềng',
    CASE WHEN place = 1 THEN since END, CASE WHEN place = 1 THEN 'giềng' END
FROM (
    SELECT kind, value_key, MIN(value) AS value, organization_id, MIN(created_at) AS since,
        ROW_NUMBER() OVER (PARTITION BY kind, value_key ORDER BY MIN(created_at), organization_id) AS place
    FROM claim_use GROUP BY kind, value_key, organization_id
) ranked;

DROP VIEW fact_availability;
DROP VIEW fact_target;
DROP VIEW target;
DROP VIEW fact_prefix;
DROP VIEW fact_log_source;

-- Whatever is probed: its noun, owner and name. Nothing is probed at an address that was not granted.
CREATE VIEW target AS
SELECT s.id AS target_id, 'site' AS noun, s.organization_id, s.name AS subject, s.address, s.probe, s.class, s.status
FROM site s JOIN claim g ON g.kind = 'address' AND g.value_key = s.address_key
    AND g.organization_id = s.organization_id AND g.state = 'granted'
WHERE s.status = 'active'
UNION ALL
SELECT c.id, 'circuit', c.organization_id, c.code, c.address, c.probe, 'standard', c.status
FROM circuit c JOIN claim g ON g.kind = 'address' AND g.value_key = c.address_key
    AND g.organization_id = c.organization_id AND g.state = 'granted'
WHERE c.status = 'active'
UNION ALL
SELECT d.id, 'device', d.organization_id, d.name, d.address, d.probe, 'standard', d.status
FROM device d JOIN claim g ON g.kind = 'address' AND g.value_key = d.address_key
    AND g.organization_id = d.organization_id AND g.state = 'granted'
WHERE d.probe IS NOT NULL AND d.status = 'active';

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

-- The prefixes in force: those of the whole province, and those that were granted.
CREATE VIEW fact_prefix AS
SELECT p.id AS prefix, p.cidr, p.first_key, p.last_key, p.organization_id AS unit, p.updated_at
FROM prefix p LEFT JOIN claim g ON g.kind = 'prefix' AND g.value_key = p.cidr
    AND g.organization_id = p.organization_id
WHERE p.organization_id IS NULL OR g.state = 'granted';

-- The lines that an unknown sender sent, said later to be a device's. The lines stay as they
-- are; this is a fact about them. `counted_at` is null until they were counted.
CREATE TABLE log_claim (
    id TEXT COLLATE "C" PRIMARY KEY,
    peer TEXT COLLATE "C" NOT NULL,
    -- The name in the lines; null for all lines from there.
    host TEXT COLLATE "C",
    device_id TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    claimed_by TEXT COLLATE "C" NOT NULL,
    ended_at BIGINT,
    ended_by TEXT COLLATE "C",
    counted_at BIGINT,
    lines BIGINT NOT NULL,
    first_at BIGINT,
    last_at BIGINT
);
CREATE INDEX log_claim_device ON log_claim (device_id);

CREATE VIEW fact_log_source AS
SELECT d.organization_id AS unit, d.id AS device, d.name, d.role,
    CASE WHEN c.last_at IS NOT NULL AND (s.last_received_at IS NULL OR s.last_received_at < c.last_at)
        THEN c.last_at ELSE s.last_received_at END AS last_received_at,
    CASE WHEN c.lines IS NULL THEN s.lines ELSE COALESCE(s.lines, 0) + c.lines END AS lines,
    CASE WHEN c.counted_at IS NOT NULL AND (s.updated_at IS NULL OR s.updated_at < c.counted_at)
        THEN c.counted_at ELSE COALESCE(s.updated_at, d.updated_at) END AS updated_at,
    CASE WHEN c.first_at IS NOT NULL AND (s.first_received_at IS NULL OR c.first_at < s.first_received_at)
        THEN c.first_at ELSE s.first_received_at END AS first_received_at
FROM device d LEFT JOIN log_source s ON s.device_id = d.id
LEFT JOIN (
    SELECT device_id, organization_id, CAST(SUM(lines) AS BIGINT) AS lines, MIN(first_at) AS first_at,
        MAX(last_at) AS last_at, MAX(counted_at) AS counted_at
    FROM log_claim WHERE ended_at IS NULL AND lines > 0 GROUP BY device_id, organization_id
) c ON c.device_id = d.id AND c.organization_id = d.organization_id
WHERE d.status = 'active' AND d.role IN ('server', 'firewall', 'ids', 'router', 'switch');
