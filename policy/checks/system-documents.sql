-- Has each information system a document of this kind (`kind`) that stands? The systems are
-- those in the book of levels and those that a document names; one without a document tells
-- nothing yet. `also` is a state that counts beside approved and re-assessed.
WITH documents AS (
    SELECT b.unit, TRIM(COALESCE(b.system, '')) AS system, MAX(b.recorded_at) AS recorded_at,
           MAX(b.occurred_on) AS last_on, MAX(b.expires_on) AS expires_on,
           COUNT(CASE WHEN b.expires_on IS NULL OR b.expires_on >= CAST(:today AS TEXT) THEN 1 END) AS standing
    FROM book_design_document b
    WHERE b.subject = CAST(:kind AS TEXT) AND b.occurred_on <= CAST(:today AS TEXT)
      AND b.result IN ('approved', 'reassessed', CAST(:also AS TEXT))
    GROUP BY b.unit, TRIM(COALESCE(b.system, ''))
),
systems AS (
    SELECT e.unit, TRIM(e.subject) AS system, MAX(e.recorded_at) AS recorded_at
    FROM fact_entry e
    WHERE e.register = 'system-level' AND e.occurred_on <= CAST(:today AS TEXT) AND TRIM(e.subject) <> ''
    GROUP BY e.unit, TRIM(e.subject)
)
SELECT d.unit AS unit,
       d.system AS subject,
       CASE WHEN d.standing > 0 THEN 'met' ELSE 'breached' END AS status,
       CASE WHEN d.standing > 0 THEN 'in-force' ELSE 'expired' END AS reason,
       d.recorded_at AS observed_at,
       d.last_on AS last_on,
       d.expires_on AS expires_on
FROM documents d
UNION ALL
SELECT s.unit AS unit,
       s.system AS subject,
       CAST(NULL AS TEXT) AS status,
       'none' AS reason,
       s.recorded_at AS observed_at,
       CAST(NULL AS TEXT) AS last_on,
       CAST(NULL AS TEXT) AS expires_on
FROM systems s
LEFT JOIN documents d ON d.unit = s.unit AND d.system = s.system
WHERE d.unit IS NULL
