-- What was lost: one row from the first failed sample to the first answered one. Alarms,
-- availability and figures follow from the same moments.
CREATE TABLE outage (
    id TEXT PRIMARY KEY,
    -- Nil where we ourselves were cut off.
    target_id TEXT NOT NULL,
    -- As they were when it began: the record may be renamed, retired or gone later.
    noun TEXT NOT NULL,
    subject TEXT NOT NULL,
    organization_id TEXT,
    provider_id TEXT,
    contract TEXT,
    kind TEXT NOT NULL,
    -- The outage of what took its last way.
    cause_id TEXT,
    began_at INTEGER NOT NULL,
    ended_at INTEGER,
    -- Measured on the monotonic clock; of that, time in which nobody could look.
    lasted_ms INTEGER,
    unseen_ms INTEGER,
    ending TEXT,
    -- On whose side the fault lies, as far as the probes show it.
    attribution TEXT NOT NULL,
    -- Whoever could not be reached because of it at one time or another: JSON of target ids.
    affected TEXT NOT NULL,
    -- The entry of the register that announced it; null for one that nobody planned.
    planned_by TEXT,
    noted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outage_target ON outage (target_id, began_at);
CREATE INDEX outage_began ON outage (began_at);
CREATE INDEX outage_open ON outage (began_at) WHERE ended_at IS NULL;

ALTER TABLE alarm ADD COLUMN outage_id TEXT;
-- Null while it is open, and for those from before outages were recorded.
ALTER TABLE alarm ADD COLUMN lasted_ms INTEGER;

-- Up to when a target's time is counted; null while it is not probed.
ALTER TABLE target_state ADD COLUMN counted_at INTEGER;
UPDATE target_state SET counted_at = (
    SELECT MAX(d.updated_at) FROM availability_day d WHERE d.target_id = target_state.target_id
);

-- 1: counted from decision to decision, as before there were outages; 2: from sample to sample.
ALTER TABLE availability_day ADD COLUMN accounting INTEGER NOT NULL DEFAULT 1;

-- A record that is no longer in service keeps the months in which it was.
DROP VIEW fact_availability;
CREATE VIEW fact_availability AS
SELECT p.organization_id AS unit, p.target_id AS target, p.noun, p.subject, p.class, d.month,
    d.up_ms, d.down_ms, d.unreachable_ms, d.isolated_ms, d.no_data_ms, d.updated_at,
    CASE WHEN t.target_id IS NULL THEN 'ended' ELSE 'active' END AS status
FROM (
    SELECT id AS target_id, 'site' AS noun, organization_id, name AS subject, class FROM site
    UNION ALL
    SELECT id, 'circuit', organization_id, code, 'standard' FROM circuit
    UNION ALL
    SELECT id, 'device', organization_id, name, 'standard' FROM device
) p JOIN (
    SELECT target_id, month,
        CAST(SUM(up_ms) AS BIGINT) AS up_ms,
        CAST(SUM(down_ms) AS BIGINT) AS down_ms,
        CAST(SUM(unreachable_ms) AS BIGINT) AS unreachable_ms,
        CAST(SUM(isolated_ms) AS BIGINT) AS isolated_ms,
        CAST(SUM(no_data_ms) AS BIGINT) AS no_data_ms,
        MAX(updated_at) AS updated_at
    FROM availability_day GROUP BY target_id, month
) d ON d.target_id = p.target_id
LEFT JOIN target t ON t.target_id = p.target_id;

CREATE VIEW fact_outage AS
SELECT organization_id AS unit, id AS outage, target_id AS target, noun, subject, kind, provider_id AS provider,
    contract, began_at, ended_at, lasted_ms, unseen_ms, attribution,
    CASE WHEN planned_by IS NULL THEN 'no' ELSE 'yes' END AS planned,
    COALESCE(ended_at, noted_at) AS updated_at
FROM outage WHERE organization_id IS NOT NULL;
