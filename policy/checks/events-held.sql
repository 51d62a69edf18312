-- Did the unit hold both a course and a drill within the interval? Neither for longer is a breach.
-- One without the other decides nothing: the rule lists kinds of events and gives no rhythm.
WITH held AS (
    SELECT e.unit,
           MIN(CASE WHEN e.register = 'training' THEN e.age_days END) AS course_days,
           MIN(CASE WHEN e.register = 'drill' THEN e.age_days END) AS drill_days,
           MAX(e.occurred_on) AS last_on, MAX(e.recorded_at) AS recorded_at
    FROM fact_entry e
    WHERE (e.register = 'training' AND e.result IN ('held', 'held-ministry', 'held-secrets'))
       OR (e.register = 'drill' AND e.result = 'held')
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
