-- Did the unit hold both a course and a drill within the interval? Neither for longer is a breach.
-- One without the other decides nothing: the rule lists kinds of events and gives no rhythm.
-- What nobody came to was not held.
WITH events AS (
    SELECT c.unit, 'course' AS kind, c.age_days, c.occurred_on, c.recorded_at
    FROM book_training c
    WHERE c.result IN ('held', 'held-ministry', 'held-secrets') AND COALESCE(c.participants, 1) > 0
    UNION ALL
    SELECT d.unit, 'drill' AS kind, d.age_days, d.occurred_on, d.recorded_at
    FROM book_drill d
    WHERE d.result = 'held' AND COALESCE(d.participants, 1) > 0
),
held AS (
    SELECT e.unit,
           MIN(CASE WHEN e.kind = 'course' THEN e.age_days END) AS course_days,
           MIN(CASE WHEN e.kind = 'drill' THEN e.age_days END) AS drill_days,
           MAX(e.occurred_on) AS last_on, MAX(e.recorded_at) AS recorded_at
    FROM events e
    GROUP BY e.unit
),
told AS (
    SELECT h.unit, h.last_on, h.recorded_at,
           CASE WHEN h.course_days <= CAST(:max_age_days AS BIGINT) THEN 1 ELSE 0 END AS course,
           CASE WHEN h.drill_days <= CAST(:max_age_days AS BIGINT) THEN 1 ELSE 0 END AS drill
    FROM held h
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.course + t.drill = 2 THEN 'met'
            WHEN t.course + t.drill = 0 THEN 'breached' END AS status,
       CASE WHEN t.course + t.drill = 2 THEN 'both'
            WHEN t.course = 1 THEN 'course-only'
            WHEN t.drill = 1 THEN 'drill-only'
            ELSE 'too-old' END AS reason,
       t.recorded_at AS observed_at,
       t.last_on AS last_on
FROM told t
