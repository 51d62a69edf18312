//! Sealed segments: Parquet files that other engines read as they are.

mod chunk;
mod read;
mod schema;
mod summary;
mod write;

pub(crate) use read::{Column, RowGroup, Segment, ranges};
pub(crate) use schema::PAGE_ROWS;
pub(crate) use summary::Summary;
pub(crate) use write::{Sealed, SegmentWriter};
