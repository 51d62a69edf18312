-- Has the unit a computer of its own for secret documents, without any network address, and
-- somebody who has it in custody? The computer stands in the registry, or in the book alone; its
-- custodian with the device, or in the book. That neither names one, or that the field says in words that
-- there is nobody, does not show that there is none: such a row was observed by nobody, and a person
-- answers for it. An address, and the end of the last custody, were entered. Who has a computer with an address in custody has none of these; a
-- custody without an end is believed only so long, one that was last saved before its own day was a plan then, and one of a machine that is out of use says nothing.
-- An entry of the book that means a device of another role with an address (an office machine), or one about nothing, shows none,
-- nor does one that names a standalone computer that is out of use.
-- Where the last one was taken out within 180 days, for which a word is believed, a word may be older than
-- that, and none counts.
WITH void AS (
    SELECT b.entry
    FROM book_standalone_computer b
    JOIN fact_unsaid u ON u.kind = 'name' AND u.said = b.subject
),
machines AS (
    SELECT d.unit, d.address, d.updated_at, COALESCE(d.custodian, '') AS said
    FROM fact_device d
    WHERE d.status = 'active' AND d.role = 'standalone-computer'
      AND (d.in_service_on IS NULL OR d.in_service_on <= CAST(:today AS TEXT))
),
registered AS (
    SELECT m.unit, COUNT(*) AS computers, COUNT(m.address) AS addressed,
           COUNT(CASE WHEN m.address IS NULL
                       AND NOT (LOWER(m.said) = UPPER(m.said) OR EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'keeper' AND u.said = m.said)) THEN 1 END) AS kept_by,
           MAX(m.updated_at) AS updated_at
    FROM machines m
    GROUP BY m.unit
),
entered AS (
    SELECT b.unit, b.recorded_at,
           CASE WHEN b.device IS NULL
                     AND NOT EXISTS (SELECT 1 FROM fact_device r
                                     WHERE r.unit = b.unit AND r.role = 'standalone-computer'
                                       AND LOWER(TRIM(b.subject)) IN (LOWER(r.name), LOWER(r.code))) THEN 1 ELSE 0 END AS loose,
           COALESCE(b.custodian, '') AS said,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 'planned'
                WHEN b.expires_on < CAST(:today AS TEXT) THEN 'ended'
                WHEN EXISTS (SELECT 1 FROM fact_device r
                             WHERE r.unit = b.unit AND r.role <> 'standalone-computer' AND r.status = 'active' AND r.address IS NOT NULL
                               AND (r.device = b.device
                                    OR b.device IS NULL AND LOWER(TRIM(b.subject)) IN (LOWER(r.name), LOWER(r.code)))) THEN 'wired'
                WHEN b.expires_on IS NOT NULL THEN 'held'
                WHEN b.age_days <= CAST(:max_age_days AS BIGINT) THEN 'held'
                ELSE 'doubtful' END AS state
    FROM book_standalone_computer b
    LEFT JOIN fact_device d ON d.device = b.device AND d.unit = b.unit
    WHERE (d.device IS NULL OR d.status = 'active')
      AND b.entry NOT IN (SELECT n.entry FROM void n)
      AND (b.device IS NOT NULL
           OR NOT EXISTS (SELECT 1 FROM fact_device r
                          WHERE r.unit = b.unit AND r.role = 'standalone-computer'
                            AND LOWER(TRIM(b.subject)) IN (LOWER(r.name), LOWER(r.code)))
           OR EXISTS (SELECT 1 FROM fact_device r
                      WHERE r.unit = b.unit AND r.role = 'standalone-computer' AND r.status = 'active'
                        AND LOWER(TRIM(b.subject)) IN (LOWER(r.name), LOWER(r.code))))
),
booked AS (
    SELECT e.unit,
           COUNT(CASE WHEN e.state = 'ended' THEN 1 END) AS ended,
           COUNT(CASE WHEN e.state = 'held' THEN 1 END) AS held,
           COUNT(CASE WHEN e.state = 'held' AND e.loose = 1 THEN 1 END) AS loose,
           COUNT(CASE WHEN e.state = 'wired' THEN 1 END) AS wired,
           COUNT(CASE WHEN e.state = 'held'
                       AND NOT (LOWER(e.said) = UPPER(e.said) OR EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'keeper' AND u.said = e.said)) THEN 1 END) AS named,
           COUNT(CASE WHEN e.state = 'doubtful' THEN 1 END) AS doubtful,
           COUNT(CASE WHEN e.state = 'planned' THEN 1 END) AS planned,
           MAX(e.recorded_at) AS updated_at
    FROM entered e
    GROUP BY e.unit
),
units AS (
    SELECT r.unit FROM registered r
    UNION
    SELECT b.unit FROM booked b
),
known AS (
    SELECT u.unit, COALESCE(r.computers, b.held) AS computers, COALESCE(r.addressed, 0) AS addressed,
           COALESCE(r.kept_by, 0) + COALESCE(b.named, 0) AS custodians,
           CASE WHEN b.ended > 0 AND b.held = 0 THEN 1 ELSE 0 END AS lapsed, COALESCE(b.loose, 0) AS loose, COALESCE(b.wired, 0) AS wired,
           COALESCE(b.doubtful, 0) AS doubtful, COALESCE(b.planned, 0) AS planned,
           COALESCE(r.updated_at, b.updated_at) AS updated_at
    FROM units u
    LEFT JOIN registered r ON r.unit = u.unit
    LEFT JOIN booked b ON b.unit = u.unit
),
told AS (
    SELECT k.unit, k.computers, k.custodians, k.updated_at,
           CASE WHEN k.computers < CAST(:at_least AS BIGINT) AND k.wired > 0 THEN 'address-beside'
                WHEN k.computers < CAST(:at_least AS BIGINT) AND k.doubtful > 0 THEN 'not-confirmed'
                WHEN k.computers < CAST(:at_least AS BIGINT) AND k.planned > 0 THEN 'typed-ahead'
                WHEN k.computers < CAST(:at_least AS BIGINT) THEN 'none'
                WHEN k.computers - k.addressed < CAST(:at_least AS BIGINT) AND k.loose > 0 THEN 'address-beside'
                WHEN k.computers - k.addressed < CAST(:at_least AS BIGINT) THEN 'has-address'
                WHEN k.custodians >= CAST(:least_custodians AS BIGINT) THEN 'kept'
                WHEN k.doubtful > 0 THEN 'not-confirmed'
                WHEN k.planned > 0 THEN 'typed-ahead'
                WHEN k.lapsed = 1 THEN 'no-custodian'
                ELSE 'custodian-missing' END AS told
    FROM known k
)
SELECT t.unit AS unit,
       '' AS subject,
       CASE WHEN t.told = 'kept' THEN 'met'
            WHEN t.told IN ('has-address', 'no-custodian') THEN 'breached' END AS status,
       CASE WHEN t.told = 'none' THEN 'none'
            WHEN t.told = 'address-beside' THEN 'address-beside'
            WHEN t.told = 'has-address' THEN 'has-address'
            WHEN t.told = 'kept' THEN 'kept'
            WHEN t.told = 'no-custodian' THEN 'no-custodian'
            WHEN t.told = 'not-confirmed' THEN 'not-confirmed'
            WHEN t.told = 'typed-ahead' THEN 'typed-ahead'
            ELSE 'custodian-missing' END AS reason,
       CASE WHEN t.told IN ('kept', 'has-address', 'no-custodian', 'not-confirmed', 'typed-ahead', 'address-beside') THEN t.updated_at END AS observed_at,
       t.computers AS computers,
       t.custodians AS custodians
FROM told t
UNION ALL
SELECT d.unit AS unit,
       '' AS subject,
       NULL AS status,
       'taken-out' AS reason,
       MAX(d.updated_at) AS observed_at,
       CAST(NULL AS BIGINT) AS computers,
       CAST(NULL AS BIGINT) AS custodians
FROM fact_device d
WHERE d.role = 'standalone-computer' AND d.status = 'retired'
  AND d.updated_at > CAST(:now AS BIGINT) - 15552000000
  AND NOT EXISTS (SELECT 1 FROM known k WHERE k.unit = d.unit AND k.computers > 0)
GROUP BY d.unit
