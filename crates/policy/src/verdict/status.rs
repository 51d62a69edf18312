//! The seven answers and their order.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether an organization meets a control or a clause.
///
/// The order is that of what weighs when several answers become one: the
/// heaviest stands. A breach that is known outweighs everything; a check that
/// failed to run outweighs missing facts, because it hides them; what is not
/// known outweighs what is not due yet; and `NotApplicable` adds nothing to any
/// other answer.
///
/// `NotApplicable < Met < Waived < Pending < NoData < Error < Breached`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It does not concern this organization.
    NotApplicable,
    /// The facts show that it is met.
    Met,
    /// An exemption with an approver and an end covers it.
    Waived,
    /// It is not due yet.
    Pending,
    /// The facts are missing or too old. Silence is never compliance.
    NoData,
    /// The check itself failed.
    Error,
    /// The facts show that it is not met.
    Breached,
}

impl Status {
    /// All of them, lightest first.
    pub const ALL: [Status; 7] = [
        Status::NotApplicable,
        Status::Met,
        Status::Waived,
        Status::Pending,
        Status::NoData,
        Status::Error,
        Status::Breached,
    ];

    /// The word stored and sent: `not_applicable`, `met`, …
    pub fn code(self) -> &'static str {
        match self {
            Status::NotApplicable => "not_applicable",
            Status::Met => "met",
            Status::Waived => "waived",
            Status::Pending => "pending",
            Status::NoData => "no_data",
            Status::Error => "error",
            Status::Breached => "breached",
        }
    }

    /// Reads the word back.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// Both must hold: the heavier answer stands.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }

    /// All must hold. Of nothing at all, nothing is known.
    pub fn all(parts: impl IntoIterator<Item = Status>) -> Self {
        parts
            .into_iter()
            .reduce(Status::and)
            .unwrap_or(Status::NoData)
    }

    /// What becomes of it under an exemption: what is met or does not apply stays so.
    #[must_use]
    pub fn waived(self) -> Self {
        match self {
            Status::NotApplicable | Status::Met => self,
            _ => Status::Waived,
        }
    }

    /// What a valid answer of a person adds beside a check: it stands in where
    /// the check has no facts, and never against them.
    #[must_use]
    pub fn or_attested(self, attested: Status) -> Self {
        if self == Status::NoData {
            attested
        } else {
            self
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
