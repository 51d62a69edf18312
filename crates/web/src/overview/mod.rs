//! The overview: the province as a picture, and beside it what is wrong, due and met.

pub mod page;
mod route;

pub use route::{kind_word, routes};
