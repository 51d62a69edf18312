-- Has the unit issued an internal regulation that still stands? One that was withdrawn
-- under the same name on the day of issue or later, or that ran out, does not; where an earlier one of
-- that name is in the book, a withdrawal on the day of issue is that one's, which was replaced. An amendment
-- shows that there is one where its issue was never entered; where what was issued does not
-- stand any more, nobody can say of what the amendment is. Without an end it is believed only so long
-- after it was last issued, amended or checked. A title that says in words that there is none is none.
WITH issued AS (
    SELECT e.unit, MAX(CASE WHEN e.result <> 'checked' THEN e.occurred_on END) AS issued_on,
           MAX(e.recorded_at) AS recorded_at,
           COUNT(CASE WHEN e.stands = 1 AND (e.expires_on IS NOT NULL OR e.age_days <= CAST(:max_age_days AS BIGINT))
                      THEN 1 END) AS confirmed,
           COUNT(CASE WHEN e.result = 'issued' THEN 1 END) AS issues,
           COUNT(CASE WHEN e.result = 'issued' AND e.stands = 1 THEN 1 END) AS standing,
           COUNT(CASE WHEN e.result = 'amended' AND e.stands = 1 THEN 1 END) AS amendments
    FROM (
        SELECT f.unit, f.occurred_on, f.recorded_at, f.result, f.expires_on, f.age_days,
               CASE WHEN (f.expires_on IS NULL OR f.expires_on >= CAST(:today AS TEXT))
                     AND NOT EXISTS (
                         SELECT 1 FROM fact_entry w
                         WHERE w.unit = f.unit AND w.register = f.register AND w.result = 'withdrawn'
                           AND LOWER(TRIM(w.subject)) = LOWER(TRIM(f.subject))
                           AND w.occurred_on >= f.occurred_on AND w.occurred_on <= CAST(:today AS TEXT)
                           AND (w.occurred_on > f.occurred_on
                                OR NOT EXISTS (
                                    SELECT 1 FROM fact_entry p
                                    WHERE p.unit = f.unit AND p.register = f.register AND p.result IN ('issued', 'amended')
                                      AND LOWER(TRIM(p.subject)) = LOWER(TRIM(f.subject)) AND p.occurred_on < f.occurred_on
                                ))
                     ) THEN 1 ELSE 0 END AS stands
        FROM fact_entry f
        WHERE f.register = 'internal-regulation' AND f.result IN ('issued', 'amended', 'checked')
          AND f.occurred_on <= CAST(:today AS TEXT)
          AND NOT (LOWER(TRIM(COALESCE(f.subject, ''))) IN ('-', '--', '.', '..', '...', '…', '?', '??', 'n/a', 'na', 'không', 'chưa', 'khÔng', 'chƯa', 'unknown')
                   OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'không %' OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'khÔng %' OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'khong co%' OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'khong ro%'
                   OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'chưa %' OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'chƯa %' OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'chua co%' OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'chua ro%'
                   OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'đang %' OR LOWER(TRIM(COALESCE(f.subject, ''))) LIKE 'Đang %')
    ) e
    GROUP BY e.unit
    HAVING COUNT(CASE WHEN e.result <> 'checked' THEN 1 END) > 0
)
SELECT i.unit AS unit,
       '' AS subject,
       CASE WHEN (i.standing > 0 OR (i.issues = 0 AND i.amendments > 0)) AND i.confirmed > 0 THEN 'met'
            WHEN i.standing > 0 THEN NULL
            WHEN i.amendments > 0 THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN (i.standing > 0 OR (i.issues = 0 AND i.amendments > 0)) AND i.confirmed > 0 THEN 'in-force'
            WHEN i.standing > 0 OR (i.issues = 0 AND i.amendments > 0) THEN 'not-confirmed'
            WHEN i.amendments > 0 THEN 'amendment-alone'
            ELSE 'none-stands' END AS reason,
       i.recorded_at AS observed_at,
       i.issued_on AS issued_on
FROM issued i
