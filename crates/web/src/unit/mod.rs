//! Units: the list, and everything about one.

pub mod page;
