//! Records of any noun, by its schema: list, get, insert, update, delete.

mod key;
mod place;
mod recent;
mod tree;

use domain::{
    authority::Scope,
    id::Id,
    net,
    record::{Record, Value, Values},
    schema::{Field, Kind, Schema, Storage},
    text,
};

pub use self::{
    key::{Named, alike, by_ids, by_ids_in, names, parents, resolve, titles, twin},
    recent::{RecentEntries, recent_entries, totals},
    tree::{Tree, covered, covers, covers_head, in_line, is_below, organizations_in, owner},
};
use crate::{Arg, Db, Row, StoreError, Tx, args, book, row::Readable as _, unsaid};

/// Which records of a noun, in which order.
#[derive(Clone, Debug, Default)]
pub struct RecordQuery {
    /// Words to find; diacritics and case do not matter.
    pub search: String,
    /// Field = value; an `organization` field takes in its subtree.
    pub filters: Vec<(String, String)>,
    /// Only entries of a book from this ISO day to that one, where given.
    pub days: (Option<String>, Option<String>),
    /// A field to sort by, and whether downwards; the dictionary order of names otherwise.
    pub sort: Option<(String, bool)>,
    /// How many to skip.
    pub offset: i64,
    /// At most so many; 0 is 50.
    pub limit: i64,
}

/// A page of records.
#[derive(Clone, Debug)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<Record>,
    /// How many there are in all.
    pub total: i64,
}

/// A condition that keeps a query in scope; adds its arguments to `args`.
pub(crate) fn scope_condition(scope: &Scope, owner: &str, args: &mut Vec<Arg>) -> String {
    let Some(roots) = scope.roots() else {
        return "1 = 1".into();
    };
    if roots.is_empty() {
        return "1 = 0".into();
    }
    let places: Vec<String> = roots
        .iter()
        .map(|root| {
            args.push(root.0.into());
            format!("${}", args.len())
        })
        .collect();
    format!(
        "{owner} IN (SELECT descendant_id FROM organization_closure WHERE ancestor_id IN ({}))",
        places.join(", ")
    )
}

fn owner_column(schema: &Schema) -> String {
    if schema.owner == "id" {
        "id".into()
    } else {
        format!("{}_id", schema.owner)
    }
}

fn conditions(scope: &Scope, schema: &Schema, query: &RecordQuery, args: &mut Vec<Arg>) -> String {
    let mut all = vec![scope_condition(scope, &owner_column(schema), args)];
    if schema.storage == Storage::Entry {
        args.push((&schema.noun).into());
        all.push(format!("register = ${}", args.len()));
    }
    all.extend(search_conditions(&query.search, args));
    if schema.storage == Storage::Entry {
        all.extend(book::day_conditions(&query.days, args));
    }
    for (name, value) in &query.filters {
        let Some(field) = schema.field(name) else {
            continue;
        };
        if field.refers_to.as_deref() == Some("organization") && field.name == schema.owner {
            args.push(value.into());
            all.push(format!(
                "{} IN (SELECT descendant_id FROM organization_closure WHERE ancestor_id = ${})",
                field.column(),
                args.len()
            ));
        } else if schema.storage == Storage::Table || is_entry_column(&field.name) {
            args.push(filter_arg(field, value));
            all.push(format!("{} = ${}", field.column(), args.len()));
        } else {
            let own = own_field(&field.name, value);
            args.push(format!("%{}%", escaped(&own)).into());
            all.push(format!("search LIKE ${} ESCAPE '\\'", args.len()));
        }
    }
    all.join(" AND ")
}

/// Conditions on the column `search`, one for each word.
pub(crate) fn search_conditions(words: &str, args: &mut Vec<Arg>) -> Vec<String> {
    text::fold(words)
        .split_whitespace()
        .take(8)
        .map(|word| {
            args.push(format!("%{}%", escaped(word)).into());
            format!("search LIKE ${} ESCAPE '\\'", args.len())
        })
        .collect()
}

