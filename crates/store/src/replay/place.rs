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
    ("contact", Place::Journal),
    ("device", Place::Journal),
    ("digest", Place::Open),
    ("document", Place::Journal),
    ("duty", Place::Derived),
    ("entry", Place::Journal),
    ("entry_revision", Place::Journal),
    ("evidence", Place::Itself),
    ("evidence_check", Place::Open),
    ("exemption", Place::Journal),
    ("finding", Place::Journal),
    ("inspection_item", Place::Journal),
    ("inspection_round", Place::Journal),
    ("job", Place::Open),
    ("journal", Place::Itself),
    ("known_device", Place::Open),
    ("letterhead", Place::Journal),
    ("log_claim", Place::Journal),
    ("log_source", Place::Open),
    ("one_time_link", Place::Sealed),
    ("organization", Place::Journal),
    ("organization_closure", Place::Derived),
    ("password_history", Place::Open),
    ("prefix", Place::Journal),
    ("recovery_code", Place::Open),
    ("reminder", Place::Open),
    ("role_assignment", Place::Journal),
    ("session", Place::Sealed),
    ("setting", Place::Journal),
    ("sign_in_try", Place::Open),
    ("site", Place::Journal),
    ("target_state", Place::Open),
    ("target_transition", Place::Open),
    ("task_run", Place::Open),
    ("unknown_sender", Place::Open),
    ("verdict", Place::Journal),
    ("view_version", Place::Open),
];
