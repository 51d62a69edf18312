//! Compliance: regulation, chapter, article, clause, verdict.

pub mod heatmap;
pub mod page;
pub mod timeline;
