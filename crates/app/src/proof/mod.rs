//! Proof that leaves the program: signed receipts, and OSCAL.

pub mod oscal;
mod receipt;

pub use receipt::{Receipt, ReceiptError, Statement, Verified, key, make, verify};
