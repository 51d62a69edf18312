-- Duties of events and of both sides of a clock. The instances are computed from the books
-- and the packs, so the table is made anew and filled by the next evaluation.
DROP TABLE duty;
CREATE TABLE duty (
    regulation TEXT COLLATE "C" NOT NULL,
    clause TEXT COLLATE "C" NOT NULL,
    control TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    period TEXT COLLATE "C" NOT NULL,
    register TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C",
    event_unit TEXT COLLATE "C",
    opens_on TEXT COLLATE "C" NOT NULL,
    due_on TEXT COLLATE "C",
    due_at BIGINT,
    gap TEXT COLLATE "C",
    outcome TEXT COLLATE "C" NOT NULL,
    fulfilled_on TEXT COLLATE "C",
    entry_id TEXT COLLATE "C",
    PRIMARY KEY (regulation, clause, control, side, organization_id, period)
);
CREATE INDEX duty_due ON duty (due_on);

-- What each receiver was told of which duty, and that a day's digest went out.
CREATE TABLE reminder (
    receiver TEXT COLLATE "C" NOT NULL,
    duty TEXT COLLATE "C" NOT NULL,
    step BIGINT NOT NULL,
    told_on TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (receiver, duty, step)
);
CREATE TABLE digest (
    receiver TEXT COLLATE "C" NOT NULL,
    told_on TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (receiver, told_on)
);

-- Addresses of calendar feeds, by the hash of their secret part.
CREATE TABLE calendar_feed (
    token_hash TEXT COLLATE "C" PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
