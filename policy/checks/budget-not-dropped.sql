-- Was money that stood in a year's estimate, or was allocated, not refused after all? Asked of this year and the last.
-- What the year's last entry says that nothing (or nothing for security) is allocated, after one that said it was in the estimate, is
-- open while the year runs, and a breach once it is over and the next year has no money either. Of money that was allocated and is
-- then said to be none nobody can say, nor of an entry that was last saved before its own day. Where nothing of the kind is
-- entered, this is not asked: whether there is money at all is another question.
WITH told AS (
    SELECT b.unit, b.period, b.result, b.recorded_at,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead,
           ROW_NUMBER() OVER (PARTITION BY b.unit, b.period ORDER BY b.occurred_on DESC, b.recorded_at DESC, b.entry) AS place
    FROM book_it_budget b
    WHERE b.result IN ('allocated', 'submitted', 'general', 'none')
      AND b.period IN (SUBSTR(CAST(:today AS TEXT), 1, 4), CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1 AS TEXT))
),
years AS (
    SELECT t.unit, t.period,
           MAX(CASE WHEN t.place = 1 THEN t.result END) AS last_result,
           MAX(CASE WHEN t.place = 1 THEN t.recorded_at END) AS recorded_at,
           MAX(CASE WHEN t.place = 1 THEN t.ahead END) AS ahead,
           COUNT(CASE WHEN t.place > 1 AND t.result = 'submitted' THEN 1 END) AS submitted,
           COUNT(CASE WHEN t.place > 1 AND t.result = 'allocated' THEN 1 END) AS allocated
    FROM told t
    GROUP BY t.unit, t.period
),
dropped AS (
    SELECT y.unit, y.period, y.recorded_at,
           CASE WHEN y.period = SUBSTR(CAST(:today AS TEXT), 1, 4) THEN 'this-year'
                WHEN y.last_result = 'general' THEN 'general'
                WHEN y.allocated > 0 OR y.ahead = 1 THEN 'contradicted'
                ELSE 'dropped' END AS state
    FROM years y
    WHERE y.last_result IN ('general', 'none') AND y.submitted + y.allocated > 0
      AND NOT EXISTS (SELECT 1 FROM years n WHERE n.unit = y.unit AND n.period > y.period AND n.last_result IN ('allocated', 'submitted'))
)
SELECT o.unit AS unit,
       COALESCE(d.period, '') AS subject,
       CASE WHEN d.state IS NULL THEN 'not_applicable'
            WHEN d.state = 'dropped' THEN 'breached' END AS status,
       CASE WHEN d.state = 'this-year' THEN 'this-year'
            WHEN d.state = 'general' THEN 'general'
            WHEN d.state = 'contradicted' THEN 'contradicted'
            WHEN d.state = 'dropped' THEN 'dropped'
            ELSE 'none-dropped' END AS reason,
       COALESCE(d.recorded_at, o.updated_at) AS observed_at
FROM fact_organization o
LEFT JOIN dropped d ON d.unit = o.unit
