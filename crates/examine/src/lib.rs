//! Readers of files that people hand in: attachments and tables.
//!
//! They are given bytes and answer with values. They know nothing of records, the disk or
//! the network.

pub mod attachment;
pub mod table;
