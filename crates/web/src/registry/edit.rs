//! The form of a record: new, changed, deleted.

use std::collections::HashMap;

use app::{
    App, Ctx,
    attachment::{self, Staged},
    journal::{self, JournalQuery},
    registry::{self, RecordQuery},
};
use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    id::{Id, OrganizationId},
    label::Label,
    parse,
    problem::{Problem, ProblemKind},
    record::{Record, Value},
    schema::{Kind, Schema},
};

use super::{
    cell,
    form::{Choices, Filled, inputs},
    list::list_path,
    page::{Form, Theirs},
};
use crate::{
    cx::Cx,
    http::{self, Fault, Params, Reader, Upload, done, receive},
    server::Web,
};

/// What a reference is chosen from: key and title of every record in reach. A clause is chosen
/// from those of the regulation that is filled in, else of all.
async fn choices(
    app: &App,
    ctx: &Ctx,
    schema: &Schema,
    filled: &Filled,
) -> Result<Choices, Problem> {
    let mut out: Choices = HashMap::new();
    let library = app.library();
    let regulation = filled.get("regulation").map_or("", String::as_str);
    for field in schema.fields.iter().filter(|f| f.kind == Kind::Clause) {
        let named = |r: &&policy::Regulation| regulation.is_empty() || r.id == regulation;
        let clauses = library.regulations.values().filter(named);
        let clauses = clauses.flat_map(|r| &r.clauses);
        let list = clauses.map(|c| (c.cite.clone(), c.summary.get(ctx.lang).to_owned()));
        out.insert(field.name.clone(), list.collect());
    }
    for field in schema
        .fields
        .iter()
        .filter(|field| field.kind == Kind::Reference)
    {
        let Some(noun) = &field.refers_to else {
            continue;
        };
        let other = app.schema(noun)?;
        let every = RecordQuery {
            limit: 5_000,
            ..RecordQuery::default()
        };
        let page = registry::list(app, ctx, noun, &every).await?;
        let key = other.fields.iter().find(|field| field.unique);
        let list = page
            .records
            .iter()
            .map(|record| {
                let id = record.id.to_string();
                let code = key
                    .map_or(id.as_str(), |key| record.text(&key.name))
                    .to_owned();
                (code, record.text(&other.title).to_owned())
            })
            .collect();
        out.insert(field.name.clone(), list);
    }
    Ok(out)
}

/// References are shown by their key, as they are chosen and imported.
async fn keys(app: &App, ctx: &Ctx, schema: &Schema, filled: &mut Filled) -> Result<(), Problem> {
    for field in schema
        .fields
        .iter()
        .filter(|field| field.kind == Kind::Reference)
    {
        let (Some(noun), Some(value)) = (&field.refers_to, filled.get_mut(&field.name)) else {
            continue;
        };
        let other = app.schema(noun)?;
        let Some(key) = other.fields.iter().find(|field| field.unique) else {
            continue;
        };
        if value.parse::<Id>().is_ok()
            && let Ok(record) = registry::get(app, ctx, noun, value).await
        {
            record.text(&key.name).clone_into(value);
        }
    }
    Ok(())
}

struct Draft {
    /// The id that a new record gets.
    once: Option<Id>,
    title: String,
    action: String,
    version: i64,
    back: String,
    theirs: Option<Theirs>,
}

/// What stands there now beside what was typed, where the two differ; the version that a
/// save then writes over is the one that was shown.
async fn theirs(
    web: &Web,
    reader: &Reader,
    schema: &Schema,
    id: Id,
    version: i64,
    typed: &Filled,
) -> Result<Option<(i64, Theirs)>, Problem> {
    let id = id.to_string();
    let (app, ctx, cx) = (&web.app, &reader.ctx, &reader.cx);
    let now = registry::get(app, ctx, &schema.noun, &id).await?;
    if now.version == version {
        return Ok(None);
    }
    let query = JournalQuery {
        noun: Some(schema.noun.clone()),
        record_id: Some(id),
        limit: 1,
        ..JournalQuery::default()
    };
    let last = journal::list(app, ctx, &query).await?;
    let who = last.first().map_or_else(String::new, |entry| {
        let at = crate::format::datetime(entry.change.at);
        format!("{} · {at}", entry.change.actor)
    });
    let titles = registry::reference_titles(app, schema, std::slice::from_ref(&now)).await?;
    let mut stored = text_of(schema, &now);
    keys(app, ctx, schema, &mut stored).await?;
    let mut typed = typed.clone();
    keys(app, ctx, schema, &mut typed).await?;
    let rows = schema
        .fields
        .iter()
        .filter_map(|field| {
            let mine = typed.get(&field.name).map_or("", String::as_str);
            let same = stored.get(&field.name).is_some_and(|theirs| theirs == mine);
            // A date may be typed in another form than it is kept in.
            let equal =
                same || parse::field(field, mine).is_ok_and(|value| value == *now.get(&field.name));
            (!equal).then(|| {
                let theirs = cell::text(cx, field, now.get(&field.name), &titles);
                let mine = parse::field(field, mine).map_or_else(
                    |_| mine.to_owned(),
                    |value| cell::text(cx, field, &value, &titles),
                );
                (cx.l(&field.label), theirs, mine)
            })
        })
        .collect();
    Ok(Some((now.version, Theirs { who, rows })))
}

