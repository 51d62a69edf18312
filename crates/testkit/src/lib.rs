//! PostgreSQL, the built program, its clock, a client, a browser and Python for tests.

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(feature = "program")]
pub mod client;
#[cfg(feature = "program")]
pub mod clock;
mod installed;
pub mod postgres;
#[cfg(feature = "program")]
pub mod program;
pub mod python;
#[cfg(feature = "program")]
pub mod world;

pub use installed::{installed, root};
