//! What is settled by a conclusion stays as it is, whichever way it is written to: a page, the
//! API, a table.

use std::collections::BTreeSet;

use domain::{
    id::Id,
    problem::Problem,
    record::Record,
    schema::{Field, Schema},
};
use store::{Tx, inspection};

use super::{FINDING, ITEM, ROUND, ended, is_ended};
use crate::{fault::fault, registry::By};

/// What of a concluded inspection may still be typed: its minutes come after it.
const ROUND_OPEN: [&str; 2] = ["minutes", "team"];
/// What of a finding may still be typed: how and until when it is mended.
const FINDING_OPEN: [&str; 4] = ["action", "action_owner", "due_on", "document"];

/// Why a record may not be written (`after`) or deleted (no `after`); none when it may. The
/// inspection that an item or a finding belongs to is not concluded before the transaction ends.
///
/// # Errors
/// Unavailable.
pub(crate) async fn hold(
    tx: &mut Tx,
    schema: &Schema,
    before: Option<&Record>,
    after: Option<&Record>,
    by: By,
) -> Result<Option<Problem>, Problem> {
    let changes_only = |open: &[&str]| match (before, after) {
        (Some(before), Some(after)) => {
            let changed = |f: &&Field| before.get(&f.name) != after.get(&f.name);
            let mut changed = schema.fields.iter().filter(changed);
            changed.all(|f| by == By::Step || open.contains(&f.name.as_str()))
        }
        _ => false,
    };
    let open: &[&str] = match schema.noun.as_str() {
        ROUND => {
            let settled = before.filter(|b| is_ended(b.text("status")));
            let refused = settled.filter(|_| !changes_only(&ROUND_OPEN));
            return Ok(refused.map(|b| ended(b.text("code"))));
        }
        ITEM => &[],
        FINDING => &FINDING_OPEN,
        _ => return Ok(None),
    };
    let rounds: BTreeSet<Id> = before
        .into_iter()
        .chain(after)
        .filter_map(|record| record.get("inspection").as_id())
        .collect();
    for round in rounds {
        inspection::lock(tx, round, false).await.map_err(fault)?;
        let step = inspection::step(tx, round).await.map_err(fault)?;
        if let Some((code, status)) = step
            && is_ended(&status)
            && (schema.noun == ITEM || !changes_only(open))
        {
            return Ok(Some(ended(&code)));
        }
    }
    Ok(None)
}
