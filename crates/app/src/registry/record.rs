//! List, get and save records of any noun.

use std::{collections::HashMap, sync::Arc};

use domain::{
    authority::Scope,
    id::{Id, OrganizationId},
    label::Label,
    noun,
    problem::{FieldProblem, Problem, ProblemKind},
    record::{Record, Value, Values},
    schema::{Field, Kind, Schema, Storage},
};
use store::{
    StoreError, Tx, journal,
    registry::{self, RecentEntries, RecordPage, RecordQuery},
};

use super::{
    file,
    names::{self, Names},
    reference, rules, settled,
};
use crate::{
    App, Ctx, Work,
    attachment::{self, Staged},
    claim::{self, Ground},
    secrecy,
};

/// A page of the records that the actor may see.
///
/// # Errors
/// Denied, not found (an unknown noun), unavailable.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    query: &RecordQuery,
) -> Result<RecordPage, Problem> {
    let schema = app.schema(noun)?;
    let scope = ctx.actor.reads(&schema)?;
    registry::list(&app.db, &scope, &schema, query)
        .await
        .map_err(Problem::from)
}

/// How many records of each noun and book the actor may see, those that are not for the actor
/// left out.
///
/// # Errors
/// Unavailable.
pub async fn totals<'a>(
    app: &App,
    ctx: &Ctx,
    schemas: impl IntoIterator<Item = &'a Schema>,
) -> Result<Vec<(&'a Schema, i64)>, Problem> {
    let mut read: Vec<(Scope, &Schema)> = Vec::new();
    for schema in schemas {
        if let Ok(scope) = ctx.actor.reads(schema) {
            read.push((scope, schema));
        }
    }
    let totals = registry::totals(&app.db, &read).await?;
    Ok(read
        .into_iter()
        .map(|(_, schema)| schema)
        .zip(totals)
        .collect())
}

/// The schema of a noun of which the actor may write records; a form that would be refused
/// is not handed out.
///
/// # Errors
/// Denied, not found (an unknown noun).
pub fn writable(app: &App, ctx: &Ctx, noun: &str) -> Result<Arc<Schema>, Problem> {
    let schema = app.schema(noun)?;
    ctx.actor.writes(&schema)?;
    Ok(schema)
}

/// The newest entries, at most `each`, of every book of a unit and of what lies below it, by
/// the book's name; books that are not for the actor are left out.
///
/// # Errors
/// Unavailable.
pub async fn recent(
    app: &App,
    ctx: &Ctx,
    unit: OrganizationId,
    each: i64,
) -> Result<HashMap<String, RecentEntries>, Problem> {
    // Nearly always all books have one reach: then they are one query.
    let mut reaches: Vec<(Scope, Vec<Schema>)> = Vec::new();
    for book in app.library().registers.values() {
        let Ok(scope) = ctx.actor.reads(book) else {
            continue;
        };
        let book = book.clone().as_book();
        match reaches.iter_mut().find(|(known, _)| *known == scope) {
            Some((_, books)) => books.push(book),
            None => reaches.push((scope, vec![book])),
        }
    }
    let mut found = HashMap::new();
    for (scope, books) in reaches {
        let recent = registry::recent_entries(&app.db, &scope, &books, unit, each).await;
        found.extend(recent?);
    }
    Ok(found)
}

/// One record, by id or by one of the noun's keys.
///
/// # Errors
/// Not found also when it is another unit's: who may not see it does not learn of it. Conflict
/// when several have that name.
pub async fn get(app: &App, ctx: &Ctx, noun: &str, key: &str) -> Result<Record, Problem> {
    let schema = app.schema(noun)?;
    let scope = ctx.actor.reads(&schema)?;
    find(app, &scope, &schema, key).await
}

/// A record in scope, by id or by one of the noun's keys; see [`get`].
pub(crate) async fn find(
    app: &App,
    scope: &Scope,
    schema: &Schema,
    key: &str,
) -> Result<Record, Problem> {
    let missing = || Problem::not_found(&schema.label, key);
    if let Ok(id) = key.parse::<Id>() {
        let found = registry::get(&app.db, scope, schema, id).await?;
        return found.ok_or_else(missing);
    }
    for column in &schema.keys {
        let found = registry::find(&app.db, scope, schema, column, key).await;
        let mut found = found?;
        if found.len() > 1 {
            return Err(names::ambiguous(schema, key, &found));
        }
        if let Some(record) = found.pop() {
            return Ok(record);
        }
    }
    Err(missing())
}

