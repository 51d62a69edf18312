//! Duties: what starts each clock, when it is due, and whether it was done.

mod book;
mod deed;
mod event;
mod instance;
mod judge;
mod period;
mod rule;

pub use book::{Books, Entry, Moment};
pub use instance::{Event, Instance, event_deadline, hours_deadline, instances, lead_deadline};
pub use judge::{Bound, DutyFinding, Judged, judge};
pub use period::{Period, Span};
pub use rule::{
    Amount, AnswerRule, Count, Due, DutyClock, DutyRule, EventRule, Length, Matching, Perhaps,
    Whose,
};

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod tests;
