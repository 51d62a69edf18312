-- Did each asset with data that was sent out for repair go with approval, its data protected,
-- and the repairer's undertaking? What stays in the house, or holds no data, is not looked at: it
-- does not show that nothing else went out. An entry that does not say tells nothing, nor does one of no asset, one that
-- was last saved before its own day (the asset had not gone yet), or one that says all three and in words that there is no approval or
-- no undertaking. Of two entries of one asset and day that say the opposite nobody can say.
WITH repairs AS (
    SELECT b.unit, b.entry, b.subject, LOWER(TRIM(COALESCE(b.subject, ''))) AS asset, b.data_care, b.recorded_at, b.occurred_on,
           b.undertaking AS undertaking,
           b.approved_by AS approved,
           CASE WHEN COALESCE(b.updated_at, b.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - b.age_days) * 86400000 - 25200000 THEN 1 ELSE 0 END AS ahead
    FROM book_outside_repair b
    WHERE b.age_days <= CAST(:window_days AS BIGINT)
      AND (b.result IS NULL OR b.result <> 'in-house')
      AND (b.data_care IS NULL OR b.data_care <> 'no-data')
),
told AS (
    SELECT r.unit, r.subject, r.recorded_at, r.occurred_on,
           CASE WHEN r.data_care IS NULL
                  OR EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = r.subject) THEN 'result-missing'
                WHEN r.ahead = 1 THEN 'typed-ahead'
                WHEN EXISTS (
                    SELECT 1 FROM repairs o
                    WHERE o.unit = r.unit AND o.asset = r.asset AND o.occurred_on = r.occurred_on
                      AND (o.data_care = 'all' AND r.data_care <> 'all' OR o.data_care <> 'all' AND r.data_care = 'all')
                ) THEN 'opposite'
                WHEN r.data_care = 'all'
                     AND (EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = r.undertaking)
                          OR EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = r.approved)) THEN 'contradicted'
                ELSE r.data_care END AS told
    FROM repairs r
)
SELECT t.unit AS unit,
       COALESCE(t.subject, '') AS subject,
       CASE WHEN t.told = 'all' THEN 'met'
            WHEN t.told IN ('not-approved', 'unprotected', 'no-undertaking') THEN 'breached'
            ELSE NULL END AS status,
       CASE WHEN t.told = 'all' THEN 'all'
            WHEN t.told = 'not-approved' THEN 'not-approved'
            WHEN t.told = 'unprotected' THEN 'unprotected'
            WHEN t.told = 'no-undertaking' THEN 'no-undertaking'
            WHEN t.told = 'typed-ahead' THEN 'typed-ahead'
            WHEN t.told = 'opposite' THEN 'opposite'
            WHEN t.told = 'contradicted' THEN 'contradicted'
            ELSE 'result-missing' END AS reason,
       t.recorded_at AS observed_at,
       t.occurred_on AS occurred_on
FROM told t
