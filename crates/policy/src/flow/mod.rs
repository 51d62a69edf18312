//! Flows: requests that go from state to state, each step with who may take it and what it does.
//!
//! A flow is data as far as states, steps, guards and named effects go. It has no loops, no
//! variables, no computed writes, no flows within flows and no parallel ways: what needs more is
//! Rust, under a name that a step calls ([`CALLS`]).

mod effect;
mod guard;
mod model;
mod name;

pub use effect::{CALLS, Call, Create, Effect, Entry, NoticeOf, Paper, Receiver, Written};
pub use guard::{Given, Guard};
pub use model::{BEGIN, Flow, Of, Serves, State, Step, WITHDRAWN, Who, Within};
pub use name::{Name, Source, names};
