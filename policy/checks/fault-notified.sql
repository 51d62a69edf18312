-- Each fault of a connection that lasts, or lasted, longer than the grace: was it notified within
-- the grace? The grace of what began outside working time (07:00 to 17:00 in Vietnam, Monday to Friday) runs from
-- the next 07:00 within it: whoever switches off for the night owes nothing. A notice counts from when it was
-- given (`told_at`), else from when it was entered; a moment that has yet to come is blank here too, but was saved
-- later. Of one without its moment that was entered on a later day than it is about, and of one shortly before
-- the fault, or of a lost service, which may be of the same, nobody can say; nor of one that was last saved before the day on which
-- it says that it was given. A line that was down while the site at its end was up is a spare
-- one, and cut nobody off.
-- A fault that was not notified stays a breach after the line is back, for `window_days`; where a
-- fault has only to be written down (`late` is met), it may be later, and nobody can say where the
-- unit's technical journal has a fault of that day or later, written since (or an entry of another kind, which is what its form begins
-- with, whose words speak of a fault or of the connection): an entry there names no connection. What the
-- register of planned works announced is no fault, and time in which nobody could look does not
-- count; work that lasts longer than announced is a fault from its announced end. While every connection is up and was, there is nothing to notify. A notice of another
-- site, or about another matter than connection or access, answers nothing, nor does one that
-- came after the connection's next fault had begun: it is of that one, unless its entry, without a
-- moment, bears the day of the first, or one before the next one's; of a fault of a later day than it bears it is none. What comes
-- back within the grace after it had ended is the same fault as to its notice. Where a fault has only to be written down, and as many
-- entries without a moment follow as faults, one of them may be of it. One that names no
-- site speaks of all of the unit's. What the book of incidents says was told to the authority in time (or, where a fault
-- has only to be written down, an incident there of that day or later) may be of it: that book names no connection.
WITH faults AS (
    SELECT t.unit, t.target, t.subject, COALESCE(p.planned_until_at, t.since_at) AS began_at,
           t.last_sample_at AS observed_at, CAST(:now AS BIGINT) AS until_at,
           CAST(:now AS BIGINT) - COALESCE(p.planned_until_at, t.since_at) AS lasted_ms,
           CASE WHEN p.outage IS NOT NULL AND COALESCE(p.planned_until_at, CAST(:now AS BIGINT)) >= CAST(:now AS BIGINT) THEN 'yes' ELSE 'no' END AS planned
    FROM fact_target t
    LEFT JOIN fact_outage p ON p.target = t.target AND p.kind = 'down' AND p.ended_at IS NULL AND p.planned = 'yes'
    WHERE t.noun IN ('site', 'circuit') AND t.state = 'down'
    UNION ALL
    -- What has ended grows no older: it was as it was.
    SELECT o.unit, o.target, o.subject, COALESCE(o.planned_until_at, o.began_at) AS began_at,
           CAST(:now AS BIGINT) AS observed_at, o.ended_at AS until_at,
           o.lasted_ms - (COALESCE(o.planned_until_at, o.began_at) - o.began_at) - COALESCE(o.unseen_ms, 0) AS lasted_ms,
           'no' AS planned
    FROM fact_outage o
    WHERE o.noun IN ('site', 'circuit') AND o.kind = 'down'
      AND o.ended_at >= CAST(:now AS BIGINT) - CAST(:window_days AS BIGINT) * 86400000
      AND o.lasted_ms - (COALESCE(o.planned_until_at, o.began_at) - o.began_at) - COALESCE(o.unseen_ms, 0)
          > CAST(:grace_hours AS BIGINT) * 3600000
),
timed AS (
    SELECT f.target, f.began_at, (f.began_at + 25200000) / 86400000 AS day, (f.began_at + 25200000) % 86400000 AS at_ms,
           (f.began_at + 25200000) / 86400000
               + CASE WHEN (f.began_at + 25200000) % 86400000 >= 61200000 THEN 1 ELSE 0 END AS base
    FROM faults f
),
ordered AS (
    SELECT f.unit, f.target, f.began_at,
           CASE WHEN LAG(f.until_at) OVER (PARTITION BY f.unit, f.target ORDER BY f.began_at)
                     >= f.began_at - CAST(:grace_hours AS BIGINT) * 3600000 THEN 0 ELSE 1 END AS opens
    FROM faults f
),
numbered AS (
    SELECT o.unit, o.target, o.began_at,
           CAST(SUM(o.opens) OVER (PARTITION BY o.unit, o.target ORDER BY o.began_at) AS BIGINT) AS series
    FROM ordered o
),
spans AS (
    SELECT n.unit, n.target, n.series, MIN(n.began_at) AS opened_at
    FROM numbered n
    GROUP BY n.unit, n.target, n.series
),
series AS (
    SELECT s.unit, s.target, s.series, s.opened_at,
           LEAD(s.opened_at) OVER (PARTITION BY s.unit, s.target ORDER BY s.series) AS next_at,
           ROW_NUMBER() OVER (PARTITION BY s.unit, s.target ORDER BY s.series DESC) AS since
    FROM spans s
),
followed AS (
    SELECT n.unit, n.target, n.began_at, s.opened_at, s.next_at, s.since,
           CASE WHEN t.base = t.day AND t.at_ms >= 25200000 AND (t.day + 3) % 7 < 5 THEN n.began_at
                ELSE (t.base + CASE (t.base + 3) % 7 WHEN 5 THEN 2 WHEN 6 THEN 1 ELSE 0 END) * 86400000 END AS work_at
    FROM numbered n
    JOIN series s ON s.unit = n.unit AND s.target = n.target AND s.series = n.series
    JOIN timed t ON t.target = n.target AND t.began_at = n.began_at
),
told AS (
    SELECT b.unit, b.site, b.result,
           COALESCE(b.told_at, CASE WHEN COALESCE(b.updated_at, b.recorded_at) <= CAST(:now AS BIGINT)
                                    THEN b.recorded_at END) AS told_at,
           CASE WHEN b.told_at IS NULL AND COALESCE(b.updated_at, b.recorded_at) <= CAST(:now AS BIGINT)
                THEN (CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days END AS own_day,
           CASE WHEN b.told_at IS NULL AND COALESCE(b.updated_at, b.recorded_at) <= CAST(:now AS BIGINT)
                     AND (b.recorded_at + 25200000) / 86400000 > (CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days
                THEN (CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days END AS about_day,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < (b.told_at + 25200000) / 86400000 * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM book_fault_notice b
    WHERE b.result IN ('connection', 'access', 'service')
),
near AS (
    SELECT w.target, w.began_at, w.work_at, n.result, n.told_at, n.own_day, n.about_day, n.ahead,
           (w.opened_at + 25200000) / 86400000 AS opened_day,
           CASE WHEN w.next_at IS NULL OR n.told_at < w.next_at
                     OR n.own_day = (w.began_at + 25200000) / 86400000
                     OR n.own_day < (w.next_at + 25200000) / 86400000 THEN 1 ELSE 0 END AS in_turn
    FROM followed w
    LEFT JOIN fact_circuit c ON c.circuit = w.target
    JOIN told n ON n.unit = w.unit
         AND (n.told_at >= w.began_at - CAST(:grace_hours AS BIGINT) * 3600000 OR n.told_at >= w.opened_at)
         AND (n.own_day IS NULL OR n.told_at < w.began_at OR n.own_day >= (w.opened_at + 25200000) / 86400000)
         AND (n.site IS NULL OR n.site = w.target OR n.site = c.a_site OR n.site = c.z_site)
),
notices AS (
    SELECT n.target, n.began_at,
           MIN(CASE WHEN n.in_turn = 1 AND n.told_at >= n.began_at AND n.result <> 'service' AND n.ahead = 0 THEN n.told_at END) AS notified_at,
           COUNT(CASE WHEN n.in_turn = 1 AND n.told_at >= n.began_at AND n.result <> 'service' AND n.ahead = 1
                       AND (n.told_at <= n.work_at + CAST(:grace_hours AS BIGINT) * 3600000 OR CAST(:late AS TEXT) = 'met') THEN 1 END) AS ahead,
           COUNT(CASE WHEN n.in_turn = 1 AND n.told_at >= n.began_at AND n.result = 'service' THEN 1 END) AS service,
           COUNT(CASE WHEN n.told_at < n.began_at THEN 1 END) AS earlier,
           COUNT(CASE WHEN n.in_turn = 1 AND n.about_day >= (n.began_at + 25200000) / 86400000
                       AND n.about_day <= (n.work_at + CAST(:grace_hours AS BIGINT) * 3600000 + 25200000) / 86400000
                      THEN 1 END) AS undated,
           COUNT(CASE WHEN n.told_at >= n.began_at AND n.own_day >= n.opened_day THEN 1 END) AS written
    FROM near n
    GROUP BY n.target, n.began_at
),
spare AS (
    SELECT DISTINCT f.target, f.began_at
    FROM faults f
    JOIN fact_circuit c ON c.circuit = f.target
    JOIN fact_target s ON s.target IN (c.a_site, c.z_site) AND s.unit = f.unit AND s.noun = 'site' AND s.state = 'up'
    WHERE NOT EXISTS (SELECT 1 FROM fact_outage o
                      WHERE o.target = s.target AND o.began_at < f.until_at
                        AND COALESCE(o.ended_at, CAST(:now AS BIGINT)) > f.began_at)
),
judged AS (
    SELECT f.unit, f.subject, f.observed_at, f.lasted_ms, f.began_at, n.notified_at,
           CASE WHEN f.planned = 'yes' THEN 'planned'
                WHEN n.notified_at <= w.work_at + CAST(:grace_hours AS BIGINT) * 3600000 THEN 'notified'
                WHEN n.notified_at IS NOT NULL AND CAST(:late AS TEXT) = 'met' THEN 'notified-late'
                WHEN p.target IS NOT NULL THEN 'spare-down'
                WHEN n.undated > 0 THEN 'told-undated'
                WHEN n.ahead > 0 THEN 'typed-ahead'
                WHEN CAST(:late AS TEXT) = 'met' AND n.written >= w.since THEN 'told-undated'
                WHEN f.lasted_ms - (w.work_at - f.began_at) <= CAST(:grace_hours AS BIGINT) * 3600000 THEN 'just-down'
                WHEN EXISTS (
                    SELECT 1 FROM book_incident_report b
                    WHERE b.unit = f.unit
                      AND (b.authority_told_at BETWEEN f.began_at AND w.work_at + CAST(:grace_hours AS BIGINT) * 3600000
                           OR (CAST(:late AS TEXT) = 'met' AND b.recorded_at >= f.began_at
                               AND b.age_days <= (CAST(:now AS BIGINT) + 25200000) / 86400000
                                                 - (f.began_at + 25200000) / 86400000))
                ) THEN 'in-incidents'
                WHEN n.earlier > 0 THEN 'told-before'
                WHEN n.service > 0 THEN 'told-service'
                WHEN n.notified_at IS NOT NULL THEN 'notified-late'
                WHEN CAST(:late AS TEXT) = 'met'
                     AND EXISTS (
                         SELECT 1 FROM book_technical_journal b
                         WHERE b.unit = f.unit AND b.recorded_at >= f.began_at
                           AND (b.result = 'fault'
                                    OR LOWER(COALESCE(b.subject, '') || ' ' || COALESCE(b.details, '')) LIKE '%kết nối%'
                                    OR LOWER(COALESCE(b.subject, '') || ' ' || COALESCE(b.details, '')) LIKE '%sự cố%'
                                    OR LOWER(COALESCE(b.subject, '') || ' ' || COALESCE(b.details, '')) LIKE '%mất mạng%'
                                    OR LOWER(COALESCE(b.subject, '') || ' ' || COALESCE(b.details, '')) LIKE '%đứt%'
                                    OR LOWER(COALESCE(b.subject, '') || ' ' || COALESCE(b.details, '')) LIKE '%lỗi mạng%'
                                    OR LOWER(COALESCE(b.subject, '') || ' ' || COALESCE(b.details, '')) LIKE '%lỗi đường truyền%'
                                    OR LOWER(COALESCE(b.subject, '') || ' ' || COALESCE(b.details, '')) LIKE '%mất tín hiệu%')
                           AND b.age_days <= (CAST(:now AS BIGINT) + 25200000) / 86400000
                                             - (f.began_at + 25200000) / 86400000
                     ) THEN 'in-journal'
                ELSE 'not-notified' END AS outcome
    FROM faults f
    JOIN followed w ON w.target = f.target AND w.began_at = f.began_at
    LEFT JOIN notices n ON n.target = f.target AND n.began_at = f.began_at
    LEFT JOIN spare p ON p.target = f.target AND p.began_at = f.began_at
)
SELECT j.unit AS unit,
       j.subject AS subject,
       CASE WHEN j.outcome = 'notified' THEN 'met'
            WHEN j.outcome = 'notified-late' AND CAST(:late AS TEXT) = 'met' THEN 'met'
            WHEN j.outcome IN ('notified-late', 'not-notified') THEN 'breached'
            WHEN j.outcome IN ('in-journal', 'in-incidents', 'told-before', 'told-undated', 'told-service', 'typed-ahead') THEN NULL
            ELSE 'not_applicable' END AS status,
       CASE WHEN j.outcome = 'notified' THEN 'notified'
            WHEN j.outcome = 'notified-late' THEN 'notified-late'
            WHEN j.outcome = 'not-notified' THEN 'not-notified'
            WHEN j.outcome = 'planned' THEN 'planned'
            WHEN j.outcome = 'in-journal' THEN 'in-journal'
            WHEN j.outcome = 'in-incidents' THEN 'in-incidents'
            WHEN j.outcome = 'told-before' THEN 'told-before'
            WHEN j.outcome = 'told-undated' THEN 'told-undated'
            WHEN j.outcome = 'told-service' THEN 'told-service'
            WHEN j.outcome = 'typed-ahead' THEN 'typed-ahead'
            WHEN j.outcome = 'spare-down' THEN 'spare-down'
            ELSE 'just-down' END AS reason,
       j.observed_at AS observed_at,
       j.lasted_ms / 3600000 AS down_hours,
       j.began_at AS began_at,
       j.notified_at AS notified_at
FROM judged j
UNION ALL
SELECT t.unit AS unit,
       t.subject AS subject,
       CASE WHEN t.state = 'up' AND t.last_sample_at >= CAST(:now AS BIGINT) - 3600000 AND t.last_sample_at <= CAST(:now AS BIGINT) + 3600000
            THEN 'not_applicable' END AS status,
       CASE WHEN t.state = 'up' AND t.last_sample_at >= CAST(:now AS BIGINT) - 3600000 AND t.last_sample_at <= CAST(:now AS BIGINT) + 3600000
            THEN 'no-fault' ELSE 'not-seen' END AS reason,
       t.last_sample_at AS observed_at,
       CAST(NULL AS BIGINT) AS down_hours,
       CAST(NULL AS BIGINT) AS began_at,
       CAST(NULL AS BIGINT) AS notified_at
FROM fact_target t
WHERE t.noun IN ('site', 'circuit') AND t.state <> 'down'
