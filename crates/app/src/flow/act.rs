//! Doing what was shown, in the transaction of the step.

use domain::{problem::Problem, record::Values};

use super::{call, ground::Ground, plan::Planned, who::Acting};
use crate::{
    App, Work,
    claim::Heard,
    registry::{By, Writing, write_in},
};

/// Does the effects of a step that lie in the database.
///
/// # Errors
/// What a record, a book or a call refuses: then nothing of the step is done.
pub(super) async fn act(
    app: &App,
    work: &mut Work,
    acting: &Acting,
    ground: &Ground,
    planned: &[Planned],
    heard: &Heard,
) -> Result<(), Problem> {
    for effect in planned {
        match effect {
            Planned::Set { noun, fields, .. } => {
                // What an effect before it wrote is a newer version of the record.
                let schema = app.schema(noun)?;
                let record = match ground.row.subject {
                    Some(id) => store::registry::get_in(work, &schema, id).await?,
                    None => None,
                };
                let record = record.ok_or_else(|| Problem::not_found(&schema.label, noun))?;
                let mut values = record.values.clone();
                values.extend(fields.iter().map(|c| (c.field.clone(), c.after.clone())));
                write(app, work, acting, noun, Some(&record), values).await?;
            }
            Planned::Create { noun, values }
            | Planned::Entry {
                register: noun,
                values,
            } => write(app, work, acting, noun, None, values.clone()).await?,
            Planned::Call { name, .. } => call::call(app, work, ground, name, heard).await?,
            Planned::Document { .. } | Planned::Notice { .. } => {}
        }
    }
    Ok(())
}

/// Writes a record with the authority of who takes the step: a flow lets nobody do what they could
/// not do by hand.
async fn write(
    app: &App,
    work: &mut Work,
    acting: &Acting,
    noun: &str,
    before: Option<&domain::record::Record>,
    values: Values,
) -> Result<(), Problem> {
    let schema = app.schema(noun)?;
    let writing = Writing {
        schema: &schema,
        scope: &acting.actor.writes(&schema)?,
        before,
        files: &[],
        by: By::Step,
        id: None,
    };
    write_in(app, work, writing, values).await.map(drop)
}
