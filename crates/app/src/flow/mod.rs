//! Flows: requests that go from state to state as `policy/flows/` says.
//!
//! A click is one transaction: who may, what was shown, all effects in the database, the new
//! state, and the journal, or nothing. What goes out of the database is a job that the
//! transaction queues.

mod act;
mod begin;
mod call;
mod deadline;
mod definition;
mod desk;
mod form;
mod ground;
mod outside;
mod plan;
mod substitute;
mod take;
mod view;
mod who;

pub use begin::{Begin, Offer, begin, offer, offers, open_about};
pub use desk::{Desk, waiting, waits};
pub use outside::{again, outside};
pub use plan::{Plan, Planned, Said};
pub use store::flow::{
    EffectState, EventKind, FlowEffect, FlowEvent, FlowQuery, FlowRow, Substitute,
};
pub(crate) use substitute::end_with_account;
pub use substitute::{Named, end_substitute, name_substitute, standing_in, substitutes};
pub use take::{Taking, take, withdraw};
pub use view::{Open, Possible, Waiting, get, list};

pub(crate) use deadline::deadlines;
pub(crate) use definition::Definitions;
pub(crate) use desk::Counts;
pub(crate) use outside::told_again;

/// The words of a flow where something about it goes wrong.
pub(crate) fn noun() -> domain::label::Label {
    domain::label::Label::new("đề nghị", "request")
}
