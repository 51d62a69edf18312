//! A real server on port 0 with a database and a clock of its own, for tests.

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(feature = "program")]
pub mod client;
pub mod postgres;
#[cfg(feature = "program")]
pub mod program;
#[cfg(feature = "program")]
pub mod world;
