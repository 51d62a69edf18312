//! A real server on port 0 with a database and a clock of its own, for tests.

pub mod postgres;
