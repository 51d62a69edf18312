//! The files that a record names: handed in by its unit or by who writes it, never another's.

use domain::{
    id::OrganizationId,
    problem::{FieldProblem, Problem},
    record::Record,
    schema::{Kind, Schema},
};
use store::{
    Tx,
    attachment::{self, Attachment, Naming},
};

use crate::{Ctx, attachment::Staged};

/// What becomes of the files that a record names.
#[derive(Default)]
pub(super) struct Named {
    /// Fields that name what was not handed in.
    pub wrong: Vec<FieldProblem>,
    /// Uploads with another record, to be entered with this one too.
    pub again: Vec<Attachment>,
}

/// Holds the hashes in a record's fields against what was handed in: together with it (`files`),
/// earlier by its unit, or by the actor, as far as that may write. What another unit has is
/// refused like what nobody has. A field that stays as it was is not asked about again.
///
/// # Errors
/// Denied, unavailable.
pub(super) async fn named(
    tx: &mut Tx,
    ctx: &Ctx,
    schema: &Schema,
    before: Option<&Record>,
    record: &Record,
    files: &[Staged],
) -> Result<Named, Problem> {
    let mut named = Named::default();
    let scope = ctx.actor.writes(schema)?;
    let unit = record.owner(schema);
    let was = before.and_then(|b| b.owner(schema));
    let id = record.id.to_string();
    for field in schema.fields.iter().filter(|f| f.kind == Kind::File) {
        let hash = record.text(&field.name);
        let stays = before.is_some_and(|b| b.text(&field.name) == hash);
        if hash.is_empty() || (stays && unit == was) {
            continue;
        }
        if files
            .iter()
            .any(|f| f.sha256() == hash && Some(f.organization()) == unit)
        {
            continue;
        }
        // A record that goes to another unit takes its file along.
        let units: Vec<OrganizationId> = unit.into_iter().chain(was.filter(|_| stays)).collect();
        let naming = Naming {
            record: &id,
            units: &units,
            by: &ctx.actor.name,
            scope: &scope,
        };
        match attachment::meant(tx, hash, naming).await? {
            Some(own) if own.record_id == id && Some(own.organization) == unit => {}
            Some(upload) => named.again.push(Attachment {
                record_id: id.clone(),
                organization: unit.unwrap_or(upload.organization),
                ..upload
            }),
            None => named.wrong.push(FieldProblem::new(
                &field.name,
                "Đơn vị chưa gửi lên tệp này; mở biểu mẫu của bản ghi và tải tệp lên ở đó",
                "The unit has not handed in this file; open the record's form and upload it there",
            )),
        }
    }
    Ok(named)
}
