//! The search box: records of the registry, and clauses. Diacritics do not matter.

use domain::{authority::Permission, label::Label, problem::Problem, text};

use crate::{App, Ctx, assess, fault::fault};

/// Something found.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Found {
    /// Its noun, or `clause`.
    pub noun: String,
    /// Its id; for a clause `regulation/cite`.
    pub id: String,
    /// Its code or cite.
    pub code: String,
    /// Its title.
    pub title: Label,
}

/// Finds at most `limit` of each kind; clauses only of regulations that hold for somebody
/// whom the actor sees.
///
/// # Errors
/// Denied, unavailable.
pub async fn find(app: &App, ctx: &Ctx, words: &str, limit: usize) -> Result<Vec<Found>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let folded = text::fold(words);
    if folded.is_empty() {
        return Ok(Vec::new());
    }
    let count = i64::try_from(limit).unwrap_or(10);
    let mut found: Vec<Found> = store::search::find(&app.db, &scope, words, count)
        .await
        .map_err(fault)?
        .into_iter()
        .map(|hit| Found {
            noun: hit.noun,
            id: hit.id,
            code: hit.code.unwrap_or_default(),
            title: Label::same(hit.title),
        })
        .collect();
    let words: Vec<&str> = folded.split_whitespace().collect();
    let view = assess::board(app, ctx, None).await?;
    let clauses = view
        .regulations()
        .flat_map(|r| r.clauses.iter().map(move |c| (r, c)));
    found.extend(
        clauses
            .filter(|(r, c)| {
                let all = text::fold(&format!(
                    "{} {} {} {}",
                    c.cite, c.summary.vi, c.summary.en, r.number
                ));
                words.iter().all(|w| all.contains(w))
            })
            .take(limit)
            .map(|(r, c)| Found {
                noun: "clause".into(),
                id: format!("{}/{}", r.id, c.cite),
                code: c.cite.clone(),
                title: c.summary.clone(),
            }),
    );
    Ok(found)
}
