//! Beginning a flow: what may be asked for, by whom, about what.

use std::collections::BTreeMap;

use domain::{
    authority::{Permission, Scope},
    id::{Id, OrganizationId},
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
    record::{Record, Value, Values},
    schema::{Field, Kind, Schema},
};
use jiff::civil::Date;
use policy::flow::{BEGIN, Effect, Flow, Name, Source, Step};
use serde_json::Value as Json;
use store::flow::{EventKind, FlowEvent, FlowRow};

use super::{
    form::typed,
    ground::{due, missing},
    take::{note, note_event},
    who::key,
};
use crate::{App, Ctx, Work, registry, secrecy};

/// So many flows of one unit may be open at once.
const MOST: i64 = 500;

/// What a flow begins with.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    /// The id of the flow's file.
    pub flow: String,
    /// The id with which its form was handed out: sent again, it begins no second one.
    pub id: Option<Id>,
    /// The unit, by code, name or id, where the flow is about no record.
    pub organization: String,
    /// The record that it is about, by id or by one of its keys.
    pub subject: String,
    /// What was typed, by field.
    pub typed: BTreeMap<String, String>,
    /// Who asks has seen what the record has already and the flow would replace.
    pub knowing: bool,
}

/// A flow that somebody may begin.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The flow.
    pub flow: Flow,
    /// Its form.
    pub form: Schema,
}

fn unknown(flow: &str) -> Problem {
    Problem::not_found(&Label::new("loại đề nghị", "kind of request"), flow)
}

/// What the actor may ask for, in the order of the titles.
///
/// # Errors
/// Denied to who may read nothing.
pub fn offers(app: &App, ctx: &Ctx) -> Result<Vec<Offer>, Problem> {
    ctx.actor.scope(Permission::Read)?;
    let library = app.library();
    let mut all: Vec<Offer> = (library.flows.values())
        .filter(|flow| reach(ctx, &flow.begin).is_ok())
        .map(|flow| Offer {
            form: flow.begin.schema(flow),
            flow: flow.clone(),
        })
        .collect();
    all.sort_by(|a, b| a.flow.title.vi.cmp(&b.flow.title.vi));
    Ok(all)
}

/// One of them.
///
/// # Errors
/// Not found, denied.
pub fn offer(app: &App, ctx: &Ctx, flow: &str) -> Result<Offer, Problem> {
    let flow = (app.library().flows.get(flow).cloned()).ok_or_else(|| unknown(flow))?;
    reach(ctx, &flow.begin)?;
    Ok(Offer {
        form: flow.begin.schema(&flow),
        flow,
    })
}

fn reach(ctx: &Ctx, step: &Step) -> Result<Scope, Problem> {
    ctx.actor.scope_among(step.who.may, &step.who.roles)
}

/// Begins a flow; the same form sent again leads to the one that it began.
///
/// # Errors
/// Not found: no such flow, no such record within the actor's reach. Invalid: what was typed.
/// Conflict: one of the kind about the record is open ([`open_about`] finds it), or the flow would
/// replace what the record has already and nobody said that this is known, or too many of the unit are open.
pub async fn begin(app: &App, ctx: &Ctx, begin: &Begin) -> Result<FlowRow, Problem> {
    let Offer { flow, form } = offer(app, ctx, &begin.flow)?;
    let scope = reach(ctx, &flow.begin)?;
    let texts = begin.typed.iter().map(|(f, t)| (f.as_str(), t.as_str()));
    secrecy::refuse_marked(app, ctx, "flow", None, texts).await?;
    let about = about(app, &scope, &flow, begin).await?;
    let values = typed(app, &form, &begin.typed)?;
    let mut tries = 0;
    loop {
        let mut work = app.begin(ctx, flow.begin.who.may).await?;
        let begun = begin_in(app, &mut work, (&flow, begin), &about, &values).await;
        if let Some(row) = work.settle(begun, &mut tries).await? {
            return Ok(row);
        }
    }
}

/// Whose a flow is, and what it is about.
struct About {
    organization: OrganizationId,
    subject: Option<Id>,
    title: String,
    /// What the record has already and a step would replace.
    replaced: Vec<FieldProblem>,
}

