-- The fact views as the program made them last. Those that earlier migrations made are made anew
-- from the nouns and from crates/domain/facts at each opening where a text differs. A later
-- migration that needs a view out of its way drops it with IF EXISTS and deletes all rows here:
-- then all are made again.
CREATE TABLE fact_view (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL
);
