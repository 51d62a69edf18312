-- Does nothing join the unit's network over the air? An access point that answers on the network (within the
-- last hour) is a breach, and so is what the newest survey of an area found and left, as long as it is recent enough: of an
-- older one nobody can say how it stands today. One that only stands in the registry may
-- serve another network, and nobody can say. Only surveys that are recent
-- enough, of every area that was ever surveyed, and found nothing say that there is none: a
-- registry without access points does not. An area that is no longer used is not asked about. Of what was found in one
-- place nobody can say once a survey of the whole, as its words say, or of a place whose name holds its own, left nothing; nor of
-- what was found in the whole once something was removed from another place, or of a place whose name another holds from which it was.
-- A survey that was last saved before its own day was a plan then, and one of which words say that there is nothing tells of no area.
WITH written AS (
    SELECT e.unit, e.entry, COALESCE(e.subject, '') AS area, LOWER(REPLACE(COALESCE(e.subject, ''), ' ', '')) AS name,
           LOWER(RTRIM(LTRIM(e.subject, ' -.,;:([*?/_…'), ' .,;)]*…')) || ' ' AS said,
           e.occurred_on, e.recorded_at, e.age_days, e.result
    FROM book_wireless_survey e
    WHERE NOT COALESCE(e.updated_at, e.recorded_at) < ((CAST(:now AS BIGINT) + 25200000) / 86400000 - e.age_days) * 86400000 - 25200000
),
surveys AS (
    SELECT w.unit, w.area, w.name, w.occurred_on, w.recorded_at, w.age_days, w.result,
           ROW_NUMBER() OVER (PARTITION BY w.unit, w.name ORDER BY w.occurred_on DESC, w.recorded_at DESC, w.entry) AS place,
           CASE WHEN w.said LIKE 'toàn %' OR w.said LIKE 'toÀn %' OR w.said LIKE '% toàn %' OR w.said LIKE '% toÀn %'
                     OR w.said LIKE 'tất cả%' OR w.said LIKE 'tẤt cẢ%' OR w.said LIKE 'cả %' OR w.said LIKE 'cẢ %' THEN 1 ELSE 0 END AS is_whole
    FROM written w
    WHERE w.area = ''
       OR NOT EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = w.area)
),
areas AS (
    SELECT s.unit, s.area, s.occurred_on, s.recorded_at, s.age_days, s.result,
           CASE WHEN s.result = 'found'
                 AND EXISTS (SELECT 1 FROM surveys o
                             WHERE o.unit = s.unit AND o.name <> s.name
                               AND (o.occurred_on > s.occurred_on
                                    OR (o.occurred_on = s.occurred_on AND o.recorded_at > s.recorded_at))
                               AND ((o.result IN ('none-found', 'removed')
                                     AND (o.is_whole = 1 OR (o.name <> '' AND s.name LIKE '%' || o.name || '%')))
                                    OR (o.result = 'removed'
                                        AND (s.is_whole = 1 OR (s.name <> '' AND o.name LIKE '%' || s.name || '%'))))) THEN 1 ELSE 0 END AS since
    FROM surveys s
    WHERE s.place = 1
)
SELECT s.unit AS unit,
       s.area AS subject,
       CASE WHEN s.since = 1 OR s.age_days > CAST(:max_age_days AS BIGINT) THEN NULL
            WHEN s.result = 'found' THEN 'breached'
            WHEN s.result IS NOT NULL THEN 'met' END AS status,
       CASE WHEN s.since = 1 THEN 'found-before'
            WHEN s.result = 'found' AND s.age_days <= CAST(:max_age_days AS BIGINT) THEN 'found'
            WHEN s.result IS NULL THEN 'result-missing'
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
                       AND t.last_sample_at >= CAST(:now AS BIGINT) - 3600000 AND t.last_sample_at <= CAST(:now AS BIGINT) + 3600000
WHERE d.status = 'active' AND d.role = 'access-point'
GROUP BY d.unit
