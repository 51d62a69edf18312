-- Has the unit a provider's procedure for incidents that stands? One without an end is believed only
-- so long. That the last one ran out shows no breach: whether that provider still serves is not known.
-- One whose title or number says that it is not there yet is none, nor is one that was last saved before its own day: it was expected then.
WITH words AS (
    SELECT e.entry, 'title' AS kind, e.title AS said FROM book_incident_plan e
    UNION ALL
    SELECT e.entry, 'number', e.number FROM book_incident_plan e
),
unsaid AS (
    SELECT w.entry
    FROM words w
    JOIN fact_unsaid u ON u.kind = w.kind AND u.said = w.said
),
counted AS (
    SELECT e.unit,
           COUNT(CASE WHEN e.expires_on >= CAST(:today AS TEXT)
                        OR (e.expires_on IS NULL AND e.age_days <= CAST(:max_age_days AS BIGINT)) THEN 1 END) AS standing,
           MAX(e.recorded_at) AS recorded_at, MAX(e.occurred_on) AS last_on
    FROM book_incident_plan e
    WHERE e.subject = 'provider' AND NOT COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
      AND e.entry NOT IN (SELECT u.entry FROM unsaid u)
    GROUP BY e.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.standing > 0 THEN 'met' END AS status,
       CASE WHEN c.standing > 0 THEN 'in-force' ELSE 'ended' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on
FROM counted c
