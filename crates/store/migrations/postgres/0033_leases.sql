-- Work that one process does at a time: who holds it, and until when by this database's clock.
CREATE TABLE lease (
    name TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    epoch BIGINT NOT NULL,
    until_at BIGINT NOT NULL
);
