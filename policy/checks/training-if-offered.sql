-- Did the unit's IT officer attend a course this year, or last year while this one says nothing,
-- where any was offered? The rule asks only then: a year of which the book says neither that the
-- officer went, nor that there was none, nor that a course was missed, shows nothing. That there was none
-- is known when the year is over: of this year it says nothing yet, and of the last it counts when its day lies in the last
-- month or it was typed after the year. A year in which one was missed and another attended by nobody says whom may be the officer's. What was last saved before its day was a plan then: whether
-- the officer went, or there was a course, nobody can say. The book is for every course: one on another matter than IT (`officer-other`) tells of nothing,
-- nor does one whose name says that there was none, unless that is its result.
WITH now_in AS (
    SELECT CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) AS this_year
),
opened AS (
    SELECT CAST(n.this_year - 1 AS TEXT) || '-12-01' AS last_month,
           (365 * (n.this_year - 1970) + (n.this_year - 1969) / 4 - (n.this_year - 1901) / 100
            + (n.this_year - 1601) / 400) * 86400000 - 25200000 AS opened_at
    FROM now_in n
),
courses AS (
    SELECT b.unit, b.result, b.occurred_on, b.recorded_at,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM book_training b
    WHERE b.result = 'none-offered' OR NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'event' AND u.said = b.subject)
),
years AS (
    SELECT e.unit, SUBSTR(e.occurred_on, 1, 4) AS year_of,
           COUNT(CASE WHEN e.result = 'officer-attended' AND e.ahead = 0 THEN 1 END) AS went,
           COUNT(CASE WHEN e.result = 'officer-attended' AND e.ahead = 1 THEN 1 END) AS planned,
           COUNT(CASE WHEN e.result = 'officer-missed' AND e.ahead = 1 THEN 1 END) AS feared,
           COUNT(CASE WHEN e.result = 'none-offered' AND e.ahead = 0 THEN 1 END) AS none,
           COUNT(CASE WHEN e.result = 'officer-missed' AND e.ahead = 0 THEN 1 END) AS missed,
           COUNT(CASE WHEN e.result = 'attended' THEN 1 END) AS unnamed,
           MAX(e.recorded_at) AS recorded_at, MAX(e.occurred_on) AS last_on
    FROM courses e CROSS JOIN opened o
    WHERE e.result IN ('officer-attended', 'officer-missed', 'none-offered', 'attended')
      AND e.occurred_on >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1 AS TEXT)
      AND (e.result <> 'none-offered'
           OR (e.occurred_on < SUBSTR(CAST(:today AS TEXT), 1, 4)
               AND (e.occurred_on >= o.last_month OR e.recorded_at >= o.opened_at)))
    GROUP BY e.unit, SUBSTR(e.occurred_on, 1, 4)
    HAVING COUNT(CASE WHEN e.result <> 'attended' THEN 1 END) > 0
),
placed AS (
    SELECT y.unit, y.year_of, y.went, y.planned, y.feared, y.none, y.missed, y.unnamed, y.recorded_at, y.last_on,
           ROW_NUMBER() OVER (PARTITION BY y.unit ORDER BY y.year_of DESC) AS place
    FROM years y
)
SELECT p.unit AS unit,
       '' AS subject,
       CASE WHEN p.went > 0 THEN 'met'
            WHEN p.planned > 0 OR (p.missed > 0 AND p.unnamed > 0) THEN NULL
            WHEN p.missed > 0 THEN 'breached'
            WHEN p.feared = 0 AND p.none > 0 THEN 'met' END AS status,
       CASE WHEN p.went > 0 THEN 'attended'
            WHEN p.planned > 0 THEN 'typed-ahead'
            WHEN p.missed > 0 AND p.unnamed > 0 THEN 'unnamed'
            WHEN p.missed > 0 THEN 'missed'
            WHEN p.feared > 0 OR p.none = 0 THEN 'typed-ahead'
            ELSE 'none-offered' END AS reason,
       p.recorded_at AS observed_at,
       p.last_on AS last_on
FROM placed p
WHERE p.place = 1
