//! What is settled by a conclusion stays as it is, whichever way it is written to: a page, the
//! API, a table.

use std::collections::BTreeSet;

use domain::{
    id::Id,
    noun,
    problem::{FieldProblem, Problem},
    record::Record,
    schema::{Field, Schema},
};
use store::{Tx, inspection, registry};

use super::{FINDING, ITEM, ROUND, draw::words, ended, is_ended};
use crate::registry::By;

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
    // A unit that has concluded its own assessment changes nothing of it.
    if schema.noun == ITEM
        && by == By::Hand
        && let Some(item) = before.filter(|b| !b.text("concluded_on").is_empty())
    {
        return Ok(Some(ended(item.text("code"))));
    }
    let open: &[&str] = match schema.noun.as_str() {
        ROUND => {
            let settled = before.filter(|b| is_ended(b.text("status")));
            if let Some(b) = settled.filter(|_| !changes_only(&ROUND_OPEN)) {
                return Ok(Some(ended(b.text("code"))));
            }
            return unknown_units(tx, before, after).await;
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
        inspection::lock(tx, round, false).await?;
        let step = inspection::step(tx, round).await?;
        if let Some((code, status)) = step
            && is_ended(&status)
            && (schema.noun == ITEM || !changes_only(open))
        {
            return Ok(Some(ended(&code)));
        }
    }
    Ok(None)
}

/// Why the units that an inspection names are not taken: each is named by its code.
async fn unknown_units(
    tx: &mut Tx,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<Option<Problem>, Problem> {
    let given = after.map(|r| r.text("units")).unwrap_or_default();
    let (Some(schema), false) = (
        noun::get("organization"),
        before.is_some_and(|b| b.text("units") == given),
    ) else {
        return Ok(None);
    };
    let mut unknown = Vec::new();
    for code in words(given) {
        let found = registry::resolve(tx, schema, code).await?;
        if found.len() != 1 {
            unknown.push(code);
        }
    }
    if unknown.is_empty() {
        return Ok(None);
    }
    let unknown = unknown.join(", ");
    Ok(Some(Problem::invalid(
        schema.label.en.clone(),
        vec![FieldProblem::new(
            "units",
            format!("Không có đơn vị mã “{unknown}”"),
            format!("There is no unit with the code “{unknown}”"),
        )],
    )))
}
