-- The licence of each software in the unit's book: has it expired? A renewal is a new
-- entry, so the newest counts, however it writes the name; without an end it does not expire.
-- Software that was entered as retired is not asked about, and says nothing of any other.
WITH licences AS (
    SELECT e.unit, e.subject, e.recorded_at, e.expires_on, e.result,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC) AS place
    FROM fact_entry e
    WHERE e.register = 'licence' AND e.occurred_on <= CAST(:today AS TEXT)
)
SELECT l.unit AS unit,
       l.subject AS subject,
       CASE WHEN l.expires_on IS NULL THEN 'met'
            WHEN l.expires_on >= CAST(:today AS TEXT) THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN l.expires_on IS NULL THEN 'endless'
            WHEN l.expires_on >= CAST(:today AS TEXT) THEN 'current'
            ELSE 'expired' END AS reason,
       l.recorded_at AS observed_at,
       l.expires_on AS expires_on
FROM licences l
WHERE l.place = 1 AND (l.result IS NULL OR l.result <> 'retired')
