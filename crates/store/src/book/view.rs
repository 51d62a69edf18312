//! One view for each book, with a column for each of its fields, for checks to read.

use std::collections::BTreeMap;

use domain::schema::{Kind, Schema};

use crate::{Db, Row, StoreError, args, dialect};

/// The SQL of a book's view. A value of another kind than the schema now says (a field
/// whose kind was changed under its entries) is NULL on both engines.
pub(crate) fn definition(on_postgres: bool, schema: &Schema) -> String {
    let mut columns = vec![
        "organization_id AS unit".to_owned(),
        "id AS entry".into(),
        "version AS entry_version".into(),
        "occurred_on".into(),
        "recorded_at".into(),
        "updated_at".into(),
    ];
    for field in schema.own_fields() {
        let value = match field.kind {
            Kind::Integer | Kind::Instant => dialect::json_integer(on_postgres, &field.name),
            Kind::Decimal | Kind::Latitude | Kind::Longitude => {
                dialect::json_number(on_postgres, &field.name)
            }
            Kind::Boolean => dialect::json_boolean(on_postgres, &field.name),
            _ => dialect::json_text(on_postgres, &field.name),
        };
        columns.push(format!("{value} AS \"{}\"", field.name));
    }
    // A noun is letters, digits and `-`: Schema::check has looked.
    format!(
        "CREATE VIEW {} AS SELECT {} FROM entry WHERE register = '{}'",
        schema.view(),
        columns.join(", "),
        schema.noun
    )
}

/// Makes the views of these books as their schemas are now, and takes away those of books
/// that are gone; what is as it should be is left alone. How many were made or taken away.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn make_views<'a>(
    db: &Db,
    books: impl IntoIterator<Item = &'a Schema>,
) -> Result<usize, StoreError> {
    let on_postgres = db.engine() == "postgres";
    let wanted: BTreeMap<String, String> = books
        .into_iter()
        .map(|schema| (schema.view(), definition(on_postgres, schema)))
        .collect();
    let all = "SELECT name, definition FROM book_view";
    if made(&db.fetch("book_view", all, &[]).await?)? == wanted {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    dialect::lock(&mut tx, "views", true).await?;
    let mut known = made(&tx.fetch("book_view", all, &[]).await?)?;
    let mut changed = 0;
    for (name, wanted) in wanted {
        if known.remove(&name).as_ref() == Some(&wanted) {
            continue;
        }
        changed += 1;
        tx.execute("book view", &format!("DROP VIEW IF EXISTS {name}"), &[])
            .await?;
        tx.execute("book view", &wanted, &[]).await?;
        tx.execute(
            "book_view",
            "INSERT INTO book_view (name, definition) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
            &args![name, wanted],
        )
        .await?;
    }
    for name in known.into_keys() {
        changed += 1;
        tx.execute("book view", &format!("DROP VIEW IF EXISTS {name}"), &[])
            .await?;
        tx.execute(
            "book_view",
            "DELETE FROM book_view WHERE name = $1",
            &args![name],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(changed)
}

/// The views that were made: name and SQL.
pub(crate) fn made(rows: &[Row]) -> Result<BTreeMap<String, String>, StoreError> {
    rows.iter()
        .map(|row| Ok((row.text("name")?, row.text("definition")?)))
        .collect()
}
