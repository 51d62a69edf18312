-- Was each of the three groups (technical staff, managers, users) trained in the calendar year? A
-- year that is not over yet is none that was missed: until then the last one stands, if all three
-- were trained in it. It was missed if its book was kept then, for `kept_days` of it at least, and a group is
-- wanting in it: a book begun later need not hold what was given earlier in the year. An activity that is no
-- class, or one that nobody came to, trained nobody. What was last saved before its own day was a plan then: whether it
-- came about nobody can say, and it shows no book that was kept. Where a group is wanting, a class or an activity of that year that another book tells of (courses,
-- awareness) may have been for it: nobody can say. A class that names an earlier year than its day is of that year, whenever it was typed.
WITH years AS (
    SELECT CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) AS this_year
),
opened AS (
    SELECT y.this_year, CAST(y.this_year AS TEXT) AS this_one, CAST(y.this_year - 1 AS TEXT) AS last_one,
           (365 * (y.this_year - 1970) + (y.this_year - 1969) / 4 - (y.this_year - 1901) / 100
            + (y.this_year - 1601) / 400) * 86400000 - 25200000 AS opened_at
    FROM years y
),
classes AS (
    SELECT e.unit, e.subject, e.occurred_on, e.recorded_at,
           CASE WHEN COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           CASE WHEN e.period <> '' AND SUBSTR(e.period, 1, 4) < SUBSTR(e.occurred_on, 1, 4) THEN SUBSTR(e.period, 1, 4)
                ELSE SUBSTR(e.occurred_on, 1, 4) END AS year
    FROM book_security_training e
    WHERE COALESCE(e.participants, 1) > 0 AND e.occurred_on <= CAST(:today AS TEXT)
      AND e.subject IN ('technical', 'managers', 'users')
      AND (e.result IS NULL OR e.result <> 'monitoring-other')
),
elsewhere AS (
    SELECT DISTINCT b.unit
    FROM book_training b CROSS JOIN opened o
    WHERE SUBSTR(b.occurred_on, 1, 4) = o.last_one AND b.result NOT IN ('planned', 'none-offered', 'officer-missed', 'officer-other', 'users-missed', 'users-other')
    UNION
    SELECT DISTINCT b.unit
    FROM book_awareness b CROSS JOIN opened o
    WHERE SUBSTR(b.occurred_on, 1, 4) = o.last_one AND b.result NOT IN ('planned', 'plan-issued')
),
trained AS (
    SELECT e.unit, MAX(e.recorded_at) AS recorded_at, MIN(CASE WHEN e.ahead = 0 THEN e.recorded_at END) AS first_recorded_at,
           MAX(e.occurred_on) AS last_on, MAX(o.opened_at) AS opened_at,
           COUNT(DISTINCT CASE WHEN e.year = o.this_one AND e.ahead = 0 THEN e.subject END) AS this_groups,
           COUNT(DISTINCT CASE WHEN e.year = o.last_one AND e.ahead = 0 THEN e.subject END) AS last_groups,
           COUNT(DISTINCT CASE WHEN e.year = o.this_one THEN e.subject END) AS this_told,
           COUNT(DISTINCT CASE WHEN e.year = o.last_one THEN e.subject END) AS last_told
    FROM classes e CROSS JOIN opened o
    GROUP BY e.unit
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.this_groups = 3 OR t.last_groups = 3 THEN 'met'
            WHEN t.this_told = 3 OR t.last_told = 3 OR e.unit IS NOT NULL THEN NULL
            WHEN t.first_recorded_at < t.opened_at - CAST(:kept_days AS BIGINT) * 86400000 THEN 'breached' END AS status,
       CASE WHEN t.this_groups = 3 THEN 'all-trained'
            WHEN t.last_groups = 3 THEN 'all-trained-last-year'
            WHEN t.this_told = 3 OR t.last_told = 3 OR t.first_recorded_at IS NULL THEN 'typed-ahead'
            WHEN e.unit IS NOT NULL THEN 'other-book'
            WHEN t.first_recorded_at < t.opened_at - CAST(:kept_days AS BIGINT) * 86400000 THEN 'groups-missing'
            ELSE 'year-open' END AS reason,
       t.recorded_at AS observed_at,
       t.this_groups AS trained_groups,
       t.last_groups AS trained_last_year,
       t.last_on AS last_on
FROM trained t
LEFT JOIN elsewhere e ON e.unit = t.unit
