//! What was changed since a moment.

use domain::id::OrganizationId;

use crate::{Db, StoreError, args};

/// Whose records of which of `nouns` were changed after a moment (unix milliseconds): noun and
/// organization, none for a record that is nobody's. Of one that went from one organization
/// to another, both.
///
/// # Errors
/// [`StoreError::Engine`].
pub async fn changed_since(
    db: &Db,
    at: i64,
    nouns: &[&str],
) -> Result<Vec<(String, Option<OrganizationId>)>, StoreError> {
    let mut args = args![at].to_vec();
    let places: Vec<String> = nouns
        .iter()
        .map(|noun| {
            args.push((*noun).into());
            format!("${}", args.len())
        })
        .collect();
    let sql = format!(
        "SELECT DISTINCT noun, organization_id, \
         CASE WHEN before NOT LIKE '%' || organization_id || '%' THEN before END AS other \
         FROM journal WHERE noun IN ({}) AND at > $1",
        places.join(", ")
    );
    let mut changed = Vec::new();
    for row in db.fetch("journal", &sql, &args).await? {
        let noun = row.text("noun")?;
        let other: Option<serde_json::Value> = row
            .opt_text("other")?
            .and_then(|text| serde_json::from_str(&text).ok());
        let other = other.and_then(|before| before["organization"].as_str()?.parse().ok());
        changed.extend(other.map(|id| (noun.clone(), Some(id))));
        changed.push((noun, row.opt_parsed("organization_id")?));
    }
    Ok(changed)
}
