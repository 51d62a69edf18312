-- How often what is read as a view (a noun, or what is observed) was changed, by any process.
CREATE TABLE view_version (
    view_name TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;
