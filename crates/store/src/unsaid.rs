//! Which of the typed texts say nothing yet, as [`domain::unsaid`] finds them: kept in a table
//! because a check's SQL knows no Vietnamese letters.

use std::collections::BTreeSet;

use domain::{
    noun,
    record::{Record, Value, Values},
    unsaid,
};
use sha2::{Digest as _, Sha256};

use crate::{Arg, Db, StoreError, Tx, args, dialect, registry, replay};

/// Texts, each with a kind of field in which it says nothing.
type Said = BTreeSet<(String, &'static str)>;

fn add(said: &mut Said, values: &Values) {
    for text in values.values().filter_map(Value::as_text) {
        let kinds = unsaid::kinds(text).into_iter();
        said.extend(kinds.map(|kind| (text.to_owned(), kind)));
    }
}

/// Notes what says nothing in records that are being written.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn note(tx: &mut Tx, records: &[Record]) -> Result<(), StoreError> {
    let mut said = Said::new();
    for record in records {
        add(&mut said, &record.values);
    }
    write(tx, said).await
}

/// Writes what is not there yet. It changes nothing about other records than those that are being
/// written, so nobody need be told of it.
async fn write(tx: &mut Tx, mut said: Said) -> Result<(), StoreError> {
    let texts: BTreeSet<String> = said.iter().map(|(text, _)| text.clone()).collect();
    let texts: Vec<Arg> = texts.iter().map(Arg::from).collect();
    for texts in texts.chunks(500) {
        let places: Vec<String> = (1..=texts.len()).map(|i| format!("${i}")).collect();
        let sql = format!(
            "SELECT said, kind FROM unsaid WHERE said IN ({})",
            places.join(", ")
        );
        for row in tx.fetch("unsaid", &sql, texts).await? {
            let kind = unsaid::known().get(&row.text("kind")?);
            if let Some(kind) = kind.map(String::as_str) {
                said.remove(&(row.text("said")?, kind));
            }
        }
    }
    let rows: Vec<Vec<Arg>> = said
        .iter()
        .map(|(text, kind)| args![text, *kind].to_vec())
        .collect();
    let suffix = "ON CONFLICT (said, kind) DO NOTHING";
    tx.insert_many("unsaid", "unsaid (said, kind)", suffix, &rows)
        .await
}

/// What says nothing in all records as they are now. What cannot be read is left out.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn wanted(db: &Db) -> Result<Said, StoreError> {
    let mut said = Said::new();
    add(&mut said, &Values::from([(String::new(), "".into())]));
    replay::rows(db, "entry", |row| {
        let values = row.text("data").ok();
        let values = values.and_then(|data| serde_json::from_str(&data).ok());
        add(&mut said, &values.unwrap_or_default());
        Ok(())
    })
    .await?;
    for schema in noun::all().iter().filter(|s| s.observed.is_none()) {
        replay::rows(db, &schema.table(), |row| {
            let record = registry::read(schema, row).ok();
            add(&mut said, &record.map(|r| r.values).unwrap_or_default());
            Ok(())
        })
        .await?;
    }
    Ok(said)
}

/// Makes the table anew where it was made with another list; whether it was.
///
/// # Errors
/// [`StoreError`] of the engine.
pub(crate) async fn make(db: &Db) -> Result<bool, StoreError> {
    let version = hex::encode(Sha256::digest(unsaid::version()));
    let known = "SELECT version FROM unsaid_list WHERE version = $1";
    let made = db.fetch_one("unsaid", known, &args![&version]).await?;
    if made.is_some() {
        return Ok(false);
    }
    let said = wanted(db).await?;
    let mut tx = db.begin().await?;
    dialect::lock(&mut tx, "unsaid", true).await?;
    let all = "SELECT said, kind FROM unsaid";
    for row in tx.fetch("unsaid", all, &[]).await? {
        let (text, kind) = (row.text("said")?, row.text("kind")?);
        if !unsaid::is(&text, &kind) {
            let sql = "DELETE FROM unsaid WHERE said = $1 AND kind = $2";
            tx.execute("unsaid", sql, &args![text, kind]).await?;
        }
    }
    write(&mut tx, said).await?;
    tx.execute("unsaid", "DELETE FROM unsaid_list", &[]).await?;
    let note = "INSERT INTO unsaid_list (version) VALUES ($1)";
    tx.execute("unsaid", note, &args![version]).await?;
    tx.touch("unsaid");
    tx.commit().await?;
    Ok(true)
}
