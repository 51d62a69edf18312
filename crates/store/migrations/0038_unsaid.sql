-- Texts of records that say nothing yet ("Chưa có"), by the kinds of field in which they do
-- (crates/domain/unsaid.yaml): what checks read as fact_unsaid. Written with the records, in the
-- same transaction. One that no record holds any more is no less true and stays.
CREATE TABLE unsaid (
    said TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (said, kind)
);

-- With which list the table above was last made anew: the SHA-256 of the list.
CREATE TABLE unsaid_list (
    version TEXT PRIMARY KEY
);
