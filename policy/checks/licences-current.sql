-- The licence of each software in the unit's book: has it expired? A renewal is a new
-- entry, so the newest counts, however it writes the name; without an end it does not expire.
-- Software that was entered as retired is not asked about, and says nothing of any other; of one whose
-- renewal is under way nobody can say. `of` narrows it to what servers use (`server`): of an entry that does
-- not tell where the software is used, nobody can say; `any` takes all.
WITH licences AS (
    SELECT b.unit, b.subject, b.recorded_at, b.expires_on, b.result, b.used_on,
           ROW_NUMBER() OVER (PARTITION BY b.unit, LOWER(TRIM(COALESCE(b.subject, '')))
                              ORDER BY b.occurred_on DESC, b.recorded_at DESC) AS place
    FROM book_licence b
    WHERE b.occurred_on <= CAST(:today AS TEXT)
)
SELECT l.unit AS unit,
       l.subject AS subject,
       CASE WHEN CAST(:of AS TEXT) <> 'any' AND l.used_on IS NULL THEN NULL
            WHEN l.expires_on >= CAST(:today AS TEXT) THEN 'met'
            WHEN l.result = 'renewing' THEN NULL
            WHEN l.expires_on IS NULL THEN 'met'
            ELSE 'breached' END AS status,
       CASE WHEN CAST(:of AS TEXT) <> 'any' AND l.used_on IS NULL THEN 'kind-missing'
            WHEN l.expires_on >= CAST(:today AS TEXT) THEN 'current'
            WHEN l.result = 'renewing' THEN 'renewing'
            WHEN l.expires_on IS NULL THEN 'endless'
            ELSE 'expired' END AS reason,
       l.recorded_at AS observed_at,
       l.expires_on AS expires_on
FROM licences l
WHERE l.place = 1 AND (l.result IS NULL OR l.result <> 'retired')
  AND (CAST(:of AS TEXT) = 'any' OR l.used_on IS NULL OR l.used_on IN ('both', CAST(:of AS TEXT)))
