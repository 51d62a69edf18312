-- Has the unit a plan of this kind (`subject`) among its design documents, approved or changed and
-- re-assessed, that has not run out? One without an end is believed only so long; of one that was changed
-- since and not assessed again, nobody can say, nor where the newest ran out and an older one has not. One whose number
-- says that it is not issued yet is none. What it means that
-- the last one ran out (`run_out`) is the rule's to say: where it asks for the plan a breach, where it
-- asks for the thing planned nobody can say.
WITH placed AS (
    SELECT e.unit, e.occurred_on, e.recorded_at, e.expires_on,
           CASE WHEN e.expires_on < CAST(:today AS TEXT) THEN 'expired'
                WHEN EXISTS (
                    SELECT 1 FROM book_design_document c
                    WHERE c.unit = e.unit AND c.subject = e.subject AND c.result = 'changed'
                      AND LOWER(TRIM(COALESCE(c.system, ''))) = LOWER(TRIM(COALESCE(e.system, '')))
                      AND (c.occurred_on > e.occurred_on
                           OR (c.occurred_on = e.occurred_on AND c.recorded_at > e.recorded_at))
                ) THEN 'changed'
                WHEN e.expires_on IS NOT NULL THEN 'in-force'
                WHEN e.age_days <= CAST(:max_age_days AS BIGINT) THEN 'in-force'
                ELSE 'not-confirmed' END AS state,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.system, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place
    FROM book_design_document e
    WHERE e.subject = CAST(:subject AS TEXT) AND e.result IN ('approved', 'reassessed')
      AND (e.number IS NULL
           OR NOT (LOWER(TRIM(e.number)) LIKE '(%' OR LOWER(TRIM(e.number)) LIKE 'chưa %' OR LOWER(TRIM(e.number)) LIKE 'chƯa %'
                   OR LOWER(TRIM(e.number)) LIKE 'đang %' OR LOWER(TRIM(e.number)) LIKE 'Đang %' OR LOWER(TRIM(e.number)) LIKE 'chờ %' OR LOWER(TRIM(e.number)) LIKE 'chỜ %'
               OR LOWER(TRIM(e.number)) LIKE 'sẽ %' OR LOWER(TRIM(e.number)) LIKE 'sẼ %'
               OR LOWER(TRIM(e.number)) LIKE 'đã trình %' OR LOWER(TRIM(e.number)) LIKE 'Đã trình %'
               OR LOWER(TRIM(e.number)) LIKE '%dự thảo%' OR LOWER(TRIM(e.number)) LIKE '%dỰ thẢo%'))
),
counted AS (
    SELECT p.unit,
           COUNT(CASE WHEN p.state = 'in-force' THEN 1 END) AS standing,
           COUNT(CASE WHEN p.state = 'in-force' AND p.place = 1 THEN 1 END) AS newest,
           COUNT(CASE WHEN p.state = 'not-confirmed' THEN 1 END) AS doubtful,
           COUNT(CASE WHEN p.state = 'changed' THEN 1 END) AS changed,
           MAX(p.recorded_at) AS recorded_at, MAX(p.occurred_on) AS last_on, MAX(p.expires_on) AS expires_on
    FROM placed p
    GROUP BY p.unit
)
SELECT c.unit AS unit,
       '' AS subject,
       CASE WHEN c.newest > 0 THEN 'met'
            WHEN c.standing > 0 OR c.doubtful > 0 OR c.changed > 0 THEN NULL
            WHEN CAST(:run_out AS TEXT) = 'breached' THEN 'breached' END AS status,
       CASE WHEN c.newest > 0 THEN 'in-force'
            WHEN c.standing > 0 THEN 'older-stands'
            WHEN c.changed > 0 THEN 'changed'
            WHEN c.doubtful > 0 THEN 'not-confirmed'
            ELSE 'expired' END AS reason,
       c.recorded_at AS observed_at,
       c.last_on AS last_on,
       c.expires_on AS expires_on
FROM counted c
