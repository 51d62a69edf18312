-- Instants are unix milliseconds, dates are ISO text, so that one SQL text compares
-- them on both engines (docs/decisions/0002-records.md).

CREATE TABLE organization (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    short_name TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    membership TEXT COLLATE "C" NOT NULL,
    parent_id TEXT COLLATE "C" REFERENCES organization (id),
    address TEXT COLLATE "C",
    phone TEXT COLLATE "C",
    email TEXT COLLATE "C",
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    starts_on TEXT COLLATE "C",
    ends_on TEXT COLLATE "C",
    note TEXT COLLATE "C"
);
CREATE INDEX organization_parent ON organization (parent_id);
CREATE INDEX organization_sort ON organization (sort_key);

-- Every organization with each of its superiors and itself.
CREATE TABLE organization_closure (
    ancestor_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    descendant_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    depth BIGINT NOT NULL,
    PRIMARY KEY (ancestor_id, descendant_id)
);
CREATE INDEX organization_closure_descendant ON organization_closure (descendant_id);

CREATE TABLE contact (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    role TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C",
    phone TEXT COLLATE "C",
    email TEXT COLLATE "C",
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C",
    decision TEXT COLLATE "C",
    note TEXT COLLATE "C"
);
CREATE INDEX contact_organization ON contact (organization_id);

CREATE TABLE site (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    class TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    address_key TEXT COLLATE "C",
    probe TEXT COLLATE "C",
    parent_id TEXT COLLATE "C" REFERENCES site (id),
    location TEXT COLLATE "C",
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    note TEXT COLLATE "C"
);
CREATE INDEX site_organization ON site (organization_id);
CREATE INDEX site_address ON site (address_key);

CREATE TABLE circuit (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    contract TEXT COLLATE "C",
    bandwidth_mbps BIGINT,
    a_site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    z_site_id TEXT COLLATE "C" REFERENCES site (id),
    address TEXT COLLATE "C",
    address_key TEXT COLLATE "C",
    probe TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    starts_on TEXT COLLATE "C",
    ends_on TEXT COLLATE "C",
    note TEXT COLLATE "C"
);
CREATE INDEX circuit_organization ON circuit (organization_id);
CREATE INDEX circuit_address ON circuit (address_key);
CREATE INDEX circuit_a_site ON circuit (a_site_id);

CREATE TABLE device (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    site_id TEXT COLLATE "C" REFERENCES site (id),
    role TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    manufacturer TEXT COLLATE "C",
    model TEXT COLLATE "C",
    serial TEXT COLLATE "C",
    origin TEXT COLLATE "C",
    address TEXT COLLATE "C",
    address_key TEXT COLLATE "C",
    probe TEXT COLLATE "C",
    in_service_on TEXT COLLATE "C",
    inspected_on TEXT COLLATE "C",
    inspection_result TEXT COLLATE "C",
    inspected_by TEXT COLLATE "C",
    custodian TEXT COLLATE "C",
    note TEXT COLLATE "C"
);
CREATE INDEX device_organization ON device (organization_id);
CREATE INDEX device_address ON device (address_key);

CREATE TABLE prefix (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    cidr TEXT COLLATE "C" NOT NULL UNIQUE,
    first_key TEXT COLLATE "C" NOT NULL,
    last_key TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" REFERENCES organization (id),
    purpose TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C"
);

CREATE TABLE role_assignment (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C",
    source TEXT COLLATE "C"
);

CREATE TABLE exemption (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    regulation TEXT COLLATE "C" NOT NULL,
    clause TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    approver TEXT COLLATE "C" NOT NULL,
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C" NOT NULL,
    measure TEXT COLLATE "C"
);

-- Entries of all books; the fields of a book are data, so they lie in one JSON column.
-- The columns beside it are the fields that checks read whatever the book.
CREATE TABLE entry (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    register TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    occurred_on TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    period TEXT COLLATE "C",
    result TEXT COLLATE "C",
    expires_on TEXT COLLATE "C",
    finished_at BIGINT,
    subject TEXT COLLATE "C",
    data TEXT COLLATE "C" NOT NULL
);
CREATE INDEX entry_register ON entry (register, organization_id, occurred_on, result, recorded_at);
CREATE INDEX entry_version ON entry (register, version);

CREATE TABLE attachment (
    sha256 TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    uploaded_by TEXT COLLATE "C" NOT NULL,
    uploaded_at BIGINT NOT NULL,
    -- The same file may be handed in by several units: each has it under its own name.
    PRIMARY KEY (sha256, organization_id)
);

CREATE TABLE attestation (
    id TEXT COLLATE "C" PRIMARY KEY,
    control TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    holds BOOLEAN NOT NULL,
    statement TEXT COLLATE "C" NOT NULL,
    attachment TEXT COLLATE "C",
    made_by TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    valid_until BIGINT NOT NULL
);
CREATE INDEX attestation_latest ON attestation (control, organization_id, made_at);

