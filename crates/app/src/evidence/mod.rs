//! Evidence that cannot be rewritten: vault and journal prove each other.
//!
//! Each checkpoint of the log vault is an entry of the change journal, and each checkpoint
//! names the journal's head (`anchor`). Receipts and the daily digest carry both out of the
//! house ([`Left`] reads them again), and a verification holds everything against everything
//! (`vault`, [`crate::journal::verify_against`]); it runs by itself once a day (`daily`).

mod anchor;
mod baseline;
mod daily;
mod keys;
mod left;
mod lost;
mod vault;

pub use store::evidence::EvidenceCheck;

pub use self::{
    anchor::reconcile,
    daily::{checks, read, run},
    keys::OtherKey,
    left::{Left, LeftError},
    lost::{Lost, LostVault, acknowledge, lost},
    vault::{Against, HeldAgainst, VaultReport, verify as verify_vault},
};
pub(crate) use self::{
    anchor::{Continued, begin, digest, noted, settle},
    baseline::begin as baseline,
    keys::{others, standing},
    lost::{acknowledged, unacknowledged},
};
