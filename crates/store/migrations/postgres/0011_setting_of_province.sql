-- A province, the head of a tree of organizations, chooses for itself; '' is what all others share.
CREATE TABLE setting_of_province (
    province TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (province, key)
);
INSERT INTO setting_of_province (province, key, value, updated_at) SELECT '', key, value, updated_at FROM setting;
DROP TABLE setting;
ALTER TABLE setting_of_province RENAME TO setting;
