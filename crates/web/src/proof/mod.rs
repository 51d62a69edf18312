//! Proof that leaves the program: receipts and OSCAL.

pub mod page;
mod route;

pub use route::routes;
