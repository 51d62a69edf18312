//! Signing in and out, one-time codes, passwords.

pub mod page;
pub mod qr;