/// The values of a record as a form is filled with them.
fn text_of(schema: &Schema, record: &Record) -> Filled {
    schema
        .fields
        .iter()
        .map(|field| {
            let value = record.get(&field.name);
            let text = match (field.kind, value) {
                (Kind::Instant, Value::Integer(ms)) => crate::format::local(*ms)
                    .strftime("%Y-%m-%dT%H:%M")
                    .to_string(),
                _ => value.to_cell(),
            };
            (field.name.clone(), text)
        })
        .collect()
}

async fn page(
    web: &Web,
    reader: Reader,
    schema: &Schema,
    draft: Draft,
    mut filled: Filled,
    problem: Option<Problem>,
) -> Result<Form, Fault> {
    keys(&web.app, &reader.ctx, schema, &mut filled).await?;
    let choices = choices(&web.app, &reader.ctx, schema, &filled).await?;
    Ok(Form {
        title: draft.title,
        action: draft.action,
        version: draft.version,
        once: draft.once.map_or_else(String::new, |id| id.to_string()),
        back: draft.back,
        theirs: draft.theirs,
        files: schema.fields.iter().any(|field| field.kind == Kind::File),
        inputs: inputs(&reader.cx, schema, &filled, &choices, problem.as_ref()),
        problem,
        schema: schema.clone(),
        cx: reader.cx,
    })
}

fn draft_new(cx: &Cx, schema: &Schema, back: &str) -> Draft {
    Draft {
        once: None,
        title: cx.tx("registry-new", cx.l(&schema.label)),
        action: format!("/registry/{}", schema.noun),
        version: 0,
        back: if back.is_empty() {
            list_path(&schema.noun, "")
        } else {
            http::own_path(back)
        },
        theirs: None,
    }
}

fn draft_edit(cx: &Cx, schema: &Schema, id: &str, version: i64, back: &str) -> Draft {
    let record = format!("/registry/{}/{id}", schema.noun);
    Draft {
        once: None,
        title: cx.tx("registry-edit", cx.l(&schema.label)),
        back: if back.is_empty() {
            record.clone()
        } else {
            http::own_path(back)
        },
        action: record,
        version,
        theirs: None,
    }
}

/// `GET /registry/{noun}/new`: any field may be filled in by the address.
pub async fn new(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    let today = web.app.clock.today().to_string();
    let filled = schema
        .fields
        .iter()
        .map(|field| {
            let given = params.get(&field.name);
            let value = match field.default.as_deref() {
                _ if !given.is_empty() => given.to_owned(),
                Some("today") => today.clone(),
                default => default.unwrap_or_default().to_owned(),
            };
            (field.name.clone(), value)
        })
        .collect();
    let draft = Draft {
        once: Some(Id::new(web.app.clock.now_ms())),
        ..draft_new(&reader.cx, &schema, params.get("back"))
    };
    Ok(http::Page(page(&web, reader, &schema, draft, filled, None).await?).into_response())
}

/// `GET /registry/{noun}/{id}/edit`.
pub async fn edit(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, key)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, &noun)?;
    let record = registry::get(&web.app, &reader.ctx, &noun, &key).await?;
    let filled = text_of(&schema, &record);
    let id = record.id.to_string();
    let draft = draft_edit(&reader.cx, &schema, &id, record.version, params.get("back"));
    Ok(http::Page(page(&web, reader, &schema, draft, filled, None).await?).into_response())
}

