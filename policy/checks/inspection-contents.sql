-- Did each inspection held within the interval, planned or not, look at one of the contents
-- that the rule prescribes (`content`: rules, weaknesses, response, owner)? Both books are
-- read; an entry that does not say tells nothing. An unannounced one follows one sign or request:
-- what it leaves out is not asked of it. A yearly one that names a year before the interval is not of it,
-- whenever it was typed. An Internet provider is no owner or operator of a system.
-- What was last saved before its own day was a plan then: whether it came about nobody can say. Nor can they where two
-- entries of one place and day say the opposite.
WITH held AS (
    SELECT b.unit, b.subject, b.occasion, b.recorded_at, b.occurred_on, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead, b.rules, b.weaknesses, b.response, b.owner_contents
    FROM book_inspection b
    WHERE b.result IS NULL OR b.result NOT IN ('not-held', 'provider')
    UNION ALL
    SELECT y.unit, y.subject, 'planned' AS occasion, y.recorded_at, y.occurred_on, y.age_days,
           CASE WHEN COALESCE(y.updated_at, y.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - y.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead, y.rules, y.weaknesses, y.response, y.owner_contents
    FROM book_yearly_inspection y
    WHERE (y.result IS NULL OR y.result <> 'planned')
      AND (COALESCE(y.period, '') = ''
           OR SUBSTR(y.period, 1, 4) >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT)
                                             - (CAST(:window_days AS BIGINT) + 364) / 365 AS TEXT))
),
seen AS (
    SELECT h.unit, COALESCE(h.subject, '') AS subject, h.recorded_at, h.occurred_on, h.ahead,
           CASE WHEN CAST(:content AS TEXT) = 'rules' THEN h.rules
                WHEN CAST(:content AS TEXT) = 'weaknesses' THEN h.weaknesses
                WHEN CAST(:content AS TEXT) = 'response' THEN h.response
                WHEN CAST(:content AS TEXT) = 'owner' THEN h.owner_contents END AS looked,
           CASE WHEN h.occasion = 'ad-hoc' THEN 1 ELSE 0 END AS is_narrow
    FROM held h
    WHERE h.age_days <= CAST(:window_days AS BIGINT)
),
opposite AS (
    SELECT DISTINCT s.unit, s.subject, s.occurred_on
    FROM seen s
    JOIN seen o ON o.unit = s.unit AND o.occurred_on = s.occurred_on AND LOWER(TRIM(o.subject)) = LOWER(TRIM(s.subject))
    WHERE s.looked = 'left-out' AND o.looked = 'checked' AND s.subject <> ''
)
SELECT s.unit AS unit,
       s.subject AS subject,
       CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = s.subject) THEN NULL
            WHEN s.ahead = 1 OR (o.unit IS NOT NULL AND s.looked = 'left-out') THEN NULL
            WHEN s.looked = 'checked' THEN 'met'
            WHEN s.looked = 'left-out' AND s.is_narrow = 1 THEN 'not_applicable'
            WHEN s.looked = 'left-out' THEN 'breached'
            WHEN s.looked = 'none-set' THEN 'not_applicable'
            ELSE NULL END AS status,
       CASE WHEN EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = s.subject) THEN 'unsaid'
            WHEN s.ahead = 1 THEN 'typed-ahead'
            WHEN o.unit IS NOT NULL AND s.looked = 'left-out' THEN 'opposite'
            WHEN s.looked = 'checked' THEN 'checked'
            WHEN s.looked = 'left-out' AND s.is_narrow = 1 THEN 'narrow'
            WHEN s.looked = 'left-out' THEN 'left-out'
            WHEN s.looked = 'none-set' THEN 'none-set'
            ELSE 'unsaid' END AS reason,
       s.recorded_at AS observed_at,
       s.occurred_on AS occurred_on
FROM seen s
LEFT JOIN opposite o ON o.unit = s.unit AND o.subject = s.subject AND o.occurred_on = s.occurred_on
