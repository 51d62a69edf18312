//! PostgreSQL, the built program, a client and a browser for tests.

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(feature = "program")]
pub mod client;
pub mod postgres;
#[cfg(feature = "program")]
pub mod program;
#[cfg(feature = "program")]
pub mod world;
