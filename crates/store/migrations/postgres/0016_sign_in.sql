-- Tries to prove who one is, by what they are counted for: an address, a name, a known device,
-- a second factor.
CREATE TABLE sign_in_try (
    subject TEXT COLLATE "C" PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    until BIGINT NOT NULL
);
DROP TABLE sign_in_failure;
ALTER TABLE account DROP COLUMN failures;
ALTER TABLE account DROP COLUMN locked_until;

-- Browsers from which an account has signed in all the way.
CREATE TABLE known_device (
    token_hash TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    remote TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL
);
CREATE INDEX known_device_account ON known_device (account_id);

CREATE TABLE recovery_code (
    code_hash TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE
);
CREATE INDEX recovery_code_account ON recovery_code (account_id);

-- Earlier tokens did all that the API has; feeds had no end.
ALTER TABLE api_token ADD COLUMN scopes TEXT COLLATE "C" NOT NULL DEFAULT 'read,write,manage,logs,journal';
ALTER TABLE calendar_feed ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
UPDATE calendar_feed SET expires_at = created_at + 31536000000;
-- A link is gone once it was used.
DELETE FROM one_time_link WHERE used_at IS NOT NULL;
ALTER TABLE one_time_link DROP COLUMN used_at;
