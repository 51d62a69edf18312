-- Instants are unix milliseconds, dates are ISO text, so that one SQL text compares
-- them on both engines (docs/decisions/0002-records.md).

CREATE TABLE organization (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    short_name TEXT,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    membership TEXT NOT NULL,
    parent_id TEXT REFERENCES organization (id),
    address TEXT,
    phone TEXT,
    email TEXT,
    latitude REAL,
    longitude REAL,
    starts_on TEXT,
    ends_on TEXT,
    note TEXT
) STRICT;
CREATE INDEX organization_parent ON organization (parent_id);
CREATE INDEX organization_sort ON organization (sort_key);

-- Every organization with each of its superiors and itself.
CREATE TABLE organization_closure (
    ancestor_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    descendant_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    depth INTEGER NOT NULL,
    PRIMARY KEY (ancestor_id, descendant_id)
) STRICT;
CREATE INDEX organization_closure_descendant ON organization_closure (descendant_id);

CREATE TABLE contact (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    phone TEXT,
    email TEXT,
    starts_on TEXT NOT NULL,
    ends_on TEXT,
    decision TEXT,
    note TEXT
) STRICT;
CREATE INDEX contact_organization ON contact (organization_id);

CREATE TABLE site (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    class TEXT NOT NULL,
    status TEXT NOT NULL,
    address TEXT,
    address_key TEXT,
    probe TEXT,
    parent_id TEXT REFERENCES site (id),
    location TEXT,
    latitude REAL,
    longitude REAL,
    note TEXT
) STRICT;
CREATE INDEX site_organization ON site (organization_id);
CREATE INDEX site_address ON site (address_key);

CREATE TABLE circuit (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    provider_id TEXT NOT NULL REFERENCES organization (id),
    contract TEXT,
    bandwidth_mbps INTEGER,
    a_site_id TEXT NOT NULL REFERENCES site (id),
    z_site_id TEXT REFERENCES site (id),
    address TEXT,
    address_key TEXT,
    probe TEXT,
    status TEXT NOT NULL,
    starts_on TEXT,
    ends_on TEXT,
    note TEXT
) STRICT;
CREATE INDEX circuit_organization ON circuit (organization_id);
CREATE INDEX circuit_address ON circuit (address_key);
CREATE INDEX circuit_a_site ON circuit (a_site_id);

CREATE TABLE device (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    site_id TEXT REFERENCES site (id),
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    manufacturer TEXT,
    model TEXT,
    serial TEXT,
    origin TEXT,
    address TEXT,
    address_key TEXT,
    probe TEXT,
    in_service_on TEXT,
    inspected_on TEXT,
    inspection_result TEXT,
    inspected_by TEXT,
    custodian TEXT,
    note TEXT
) STRICT;
CREATE INDEX device_organization ON device (organization_id);
CREATE INDEX device_address ON device (address_key);

CREATE TABLE prefix (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    cidr TEXT NOT NULL UNIQUE,
    first_key TEXT NOT NULL,
    last_key TEXT NOT NULL,
    organization_id TEXT REFERENCES organization (id),
    purpose TEXT NOT NULL,
    note TEXT
) STRICT;

CREATE TABLE role_assignment (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    role TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    starts_on TEXT NOT NULL,
    ends_on TEXT,
    source TEXT
) STRICT;

CREATE TABLE exemption (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    regulation TEXT NOT NULL,
    clause TEXT NOT NULL,
    reason TEXT NOT NULL,
    approver TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    measure TEXT
) STRICT;

-- Entries of all books; the fields of a book are data, so they lie in one JSON column.
-- The columns beside it are the fields that checks read whatever the book.
CREATE TABLE entry (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    register TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    occurred_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    period TEXT,
    result TEXT,
    expires_on TEXT,
    finished_at INTEGER,
    subject TEXT,
    data TEXT NOT NULL
) STRICT;
CREATE INDEX entry_register ON entry (register, organization_id, occurred_on, result, recorded_at);
CREATE INDEX entry_version ON entry (register, version);

CREATE TABLE attachment (
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    uploaded_by TEXT NOT NULL,
    uploaded_at INTEGER NOT NULL,
    -- The same file may be handed in by several units: each has it under its own name.
    PRIMARY KEY (sha256, organization_id)
) STRICT;