/// What LIKE takes as it is. PostgreSQL takes no NUL at all.
fn escaped(text: &str) -> String {
    text.replace('\0', "")
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// How a book's own field stands in the folded search text, by which it is filtered: the
/// marks around it keep one value from being found in a longer one.
fn own_field(name: &str, value: &str) -> String {
    format!("\u{1}{name}={}\u{1}", text::fold(value))
}

fn filter_arg(field: &Field, value: &str) -> Arg {
    match field.kind {
        Kind::Integer | Kind::Instant => Arg::Int(value.parse().ok()),
        Kind::Boolean => Arg::Bool(Some(value == "true")),
        Kind::Decimal | Kind::Latitude | Kind::Longitude => Arg::Real(value.parse().ok()),
        _ => value.into(),
    }
}

fn is_entry_column(name: &str) -> bool {
    matches!(
        name,
        "organization"
            | "occurred_on"
            | "period"
            | "result"
            | "expires_on"
            | "finished_at"
            | "subject"
    )
}

fn is_sortable(schema: &Schema, field: &Field) -> bool {
    schema.storage == Storage::Table || is_entry_column(&field.name)
}

/// The fields by which a list can be sorted: all of a noun of the registry, of a book those
/// that all books have.
pub fn sortable(schema: &Schema) -> impl Iterator<Item = &Field> {
    let fields = schema.fields.iter();
    fields.filter(|field| is_sortable(schema, field))
}

fn order(schema: &Schema, query: &RecordQuery) -> String {
    let sorted = query.sort.as_ref().and_then(|(name, down)| {
        let field = schema.field(name)?;
        let direction = if *down {
            "DESC NULLS LAST"
        } else {
            "ASC NULLS LAST"
        };
        if !is_sortable(schema, field) {
            return None;
        }
        if field.name == schema.title && schema.storage == Storage::Table {
            return Some(format!("sort_key {}", if *down { "DESC" } else { "ASC" }));
        }
        Some(format!("{} {direction}", field.column()))
    });
    let standard = match schema.storage {
        Storage::Table => "sort_key, id",
        Storage::Entry => "occurred_on DESC, id DESC",
    };
    sorted.map_or_else(|| standard.into(), |s| format!("{s}, {standard}"))
}

/// A page of the records in scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn list(
    db: &Db,
    scope: &Scope,
    schema: &Schema,
    query: &RecordQuery,
) -> Result<RecordPage, StoreError> {
    let mut args = Vec::new();
    let condition = conditions(scope, schema, query, &mut args);
    let narrowed = args.len();
    let table = schema.table();
    let limit = if query.limit <= 0 { 50 } else { query.limit };
    args.push(limit.into());
    args.push(query.offset.max(0).into());
    let sql = format!(
        "SELECT * FROM {table} WHERE {condition} ORDER BY {} LIMIT ${} OFFSET ${}",
        order(schema, query),
        args.len() - 1,
        args.len()
    );
    let rows = db.fetch(&schema.noun, &sql, &args).await?;
    let records = rows.iter().map(|r| read(schema, r)).readable()?;
    let read = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let total = if query.offset <= 0 && read < limit {
        // What is not full is all there is.
        read
    } else {
        args.truncate(narrowed);
        db.fetch_one(
            &schema.noun,
            &format!("SELECT COUNT(*) AS n FROM {table} WHERE {condition}"),
            &args,
        )
        .await?
        .map_or(Ok(0), |row| row.int("n"))?
    };
    Ok(RecordPage { records, total })
}

/// The record of that id, if it is in scope.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get(
    db: &Db,
    scope: &Scope,
    schema: &Schema,
    id: Id,
) -> Result<Option<Record>, StoreError> {
    let found = find(db, scope, schema, "id", &id.to_string()).await?;
    Ok(found.into_iter().next())
}

