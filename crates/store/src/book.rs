//! The books (sổ) beyond their latest entries: every version, closing, and views for checks.

mod closing;
mod revision;
mod view;

pub use closing::{
    Closing, ClosingQuery, Held, close, closing, closings, held, lock, refuse_closed, reopen,
};
pub(crate) use revision::keep;
pub use revision::{Revision, revisions};
pub use view::make_views;
pub(crate) use view::{definition, made};

use domain::id::Id;

use crate::{Arg, StoreError, Tx};

/// The first of these books that has an entry in which a record is named by its id.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn naming(tx: &mut Tx, books: &[&str], id: Id) -> Result<Option<String>, StoreError> {
    let sql = "SELECT 1 AS one FROM entry WHERE register = $1 AND data LIKE $2 LIMIT 1";
    for book in books {
        let args = [(*book).into(), format!("%\"{id}\"%").into()];
        if !tx.fetch("entry", sql, &args).await?.is_empty() {
            return Ok(Some((*book).to_owned()));
        }
    }
    Ok(None)
}

/// Conditions that keep a list of entries between two days.
pub(crate) fn day_conditions(
    (from, to): &(Option<String>, Option<String>),
    args: &mut Vec<Arg>,
) -> Vec<String> {
    [(from, ">="), (to, "<=")]
        .into_iter()
        .filter_map(|(day, sign)| {
            args.push(day.as_ref()?.into());
            Some(format!("occurred_on {sign} ${}", args.len()))
        })
        .collect()
}
