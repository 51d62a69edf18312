//! The registry and the books: pages made from the schema of any noun.

pub mod cell;
pub mod form;
pub mod page;