CREATE TABLE attestation (
    id TEXT PRIMARY KEY,
    control TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    holds INTEGER NOT NULL,
    statement TEXT NOT NULL,
    attachment TEXT,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL
) STRICT;
CREATE INDEX attestation_latest ON attestation (control, organization_id, made_at);

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT,
    organization_id TEXT REFERENCES organization (id),
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    password_hash TEXT,
    password_changed_at INTEGER,
    must_change INTEGER NOT NULL,
    totp_secret TEXT,
    totp_since INTEGER,
    totp_step INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    locked_until INTEGER,
    last_sign_in_at INTEGER
) STRICT;

CREATE TABLE account_grant (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    organization_id TEXT REFERENCES organization (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX account_grant_account ON account_grant (account_id);

CREATE TABLE password_history (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    set_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    remote TEXT NOT NULL,
    agent TEXT NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account_id);

CREATE TABLE one_time_link (
    token_hash TEXT PRIMARY KEY,
    account_id TEXT REFERENCES account (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE api_token (
    token_hash TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE sign_in_failure (
    remote TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_id TEXT,
    actor TEXT NOT NULL,
    request TEXT NOT NULL,
    remote TEXT NOT NULL,
    noun TEXT NOT NULL,
    record_id TEXT NOT NULL,
    organization_id TEXT,
    action TEXT NOT NULL,
    before TEXT,
    after TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX journal_record ON journal (record_id, seq);
CREATE INDEX journal_organization ON journal (organization_id, seq);

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE evidence (
    hash TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

-- Intervals: a row is written when a verdict begins and closed once when it ends.
CREATE TABLE verdict (
    id TEXT PRIMARY KEY,
    regulation TEXT NOT NULL,
    clause TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    status TEXT NOT NULL,
    reason TEXT,
    evidence_hash TEXT NOT NULL REFERENCES evidence (hash),
    pack_hash TEXT NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to INTEGER,
    recorded_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX verdict_open ON verdict (organization_id, regulation, clause) WHERE valid_to IS NULL;
CREATE INDEX verdict_history ON verdict (regulation, clause, organization_id, valid_from);

CREATE TABLE duty (
    regulation TEXT NOT NULL,
    clause TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    period TEXT NOT NULL,
    register TEXT NOT NULL,
    opens_on TEXT NOT NULL,
    due_on TEXT NOT NULL,
    fulfilled_on TEXT,
    entry_id TEXT,
    PRIMARY KEY (regulation, clause, organization_id, period)
) STRICT;
CREATE INDEX duty_due ON duty (due_on);

CREATE TABLE target_state (
    target_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since_at INTEGER NOT NULL,
    last_sample_at INTEGER,
    rtt_us INTEGER,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE target_transition (
    target_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    PRIMARY KEY (target_id, at, to_state)
) STRICT;

CREATE TABLE availability_day (
    target_id TEXT NOT NULL,
    day TEXT NOT NULL,
    month TEXT NOT NULL,
    up_ms INTEGER NOT NULL,
    down_ms INTEGER NOT NULL,
    unreachable_ms INTEGER NOT NULL,
    isolated_ms INTEGER NOT NULL,
    no_data_ms INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    rtt_min_us INTEGER,
    rtt_sum_us INTEGER NOT NULL,
    rtt_max_us INTEGER,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (target_id, day)
) STRICT;
CREATE INDEX availability_day_month ON availability_day (month);

CREATE TABLE alarm (
    id TEXT PRIMARY KEY,
    target_id TEXT NOT NULL,
    organization_id TEXT,
    state TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    cleared_at INTEGER,
    behind TEXT NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT
) STRICT;
CREATE INDEX alarm_open ON alarm (raised_at) WHERE cleared_at IS NULL;

CREATE TABLE log_source (
    device_id TEXT PRIMARY KEY,
    last_received_at INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE unknown_sender (
    peer TEXT PRIMARY KEY,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    sample TEXT NOT NULL
) STRICT;

CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    unique_key TEXT UNIQUE,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;
CREATE INDEX job_due ON job (run_at) WHERE done_at IS NULL;

CREATE TABLE task_run (
    name TEXT PRIMARY KEY,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
