//! State secrets in what people type: a field or a line that carries a marking as a stamp
//! does is refused, and the refusal is noted without what was typed.

use domain::{
    id::OrganizationId,
    label::Label,
    problem::{FieldProblem, Problem},
    record::{Value, Values},
};
use examine::marking::is_marked;

use crate::{App, Ctx};

/// The texts of a record by field.
pub(crate) fn texts(values: &Values) -> impl Iterator<Item = (&str, &str)> {
    values
        .iter()
        .filter_map(|(field, value)| Some((field.as_str(), value.as_text()?)))
}

/// What is wrong with the fields that are marked.
fn marked(texts: &[(String, String)]) -> Vec<FieldProblem> {
    texts
        .iter()
        .filter(|(_, text)| is_marked(text))
        .map(|(field, _)| {
            let Label { vi, en } = words();
            FieldProblem::new(field, vi, en)
        })
        .collect()
}

/// What a person is told of a text that is marked.
pub(crate) fn words() -> Label {
    Label::new(
        "Mang dấu độ mật: không được nhập bí mật nhà nước vào mạng này. Không lưu nội dung nào",
        "Marked as a state secret, which must not be on this network. Nothing of it was kept",
    )
}

/// Refuses texts that are marked, and notes in the journal that it did: who, when and in
/// which noun, nothing of the text.
///
/// # Errors
/// Invalid with the fields that are marked; unavailable.
pub(crate) async fn refuse_marked<'a>(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    organization: Option<OrganizationId>,
    texts: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Problem> {
    let texts: Vec<(String, String)> = texts
        .map(|(field, text)| (field.to_owned(), text.to_owned()))
        .collect();
    // A form may hold much text: who reads through it keeps no other request waiting.
    let wrong = tokio::task::spawn_blocking(move || marked(&texts))
        .await
        .map_err(|_| Problem::internal("secrecy"))?;
    if wrong.is_empty() {
        return Ok(());
    }
    note(app, ctx, noun, organization).await?;
    Err(Problem::invalid(noun, wrong))
}

/// Notes that something marked was refused.
///
/// # Errors
/// Unavailable.
pub(crate) async fn note(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    organization: Option<OrganizationId>,
) -> Result<(), Problem> {
    let mut work = app.begin_own(ctx).await?;
    work.event(noun, "", organization, "refused-as-secret", None, None);
    work.commit().await.map_err(Problem::from)
}

/// Whose a record is, by the field that says so.
pub(crate) fn owner(values: &Values, field: &str) -> Option<OrganizationId> {
    values.get(field).and_then(Value::as_id).map(OrganizationId)
}
