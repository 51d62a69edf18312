-- How often what is read as a view (a noun, or what is observed) was changed, by any process.
CREATE TABLE view_version (
    view_name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
