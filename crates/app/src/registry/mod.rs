//! The registry and the books: one set of use cases for every noun.

pub mod book;
mod export;
pub(crate) mod import;
mod plan;
mod record;
mod rules;
mod workbook;

pub use examine::table::MAX_BYTES;
pub use export::{export_csv, export_xlsx};
pub use import::{CellProblem, ImportMode, ImportReport, Outcome, RowFate, run as import};
pub(crate) use record::add_all;
pub(crate) use record::write_in;
pub use record::{Saved, delete, get, list, recent, reference_titles, save, writable};
pub use store::book::{Closing, Revision};
pub use store::registry::{RecentEntries, RecordPage, RecordQuery};
pub use workbook::{Cell, workbook};
