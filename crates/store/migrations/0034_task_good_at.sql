-- When a task last went well; a run that failed leaves it.
ALTER TABLE task_run ADD COLUMN good_at INTEGER;
UPDATE task_run SET good_at = finished_at WHERE outcome = 'ok';
