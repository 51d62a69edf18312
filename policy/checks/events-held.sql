-- Did the unit hold both a course and a drill within the interval? Neither for longer is a breach.
-- One without the other decides nothing: the rule lists kinds of events and gives no rhythm.
-- What nobody came to was not held. What was last saved before its own day was a plan then: whether it came about nobody
-- can say, nor of what is about "nothing" or "not yet". A course in the other book of training leaves it open whether one was held.
WITH words AS (
    SELECT t.entry, t.subject AS said FROM book_training t
    UNION ALL
    SELECT t.entry, t.subject AS said FROM book_drill t
),
unsaid AS (
    SELECT w.entry
    FROM words w
    WHERE EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = w.said)
),
events AS (
    SELECT c.unit, CASE WHEN c.entry IN (SELECT w.entry FROM unsaid w) OR COALESCE(c.updated_at, c.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - c.age_days) * 86400000 - 25200000 THEN 'ahead' ELSE 'course' END AS kind, c.age_days, c.occurred_on, c.recorded_at
    FROM book_training c
    WHERE c.result IN ('held', 'held-ministry', 'held-secrets') AND COALESCE(c.participants, 1) > 0
    UNION ALL
    SELECT d.unit, CASE WHEN d.entry IN (SELECT w.entry FROM unsaid w) OR COALESCE(d.updated_at, d.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - d.age_days) * 86400000 - 25200000 THEN 'ahead' ELSE 'drill' END AS kind, d.age_days, d.occurred_on, d.recorded_at
    FROM book_drill d
    WHERE d.result = 'held' AND COALESCE(d.participants, 1) > 0
    UNION ALL
    SELECT s.unit, 'ahead' AS kind, s.age_days, s.occurred_on, s.recorded_at
    FROM book_security_training s
    WHERE s.result <> 'monitoring-other' AND COALESCE(s.participants, 1) > 0
),
held AS (
    SELECT e.unit,
           MIN(CASE WHEN e.kind = 'course' THEN e.age_days END) AS course_days,
           MIN(CASE WHEN e.kind = 'drill' THEN e.age_days END) AS drill_days,
           MIN(CASE WHEN e.kind = 'ahead' THEN e.age_days END) AS ahead_days,
           MAX(e.occurred_on) AS last_on, MAX(e.recorded_at) AS recorded_at
    FROM events e
    GROUP BY e.unit
),
told AS (
    SELECT h.unit, h.last_on, h.recorded_at,
           CASE WHEN h.course_days <= CAST(:max_age_days AS BIGINT) THEN 1 ELSE 0 END AS course,
           CASE WHEN h.drill_days <= CAST(:max_age_days AS BIGINT) THEN 1 ELSE 0 END AS drill,
           CASE WHEN h.ahead_days <= CAST(:max_age_days AS BIGINT) OR (h.course_days IS NULL AND h.drill_days IS NULL) THEN 1 ELSE 0 END AS ahead
    FROM held h
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.course + t.drill = 2 THEN 'met'
            WHEN t.course + t.drill + t.ahead = 0 THEN 'breached' END AS status,
       CASE WHEN t.course + t.drill = 2 THEN 'both'
            WHEN t.course = 1 THEN 'course-only'
            WHEN t.drill = 1 THEN 'drill-only'
            WHEN t.ahead = 1 THEN 'typed-ahead'
            ELSE 'too-old' END AS reason,
       t.recorded_at AS observed_at,
       t.last_on AS last_on
FROM told t