/// The documents of a form, each with its field, laid aside for the record.
async fn stage_files(
    app: &App,
    ctx: &Ctx,
    schema: &Schema,
    upload: &mut Upload,
) -> Result<(Vec<String>, Vec<Staged>), Problem> {
    let files = std::mem::take(&mut upload.files);
    if files.is_empty() {
        return Ok(Default::default());
    }
    let owner = registry::get(app, ctx, "organization", upload.fields.get(&schema.owner)).await?;
    let (mut fields, mut staged) = (Vec::new(), Vec::new());
    for file in files {
        let owner = OrganizationId(owner.id);
        staged.push(attachment::stage(app, ctx, owner, &file.name, file.bytes).await?);
        fields.push(file.field);
    }
    Ok((fields, staged))
}

async fn save(
    app: &App,
    ctx: &Ctx,
    schema: &Schema,
    (at, once): (Option<(Id, i64)>, Option<Id>),
    upload: &mut Upload,
) -> Result<Id, Problem> {
    let (of, files) = stage_files(app, ctx, schema, upload).await?;
    let fields = &upload.fields;
    let given = |name: &str| {
        let file = of.iter().zip(&files).find(|(field, _)| *field == name);
        file.map_or_else(|| fields.get(name), |(_, file)| file.sha256())
    };
    let values = parse::values(schema, |field| Some(given(&field.name)))
        .map_err(|wrong| Problem::invalid("", wrong))?;
    let noun = &schema.noun;
    let saved = match at {
        Some(_) => registry::save_with(app, ctx, noun, at, values, &files).await?,
        None => registry::save_new(app, ctx, noun, once, values, &files).await?,
    };
    Ok(saved.record.id)
}

/// What was typed into a form.
fn typed(schema: &Schema, fields: &Params) -> Filled {
    let text = |name: &String| (name.clone(), fields.get(name).to_owned());
    schema.fields.iter().map(|f| text(&f.name)).collect()
}

/// A form that is older than this makes a record with an id of its own, milliseconds.
const FORM_LIVES: i64 = 7 * 86_400_000;

/// The id that a form for a new record was handed out with: who sends it twice makes one.
fn once(fields: &Params, now: i64) -> Option<Id> {
    let id: Id = fields.get("once").parse().ok()?;
    (now - FORM_LIVES..=now)
        .contains(&id.made_at())
        .then_some(id)
}

/// The record that a form has made already.
async fn made(web: &Web, reader: &Reader, noun: &str, once: Option<Id>) -> Option<Record> {
    let id = once?.to_string();
    registry::get(&web.app, &reader.ctx, noun, &id).await.ok()
}

/// So long a record that says the same in everything is the one that was sent before:
/// milliseconds. Going back, a browser may fetch the form anew.
const SENT_AGAIN: i64 = 3_600_000;
/// So many records are held against what was typed.
const HELD_AGAINST: usize = 5;

