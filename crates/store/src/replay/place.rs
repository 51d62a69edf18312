//! Every table, and how it is held: docs/security.md says the same, and a test holds schema,
//! table and paper against each other.

/// How a table is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Each row against the journal: changed, added or gone, it is named.
    Journal,
    /// It holds itself, by a chain or by hashes.
    Itself,
    /// It follows from what is held, and is made anew from it or compared with it.
    Derived,
    /// Each row by a mark that only the program's key makes: one that is not its own opens nothing.
    Sealed,
    /// By nothing: what is observed, or stands for a while.
    Open,
}

impl Place {
    /// Its word in docs/security.md.
    pub fn word(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Itself => "itself",
            Self::Derived => "derived",
            Self::Sealed => "sealed",
            Self::Open => "not held",
        }
    }
}

/// All tables of the schema.
pub const TABLES: &[(&str, Place)] = &[
    ("account", Place::Journal),
    ("account_grant", Place::Journal),
    ("adoption", Place::Journal),
    ("alarm", Place::Open),
    ("api_token", Place::Journal),
    ("attachment", Place::Journal),
    ("attestation", Place::Journal),
    ("availability_day", Place::Open),
    ("outage", Place::Open),
    ("book_closing", Place::Journal),
    ("book_view", Place::Derived),
    ("calendar_feed", Place::Journal),
    ("circuit", Place::Journal),
    ("claim", Place::Journal),
    ("collection", Place::Open),
    ("contact", Place::Journal),
    ("device", Place::Journal),
    ("device_secret", Place::Sealed),
    ("digest", Place::Open),
    ("document", Place::Journal),
    ("duty", Place::Derived),
    ("entry", Place::Journal),
    ("entry_revision", Place::Journal),
    ("evidence", Place::Itself),
    ("evidence_check", Place::Open),
    ("exemption", Place::Journal),
    ("fact_view", Place::Derived),
    ("finding", Place::Journal),
    ("flow", Place::Journal),
    ("flow_definition", Place::Itself),
    ("flow_effect", Place::Open),
    ("flow_event", Place::Journal),
    ("flow_substitute", Place::Journal),
    ("inspection_item", Place::Journal),
    ("inspection_round", Place::Journal),
    ("interface", Place::Open),
    ("job", Place::Open),
    ("journal", Place::Itself),
    ("known_device", Place::Open),
    ("lease", Place::Open),
    ("letterhead", Place::Journal),
    ("log_claim", Place::Journal),
    ("log_source", Place::Open),
    ("observed_past", Place::Open),
    ("one_time_link", Place::Sealed),
    ("organization", Place::Journal),
    ("organization_closure", Place::Derived),
    ("password_history", Place::Open),
    ("prefix", Place::Journal),
    ("recovery_code", Place::Sealed),
    ("reminder", Place::Open),
    ("role_assignment", Place::Journal),
    ("session", Place::Sealed),
    ("setting", Place::Journal),
    ("share", Place::Journal),
    ("sign_in_try", Place::Open),
    ("site", Place::Journal),
    ("target_state", Place::Open),
    ("target_transition", Place::Open),
    ("task_run", Place::Open),
    ("unknown_sender", Place::Open),
    ("unsaid", Place::Derived),
    ("unsaid_list", Place::Derived),
    ("verdict", Place::Journal),
    ("view_version", Place::Open),
];

/// Columns of tables of [`Place::Journal`] that nothing holds, each with the reason: docs/security.md
/// has the same list.
pub const LOOSE: &[(&str, &str)] = &[
    (
        "attachment.scan_detail",
        "the scanner's own words; what it found is held",
    ),
    ("attachment.scanned_at", "when it was asked last"),
    ("setting.updated_at", "the entry that set it has the moment"),
    (
        "account.version",
        "counts changes; each of them is an entry",
    ),
    ("account.created_at", "the first entry has the moment"),
    ("account.updated_at", "the last entry has the moment"),
    ("account.language", "a preference"),
    (
        "account.password_changed_at",
        "from when a password ages; which one it is is held",
    ),
    (
        "account.must_change",
        "asks for a new password; which one it is is held",
    ),
    (
        "account.totp_secret",
        "sealed by `data.key` for this account; that there is one is held",
    ),
    ("account.totp_step", "keeps a code from being used twice"),
    ("account.last_sign_in_at", "sign-ins are entries"),
    ("api_token.used_at", "when it was used last"),
    ("calendar_feed.used_at", "when it was used last"),
    (
        "log_claim.counted_at",
        "how far the vault was counted; counted anew",
    ),
    ("log_claim.lines", "counted in the vault"),
    (
        "log_claim.first_at",
        "counted in the vault; held to lie within the claim's time",
    ),
    (
        "log_claim.last_at",
        "counted in the vault; held to lie within the claim's time",
    ),
    ("entry.sort_key", "nothing is sorted by it"),
];
