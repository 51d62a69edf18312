//! The working calendar: which days are worked, and counting in working days.

pub mod holiday;
pub mod lunar;
pub mod workday;

pub use holiday::{Anchor, Announced, Certainty, Holiday, MonthDay, Year, Years};
pub use lunar::LunarDate;
pub use workday::{Calendar, Day, Deadline, Gap};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
