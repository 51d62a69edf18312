//! The search box: records of the registry, and clauses. Diacritics do not matter.

use std::sync::Arc;

use domain::{
    authority::Permission, id::OrganizationId, label::Label, problem::Problem, schema::Schema, text,
};
use policy::Library;
use store::StoreError;

use crate::{App, Ctx, assess};

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
    /// Whose it is: the unit's name; none for units and clauses.
    pub unit: Option<String>,
    /// Where somebody answers.
    pub phone: Option<String>,
}

/// What is searched, folded once for all readers.
pub(crate) struct Index {
    records: store::search::Index,
    clauses: Vec<FoldedClause>,
}

struct FoldedClause {
    regulation: String,
    /// All its words, folded.
    words: String,
    found: Found,
}

fn clauses(library: &Library) -> Vec<FoldedClause> {
    let all = library
        .regulations
        .values()
        .flat_map(|r| r.clauses.iter().map(move |c| (r, c)));
    all.map(|(r, c)| {
        let words = format!("{} {} {} {}", c.cite, c.summary.vi, c.summary.en, r.number);
        let found = Found {
            noun: "clause".into(),
            id: format!("{}/{}", r.id, c.cite),
            code: c.cite.clone(),
            title: c.summary.clone(),
            unit: None,
            phone: None,
        };
        FoldedClause {
            regulation: r.id.clone(),
            words: text::fold(&words),
            found,
        }
    })
    .collect()
}

async fn index(app: &App) -> Result<Arc<Index>, Problem> {
    let mark = app.mark.now(&app.db).await?;
    let library = app.library();
    let make = async {
        Ok::<_, StoreError>(Index {
            records: store::search::Index::load(&app.db).await?,
            clauses: clauses(&library),
        })
    };
    app.index
        .get((mark, library.hash.clone()), make)
        .await
        .map_err(Problem::from)
}

/// Finds at most `limit` of each kind, the nearest first; clauses only of regulations that hold for somebody
/// whom the actor sees.
///
/// # Errors
/// Denied, unavailable.
pub async fn find(app: &App, ctx: &Ctx, words: &str, limit: usize) -> Result<Vec<Found>, Problem> {
    ctx.actor.scope(Permission::Read)?;
    let folded = text::fold(words);
    let wanted: Vec<&str> = folded.split_whitespace().collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let index = index(app).await?;
    let reads = |schema: &Schema| ctx.actor.reads(schema).ok();
    let records = index.records.find(reads, words, limit);
    let mut found: Vec<Found> = records
        .into_iter()
        .map(|hit| Found {
            noun: hit.noun,
            id: hit.id,
            code: hit.code.unwrap_or_default(),
            title: Label::same(hit.title),
            unit: hit.unit,
            phone: hit.phone,
        })
        .collect();
    let view = assess::board(app, ctx, None).await?;
    let held: Vec<&str> = view.regulations().map(|r| r.id.as_str()).collect();
    found.extend(
        index
            .clauses
            .iter()
            .filter(|clause| held.contains(&clause.regulation.as_str()))
            .filter(|clause| wanted.iter().all(|word| clause.words.contains(word)))
            .take(limit)
            .map(|clause| clause.found.clone()),
    );
    Ok(found)
}

/// Noun and id of the records that evidence about a unit names by their titles, in the order
/// of `titles`; none for a title that names nothing in scope, or more than one thing.
///
/// # Errors
/// Unavailable.
pub async fn titled(
    app: &App,
    ctx: &Ctx,
    unit: OrganizationId,
    titles: &[&str],
) -> Result<Vec<Option<(String, String)>>, Problem> {
    let index = index(app).await?;
    let reads = |schema: &Schema| ctx.actor.reads(schema).ok();
    let named = |title: &&str| {
        let hit = index.records.titled(reads, unit, title)?;
        Some((hit.noun.clone(), hit.id.clone()))
    };
    Ok(titles.iter().map(named).collect())
}
