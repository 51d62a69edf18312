-- What a session or a link stands for is sealed with a key that is not in the database: a row that was put
-- here or changed beside the program opens nothing. Those of before have no seal: they end with the update.
ALTER TABLE session ADD COLUMN seal TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE one_time_link ADD COLUMN seal TEXT COLLATE "C" NOT NULL DEFAULT '';
