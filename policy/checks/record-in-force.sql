-- Has the unit an entry of a book, with a given result and of a given kind (`subject`)
-- where one is named, that has not expired? An entry without an end does not expire, but it
-- is believed only so long: then nobody can say, until it is entered anew that it stands. What
-- was withdrawn under the same name, on that day or later, does not stand; where an earlier one of that
-- name is in the book, a withdrawal on the very day is that one's, which was replaced.
WITH placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on,
           CASE WHEN e.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN EXISTS (
                    SELECT 1 FROM fact_entry w
                    WHERE w.unit = e.unit AND w.register = CAST(:register AS TEXT)
                      AND w.result IN ('withdrawn', 'terminated', 'retired')
                      AND LOWER(TRIM(w.subject)) = LOWER(TRIM(e.subject))
                      AND w.occurred_on >= e.occurred_on
                      AND (w.occurred_on > e.occurred_on
                           OR NOT EXISTS (
                               SELECT 1 FROM fact_entry p
                               WHERE p.unit = e.unit AND p.register = CAST(:register AS TEXT)
                                 AND (p.result = CAST(:result AS TEXT)
                                      OR (CAST(:result AS TEXT) = '' AND p.result NOT IN ('withdrawn', 'terminated', 'retired')))
                                 AND LOWER(TRIM(p.subject)) = LOWER(TRIM(e.subject))
                                 AND p.occurred_on < e.occurred_on
                           ))
                ) THEN 'withdrawn'
                WHEN e.expires_on IS NOT NULL THEN 'in-force'
                WHEN e.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT)
      AND (CAST(:result AS TEXT) = '' OR e.result = CAST(:result AS TEXT))
      AND (CAST(:subject AS TEXT) = '' OR e.subject = CAST(:subject AS TEXT))
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-force' THEN 1 END) AS standing,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.state = 'expired' THEN 1 END) AS expired,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on,
           MAX(p.expires_on) AS expires_on, COUNT(*) AS entries
    FROM placed p
    GROUP BY p.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > 0 THEN 'met'
            WHEN c.doubtful > 0 THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            WHEN c.expired > 0 THEN 'expired'
            ELSE 'withdrawn' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on,
       c.entries AS entries
FROM counted c
