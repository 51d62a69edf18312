//! The registry and the books: one set of use cases for every noun.

pub mod book;
mod columns;
mod existing;
mod export;
mod fates;
mod file;
mod held;
pub(crate) mod import;
mod names;
mod narrow;
mod plan;
mod record;
mod reference;
mod remove;
mod report;
mod rules;
pub mod running;
mod settled;
mod table;
mod workbook;
mod write;

pub(crate) use book::a_book;
pub use columns::ColumnUse;
pub use examine::table::MAX_BYTES;
pub use export::{export_csv, export_xlsx};
pub use import::{ImportMode, ImportOptions, Progress, import_as, run as import};
pub use narrow::narrow;
pub(crate) use plan::defaults;
pub(crate) use record::add_all;
pub(crate) use record::{By, Writing, find, save_step, write_in};
pub use record::{
    Saved, get, list, recent, reference_titles, save, save_new, save_with, titles_of, totals,
    writable,
};
pub use remove::delete;
pub use report::{CellProblem, FieldChange, ImportReport, Outcome, RowFate};
pub use store::book::{Closing, Revision};
pub use store::registry::{RecentEntries, RecordPage, RecordQuery, sortable};
pub use table::SheetChoice;
pub use workbook::{Cell, workbook};
