-- Does nothing join the unit's network over the air? An access point that answers on the network is a
-- breach, and so is what the newest survey of an area found and left. One that only stands in the registry may
-- serve another network, and nobody can say. Only surveys that are recent
-- enough, of every area that was ever surveyed, and found nothing say that there is none: a
-- registry without access points does not. An area that is no longer used is not asked about. Of what was found in one
-- place nobody can say once a survey of the whole, as its words say, left nothing; nor of what a survey of the
-- whole found once something was removed from another place.
WITH surveys AS (
    SELECT e.unit, COALESCE(e.subject, '') AS area, e.occurred_on, e.recorded_at, e.age_days, e.result,
           ROW_NUMBER() OVER (PARTITION BY e.unit, LOWER(TRIM(COALESCE(e.subject, '')))
                              ORDER BY e.occurred_on DESC, e.recorded_at DESC, e.entry) AS place,
           CASE WHEN LOWER(TRIM(e.subject)) LIKE 'toàn %' OR LOWER(TRIM(e.subject)) LIKE 'toÀn %'
                     OR LOWER(TRIM(e.subject)) LIKE '% toàn %' OR LOWER(TRIM(e.subject)) LIKE '% toÀn %'
                     OR LOWER(TRIM(e.subject)) LIKE 'tất cả%' OR LOWER(TRIM(e.subject)) LIKE 'tẤt cẢ%'
                     OR LOWER(TRIM(e.subject)) LIKE 'cả %' OR LOWER(TRIM(e.subject)) LIKE 'cẢ %' THEN 1 ELSE 0 END AS is_whole
    FROM fact_entry e
    WHERE e.register = 'wireless-survey'
),
areas AS (
    SELECT s.unit, s.area, s.occurred_on, s.recorded_at, s.age_days, s.result,
           CASE WHEN s.result = 'found'
                 AND EXISTS (SELECT 1 FROM surveys o
                             WHERE o.unit = s.unit AND o.area <> s.area
                               AND (o.occurred_on > s.occurred_on
                                    OR (o.occurred_on = s.occurred_on AND o.recorded_at > s.recorded_at))
                               AND ((o.is_whole = 1 AND o.result IN ('none-found', 'removed'))
                                    OR (s.is_whole = 1 AND o.result = 'removed'))) THEN 1 ELSE 0 END AS since
    FROM surveys s
    WHERE s.place = 1
)
SELECT s.unit AS unit,
       s.area AS subject,
       CASE WHEN s.since = 1 THEN NULL
            WHEN s.result = 'found' THEN 'breached'
            WHEN s.age_days <= CAST(:max_age_days AS BIGINT) THEN 'met' END AS status,
       CASE WHEN s.since = 1 THEN 'found-before'
            WHEN s.result = 'found' THEN 'found'
            WHEN s.age_days <= CAST(:max_age_days AS BIGINT) THEN 'none-found'
            ELSE 'survey-old' END AS reason,
       s.recorded_at AS observed_at,
       s.occurred_on AS surveyed_on,
       CAST(NULL AS BIGINT) AS points
FROM areas s
WHERE COALESCE(s.result, '') <> 'area-left'
UNION ALL
SELECT d.unit AS unit,
       'access-point' AS subject,
       CASE WHEN COUNT(t.target) > 0 THEN 'breached' END AS status,
       CASE WHEN COUNT(t.target) > 0 THEN 'access-point' ELSE 'access-point-unseen' END AS reason,
       MAX(d.updated_at) AS observed_at,
       CAST(NULL AS TEXT) AS surveyed_on,
       COUNT(*) AS points
FROM fact_device d
LEFT JOIN fact_target t ON t.target = d.device AND t.state = 'up'
WHERE d.status = 'active' AND d.role = 'access-point'
GROUP BY d.unit
