//! The search box over the registry: units, sites, circuits, devices, prefixes.

use domain::{authority::Scope, noun};

use crate::{
    Db, StoreError, args,
    registry::{scope_condition, search_conditions},
};

/// Something found.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Hit {
    /// Its noun.
    pub noun: String,
    /// Its id.
    pub id: String,
    /// Its code, where it has one.
    pub code: Option<String>,
    /// Its title.
    pub title: String,
}

/// Finds records whose words contain all of `words`, at most `limit` of each noun.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn find(db: &Db, scope: &Scope, words: &str, limit: i64) -> Result<Vec<Hit>, StoreError> {
    let mut hits = Vec::new();
    for schema in noun::all() {
        let mut args = args![limit].to_vec();
        let owner = if schema.owner == "id" {
            "id"
        } else {
            "organization_id"
        };
        let mut conditions = vec![scope_condition(scope, owner, &mut args)];
        conditions.extend(search_conditions(words, &mut args));
        let code = if schema.field("code").is_some() {
            "code"
        } else {
            "CAST(NULL AS TEXT)"
        };
        let sql = format!(
            "SELECT id, {code} AS code, {} AS title FROM {} WHERE {} ORDER BY sort_key LIMIT $1",
            schema.title,
            schema.table(),
            conditions.join(" AND ")
        );
        for row in db.fetch("search", &sql, &args).await? {
            hits.push(Hit {
                noun: schema.noun.clone(),
                id: row.text("id")?,
                code: row.opt_text("code")?,
                title: row.opt_text("title")?.unwrap_or_default(),
            });
        }
    }
    Ok(hits)
}
