-- Did the unit's IT officer attend a course this year, or last year while this one says nothing,
-- where any was offered? The rule asks only then: a year of which the book says neither that the
-- officer went, nor that there was none, nor that a course was missed, shows nothing. That there was none
-- is known when the year is over: of this year it says nothing yet, and of the last it counts when its day lies in the last
-- month or it was typed after the year.
WITH now_in AS (
    SELECT CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) AS this_year
),
opened AS (
    SELECT CAST(n.this_year - 1 AS TEXT) || '-12-01' AS last_month,
           (365 * (n.this_year - 1970) + (n.this_year - 1969) / 4 - (n.this_year - 1901) / 100
            + (n.this_year - 1601) / 400) * 86400000 - 25200000 AS opened_at
    FROM now_in n
),
years AS (
    SELECT e.unit, SUBSTR(e.occurred_on, 1, 4) AS year_of,
           COUNT(CASE WHEN e.result = 'officer-attended' THEN 1 END) AS went,
           COUNT(CASE WHEN e.result = 'officer-missed' THEN 1 END) AS missed,
           MAX(e.recorded_at) AS recorded_at, MAX(e.occurred_on) AS last_on
    FROM fact_entry e CROSS JOIN opened o
    WHERE e.register = 'training' AND e.result IN ('officer-attended', 'officer-missed', 'none-offered')
      AND e.occurred_on >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1 AS TEXT)
      AND (e.result <> 'none-offered'
           OR (e.occurred_on < SUBSTR(CAST(:today AS TEXT), 1, 4)
               AND (e.occurred_on >= o.last_month OR e.recorded_at >= o.opened_at)))
    GROUP BY e.unit, SUBSTR(e.occurred_on, 1, 4)
),
placed AS (
    SELECT y.unit, y.year_of, y.went, y.missed, y.recorded_at, y.last_on,
           ROW_NUMBER() OVER (PARTITION BY y.unit ORDER BY y.year_of DESC) AS place
    FROM years y
)
SELECT p.unit AS unit,
       '' AS subject,
       CASE WHEN p.went = 0 AND p.missed > 0 THEN 'breached' ELSE 'met' END AS status,
       CASE WHEN p.went > 0 THEN 'attended'
            WHEN p.missed > 0 THEN 'missed'
            ELSE 'none-offered' END AS reason,
       p.recorded_at AS observed_at,
       p.last_on AS last_on
FROM placed p
WHERE p.place = 1