/// The record that was made a while ago and says the same in everything, where no field tells
/// two records apart.
async fn twin(
    web: &Web,
    reader: &Reader,
    schema: &Schema,
    fields: &Params,
) -> Result<Option<Record>, Problem> {
    if schema.unique().is_some() {
        return Ok(None);
    }
    let day = parse::date(fields.get("occurred_on")).map(|day| day.to_string());
    let query = RecordQuery {
        days: (day.clone(), day),
        limit: 5_000,
        ..RecordQuery::default()
    };
    let all = registry::list(&web.app, &reader.ctx, &schema.noun, &query).await?;
    let since = web.app.clock.now_ms() - SENT_AGAIN;
    let filled = typed(schema, fields);
    let fresh = |r: &Record| r.version == 1 && r.updated_at >= since;
    for record in all.records.into_iter().filter(fresh).take(HELD_AGAINST) {
        let beside = theirs(web, reader, schema, record.id, 0, &filled).await?;
        if beside.is_some_and(|(_, theirs)| theirs.rows.is_empty()) {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// A form that has made its record and comes again: the same leads to that record, something
/// else is shown beside it, to be saved over it or not.
async fn again(
    web: &Web,
    reader: Reader,
    schema: &Schema,
    made: &Record,
    fields: &Params,
) -> Result<Response, Fault> {
    let mut filled = typed(schema, fields);
    // A document is not sent again by going back: the one that is kept stays.
    for field in schema.fields.iter().filter(|f| f.kind == Kind::File) {
        filled.insert(field.name.clone(), made.get(&field.name).to_cell());
    }
    let id = made.id.to_string();
    let beside = theirs(web, &reader, schema, made.id, 0, &filled).await?;
    let (version, theirs) = match beside {
        Some((version, theirs)) if !theirs.rows.is_empty() => (version, theirs),
        _ => {
            return Ok(done(
                &format!("/registry/{}/{id}", schema.noun),
                "saved-already",
            ));
        }
    };
    let draft = Draft {
        theirs: Some(theirs),
        ..draft_edit(&reader.cx, schema, &id, version, fields.get("back"))
    };
    let problem = Problem::new(
        ProblemKind::Conflict,
        Label::new(
            "Biểu mẫu này đã tạo một bản ghi",
            "This form has made a record already",
        ),
        made.text(&schema.title),
        Label::new(
            "Lưu để sửa bản ghi đó; cần bản ghi khác thì mở biểu mẫu mới.",
            "Save to change that record; for another, open a new form.",
        ),
    );
    let status = Fault::from(problem.clone()).status();
    let form = page(web, reader, schema, draft, filled, Some(problem)).await?;
    Ok((status, http::Page(form)).into_response())
}

async fn write(
    web: Web,
    reader: Reader,
    noun: &str,
    id: Option<Id>,
    request: Request,
) -> Result<Response, Fault> {
    let schema = registry::writable(&web.app, &reader.ctx, noun)?;
    let mut upload = receive(request, attachment::max_bytes(&web.app)).await?;
    let version = upload.fields.get("version").parse().unwrap_or(0);
    let back = upload.fields.get("back").to_owned();
    let at = id.map(|id| (id, version));
    let once = once(&upload.fields, web.app.clock.now_ms()).filter(|_| id.is_none());
    let made_before = match made(&web, &reader, noun, once).await {
        None if id.is_none() && upload.files.is_empty() => {
            twin(&web, &reader, &schema, &upload.fields).await?
        }
        found => found,
    };
    if let Some(made) = made_before {
        return again(&web, reader, &schema, &made, &upload.fields).await;
    }
    let saved = save(&web.app, &reader.ctx, &schema, (at, once), &mut upload).await;
    // Of several that were sent at once one is the first.
    if saved.is_err()
        && let Some(made) = made(&web, &reader, noun, once).await
    {
        return again(&web, reader, &schema, &made, &upload.fields).await;
    }
    match saved {
        Ok(id) => {
            let to = if back.is_empty() {
                format!("/registry/{noun}/{id}")
            } else {
                http::own_path(&back)
            };
            Ok(done(&to, "saved"))
        }
        Err(problem) if problem.keeps_text() => {
            let status = Fault::from(problem.clone()).status();
            let filled = typed(&schema, &upload.fields);
            let mut draft = match id {
                None => Draft {
                    once,
                    ..draft_new(&reader.cx, &schema, &back)
                },
                Some(id) => draft_edit(&reader.cx, &schema, &id.to_string(), version, &back),
            };
            if problem.kind == ProblemKind::Conflict
                && let Some(id) = id
                && let Some((now, theirs)) =
                    theirs(&web, &reader, &schema, id, version, &filled).await?
            {
                draft.version = now;
                draft.theirs = Some(theirs);
            }
            let form = page(&web, reader, &schema, draft, filled, Some(problem)).await?;
            Ok((status, http::Page(form)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// `POST /registry/{noun}`.
pub async fn create(
    State(web): State<Web>,
    reader: Reader,
    Path(noun): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    write(web, reader, &noun, None, request).await
}

/// `POST /registry/{noun}/{id}`.
pub async fn update(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let id = parse_id(&id)?;
    write(web, reader, &noun, Some(id), request).await
}

/// The id of a record in an address.
pub fn parse_id(id: &str) -> Result<Id, Problem> {
    id.parse()
        .map_err(|_| Problem::not_found(&Label::new("bản ghi", "record"), id))
}

/// `POST /registry/{noun}/{id}/delete`.
pub async fn delete(
    State(web): State<Web>,
    reader: Reader,
    Path((noun, id)): Path<(String, String)>,
    axum::Form(form): axum::Form<HashMap<String, String>>,
) -> Result<Response, Fault> {
    let version = form
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            Fault::with_status(Problem::invalid(&id, Vec::new()), StatusCode::BAD_REQUEST)
        })?;
    registry::delete(&web.app, &reader.ctx, &noun, parse_id(&id)?, version).await?;
    Ok(done(&list_path(&noun, ""), "deleted"))
}
