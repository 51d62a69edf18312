-- Work that one process does at a time: who holds it, and until when by this database's clock.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    until_at INTEGER NOT NULL
);