async fn about(app: &App, scope: &Scope, flow: &Flow, begin: &Begin) -> Result<About, Problem> {
    let noun = flow.about.as_deref().unwrap_or("organization");
    let key = match flow.about {
        Some(_) => &begin.subject,
        None => &begin.organization,
    };
    let field = if flow.about.is_some() {
        "subject"
    } else {
        "organization"
    };
    let schema = app.schema(noun)?;
    if key.trim().is_empty() {
        let wrong = FieldProblem::new(field, "Bắt buộc phải có", "Required");
        return Err(Problem::invalid(&flow.id, vec![wrong]));
    }
    let found = registry::find(app, scope, &schema, key.trim()).await;
    // What is another unit's is not there for them, as what was mistyped is not.
    let record = found.map_err(|problem| {
        if problem.kind != ProblemKind::NotFound {
            return problem;
        }
        let (vi, en) = (&schema.label.vi, &schema.label.en);
        let wrong = FieldProblem::new(
            field,
            format!(
                "Không có {} “{key}” trong phạm vi của bạn; chọn trong danh sách",
                vi.to_lowercase()
            ),
            format!(
                "There is no {} “{key}” within your reach; choose one of the list",
                en.to_lowercase()
            ),
        );
        Problem::invalid(&flow.id, vec![wrong])
    })?;
    Ok(About {
        organization: record.owner(&schema).ok_or_else(|| missing(key))?,
        subject: flow.about.as_ref().map(|_| record.id),
        title: record.text(&schema.title).to_owned(),
        replaced: replaced(flow, &schema, &record),
    })
}

/// What a record has already and some step of a flow would write over with what is typed into it.
fn replaced(flow: &Flow, schema: &Schema, record: &Record) -> Vec<FieldProblem> {
    let sets = flow.steps().flat_map(|(.., step)| &step.effects);
    let written = sets.filter_map(|effect| match effect {
        Effect::Set(values) => Some(values),
        _ => None,
    });
    let mut found: Vec<FieldProblem> = Vec::new();
    for (name, text) in written.flatten() {
        let typed = matches!(Source::parse(text), Source::Copied(Name::Typed(_)));
        let value = record.get(name);
        let Some(field) = schema.field(name).filter(|_| typed && !value.is_null()) else {
            continue;
        };
        let (label, value) = (&field.label, shown(field, value));
        let wrong = FieldProblem::new(
            name,
            format!("{}: “{}” sẽ được thay", label.vi, value.vi),
            format!("{}: “{}” will be replaced", label.en, value.en),
        );
        if !found.contains(&wrong) {
            found.push(wrong);
        }
    }
    found
}

/// A value in words.
fn shown(field: &Field, value: &Value) -> Label {
    let cell = value.to_cell();
    if let Some(label) = field.choices.get(&cell) {
        return label.clone();
    }
    let day: Option<Date> = cell.parse().ok().filter(|_| field.kind == Kind::Date);
    Label::same(day.map_or(cell, |day| day.strftime("%d/%m/%Y").to_string()))
}

/// The open flow that stands in the way of another one of its kind about the same record, as far as the
/// actor may see it.
///
/// # Errors
/// Denied, unavailable.
pub async fn open_about(app: &App, ctx: &Ctx, begin: &Begin) -> Result<Option<FlowRow>, Problem> {
    let Offer { flow, .. } = offer(app, ctx, &begin.flow)?;
    let scope = reach(ctx, &flow.begin)?;
    let about = about(app, &scope, &flow, begin).await?;
    let Some(subject) = about.subject else {
        return Ok(None);
    };
    let mut tx = app.db.snapshot().await?;
    let open = store::flow::open_about(&mut tx, &flow.id, subject, about.organization).await?;
    let reads = ctx.actor.scope(Permission::Read)?;
    Ok(match open {
        Some(row) => store::flow::get_in(&mut tx, &reads, row.id).await?,
        None => None,
    })
}

