//! Which records a unit's record may refer to.

use std::collections::HashMap;

use domain::{
    id::{Id, OrganizationId},
    noun,
    problem::{FieldProblem, Problem},
    record::Record,
    schema::{Field, Kind, Reach, Schema},
};
use store::{Tx, registry};

use super::record::unknown;
use crate::Ctx;

/// A reference that cannot be made.
pub(super) struct Beyond<'a> {
    field: &'a Field,
    /// Whether it was there before the record went to another unit.
    stays: bool,
}

impl Beyond<'_> {
    /// The field's name.
    pub(super) fn field(&self) -> &str {
        &self.field.name
    }

    /// What is said of it; `typed` is what was given for it.
    pub(super) fn told(&self, typed: &str) -> FieldProblem {
        if self.stays {
            return FieldProblem::new(
                &self.field.name,
                "Là của đơn vị cũ; chọn lại theo đơn vị mới, hoặc để trống",
                "Is the former unit's; choose one of the new unit, or leave it blank",
            );
        }
        unknown(self.field, typed)
    }
}

/// The references of a record that the actor may not make, whatever they are called: to records
/// that the actor may not read, or that stand in another line of units than the record itself.
/// What refers to a unit's record can change how that unit is shown and judged (a circuit that
/// ends at its site, an item of its inspection), so it comes from that line or from the centre.
/// What is as it was is not asked about again, unless the record goes to another unit: that would
/// leave a reference behind which nobody has meant. The owner is decided on by `authorise`.
/// `fresh`: whose the records are that go in together with this one.
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
) -> Result<Vec<Beyond<'a>>, Problem> {
    let mut found = Vec::new();
    let everywhere = ctx.actor.writes(schema)?.roots().is_none();
    let Some(unit) = record.owner(schema).filter(|_| schema.owner != "id") else {
        return Ok(found);
    };
    let former = before.and_then(|b| b.owner(schema));
    let moves = former.is_some_and(|former| former != unit);
    let references = (schema.fields.iter())
        .filter(|f| f.kind == Kind::Reference && f.reach == Reach::Line && f.name != schema.owner);
    for field in references {
        let value = record.get(&field.name);
        let stays = before.is_some_and(|b| b.get(&field.name) == value);
        let asked = if stays { moves } else { !everywhere };
        let (Some(id), Some(other)) = (
            value.as_id().filter(|_| asked),
            field.refers_to.as_deref().and_then(noun::get),
        ) else {
            continue;
        };
        let theirs = match fresh.get(&id).filter(|_| other.noun == schema.noun) {
            Some(theirs) => Some(*theirs),
            None => registry::owner(tx, other, id).await?,
        };
        let readable = ctx.actor.reads(other)?;
        // What never was the former unit's own is not left behind: the round of an inspection.
        if let (true, Some(former), Some(theirs)) = (stays, former, theirs)
            && !registry::in_line(tx, theirs, former).await?
        {
            continue;
        }
        let within = async |tx: &mut Tx, theirs: OrganizationId| {
            Ok::<_, store::StoreError>(
                registry::covers(tx, &readable, theirs).await?
                    && registry::in_line(tx, theirs, unit).await?,
            )
        };
        let may = match theirs {
            Some(theirs) => within(tx, theirs).await?,
            None => false,
        };
        if !may {
            found.push(Beyond { field, stays });
        }
    }
    Ok(found)
}