CREATE TABLE account (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    login TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C",
    organization_id TEXT COLLATE "C" REFERENCES organization (id),
    kind TEXT COLLATE "C" NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    enabled BOOLEAN NOT NULL,
    password_hash TEXT COLLATE "C",
    password_changed_at BIGINT,
    must_change BOOLEAN NOT NULL,
    totp_secret TEXT COLLATE "C",
    totp_since BIGINT,
    totp_step BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    last_sign_in_at BIGINT
);

CREATE TABLE account_grant (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" REFERENCES organization (id) ON DELETE CASCADE
);
CREATE INDEX account_grant_account ON account_grant (account_id);

CREATE TABLE password_history (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash TEXT COLLATE "C" NOT NULL,
    set_at BIGINT NOT NULL
);

CREATE TABLE session (
    token_hash TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    stage TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    remote TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL
);
CREATE INDEX session_account ON session (account_id);

CREATE TABLE one_time_link (
    token_hash TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" REFERENCES account (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE api_token (
    token_hash TEXT COLLATE "C" PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE sign_in_failure (
    remote TEXT COLLATE "C" PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE TABLE journal (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_id TEXT COLLATE "C",
    actor TEXT COLLATE "C" NOT NULL,
    request TEXT COLLATE "C" NOT NULL,
    remote TEXT COLLATE "C" NOT NULL,
    noun TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C",
    action TEXT COLLATE "C" NOT NULL,
    before TEXT COLLATE "C",
    after TEXT COLLATE "C",
    previous_hash TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL
);
CREATE INDEX journal_record ON journal (record_id, seq);
CREATE INDEX journal_organization ON journal (organization_id, seq);

CREATE TABLE setting (
    key TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE evidence (
    hash TEXT COLLATE "C" PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL
);

-- Intervals: a row is written when a verdict begins and closed once when it ends.
CREATE TABLE verdict (
    id TEXT COLLATE "C" PRIMARY KEY,
    regulation TEXT COLLATE "C" NOT NULL,
    clause TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    status TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    evidence_hash TEXT COLLATE "C" NOT NULL REFERENCES evidence (hash),
    pack_hash TEXT COLLATE "C" NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to BIGINT,
    recorded_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE UNIQUE INDEX verdict_open ON verdict (organization_id, regulation, clause) WHERE valid_to IS NULL;
CREATE INDEX verdict_history ON verdict (regulation, clause, organization_id, valid_from);

CREATE TABLE duty (
    regulation TEXT COLLATE "C" NOT NULL,
    clause TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organization (id),
    period TEXT COLLATE "C" NOT NULL,
    register TEXT COLLATE "C" NOT NULL,
    opens_on TEXT COLLATE "C" NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    fulfilled_on TEXT COLLATE "C",
    entry_id TEXT COLLATE "C",
    PRIMARY KEY (regulation, clause, organization_id, period)
);
CREATE INDEX duty_due ON duty (due_on);

CREATE TABLE target_state (
    target_id TEXT COLLATE "C" PRIMARY KEY,
    state TEXT COLLATE "C" NOT NULL,
    since_at BIGINT NOT NULL,
    last_sample_at BIGINT,
    rtt_us BIGINT,
    updated_at BIGINT NOT NULL
);

CREATE TABLE target_transition (
    target_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    from_state TEXT COLLATE "C" NOT NULL,
    to_state TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (target_id, at, to_state)
);

CREATE TABLE availability_day (
    target_id TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    up_ms BIGINT NOT NULL,
    down_ms BIGINT NOT NULL,
    unreachable_ms BIGINT NOT NULL,
    isolated_ms BIGINT NOT NULL,
    no_data_ms BIGINT NOT NULL,
    samples BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    rtt_min_us BIGINT,
    rtt_sum_us BIGINT NOT NULL,
    rtt_max_us BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (target_id, day)
);
CREATE INDEX availability_day_month ON availability_day (month);

CREATE TABLE alarm (
    id TEXT COLLATE "C" PRIMARY KEY,
    target_id TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    raised_at BIGINT NOT NULL,
    cleared_at BIGINT,
    behind TEXT COLLATE "C" NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by TEXT COLLATE "C"
);
CREATE INDEX alarm_open ON alarm (raised_at) WHERE cleared_at IS NULL;

CREATE TABLE log_source (
    device_id TEXT COLLATE "C" PRIMARY KEY,
    last_received_at BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE unknown_sender (
    peer TEXT COLLATE "C" PRIMARY KEY,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    sample TEXT COLLATE "C" NOT NULL
);

CREATE TABLE job (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    unique_key TEXT COLLATE "C" UNIQUE,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    leased_until BIGINT,
    last_error TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX job_due ON job (run_at) WHERE done_at IS NULL;

CREATE TABLE task_run (
    name TEXT COLLATE "C" PRIMARY KEY,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    outcome TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL
);