/// The titles of all records that `records` refer to, by id.
///
/// # Errors
/// Unavailable.
pub async fn reference_titles(
    app: &App,
    schema: &Schema,
    records: &[Record],
) -> Result<HashMap<Id, String>, Problem> {
    let mut titles = HashMap::new();
    for field in schema.fields.iter().filter(|f| f.kind == Kind::Reference) {
        let Some(other) = field.refers_to.as_deref().and_then(noun::get) else {
            continue;
        };
        let ids = records.iter().filter_map(|r| r.get(&field.name).as_id());
        titles.extend(titles_of(app, other, ids.collect()).await?);
    }
    Ok(titles)
}

/// The titles of records of a noun, by id.
///
/// # Errors
/// Unavailable.
pub async fn titles_of(
    app: &App,
    schema: &Schema,
    mut ids: Vec<Id>,
) -> Result<HashMap<Id, String>, Problem> {
    ids.sort_unstable();
    ids.dedup();
    registry::titles(&app.db, schema, &ids)
        .await
        .map_err(Problem::from)
}

/// What a save did.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The record as it stands now.
    pub record: Record,
    /// Whether it is new.
    pub created: bool,
}

/// Makes a record, or writes over the version that was read (`at`: its id and version).
///
/// References may be given as an id or by one of the other noun's keys.
///
/// # Errors
/// Invalid with the fields that are wrong; denied outside the actor's scope; conflict when
/// the record was changed meanwhile.
pub async fn save(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    at: Option<(Id, i64)>,
    values: Values,
) -> Result<Saved, Problem> {
    save_with(app, ctx, noun, at, values, &[]).await
}

/// [`save_with`] for a step of the noun's own page, which alone writes the fields that are
/// `stepped`.
///
/// # Errors
/// As [`save`].
pub(crate) async fn save_step(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    at: (Id, i64),
    values: Values,
    files: &[Staged],
) -> Result<Record, Problem> {
    let saved = write(app, ctx, noun, (Some(at), None), values, (files, By::Step)).await?;
    Ok(saved.record)
}

/// Makes a record with the id that its form was handed out with: sent again, it fails, and the
/// first is found by that id.
///
/// # Errors
/// As [`save`]; conflict when it is there.
pub async fn save_new(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    id: Option<Id>,
    values: Values,
    files: &[Staged],
) -> Result<Saved, Problem> {
    write(app, ctx, noun, (None, id), values, (files, By::Hand)).await
}

/// [`save`] together with the files that the record names: all or nothing.
///
/// # Errors
/// As [`save`].
pub async fn save_with(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    at: Option<(Id, i64)>,
    values: Values,
    files: &[Staged],
) -> Result<Saved, Problem> {
    write(app, ctx, noun, (at, None), values, (files, By::Hand)).await
}

async fn write(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    (at, id): (Option<(Id, i64)>, Option<Id>),
    values: Values,
    (files, by): (&[Staged], By),
) -> Result<Saved, Problem> {
    let schema = app.schema(noun)?;
    let scope = ctx.actor.writes(&schema)?;
    let owner = secrecy::owner(&values, &schema.owner);
    secrecy::refuse_marked(app, ctx, noun, owner, secrecy::texts(&values)).await?;
    let before = match at {
        None => None,
        Some((id, version)) => {
            let record = find(app, &scope, &schema, &id.to_string()).await?;
            if record.version != version {
                return Err(Problem::from(StoreError::Stale {
                    noun: schema.noun.clone(),
                }));
            }
            Some(record)
        }
    };
    let mut tries = 0;
    let record = loop {
        let mut work = app.begin(ctx, &schema).await?;
        let values = values.clone();
        let writing = Writing {
            schema: &schema,
            scope: &scope,
            before: before.as_ref(),
            files,
            by,
            id,
        };
        let written = write_in(app, &mut work, writing, values).await;
        if let Some(record) = work.settle(written, &mut tries).await? {
            break record;
        }
    };
    Ok(Saved {
        record,
        created: before.is_none(),
    })
}