/// The records in scope whose `column` (a field's column, or `id`) is `value`, at most four: a
/// name may be that of several.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn find(
    db: &Db,
    scope: &Scope,
    schema: &Schema,
    column: &str,
    value: &str,
) -> Result<Vec<Record>, StoreError> {
    let mut args = args![value].to_vec();
    let in_scope = scope_condition(scope, &owner_column(schema), &mut args);
    let mut sql = format!(
        "SELECT * FROM {} WHERE {column} = $1 AND {in_scope}",
        schema.table()
    );
    if schema.storage == Storage::Entry {
        args.push((&schema.noun).into());
        sql.push_str(&format!(" AND register = ${}", args.len()));
    }
    sql.push_str(" ORDER BY id LIMIT 4");
    let rows = db.fetch(&schema.noun, &sql, &args).await?;
    rows.iter().map(|row| read(schema, row)).collect()
}

/// A record as it stands in a transaction, whoever's it is.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn get_in(tx: &mut Tx, schema: &Schema, id: Id) -> Result<Option<Record>, StoreError> {
    let sql = format!("SELECT * FROM {} WHERE id = $1", schema.table());
    tx.fetch_one(&schema.noun, &sql, &args![id])
        .await?
        .map(|row| read(schema, &row))
        .transpose()
}

/// The records that name `id` in `field`, as they stand in a transaction, whoever's they are.
///
/// # Errors
/// [`StoreError`] of the engine.
pub async fn that_name(
    tx: &mut Tx,
    schema: &Schema,
    field: &str,
    id: Id,
) -> Result<Vec<Record>, StoreError> {
    let column = schema.field(field).map_or("id".into(), Field::column);
    let table = schema.table();
    let sql = format!("SELECT * FROM {table} WHERE {column} = $1 ORDER BY sort_key, id");
    let rows = tx.fetch(&schema.noun, &sql, &args![id]).await?;
    rows.iter().map(|row| read(schema, row)).collect()
}

pub(crate) fn read(schema: &Schema, row: &Row) -> Result<Record, StoreError> {
    let values = match schema.storage {
        Storage::Entry => {
            let data = row.text("data")?;
            serde_json::from_str(&data).map_err(|e| StoreError::Decode {
                column: "data".into(),
                what: e.to_string(),
            })?
        }
        Storage::Table => {
            let mut values = Values::new();
            for field in &schema.fields {
                let column = field.column();
                let value = match field.kind {
                    Kind::Integer | Kind::Instant => row.opt_int(&column)?.map(Value::Integer),
                    Kind::Decimal | Kind::Latitude | Kind::Longitude => {
                        row.opt_real(&column)?.map(Value::Decimal)
                    }
                    Kind::Boolean => row.opt_boolean(&column)?.map(Value::Boolean),
                    _ => row.opt_text(&column)?.map(Value::Text),
                };
                values.insert(field.name.clone(), value.unwrap_or(Value::Null));
            }
            values
        }
    };
    Ok(Record {
        id: row.parsed("id")?,
        version: row.int("version")?,
        updated_at: row.int("updated_at")?,
        values,
    })
}

fn arg(field: &Field, value: &Value) -> Arg {
    match field.kind {
        Kind::Integer | Kind::Instant => Arg::Int(match value {
            Value::Integer(i) => Some(*i),
            _ => None,
        }),
        Kind::Decimal | Kind::Latitude | Kind::Longitude => Arg::Real(match value {
            Value::Decimal(d) => Some(*d),
            #[expect(
                clippy::cast_precision_loss,
                reason = "coordinates and sizes typed as whole numbers"
            )]
            Value::Integer(i) => Some(*i as f64),
            _ => None,
        }),
        Kind::Boolean => Arg::Bool(match value {
            Value::Boolean(b) => Some(*b),
            _ => None,
        }),
        _ => Arg::Text(value.as_text().map(Into::into)),
    }
}

/// What the search box looks through: all words of the record, folded; for a book's
/// entry also its own fields by name ([`own_field`]).
fn search_text(schema: &Schema, values: &Values) -> String {
    words(schema, values, true).join(" ")
}

