-- Does an entry of a book about acceptance (`procedure`, `assignment`) stand? It is asked for when a system
-- is accepted: where it ended and no system was tested or accepted since, nothing shows that one
-- was wanting. An entry without an end is believed only so long: then nobody can say.
WITH placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on,
           CASE WHEN e.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN e.expires_on IS NOT NULL THEN 'in-force'
                WHEN e.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state
    FROM fact_entry e
    WHERE e.register = CAST(:register AS TEXT) AND e.subject = 'acceptance'
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-force' THEN 1 END) AS standing,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on,
           MAX(p.expires_on) AS expires_on
    FROM placed p
    GROUP BY p.unit
),
accepted AS (
    SELECT a.unit, MAX(a.occurred_on) AS accepted_on
    FROM book_acceptance_test a
    WHERE a.result IS NOT NULL
    GROUP BY a.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > 0 THEN 'met'
            WHEN c.doubtful > 0 THEN NULL
            WHEN a.accepted_on > c.expires_on THEN 'breached' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            WHEN a.accepted_on > c.expires_on THEN 'expired'
            ELSE 'ended' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on,
       a.accepted_on AS accepted_on
FROM counted c
LEFT JOIN accepted a ON a.unit = c.unit
