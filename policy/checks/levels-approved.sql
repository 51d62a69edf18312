-- Has each information system in the book an approved level that stands? A dossier that was
-- begun has the days that were chosen; before they are over nobody can say.
WITH systems AS (
    SELECT e.unit, MAX(COALESCE(e.subject, '')) AS subject,
           COUNT(CASE WHEN e.result = 'approved' AND (e.expires_on IS NULL OR e.expires_on >= CAST(:today AS TEXT)) THEN 1 END) AS standing,
           COUNT(CASE WHEN e.result = 'approved' THEN 1 END) AS approved,
           MAX(CASE WHEN e.result = 'approved' THEN e.expires_on END) AS expires_on,
           MAX(CASE WHEN e.result = 'approved' THEN NULL ELSE e.recorded_at END) AS begun_at,
           MAX(e.recorded_at) AS recorded_at
    FROM fact_entry e
    WHERE e.register = 'system-level' AND e.occurred_on <= CAST(:today AS TEXT)
    GROUP BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
)
SELECT s.unit AS unit,
       s.subject AS subject,
       CASE WHEN s.standing > 0 THEN 'met'
            WHEN s.begun_at >= CAST(:now AS BIGINT) - CAST(:grace_days AS BIGINT) * 86400000 THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN s.standing > 0 THEN 'in-force'
            WHEN s.begun_at >= CAST(:now AS BIGINT) - CAST(:grace_days AS BIGINT) * 86400000 THEN 'under-way'
            WHEN s.approved > 0 THEN 'expired'
            ELSE 'unapproved' END AS reason,
       s.recorded_at AS observed_at,
       s.expires_on AS expires_on,
       (CAST(:now AS BIGINT) - s.begun_at) / 86400000 AS begun_days
FROM systems s
