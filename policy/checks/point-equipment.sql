-- Has the unit equipment of the provider in its care, by a handover record? Equipment that went
-- back breaks nothing; where all went back, nobody can say. A record without an end is believed only
-- so long: then nobody can say, until it is entered anew, nor of a piece whose newest record is not signed.
WITH placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on,
           CASE WHEN e.expires_on < CAST(:today AS TEXT) THEN 'given-back'
                WHEN e.expires_on IS NOT NULL THEN 'in-care'
                WHEN e.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-care'
                ELSE 'not-confirmed' END AS state
    FROM fact_entry e
    WHERE e.register = 'handover' AND e.result IN ('accepted', 'with-remarks')
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-care' THEN 1 END) AS in_care,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on, MAX(p.expires_on) AS expires_on
    FROM placed p
    GROUP BY p.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.in_care > 0 THEN 'met' END AS status,
       CASE WHEN c.in_care > 0 THEN 'in-care'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            ELSE 'given-back' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on
FROM counted c
UNION ALL
SELECT n.unit AS unit,
       n.subject AS subject,
       NULL AS status,
       'unsigned' AS reason,
       n.recorded_at AS observed_at,
       n.occurred_on AS last_on,
       CAST(NULL AS TEXT) AS expires_on
FROM (
    SELECT b.unit, b.subject, b.result, b.recorded_at, b.occurred_on,
           ROW_NUMBER() OVER (PARTITION BY b.unit, LOWER(TRIM(b.subject)), b.site, b.device
                              ORDER BY b.occurred_on DESC, b.recorded_at DESC, b.entry) AS place
    FROM book_handover b
) n
WHERE n.place = 1 AND n.result = 'unsigned'
