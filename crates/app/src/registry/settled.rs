//! What other things have settled stays as it is, whichever way it is written to.

use domain::{problem::Problem, record::Record, schema::Schema};
use store::Tx;

use super::record::By;
use crate::{App, document, inspection};

/// Why a record may not be written over (`before`, `after`), made (no `before`) or deleted (no
/// `after`): what an inspection has concluded, what a document that was sent has written.
///
/// # Errors
/// Unavailable.
pub(super) async fn why_not(
    app: &App,
    tx: &mut Tx,
    schema: &Schema,
    (before, after): (Option<&Record>, Option<&Record>),
    by: By,
) -> Result<Option<Problem>, Problem> {
    if let Some(problem) = inspection::hold(tx, schema, before, after, by).await? {
        return Ok(Some(problem));
    }
    match (before, after) {
        (Some(before), Some(after)) if by == By::Hand => {
            document::hold(app, tx, schema, before, after).await
        }
        _ => Ok(None),
    }
}

/// The same as a refusal.
///
/// # Errors
/// What [`why_not`] says.
pub(super) async fn refuse(
    app: &App,
    tx: &mut Tx,
    schema: &Schema,
    records: (Option<&Record>, Option<&Record>),
    by: By,
) -> Result<(), Problem> {
    let problem = why_not(app, tx, schema, records, by).await?;
    problem.map_or(Ok(()), Err)
}
