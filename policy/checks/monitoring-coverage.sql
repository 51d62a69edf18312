-- Asked of whoever runs a province's network: is every connected unit of the province
-- watched, each of its sites in service and each line that is probed, with samples that are
-- still fresh? What nothing probes here may be watched by other means, or not be connected yet: nobody can
-- say. A sample that did not come is one that we did not take, and one of later than now was noted before
-- the machine's clock was set back: it says nothing of whether somebody watches.
WITH watched AS (
    SELECT t.unit, COUNT(*) AS targets, MIN(COALESCE(t.last_sample_at, 0)) AS oldest_at,
           MAX(t.last_sample_at) AS last_sample_at
    FROM fact_target t
    WHERE t.noun IN ('site', 'circuit')
    GROUP BY t.unit
),
unwatched AS (
    SELECT s.unit, COUNT(*) AS sites, MIN(s.name) AS site
    FROM fact_site s
    WHERE s.status = 'active' AND s.site NOT IN (SELECT t.target FROM fact_target t)
    GROUP BY s.unit
),
judged AS (
    SELECT r.unit, o.name, o.code, o.updated_at, w.last_sample_at, u.site,
           COALESCE(w.targets, 0) AS targets, COALESCE(u.sites, 0) AS unwatched,
           CASE WHEN w.unit IS NULL THEN 'not-watched'
                WHEN u.sites > 0 THEN 'partly-watched'
                WHEN w.oldest_at >= CAST(:now AS BIGINT) - CAST(:max_age_minutes AS BIGINT) * 60000
                     AND w.last_sample_at <= CAST(:now AS BIGINT) + 3600000 THEN 'watched'
                ELSE 'silent' END AS outcome
    FROM fact_role r
    JOIN fact_organization o ON o.province = r.province
    LEFT JOIN watched w ON w.unit = o.unit
    LEFT JOIN unwatched u ON u.unit = o.unit
    WHERE r.role = 'network-authority'
      AND (r.starts_on IS NULL OR r.starts_on <= CAST(:today AS TEXT))
      AND (r.ends_on IS NULL OR r.ends_on >= CAST(:today AS TEXT))
      AND o.membership IN ('member', 'participant')
)
SELECT j.unit AS unit,
       j.name AS subject,
       CASE WHEN j.outcome = 'watched' THEN 'met' END AS status,
       CASE WHEN j.outcome = 'not-watched' THEN 'not-watched'
            WHEN j.outcome = 'partly-watched' THEN 'partly-watched'
            WHEN j.outcome = 'watched' THEN 'watched'
            ELSE 'silent' END AS reason,
       COALESCE(j.last_sample_at, j.updated_at) AS observed_at,
       j.code AS code,
       j.targets AS targets,
       j.unwatched AS unwatched,
       j.site AS site,
       j.last_sample_at AS last_sample_at
FROM judged j
