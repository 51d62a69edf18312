-- The licence of each software in the unit's book: has it expired? A renewal is a new
-- entry, so the latest end counts; one entry without an end never expires. Software that
-- was entered as retired is not asked about.
WITH licences AS (
    SELECT e.unit, e.subject, MAX(e.recorded_at) AS recorded_at,
           MAX(e.expires_on) AS expires_on,
           COUNT(CASE WHEN e.expires_on IS NULL THEN 1 END) AS endless,
           COUNT(CASE WHEN e.result = 'retired' THEN 1 END) AS retired
    FROM fact_entry e
    WHERE e.register = 'licence' AND e.occurred_on <= CAST(:today AS TEXT)
    GROUP BY e.unit, e.subject
)
SELECT l.unit AS unit,
       l.subject AS subject,
       CASE WHEN l.retired > 0 THEN 'not_applicable'
            WHEN l.endless > 0 THEN 'met'
            WHEN l.expires_on >= CAST(:today AS TEXT) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN l.retired > 0 THEN 'retired'
            WHEN l.endless > 0 THEN 'endless'
            WHEN l.expires_on >= CAST(:today AS TEXT) THEN 'current'
            ELSE 'expired' END AS reason,
       l.recorded_at AS observed_at,
       l.expires_on AS expires_on
FROM licences l