/// What [`search_text`] holds of the values themselves, whatever choices are called.
pub(crate) fn searched(schema: &Schema, values: &Values) -> Vec<String> {
    words(schema, values, false)
}

fn words(schema: &Schema, values: &Values, choices: bool) -> Vec<String> {
    let mut words = Vec::new();
    for field in &schema.fields {
        let value = values.get(&field.name).unwrap_or(&Value::Null);
        let cell = match value {
            // As it always was: what is on disk stays what is looked for.
            Value::Decimal(d) => d.to_string(),
            other => other.to_cell(),
        };
        if cell.is_empty() || matches!(field.kind, Kind::Reference | Kind::File) {
            continue;
        }
        if let Some(label) = field.choices.get(&cell).filter(|_| choices) {
            words.push(text::fold(&label.vi));
        }
        if schema.storage == Storage::Entry && !is_entry_column(&field.name) {
            words.push(own_field(&field.name, &cell));
        } else {
            words.push(text::fold(&cell));
        }
    }
    words
}

/// Column names and values of a record, without id, version and times.
pub(crate) fn columns(schema: &Schema, values: &Values) -> Vec<(String, Arg)> {
    let null = Value::Null;
    let get = |name: &str| values.get(name).unwrap_or(&null);
    let mut out = vec![
        ("search".into(), search_text(schema, values).into()),
        (
            "sort_key".into(),
            text::sort_key(&get(&schema.title).to_cell()).into(),
        ),
    ];
    if schema.storage == Storage::Entry {
        out.push(("register".into(), (&schema.noun).into()));
        out.extend(entry_columns(values));
        let data = serde_json::to_string(values).unwrap_or_default();
        out.push(("data".into(), data.into()));
        return out;
    }
    for field in &schema.fields {
        let value = get(&field.name);
        out.push((field.column(), arg(field, value)));
        match field.kind {
            Kind::Ip => {
                let key = value.as_text().and_then(|t| net::parse_address(t).ok());
                out.push((
                    format!("{}_key", field.name),
                    Arg::Text(key.map(net::address_key)),
                ));
            }
            Kind::Prefix => {
                let keys = value
                    .as_text()
                    .and_then(|t| t.parse::<net::Prefix>().ok())
                    .map(|p| p.keys());
                out.push((
                    "first_key".into(),
                    Arg::Text(keys.as_ref().map(|k| k.0.clone())),
                ));
                out.push(("last_key".into(), Arg::Text(keys.map(|k| k.1))));
            }
            _ => {}
        }
    }
    out
}

/// Column names and values of an entry's fields that lie beside its JSON, whatever the book.
pub(crate) fn entry_columns(values: &Values) -> Vec<(String, Arg)> {
    let text = |name: &str| Arg::Text(values.get(name).and_then(Value::as_text).map(Into::into));
    let mut out = vec![("organization_id".into(), text("organization"))];
    for name in ["occurred_on", "period", "result", "expires_on", "subject"] {
        out.push((name.into(), text(name)));
    }
    let finished = match values.get("finished_at") {
        Some(Value::Integer(at)) => Some(*at),
        _ => None,
    };
    out.push(("finished_at".into(), Arg::Int(finished)));
    out
}

