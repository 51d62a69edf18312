//! Which records a unit's record may refer to.

use std::collections::HashMap;

use domain::{
    id::{Id, OrganizationId},
    noun,
    problem::Problem,
    record::Record,
    schema::{Field, Kind, Reach, Schema},
};
use store::{Tx, registry};

use super::import::owner;
use crate::{Ctx, fault::fault};

/// The references of a record that the actor may not make, whatever they are called: to records
/// that the actor may not read, or that stand in another line of units than the record itself.
/// What refers to a unit's record can change how that unit is shown and judged (a circuit that
/// ends at its site, an item of its inspection), so it comes from that line or from the centre.
/// What is as it was is not asked about again; the owner is decided on by `authorise`. `fresh`:
/// whose the records are that go in together with this one.
///
/// # Errors
/// Denied, unavailable.
pub(super) async fn beyond<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    schema: &'a Schema,
    before: Option<&Record>,
    record: &Record,
    fresh: &HashMap<Id, OrganizationId>,
) -> Result<Vec<&'a Field>, Problem> {
    let mut found = Vec::new();
    if ctx.actor.writes(schema)?.roots().is_none() || schema.owner == "id" {
        return Ok(found);
    }
    let Some(unit) = owner(schema, record) else {
        return Ok(found);
    };
    let references = (schema.fields.iter())
        .filter(|f| f.kind == Kind::Reference && f.reach == Reach::Line && f.name != schema.owner);
    for field in references {
        let value = record.get(&field.name);
        let (Some(id), Some(other)) = (
            value
                .as_id()
                .filter(|_| before.is_none_or(|b| b.get(&field.name) != value)),
            field.refers_to.as_deref().and_then(noun::get),
        ) else {
            continue;
        };
        let theirs = match fresh.get(&id).filter(|_| other.noun == schema.noun) {
            Some(theirs) => Some(*theirs),
            None => registry::owner(tx, other, id).await.map_err(fault)?,
        };
        let readable = ctx.actor.reads(other)?;
        let within = async |tx: &mut Tx, theirs: OrganizationId| {
            Ok::<_, store::StoreError>(
                registry::covers(tx, &readable, theirs).await?
                    && registry::in_line(tx, theirs, unit).await?,
            )
        };
        let may = match theirs {
            Some(theirs) => within(tx, theirs).await.map_err(fault)?,
            None => false,
        };
        if !may {
            found.push(field);
        }
    }
    Ok(found)
}
