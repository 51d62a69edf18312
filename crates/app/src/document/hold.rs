//! What a document that was sent has written into its book.

use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
    record::Record,
    schema::{Field, Schema, Storage},
};
use store::{Tx, document::DocumentRow};

use crate::App;

/// Why an entry may not be written over by hand: a document that was sent tells what stands
/// there. What it does not tell may be filled in. None when it may.
///
/// # Errors
/// Unavailable.
pub(crate) async fn hold(
    app: &App,
    tx: &mut Tx,
    schema: &Schema,
    before: &Record,
    after: &Record,
) -> Result<Option<Problem>, Problem> {
    if schema.storage != Storage::Entry {
        return Ok(None);
    }
    let Some(sent) = store::document::that_wrote(tx, before.id).await? else {
        return Ok(None);
    };
    let library = app.library();
    let closes = library.documents.get(&sent.template);
    let closes = closes.and_then(|t| t.closes.as_ref());
    let told = |field: &&Field| {
        let own = matches!(field.name.as_str(), "organization" | "occurred_on");
        own || closes.is_none_or(|c| c.values.contains_key(&field.name))
    };
    let mut fields = schema.fields.iter().filter(told);
    let same = fields.all(|f| before.get(&f.name) == after.get(&f.name));
    Ok((!same).then(|| {
        Problem::new(
            ProblemKind::Conflict,
            Label::new(
                format!("Mục này do văn bản số {} đã gửi ghi vào sổ", sent.number),
                format!("Document {}, which was sent, wrote this entry", sent.number),
            ),
            before.id.to_string(),
            Label::new(
                "Lập văn bản thay thế rồi gửi: mục này được ghi phiên bản mới.",
                "Begin a document that replaces it and send that: it writes the entry anew.",
            ),
        )
    }))
}

/// The entry of the sent document that one corrects; none where it corrects none.
///
/// # Errors
/// Unavailable.
pub(super) async fn corrected(
    app: &App,
    tx: &mut Tx,
    schema: &Schema,
    row: &DocumentRow,
) -> Result<Option<Record>, Problem> {
    let Some(old) = row.replaces else {
        return Ok(None);
    };
    let everything = crate::task::everything();
    let old = store::document::get(&app.db, &everything, old).await;
    match old?.and_then(|old| old.entry) {
        Some(entry) => store::registry::get_in(tx, schema, entry)
            .await
            .map_err(Problem::from),
        None => Ok(None),
    }
}
