-- Duties of events and of both sides of a clock. The instances are computed from the books
-- and the packs, so the table is made anew and filled by the next evaluation.
DROP TABLE duty;
CREATE TABLE duty (
    regulation TEXT NOT NULL,
    clause TEXT NOT NULL,
    control TEXT NOT NULL,
    side TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    period TEXT NOT NULL,
    register TEXT NOT NULL,
    subject TEXT,
    event_unit TEXT,
    opens_on TEXT NOT NULL,
    due_on TEXT,
    due_at INTEGER,
    gap TEXT,
    outcome TEXT NOT NULL,
    fulfilled_on TEXT,
    entry_id TEXT,
    PRIMARY KEY (regulation, clause, control, side, organization_id, period)
) STRICT;
CREATE INDEX duty_due ON duty (due_on);

-- What each receiver was told of which duty, and that a day's digest went out.
CREATE TABLE reminder (
    receiver TEXT NOT NULL,
    duty TEXT NOT NULL,
    step INTEGER NOT NULL,
    told_on TEXT NOT NULL,
    PRIMARY KEY (receiver, duty, step)
) STRICT;
CREATE TABLE digest (
    receiver TEXT NOT NULL,
    told_on TEXT NOT NULL,
    PRIMARY KEY (receiver, told_on)
) STRICT;

-- Addresses of calendar feeds, by the hash of their secret part.
CREATE TABLE calendar_feed (
    token_hash TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