/// Inserts records, all of one noun, with version 1; `by` names who wrote them. Parents come
/// before what stands below them.
///
/// # Errors
/// [`StoreError::Duplicate`], [`StoreError::Reference`], [`StoreError::Closed`],
/// [`StoreError::Circle`], [`StoreError::TooDeep`] or the engine's.
pub async fn insert(
    tx: &mut Tx,
    schema: &Schema,
    records: &[Record],
    by: &str,
    now: i64,
) -> Result<(), StoreError> {
    let book = schema.storage == Storage::Entry;
    if book {
        book::refuse_closed(tx, schema, records, false).await?;
    }
    let below = place::stands_below(schema, records);
    if below {
        // A circuit may put in another place what is there already.
        place::hold(tx, schema, schema.noun == "circuit").await?;
    }
    let mut names: Vec<String> = Vec::new();
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let mut columns = columns(schema, &record.values);
        columns.push(("id".into(), record.id.into()));
        columns.push(("version".into(), 1.into()));
        columns.push(("created_at".into(), now.into()));
        columns.push(("updated_at".into(), now.into()));
        if book {
            columns.push(("recorded_at".into(), now.into()));
        }
        if names.is_empty() {
            names = columns.iter().map(|(name, _)| name.clone()).collect();
        }
        rows.push(columns.into_iter().map(|(_, arg)| arg).collect());
    }
    let into = format!("{} ({})", schema.table(), names.join(", "));
    tx.insert_many(&schema.noun, &into, "", &rows).await?;
    unsaid::note(tx, records).await?;
    if below {
        place::check(tx, schema, records, None).await?;
    }
    if schema.noun == "organization" {
        place::grow(tx, records).await?;
    }
    if book {
        book::keep(tx, records, |_| 1, by, now).await?;
    }
    Ok(())
}

/// Writes a record over the version that was read; of a book's entry that one is kept too.
///
/// # Errors
/// [`StoreError::Stale`] when somebody else was quicker, and those of [`insert`].
pub async fn update(
    tx: &mut Tx,
    schema: &Schema,
    record: &Record,
    by: &str,
    now: i64,
) -> Result<(), StoreError> {
    let book = schema.storage == Storage::Entry;
    let one = std::slice::from_ref(record);
    if book {
        book::refuse_closed(tx, schema, one, true).await?;
    }
    let wanted = place::wanted(schema, record);
    let stood = place::standing(tx, schema, record.id).await?;
    let moved = wanted.is_some() && stood != wanted;
    if moved {
        place::hold(tx, schema, true).await?;
    }
    let mut args = Vec::new();
    let mut sets = Vec::new();
    for (name, arg) in columns(schema, &record.values) {
        args.push(arg);
        sets.push(format!("{name} = ${}", args.len()));
    }
    args.push(now.into());
    sets.push(format!("updated_at = ${}", args.len()));
    args.push(record.id.into());
    args.push(record.version.into());
    let sql = format!(
        "UPDATE {} SET {}, version = version + 1 WHERE id = ${} AND version = ${}",
        schema.table(),
        sets.join(", "),
        args.len() - 1,
        args.len()
    );
    if tx.execute(&schema.noun, &sql, &args).await? == 0 {
        return Err(StoreError::Stale {
            noun: schema.noun.clone(),
        });
    }
    unsaid::note(tx, one).await?;
    if moved {
        place::check(tx, schema, one, place::left(schema, stood.as_deref())).await?;
        if schema.noun == "organization" {
            place::transplant(tx, record.id).await?;
        }
    }
    if book {
        book::keep(tx, one, |r| r.version + 1, by, now).await?;
    }
    Ok(())
}

/// Deletes a record at the version that was read.
///
/// # Errors
/// [`StoreError::Reference`] while others refer to it, [`StoreError::Stale`],
/// [`StoreError::Circle`] or [`StoreError::TooDeep`] of the sites whose way a circuit was.
pub async fn delete(tx: &mut Tx, schema: &Schema, id: Id, version: i64) -> Result<(), StoreError> {
    let stood = place::standing(tx, schema, id).await?;
    let left = place::left(schema, stood.as_deref());
    if left.is_some() {
        place::hold(tx, schema, true).await?;
    }
    let sql = format!(
        "DELETE FROM {} WHERE id = $1 AND version = $2",
        schema.table()
    );
    if tx.execute(&schema.noun, &sql, &args![id, version]).await? == 0 {
        return Err(StoreError::Stale {
            noun: schema.noun.clone(),
        });
    }
    if left.is_some() {
        place::check(tx, schema, &[], left).await?;
    }
    Ok(())
}
