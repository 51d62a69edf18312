//! Records that are deleted, and what keeps them.

use domain::{
    id::Id,
    label::Label,
    problem::{Problem, ProblemKind},
    record::Record,
    schema::{Schema, Storage},
};
use store::{StoreError, registry};

use super::{
    record::{By, authorise, find},
    settled,
};
use crate::{App, Ctx, claim};

/// Deletes a record at the version that was read.
///
/// # Errors
/// Conflict while others refer to it, an entry of a book too, or sites would stand in a circle without it; denied;
/// entries of books are never deleted.
pub async fn delete(app: &App, ctx: &Ctx, noun: &str, id: Id, version: i64) -> Result<(), Problem> {
    let schema = app.schema(noun)?;
    let scope = ctx.actor.writes(&schema)?;
    if schema.storage == Storage::Entry {
        return Err(Problem::new(
            ProblemKind::Denied,
            Label::new(
                "Mục trong sổ không được xóa",
                "Entries of a book are never deleted",
            ),
            id.to_string(),
            Label::new(
                "Sửa lại bằng một phiên bản mới.",
                "Correct it with a new version.",
            ),
        ));
    }
    let before = find(app, &scope, &schema, &id.to_string()).await?;
    let mut work = app.begin(ctx, &schema).await?;
    authorise(&mut work, &scope, &schema, &before).await?;
    settled::refuse(app, &mut work, &schema, (Some(&before), None), By::Hand).await?;
    // What entries name the database does not hold: a book keeps its entries as they were written.
    let library = app.library();
    let names = |book: &&Schema| {
        let mut fields = book.fields.iter();
        fields.any(|field| field.refers_to.as_deref() == Some(noun))
    };
    let books = library.registers.values().filter(names);
    let books: Vec<&str> = books.map(|book| book.noun.as_str()).collect();
    if let Some(book) = store::book::naming(&mut work, &books, id).await? {
        return Err(StoreError::Reference { noun: book }.into());
    }
    let deleted = registry::delete(&mut work, &schema, id, version).await;
    deleted.map_err(|error| stands_without(&before, error))?;
    claim::settle(app, &mut work, &schema, &[(Some(&before), None)]).await?;
    work.changed(&schema, Some(&before), None);
    work.commit().await.map_err(Problem::from)
}

/// What is told when a circuit cannot go: without it its sites would stand in a circle, or too
/// deep, by the parents that their own records name.
fn stands_without(circuit: &Record, error: StoreError) -> Problem {
    let problem = Problem::from(error);
    match problem.fields.as_slice() {
        [wrong] => Problem::new(
            ProblemKind::Conflict,
            Label::new(
                format!("Thiếu kênh này, các điểm: {}", wrong.message.vi),
                format!("Without this circuit, the sites: {}", wrong.message.en),
            ),
            circuit.text("code"),
            Label::new(
                "Sửa “Nối qua điểm” của các điểm đó trước, rồi xóa kênh.",
                "Mend the parents of these sites first, then delete the circuit.",
            ),
        ),
        _ => problem,
    }
}
