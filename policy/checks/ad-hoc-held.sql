-- Was each unannounced inspection that somebody asked for held? One that was asked for is
-- settled by one that was held that day or later at the same place, or in the same round. It is
-- a breach when it was not held within `promptly_days`; of one that was asked for long ago nobody
-- can say, nor where one was held since, as planned, at the same place, or at one whose name has this one in it or the
-- other way round: it may be the one that was asked for. Planned inspections say nothing else about it. An Internet provider
-- is none of the agencies, and an entry of no place is none. What was last saved
-- before its own day was a plan then: whether it came about, or was not held, nobody can say.
WITH ad_hoc AS (
    SELECT b.unit, b.entry, COALESCE(b.subject, '') AS subject, LOWER(TRIM(COALESCE(b.subject, ''))) AS place,
           b.inspection_round, b.result, b.recorded_at, b.occurred_on, b.age_days,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM book_inspection b
    WHERE b.occasion = 'ad-hoc'
      AND NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = b.subject)
),
settled AS (
    SELECT DISTINCT a.entry
    FROM ad_hoc a
    JOIN ad_hoc h ON h.unit = a.unit AND h.result <> 'not-held' AND h.occurred_on >= a.occurred_on
                 AND (h.place = a.place OR h.inspection_round = a.inspection_round)
    WHERE a.result = 'not-held'
),
perhaps AS (
    SELECT DISTINCT a.entry
    FROM ad_hoc a
    JOIN book_inspection h ON h.unit = a.unit AND h.result <> 'not-held' AND h.occurred_on >= a.occurred_on
    WHERE a.result = 'not-held' AND a.place <> '' AND TRIM(COALESCE(h.subject, '')) <> ''
      AND (LOWER(TRIM(h.subject)) LIKE '%' || a.place || '%' OR a.place LIKE '%' || LOWER(TRIM(h.subject)) || '%')
)
SELECT a.unit AS unit,
       a.subject AS subject,
       CASE WHEN a.result IS NULL OR a.ahead = 1 THEN NULL
            WHEN a.result <> 'not-held' THEN 'met'
            WHEN a.age_days <= CAST(:promptly_days AS BIGINT) OR h.entry IS NOT NULL THEN NULL
            WHEN a.age_days <= CAST(:window_days AS BIGINT) THEN 'breached' END AS status,
       CASE WHEN a.result IS NULL THEN 'result-missing'
            WHEN a.ahead = 1 THEN 'typed-ahead'
            WHEN a.result <> 'not-held' THEN 'sound'
            WHEN a.age_days <= CAST(:promptly_days AS BIGINT) THEN 'asked'
            WHEN h.entry IS NOT NULL THEN 'perhaps-held'
            WHEN a.age_days <= CAST(:window_days AS BIGINT) THEN 'unsound'
            ELSE 'request-old' END AS reason,
       a.recorded_at AS observed_at,
       a.result AS result,
       a.occurred_on AS occurred_on
FROM ad_hoc a
LEFT JOIN settled s ON s.entry = a.entry
LEFT JOIN perhaps h ON h.entry = a.entry
WHERE s.entry IS NULL AND (a.result IS NULL OR a.result <> 'provider')
  AND (a.result = 'not-held' OR a.age_days <= CAST(:window_days AS BIGINT))
