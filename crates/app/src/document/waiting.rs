//! Papers that wait for somebody's step.

use domain::{
    authority::Permission,
    document::State,
    id::{Id, OrganizationId},
    label::Label,
    problem::Problem,
};
use policy::document::{Covers, Template};
use store::{document::Own, registry::Tree};

use super::list::permission;
use crate::{App, Ctx};

/// A paper that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// Its identifier.
    pub id: Id,
    /// Its period or day.
    pub period: String,
    /// The template's name.
    pub kind: Label,
    /// Whose it is.
    pub unit: String,
    /// How far it has come.
    pub state: State,
    /// What is to be done next.
    pub step: Label,
    /// Since when nothing was done with it, unix milliseconds.
    pub since: i64,
}

/// What is to be done next; nothing once it went out.
fn next(state: State) -> Option<Label> {
    Some(match state {
        State::Draft => Label::new("Viết và soát", "Write and review it"),
        State::Reviewed => Label::new("Ký, đưa bản đã ký vào", "Sign it and hand in the file"),
        State::Signed => Label::new("Gửi đi", "Send it"),
        State::Sent => return None,
    })
}

/// Papers that wait for the actor, the longest waiting first, at most so many: those that they began,
/// those of the units that they were given, and those of the province where they write for it. Who
/// may write for every unit is not who the papers of all units wait for.
///
/// # Errors
/// Unavailable.
pub(crate) async fn waiting(app: &App, ctx: &Ctx, most: i64) -> Result<Vec<Paper>, Problem> {
    let Ok(scope) = ctx.actor.scope(Permission::Write) else {
        return Ok(Vec::new());
    };
    let manages = ctx.actor.scope(Permission::Manage).ok();
    let library = app.library();
    let for_all = |t: &&Template| manages.is_some() && t.covers == Covers::Province;
    let templates = library.documents.values().filter(for_all);
    let templates: Vec<&str> = templates.map(|t| t.id.as_str()).collect();
    let own = Own {
        by: &ctx.actor.name,
        units: scope.roots().unwrap_or_default(),
        templates: &templates,
    };
    let rows = store::document::open(&app.db, &scope, &own, most).await?;
    let limited = manages.filter(|scope| scope.roots().is_some());
    let tree = match &limited {
        Some(_) => Some(Tree::load(&app.db).await?),
        None => None,
    };
    let may = |template: &Template, author: OrganizationId| match (permission(template), &limited) {
        (Permission::Manage, _) if !ctx.actor.may(Permission::Manage) => false,
        (Permission::Manage, Some(scope)) => (tree.as_ref()).is_some_and(|tree| {
            tree.covers(scope, Some(author)) && tree.covers_head(scope, author)
        }),
        _ => true,
    };
    let papers = rows.into_iter().filter_map(|row| {
        let template = library.documents.get(&row.template)?;
        let state = State::from_code(&row.state)?;
        may(template, row.organization).then_some(())?;
        Some(Paper {
            id: row.id,
            period: row.period,
            kind: template.title.clone(),
            unit: row.unit,
            step: next(state)?,
            state,
            since: row.updated_at,
        })
    });
    Ok(papers.collect())
}