async fn begin_in(
    app: &App,
    work: &mut Work,
    (flow, begin): (&Flow, &Begin),
    about: &About,
    values: &Values,
) -> Result<FlowRow, Problem> {
    let (now, ctx, scope) = (work.now(), work.ctx(), work.scope());
    let by = key(&ctx.actor);
    if let Some(id) = begin.id {
        store::flow::lock(work, id).await?;
        let known = store::flow::get_in(work, &scope, id).await?;
        if let Some(known) = known.filter(|row| row.created_by == by && row.flow == flow.id) {
            return Ok(known);
        }
    }
    if !work.covers(about.organization).await? {
        return Err(Problem::denied(
            Label::new(
                "Bạn không có quyền với đơn vị này",
                "That organization is not within your reach",
            ),
            &about.title,
        ));
    }
    if let Some(subject) = about.subject {
        store::flow::lock_subject(work, &flow.id, subject).await?;
        let open = store::flow::open_about(work, &flow.id, subject, about.organization).await?;
        if open.is_some() {
            return Err(Problem::new(
                ProblemKind::Conflict,
                Label::new(
                    "Đã có một đề nghị cùng loại đang mở",
                    "A request of this kind is open already",
                ),
                &about.title,
                Label::new(
                    "Mở đề nghị đó và làm tiếp, hoặc rút lại.",
                    "Open that one and go on with it, or withdraw it.",
                ),
            ));
        }
    }
    if !begin.knowing && !about.replaced.is_empty() {
        return Err(Problem {
            fields: about.replaced.clone(),
            ..Problem::new(
                ProblemKind::Conflict,
                Label::new(
                    "Hồ sơ đã có nội dung mà đề nghị này sẽ thay",
                    "The record has already what this request will replace",
                ),
                &about.title,
                Label::new(
                    "Nếu vẫn cần làm lại, gửi lần nữa để xác nhận.",
                    "If it has to be done anew, send it once more to confirm.",
                ),
            )
        });
    }
    if store::flow::open_of(work, about.organization).await? >= MOST {
        return Err(Problem::new(
            ProblemKind::Conflict,
            Label::new(
                format!("Đơn vị đang có {MOST} đề nghị chưa xong"),
                format!("{MOST} requests of the organization are open"),
            ),
            &about.title,
            Label::new(
                "Kết thúc hoặc rút bớt.",
                "Bring some to their end, or withdraw them.",
            ),
        ));
    }
    refuse_often(work, &by, now).await?;
    // An id that was something else once stays that.
    let id = match begin.id {
        Some(id) if !store::journal::knew(work, "flow", id).await? => id,
        _ => Id::new(now),
    };
    let (text, hash) = flow.text();
    store::flow::keep_definition(work, &hash, &text).await?;
    let to = &flow.begin.to;
    let row = FlowRow {
        id,
        version: 1,
        flow: flow.id.clone(),
        definition: hash,
        organization: about.organization,
        subject: about.subject,
        title: about.title.clone(),
        state: to.clone(),
        ended: flow.is_end(to),
        typed: values.clone(),
        due_on: due(&app.library(), flow.states.get(to), app.clock.today()),
        entered_at: now,
        created_by: by.clone(),
        created_at: now,
        updated_at: now,
    };
    store::flow::insert(work, &row).await?;
    let event = FlowEvent {
        id: Id::new(now),
        flow: id,
        number: 1,
        step: BEGIN.into(),
        kind: EventKind::Taken,
        from_state: None,
        to_state: to.clone(),
        actor: by,
        actor_name: ctx.actor.name.clone(),
        for_actor: None,
        for_name: None,
        at: now,
        typed: values.clone(),
        plan: Json::Array(Vec::new()),
        seen: String::new(),
    };
    store::flow::insert_event(work, &event).await?;
    note(work, None, &row);
    note_event(work, &row, &event);
    Ok(row)
}

/// So many flows one account begins within an hour.
const MOST_AN_HOUR: i64 = 100;

/// Refuses one more within the hour: what is begun and withdrawn stays in records and journal.
async fn refuse_often(work: &mut Work, by: &str, now: i64) -> Result<(), Problem> {
    if store::flow::begun_since(work, by, now - 3_600_000).await? < MOST_AN_HOUR {
        return Ok(());
    }
    let what = Label::new(
        format!("Bạn đã gửi {MOST_AN_HOUR} đề nghị trong một giờ"),
        format!("You began {MOST_AN_HOUR} requests within an hour"),
    );
    let next = Label::new("Gửi tiếp sau một giờ.", "Go on in an hour.");
    Err(Problem::new(ProblemKind::Limit, what, "", next).after(3_600))
}