/// Makes many new records of a noun at once, with references given as ids. What is settled is
/// asked of the first alone: they belong together, as the items of one inspection do.
pub(crate) async fn add_all(
    app: &App,
    ctx: &Ctx,
    noun: &str,
    all: Vec<Values>,
) -> Result<(), Problem> {
    let schema = app.schema(noun)?;
    let mut work = app.begin(ctx, &schema).await?;
    let (now, scope) = (work.now(), work.scope());
    let record = |values| Record {
        id: Id::new(now),
        version: 1,
        updated_at: now,
        values,
    };
    let records: Vec<Record> = all.into_iter().map(record).collect();
    if let Some(first) = records.first() {
        settled::refuse(app, &mut work, &schema, (None, Some(first)), By::Hand).await?;
    }
    for record in &records {
        authorise(&mut work, &scope, &schema, record).await?;
    }
    registry::insert(&mut work, &schema, &records, &ctx.actor.name, now)
        .await
        .map_err(|e| unique(&schema, e))?;
    let written: Vec<_> = records.iter().map(|r| (None, Some(r))).collect();
    claim::settle(app, &mut work, &schema, &written).await?;
    for record in &records {
        work.changed(&schema, None, Some(record));
    }
    work.commit().await.map_err(Problem::from)
}

/// What is written, and over what.
#[derive(Clone, Copy)]
pub(crate) struct Writing<'a> {
    /// Of which noun.
    pub schema: &'a Schema,
    /// Where the actor may write its records.
    pub scope: &'a Scope,
    /// The version that was read; none for a new record.
    pub before: Option<&'a Record>,
    /// The files that came with it.
    pub files: &'a [Staged],
    /// What writes it.
    pub by: By,
    /// The id of a new record, where the form that makes it has one.
    pub id: Option<Id>,
}

/// What writes a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A form, the API, a table: whatever is typed.
    Hand,
    /// A step of the noun's own page.
    Step,
}

/// Writes a record, its files and its journal entry in a transaction of the caller's, who
/// commits; the record as it then stands. What says the same as before makes no new version.
///
/// # Errors
/// As [`save`].
pub(crate) async fn write_in(
    app: &App,
    work: &mut Work,
    writing: Writing<'_>,
    mut values: Values,
) -> Result<Record, Problem> {
    let Writing {
        schema,
        scope,
        before,
        files,
        by,
        id,
    } = writing;
    let (now, ctx) = (work.now(), work.ctx());
    let typed = values.clone();
    resolve(work, app, scope, schema, &mut values).await?;
    // What a book's schema no longer names stays with its entry.
    if let Some(before) = before.filter(|_| schema.storage == Storage::Entry) {
        let gone = before
            .values
            .iter()
            .filter(|(name, _)| schema.field(name).is_none());
        values.extend(gone.map(|(name, value)| (name.clone(), value.clone())));
    }
    let id = match (before, id) {
        (Some(before), _) => before.id,
        // What was something else once stays that: it may be gone, or another noun's.
        (None, Some(id)) if !journal::knew(work, &schema.noun, id).await? => id,
        (None, _) => Id::new(now),
    };
    let record = Record {
        id,
        version: before.map_or(1, |b| b.version),
        updated_at: now,
        values,
    };
    rules::check(&app.clock, schema, before, &record)?;
    let wrong = rules::of_clauses(app, schema, (before, by), &record);
    if !wrong.is_empty() {
        return Err(Problem::invalid(schema.label.en.clone(), wrong));
    }
    settled::refuse(app, work, schema, (before, Some(&record)), by).await?;
    rules::no_twin(work, schema, before, &record).await?;
    for each in before.into_iter().chain([&record]) {
        authorise(work, scope, schema, each).await?;
    }
    let beyond = reference::beyond(work, &ctx, schema, before, &record, &HashMap::new()).await?;
    let beyond = beyond.into_iter().map(|beyond| {
        let text = typed.get(beyond.field()).map(Value::to_cell);
        beyond.told(&text.unwrap_or_default())
    });
    let mut wrong: Vec<FieldProblem> = beyond.collect();
    wrong.extend(rules::after_the_end(work, schema, before, &record).await?);
    let mut ground = Ground::load(app, &ctx, work, schema, [&record]).await?;
    wrong.extend(ground.examine(work, schema, before, &record).await?);
    let named = file::named(work, &ctx, schema, before, &record, files).await?;
    wrong.extend(named.wrong);
    if !wrong.is_empty() {
        return Err(Problem::invalid(schema.label.en.clone(), wrong));
    }
    let author = &ctx.actor.name;
    let same = |before: &Record| {
        let mut fields = schema.fields.iter();
        fields.all(|f| before.get(&f.name) == record.get(&f.name))
    };
    // What says the same makes no version: its files are those of before, by whom they came.
    if let Some(before) = before.filter(|before| same(before)) {
        if schema.storage == Storage::Entry {
            let one = std::slice::from_ref(before);
            let open = store::book::refuse_closed(work, schema, one, false).await;
            open?;
        }
        return Ok(before.clone());
    }
    let written = match before {
        None => registry::insert(work, schema, std::slice::from_ref(&record), author, now).await,
        Some(_) => registry::update(work, schema, &record, author, now).await,
    };
    written.map_err(|e| unique(schema, e))?;
    claim::settle(app, work, schema, &[(before, Some(&record))]).await?;
    work.changed(schema, before, Some(&record));
    attachment::enter_again(work, &named.again).await?;
    for file in files {
        file.enter(app, work, &record.id.to_string()).await?;
    }
    let version = record.version + i64::from(before.is_some());
    Ok(Record { version, ..record })
}

