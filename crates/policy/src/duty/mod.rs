//! Duties with a period: when each is due, and whether it was done.

mod judge;
mod period;
mod rule;

pub use judge::{DutyFinding, Fulfilment, Judged, judge};
pub use period::{Period, Span};
pub use rule::{Count, Due, DutyRule, Instance, event_deadline, hours_deadline, instances};

#[cfg(test)]
mod tests;
