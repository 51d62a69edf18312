-- Has each information system in the book an approved level that stands? The newest approval of a
-- system counts; one without an end is believed only so long. A dossier that was begun has the days
-- that were chosen, from its first entry since the system was last approved or out of use; before
-- they are over nobody can say, nor of one that was submitted and waits for approval, which is another body's. A system whose newest entry says that it is out of use is not looked
-- at.
WITH placed AS (
    SELECT e.unit, COALESCE(e.subject, '') AS subject, LOWER(TRIM(COALESCE(e.subject, ''))) AS folded,
           e.result, e.expires_on, e.recorded_at, e.age_days,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place,
           MAX(CASE WHEN e.result IN ('approved', 'retired') THEN 1 ELSE 0 END)
               OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                     ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS settled_since,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, ''))),
                                           CASE WHEN e.result = 'approved' THEN 1 ELSE 0 END
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place_of_kind
    FROM fact_entry e
    WHERE e.register = 'system-level'
),
systems AS (
    SELECT p.unit, MAX(p.subject) AS subject,
           COUNT(CASE WHEN p.result = 'approved' AND p.place_of_kind = 1
                       AND (p.expires_on >= CAST(:today AS TEXT)
                            OR (p.expires_on IS NULL AND p.age_days <= CAST(:max_age_days AS BIGINT))) THEN 1 END) AS standing,
           COUNT(CASE WHEN p.result = 'approved' AND p.place_of_kind = 1
                       AND p.expires_on IS NULL AND p.age_days > CAST(:max_age_days AS BIGINT) THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.result = 'approved' THEN 1 END) AS approved,
           COUNT(CASE WHEN p.result = 'submitted' AND p.place = 1 THEN 1 END) AS submitted,
           COUNT(CASE WHEN p.result = 'retired' AND p.place = 1 THEN 1 END) AS retired,
           MAX(CASE WHEN p.result = 'approved' AND p.place_of_kind = 1 THEN p.expires_on END) AS expires_on,
           MIN(CASE WHEN p.settled_since = 0 THEN p.recorded_at END) AS begun_at,
           MAX(p.recorded_at) AS recorded_at
    FROM placed p
    GROUP BY p.unit, p.folded
)
SELECT s.unit AS unit,
       s.subject AS subject,
       CASE WHEN s.standing > 0 THEN 'met'
            WHEN s.doubtful > 0 THEN NULL
            WHEN s.begun_at >= CAST(:now AS BIGINT) - CAST(:grace_days AS BIGINT) * 86400000 THEN NULL
            WHEN s.submitted > 0 THEN NULL
            ELSE 'breached' END AS status,
       CASE WHEN s.standing > 0 THEN 'in-force'
            WHEN s.doubtful > 0 THEN 'not-confirmed'
            WHEN s.begun_at >= CAST(:now AS BIGINT) - CAST(:grace_days AS BIGINT) * 86400000 THEN 'under-way'
            WHEN s.submitted > 0 THEN 'submitted'
            WHEN s.approved > 0 THEN 'expired'
            ELSE 'unapproved' END AS reason,
       s.recorded_at AS observed_at,
       s.expires_on AS expires_on,
       (CAST(:now AS BIGINT) - s.begun_at) / 86400000 AS begun_days
FROM systems s
WHERE s.retired = 0
