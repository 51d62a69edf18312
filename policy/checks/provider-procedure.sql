-- Has the unit a provider's procedure for incidents that stands? One without an end is believed only
-- so long. That the last one ran out shows no breach: whether that provider still serves is not known.
WITH counted AS (
    SELECT e.unit,
           COUNT(CASE WHEN e.expires_on >= CAST(:today AS TEXT)
                        OR (e.expires_on IS NULL AND e.age_days <= CAST(:max_age_days AS BIGINT)) THEN 1 END) AS standing,
           MAX(e.recorded_at) AS recorded_at, MAX(e.occurred_on) AS last_on
    FROM fact_entry e
    WHERE e.register = 'incident-plan' AND e.subject = 'provider'
    GROUP BY e.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > 0 THEN 'met' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force' ELSE 'ended' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on
FROM counted c
