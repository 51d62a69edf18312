-- A province, the head of a tree of organizations, chooses for itself; '' is what all others share.
CREATE TABLE setting_of_province (
    province TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (province, key)
) STRICT;
INSERT INTO setting_of_province (province, key, value, updated_at) SELECT '', key, value, updated_at FROM setting;
DROP TABLE setting;
ALTER TABLE setting_of_province RENAME TO setting;
