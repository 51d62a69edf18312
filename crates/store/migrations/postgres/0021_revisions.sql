-- Every version of an entry, also those from before versions were kept: the journal has them, with who
-- wrote them and when. From here on each version is held against it.
INSERT INTO entry_revision (entry_id, version, recorded_at, recorded_by, data)
SELECT e.id, j.n, j.at, j.actor, j.after
FROM (
    SELECT record_id, noun, at, actor, after, ROW_NUMBER() OVER (PARTITION BY noun, record_id ORDER BY seq) AS n
    FROM journal WHERE after IS NOT NULL AND action IN ('create', 'update')
) j JOIN entry e ON e.id = j.record_id AND e.register = j.noun
WHERE j.n <= e.version
    AND NOT EXISTS (SELECT 1 FROM entry_revision r WHERE r.entry_id = e.id AND r.version = j.n);

UPDATE entry_revision SET recorded_by = j.actor, recorded_at = j.at
FROM (
    SELECT record_id, at, actor, ROW_NUMBER() OVER (PARTITION BY noun, record_id ORDER BY seq) AS n
    FROM journal WHERE after IS NOT NULL AND action IN ('create', 'update')
) j
WHERE j.record_id = entry_revision.entry_id AND j.n = entry_revision.version AND entry_revision.recorded_by = '';
