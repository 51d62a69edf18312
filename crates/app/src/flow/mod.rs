//! Flows: requests that go from state to state as `policy/flows/` says.
//!
//! A click is one transaction: who may, what was shown, all effects in the database, the new
//! state, and the journal, or nothing. What goes out of the database is a job that the
//! transaction queues.

mod act;
mod begin;
mod call;
mod ground;
mod outside;
mod plan;
mod substitute;
mod take;
mod view;
mod who;

pub use begin::{Begin, Offer, begin, offer, offers};
pub use outside::{again, outside};
pub use plan::{Plan, Planned, Said};
pub use store::flow::{FlowEffect, FlowEvent, FlowQuery, FlowRow, Substitute};
pub use substitute::{Standing, end_substitute, name_substitute, substitutes};
pub use take::{Taking, take, withdraw};
pub use view::{Open, Possible, Waiting, get, list, waiting, waits};

pub(crate) use outside::told_again;
pub(crate) use view::Counts;

/// The words of a flow where something about it goes wrong.
fn noun() -> domain::label::Label {
    domain::label::Label::new("đề nghị", "request")
}
