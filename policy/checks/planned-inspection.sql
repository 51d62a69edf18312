-- Asked of whoever inspects (the incident team, an inspector), or of the network authority where
-- `asked` is `authority`: was a planned inspection held this
-- year or the last? The team's standing office is the network authority, and one inspection is
-- entered once: the entries of the network authority and the incident team of the same province count for each of
-- them and for the inspectors, in both books; what an inspector held by itself counts for the inspectors alone, for
-- the others led none of it. The year that an entry names counts, whenever it was typed: one of
-- an earlier year is none of these, nor is one that was last saved before its own day: it was a plan then. An Internet provider is no owner or operator of a system, and what says in words that there was no inspection is none. That none is entered shows nothing.
WITH bodies AS (
    SELECT r.unit, r.province,
           MAX(CASE WHEN CAST(:asked AS TEXT) = 'authority' THEN CASE WHEN r.role = 'network-authority' THEN 1 ELSE 0 END
                    WHEN r.role IN ('incident-team', 'inspector') THEN 1
                    ELSE 0 END) AS asked,
           MAX(CASE WHEN r.role = 'inspector' THEN 0 ELSE 1 END) AS leads
    FROM fact_role r
    WHERE r.role IN ('network-authority', 'incident-team', 'inspector')
      AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
      AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
    GROUP BY r.unit, r.province
),
held AS (
    SELECT y.unit, y.occurred_on, y.recorded_at
    FROM book_yearly_inspection y
    WHERE y.result IN ('sound', 'findings') AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = y.subject) AND NOT COALESCE(y.updated_at, y.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - y.age_days) * 86400000 - 25200000
      AND (COALESCE(y.period, '') = ''
           OR SUBSTR(y.period, 1, 4) >= CAST(CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1 AS TEXT))
    UNION ALL
    SELECT b.unit, b.occurred_on, b.recorded_at
    FROM book_inspection b
    WHERE b.occasion = 'planned' AND b.result NOT IN ('not-held', 'provider')
      AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.subject) AND NOT COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
),
latest AS (
    SELECT a.unit, MAX(h.occurred_on) AS occurred_on, MAX(h.recorded_at) AS recorded_at
    FROM bodies a
    JOIN bodies o ON o.province = a.province
    JOIN held h ON h.unit = o.unit
    WHERE a.asked = 1 AND o.leads >= a.leads
    GROUP BY a.unit
)
SELECT l.unit AS unit,
       '' AS subject,
       'met' AS status,
       'held' AS reason,
       l.recorded_at AS observed_at,
       l.occurred_on AS occurred_on
FROM latest l
WHERE CAST(SUBSTR(l.occurred_on, 1, 4) AS BIGINT) >= CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) - 1
