-- Was the regulation reviewed in the province by one of the three bodies that review it together
-- (network authority, provincial police, military command), no longer ago than the interval?
-- Where none ever was on record, nobody can say. The day of an entry stands in for a blank one of the
-- review, unless the entry names a year long before it; one that has yet to come is blank here too, but was saved later. An entry last saved before its own day
-- was a plan then: where the newest review is too old beside such a one, nobody can say. Dates become day numbers by the integer formula
-- of Fliegel and Van Flandern (1968), which both engines compute alike.
WITH bodies AS (
    SELECT o.unit, o.province, o.name, o.updated_at, CAST(NULL AS TEXT) AS starts_on, CAST(NULL AS TEXT) AS ends_on
    FROM fact_organization o
    WHERE o.kind IN ('police', 'military') AND o.level = 'province'
    UNION ALL
    SELECT o.unit, o.province, o.name, o.updated_at, r.starts_on, r.ends_on
    FROM fact_role r
    JOIN fact_organization o ON o.unit = r.unit
    WHERE r.role IN ('network-authority', 'police', 'military')
),
held AS (
    SELECT b.unit, b.entry, b.recorded_at, b.age_days,
           CASE WHEN b.reviewed_on IS NULL
                 AND COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000
                THEN 1 ELSE 0 END AS ahead,
           COALESCE(b.reviewed_on, CASE WHEN COALESCE(b.updated_at, b.recorded_at) <= CAST(:now AS BIGINT)
                                         AND (COALESCE(b.period, '') = ''
                                              OR SUBSTR(b.period, 1, 4) >= CAST(CAST(SUBSTR(b.occurred_on, 1, 4) AS BIGINT) - 1 AS TEXT))
                                        THEN b.occurred_on END) AS reviewed_on
    FROM book_implementation_report b
    WHERE b.reviewed_on IS NOT NULL OR b.result = 'reviewed'
),
reviews AS (
    SELECT s.province, s.name, h.recorded_at, h.reviewed_on,
           ROW_NUMBER() OVER (PARTITION BY s.province
                              ORDER BY h.reviewed_on DESC, h.recorded_at DESC, h.entry) AS place
    FROM held h
    JOIN bodies s ON s.unit = h.unit AND (s.starts_on IS NULL OR s.starts_on <= h.reviewed_on)
                 AND (s.ends_on IS NULL OR s.ends_on >= h.reviewed_on)
    WHERE h.reviewed_on IS NOT NULL AND h.ahead = 0
),
planned AS (
    SELECT DISTINCT s.province
    FROM held h
    JOIN bodies s ON s.unit = h.unit
    WHERE h.ahead = 1 AND h.reviewed_on IS NOT NULL AND h.age_days <= CAST(:max_age_days AS BIGINT)
),
parts AS (
    SELECT v.province, v.name, v.recorded_at, v.reviewed_on,
           CAST(SUBSTR(v.reviewed_on, 1, 4) AS BIGINT) AS y1,
           CAST(SUBSTR(v.reviewed_on, 6, 2) AS BIGINT) AS m1,
           CAST(SUBSTR(v.reviewed_on, 9, 2) AS BIGINT) AS d1,
           CAST(SUBSTR(CAST(:today AS TEXT), 1, 4) AS BIGINT) AS y2,
           CAST(SUBSTR(CAST(:today AS TEXT), 6, 2) AS BIGINT) AS m2,
           CAST(SUBSTR(CAST(:today AS TEXT), 9, 2) AS BIGINT) AS d2
    FROM reviews v
    WHERE v.place = 1
),
newest AS (
    SELECT p.province, p.name, p.recorded_at, p.reviewed_on,
           (1461 * (p.y2 + 4800 + (p.m2 - 14) / 12)) / 4 + (367 * (p.m2 - 2 - 12 * ((p.m2 - 14) / 12))) / 12 - (3 * ((p.y2 + 4900 + (p.m2 - 14) / 12) / 100)) / 4 + p.d2
           - ((1461 * (p.y1 + 4800 + (p.m1 - 14) / 12)) / 4 + (367 * (p.m1 - 2 - 12 * ((p.m1 - 14) / 12))) / 12 - (3 * ((p.y1 + 4900 + (p.m1 - 14) / 12) / 100)) / 4 + p.d1) AS age_days
    FROM parts p
)
SELECT DISTINCT h.unit AS unit,
       '' AS subject,
       CASE WHEN n.province IS NULL THEN NULL
            WHEN n.age_days <= CAST(:max_age_days AS BIGINT) THEN 'met'
            WHEN l.province IS NULL THEN 'breached' END AS status,
       CASE WHEN n.province IS NULL THEN 'none'
            WHEN n.age_days <= CAST(:max_age_days AS BIGINT) THEN 'recent'
            WHEN l.province IS NULL THEN 'too-old'
            ELSE 'typed-ahead' END AS reason,
       COALESCE(n.recorded_at, h.updated_at) AS observed_at,
       n.reviewed_on AS last_on,
       n.name AS held_by,
       n.age_days AS age_days
FROM bodies h
LEFT JOIN newest n ON n.province = h.province
LEFT JOIN planned l ON l.province = h.province
WHERE (h.starts_on IS NULL OR h.starts_on <= CAST(:today AS TEXT))
  AND (h.ends_on IS NULL OR h.ends_on >= CAST(:today AS TEXT))
