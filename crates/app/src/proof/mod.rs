//! Proof that leaves the program: signed receipts, and OSCAL.

pub mod oscal;
mod receipt;

pub use receipt::{Receipt, ReceiptError, Verified, key, make, verify};
