//! What a document that was sent has written into its book.

use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
    record::Record,
    schema::{Field, Schema, Storage},
};
use store::Tx;

use crate::{App, fault::fault};

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
    let Some(sent) = store::document::that_wrote(tx, before.id)
        .await
        .map_err(fault)?
    else {
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
