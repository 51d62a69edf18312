//! Claims of units: what is theirs because it was granted, and what waits.
//!
//! The registry keeps what was typed. Whoever saves a record lays its claims (`settle`):
//! those of the network centre are grants themselves, those of a unit are granted within the
//! unit's own prefixes, and the others wait until the centre decides ([`decide`]).

mod decide;
mod ground;
mod lines;
mod settle;

pub use decide::{Decision, OpenClaim, count_open, decide, of_record, open};
pub(crate) use decide::{decide_in, refuse_taken};
pub(crate) use ground::Ground;
pub(crate) use lines::{Heard, adopt_lines, claim_meanwhile, heard_lately};
pub(crate) use settle::{foretell, settle};
pub use store::claim::{Claim, Use};