/// Turns what references were given as into ids.
async fn resolve(
    tx: &mut Tx,
    app: &App,
    scope: &Scope,
    schema: &Schema,
    values: &mut Values,
) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    for field in schema.fields.iter().filter(|f| f.kind == Kind::Reference) {
        let Some(text) = values.get(&field.name).and_then(Value::as_text) else {
            continue;
        };
        let Some(other) = field.refers_to.as_deref().and_then(noun::get) else {
            continue;
        };
        let found = registry::resolve(tx, other, text).await?;
        if let [id] = found.as_slice() {
            values.insert(field.name.clone(), (*id).into());
            continue;
        }
        let alike = registry::alike(tx, scope, other, text).await;
        let found = Names::new(other, alike?).find(text);
        wrong.push(FieldProblem {
            field: field.name.clone(),
            message: names::refusal(other, text, &found),
        });
    }
    for field in &schema.fields {
        if field.kind == Kind::Date
            && values.get(&field.name).and_then(Value::as_text) == Some("today")
        {
            values.insert(field.name.clone(), app.clock.today().to_string().into());
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(schema.label.en.clone(), wrong))
    }
}

/// What is said of a reference to nothing, and to what is not the actor's to refer to: who may
/// not see a record does not learn of it.
pub(super) fn unknown(field: &Field, text: &str) -> FieldProblem {
    let noun = field.refers_to.as_deref().and_then(noun::get);
    let label = noun.map_or_else(Label::default, |n| n.label.clone());
    FieldProblem::new(
        &field.name,
        format!("Không có {} “{text}”", label.vi.to_lowercase()),
        format!("There is no {} “{text}”", label.en.to_lowercase()),
    )
}

/// Refuses a record whose owner lies outside the scope.
pub(super) async fn authorise(
    tx: &mut Tx,
    scope: &Scope,
    schema: &Schema,
    record: &Record,
) -> Result<(), Problem> {
    if scope.roots().is_none() {
        return Ok(());
    }
    let owner = if schema.owner == "id" {
        record.get("parent").as_id()
    } else {
        record.get(&schema.owner).as_id()
    };
    let is = |(field, value): (&String, &String)| record.text(field) == value;
    let reserved = schema.reserved.iter().any(is);
    let covered = match owner {
        Some(_) if reserved => false,
        Some(id) => registry::covers(tx, scope, OrganizationId(id)).await?,
        None => false,
    };
    if covered {
        Ok(())
    } else {
        Err(Problem::denied(
            Label::new(
                "Bạn chỉ được ghi cho đơn vị của mình",
                "You may write only for your own unit",
            ),
            schema.label.en.clone(),
        ))
    }
}

/// A broken uniqueness belongs to the noun's unique field.
pub(super) fn unique(schema: &Schema, error: StoreError) -> Problem {
    let key = || schema.identity.first().and_then(|name| schema.field(name));
    match (&error, schema.unique().or_else(key)) {
        (StoreError::Duplicate { .. }, Some(field)) => Problem {
            kind: ProblemKind::Conflict,
            ..Problem::invalid(
                schema.label.en.clone(),
                vec![FieldProblem::new(
                    &field.name,
                    "Đã có bản ghi với giá trị này",
                    "A record with this value exists",
                )],
            )
        },
        _ => Problem::from(error),
    }
}
