//! Records as a spreadsheet.

use std::collections::HashMap;

use domain::{
    clock,
    id::Id,
    noun,
    problem::Problem,
    record::Value,
    schema::{Kind, Schema},
};
use store::registry::RecordQuery;

use super::record;
use crate::{App, Ctx, fault::fault};

/// The column of a record's version.
pub(super) const VERSION: &str = "version";

/// All records that the actor may see and the query takes in, as CSV that imports again:
/// UTF-8 with a byte-order mark (so that Excel shows Vietnamese), references by their key.
///
/// # Errors
/// Denied, not found, unavailable.
pub async fn export_csv(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    query: &RecordQuery,
) -> Result<Vec<u8>, Problem> {
    let schema = app.schema(noun)?;
    let all = RecordQuery {
        offset: 0,
        limit: 200_000,
        ..query.clone()
    };
    let page = record::list(app, ctx, noun, &all).await?;
    let mut keys: HashMap<Id, String> = HashMap::new();
    for field in schema.fields.iter().filter(|f| f.kind == Kind::Reference) {
        let Some(other) = field.refers_to.as_deref().and_then(noun::get) else {
            continue;
        };
        let named = Schema {
            title: other.keys.first().unwrap_or(&other.title).clone(),
            ..other.clone()
        };
        let mut ids: Vec<Id> = page
            .records
            .iter()
            .filter_map(|r| r.get(&field.name).as_id())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        keys.extend(
            store::registry::titles(&app.db, &named, &ids)
                .await
                .map_err(fault)?,
        );
    }
    let mut out = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    let wrote = write(&mut out, &schema, &page.records, &keys).and_then(|()| {
        out.into_inner()
            .map_err(|e| csv::Error::from(e.into_error()))
    });
    wrote.map_err(|e| Problem::internal(e.to_string()))
}

fn write(
    out: &mut csv::Writer<Vec<u8>>,
    schema: &Schema,
    records: &[domain::record::Record],
    keys: &HashMap<Id, String>,
) -> Result<(), csv::Error> {
    let version = schema.offline.then_some(VERSION);
    let names = schema.fields.iter().map(|f| f.name.as_str());
    out.write_record(names.chain(version))?;
    for record in records {
        let version = schema.offline.then(|| record.version.to_string());
        let cells = schema.fields.iter().map(|field| {
            let value = record.get(&field.name);
            match (field.kind, value) {
                (Kind::Reference, value) => value
                    .as_id()
                    .and_then(|id| keys.get(&id).cloned())
                    .unwrap_or_default(),
                (Kind::Instant, Value::Integer(ms)) => clock::from_ms(*ms).to_string(),
                (_, value) => guard(value.to_cell()),
            }
        });
        out.write_record(cells.chain(version))?;
    }
    Ok(())
}

/// A cell that a spreadsheet would run as a formula is made text.
pub(super) fn guard(cell: String) -> String {
    let dangerous = cell.starts_with(['=', '@', '\t', '\r'])
        || (cell.starts_with(['+', '-']) && !cell[1..].starts_with(|c: char| c.is_ascii_digit()));
    if dangerous { format!("'{cell}") } else { cell }
}
