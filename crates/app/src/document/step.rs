//! The way of a document, step by step; each is in the journal.

use std::collections::BTreeMap;

use domain::{
    document::Step,
    id::OrganizationId,
    label::Label,
    parse::{self, printable},
    problem::{FieldProblem, Problem, ProblemKind},
    record::Values,
    text,
};
use policy::document::Template;
use store::{Tx, document::DocumentRow};

use super::{
    compose::plain,
    fill::{self, Filled},
    ground::Ground,
    hold,
    letterhead::Letterhead,
    list::{self, Document},
};
use crate::{App, Ctx, Work, attachment::Staged, registry, secrecy};

/// What a person changes.
#[derive(Clone, Debug, Default)]
pub struct Writing {
    /// Texts by the draft's id; those that are not given stay.
    pub drafts: BTreeMap<String, String>,
    /// The place in the heading.
    pub place: Option<String>,
    /// Who signs.
    pub signer: Option<String>,
}

/// What is known when it is signed.
#[derive(Debug)]
pub struct Signed {
    /// Its number.
    pub number: String,
    /// ISO date.
    pub signed_on: String,
    /// Who signed.
    pub signer: String,
    /// The scan or the digitally signed file.
    pub file: Staged,
}

/// Changes what a person writes; what changes nothing makes no new version.
///
/// # Errors
/// Conflict when somebody else was quicker or it is no draft any more.
pub async fn write(
    app: &App,
    ctx: &Ctx,
    id: &str,
    version: i64,
    writing: Writing,
) -> Result<Document, Problem> {
    let drafts = writing
        .drafts
        .iter()
        .map(|(id, text)| (id.as_str(), text.as_str()));
    let place = writing.place.iter().map(|place| ("place", place.as_str()));
    let signer = writing
        .signer
        .iter()
        .map(|signer| ("signer", signer.as_str()));
    let typed = drafts.chain(place).chain(signer);
    secrecy::refuse_marked(app, ctx, "document", None, typed).await?;
    change(
        app,
        ctx,
        id,
        version,
        Step::Write,
        "update",
        |template, document| {
            let mut wrong = Vec::new();
            for (id, text) in writing.drafts {
                if Letterhead::is_field(&id) || template.drafts().any(|d| d.id == id) {
                    let text = text::nfc(&text);
                    wrong.extend(unprintable(&id, &text));
                    document.drafts.insert(id, text);
                }
            }
            let lines = [
                ("place", writing.place, &mut document.row.place),
                ("signer", writing.signer, &mut document.row.signer),
            ];
            for (name, text, kept) in lines {
                if let Some(text) = text {
                    *kept = line(&text);
                    wrong.extend(unprintable(name, kept));
                }
            }
            if !wrong.is_empty() {
                return Err(Problem::invalid("document", wrong));
            }
            document.row.drafts = json(&document.drafts);
            Ok(())
        },
    )
    .await
}

/// Takes the numbers again.
///
/// # Errors
/// As [`write()`], and those of the figures.
pub async fn refill(app: &App, ctx: &Ctx, id: &str, version: i64) -> Result<Document, Problem> {
    let document = list::get(app, ctx, id).await?;
    let template = list::template(app, &document.row.template)?;
    let ground = Ground::load(app, &app.clock.today().to_string()).await?;
    let stretch = template.period.parse(&document.row.period).ok_or_else(|| {
        refused(
            "Kỳ của văn bản không đúng với mẫu hiện hành",
            "The template now has another period",
            id,
        )
    })?;
    // Before the figures are taken: who may not write it learns nothing by it.
    writes(app, ctx, &template, &ground, document.row.organization).await?;
    let mut filled = fill::fill(
        app,
        ctx,
        &template,
        &ground,
        document.row.organization,
        &stretch,
    )
    .await?;
    if let Some(words) = document.filled.names.get(fill::REPLACES) {
        (filled.names).insert(fill::REPLACES.into(), words.clone());
    }
    change(
        app,
        ctx,
        id,
        version,
        Step::Write,
        "refill",
        |_, document| {
            document.row.filled = json(&filled);
            document.row.filled_at = app.clock.now_ms();
            Ok(())
        },
    )
    .await
}

/// Finds it good: what only a person can write is written.
///
/// # Errors
/// Invalid, with what is missing; else as [`write()`].
pub async fn review(app: &App, ctx: &Ctx, id: &str, version: i64) -> Result<Document, Problem> {
    change(
        app,
        ctx,
        id,
        version,
        Step::Review,
        "review",
        |template, document| {
            let mut wrong: Vec<FieldProblem> = template
                .drafts()
                .filter(|d| {
                    d.required
                        && document
                            .drafts
                            .get(&d.id)
                            .is_none_or(|t| t.trim().is_empty())
                })
                .map(|d| {
                    FieldProblem::new(
                        &d.id,
                        format!("Chưa viết: {}", d.label.vi),
                        format!("Not written yet: {}", d.label.en),
                    )
                })
                .collect();
            if document.row.place.is_empty() {
                wrong.push(FieldProblem::new("place", "Ghi địa danh", "Say the place"));
            }
            if wrong.is_empty() {
                Ok(())
            } else {
                Err(Problem::invalid("document", wrong))
            }
        },
    )
    .await
}

/// Takes it back to a draft; a signature on it is void.
///
/// # Errors
/// As [`write()`].
pub async fn reopen(app: &App, ctx: &Ctx, id: &str, version: i64) -> Result<Document, Problem> {
    change(
        app,
        ctx,
        id,
        version,
        Step::Reopen,
        "reopen",
        |_, document| {
            document.row.file = None;
            document.row.signed_on = None;
            document.row.number = String::new();
            Ok(())
        },
    )
    .await
}

/// Notes the signed file with number, day and signer.
///
/// # Errors
/// Invalid fields, a file that was not handed in; else as [`write()`].
pub async fn sign(
    app: &App,
    ctx: &Ctx,
    id: &str,
    version: i64,
    signed: Signed,
) -> Result<Document, Problem> {
    let today = app.clock.today();
    let day = signed.signed_on.parse::<jiff::civil::Date>().ok();
    let mut wrong = Vec::new();
    if line(&signed.number).is_empty() {
        wrong.push(FieldProblem::new(
            "number",
            "Ghi số văn bản",
            "Give the number",
        ));
    }
    if day.is_none_or(|d| d > today) {
        wrong.push(FieldProblem::new(
            "signed_on",
            "Ngày ký không đúng hoặc ở tương lai",
            "No such day, or it lies in the future",
        ));
    }
    if line(&signed.signer).is_empty() {
        wrong.push(FieldProblem::new(
            "signer",
            "Ghi người ký",
            "Say who signed",
        ));
    }
    for (name, text) in [("number", &signed.number), ("signer", &signed.signer)] {
        wrong.extend(unprintable(name, &line(text)));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid("document", wrong));
    }
    let typed = [("number", &*signed.number), ("signer", &*signed.signer)].into_iter();
    secrecy::refuse_marked(app, ctx, "document", None, typed).await?;
    let file = &signed.file;
    let edit = |_: &Template, document: &mut Document| {
        if file.organization() != document.row.organization {
            let what = Label::new("tệp đính kèm", "attachment");
            return Err(Problem::not_found(&what, file.sha256()));
        }
        document.row.number = line(&signed.number);
        document.row.signed_on = day.map(|d| d.to_string());
        document.row.signer = line(&signed.signer);
        document.row.file = Some(file.sha256().to_owned());
        Ok(())
    };
    let files = std::slice::from_ref(file);
    change_with(app, ctx, id, version, (Step::Sign, "sign"), files, edit).await
}

/// Sends it: the entry that fulfils the duty is written in the same transaction.
///
/// # Errors
/// Invalid for a day before the signature or in the future, what the book finds wrong;
/// else as [`write()`].
pub async fn send(
    app: &App,
    ctx: &Ctx,
    id: &str,
    version: i64,
    sent_on: &str,
) -> Result<Document, Problem> {
    let (before, template) = opened(app, ctx, id, version).await?;
    let mut document = before.clone();
    let state = before.state.after(Step::Send)?;
    let today = app.clock.today();
    let signed_on = before.row.signed_on.clone().unwrap_or_default();
    let day = sent_on
        .parse::<jiff::civil::Date>()
        .ok()
        .filter(|d| *d <= today && d.to_string() >= signed_on);
    let Some(day) = day else {
        return Err(Problem::invalid(
            "document",
            vec![FieldProblem::new(
                "sent_on",
                "Ngày gửi không được trước ngày ký hoặc ở tương lai",
                "It cannot be sent before it is signed, nor in the future",
            )],
        ));
    };
    document.row.state = state.code().into();
    document.row.sent_on = Some(day.to_string());
    let mut work = app.begin(ctx, list::permission(&template)).await?;
    if let Some(closes) = &template.closes {
        let schema = app.schema(&closes.register)?;
        let text = |name: &str| match name {
            "number" => document.row.number.clone(),
            "signed_on" => signed_on.clone(),
            "file" => document.row.file.clone().unwrap_or_default(),
            name => document
                .drafts
                .get(name)
                .cloned()
                .unwrap_or_else(|| said(&document.filled, name)),
        };
        let mut given: BTreeMap<&str, String> = closes
            .values
            .iter()
            .map(|(field, value)| (field.as_str(), plain(value, text)))
            .collect();
        // What corrects a sent document writes its entry anew; the duty was fulfilled on the
        // day of the first, and what was filled in by hand beside it stays.
        let old = hold::corrected(app, &mut work, &schema, &document.row).await?;
        given.insert("organization", document.row.organization.to_string());
        if old.is_none() {
            given.insert("occurred_on", day.to_string());
        }
        let (mut values, mut wrong) = (Values::new(), Vec::new());
        for field in &schema.fields {
            let value = match (given.get(field.name.as_str()), &old) {
                (None, Some(old)) => Ok(old.get(&field.name).clone()),
                (text, _) => parse::field(field, text.map_or("", String::as_str)),
            };
            match value {
                Ok(value) => drop(values.insert(field.name.clone(), value)),
                Err(problem) => wrong.push(problem),
            }
        }
        if !wrong.is_empty() {
            return Err(Problem::invalid(schema.label.en.clone(), wrong));
        }
        let scope = ctx.actor.writes(&schema)?;
        let writing = registry::Writing {
            schema: &schema,
            scope: &scope,
            before: old.as_ref(),
            files: &[],
            by: registry::By::Step,
            id: None,
        };
        let record = registry::write_in(app, &mut work, writing, values).await?;
        document.row.entry = Some(record.id);
    }
    finish(&mut work, "send", &before, &mut document).await?;
    work.commit().await?;
    Ok(list::read(app, document.row))
}

/// Throws a draft away; the journal keeps what was written.
///
/// # Errors
/// As [`write()`].
pub async fn discard(app: &App, ctx: &Ctx, id: &str, version: i64) -> Result<(), Problem> {
    let (before, template) = opened(app, ctx, id, version).await?;
    before.state.after(Step::Write)?;
    let row = &before.row;
    let mut work = app.begin(ctx, list::permission(&template)).await?;
    store::document::delete(&mut work, row.id, version).await?;
    let (id, unit) = (row.id.to_string(), Some(row.organization));
    work.event("document", &id, unit, "delete", Some(told(row)), None);
    work.commit().await.map_err(Problem::from)
}

/// The document with its template, when the actor may write it and has read this version.
async fn opened(
    app: &App,
    ctx: &Ctx,
    id: &str,
    version: i64,
) -> Result<(Document, Template), Problem> {
    let document = list::get(app, ctx, id).await?;
    let template = list::template(app, &document.row.template)?;
    let ground = Ground::load(app, &app.clock.today().to_string()).await?;
    writes(app, ctx, &template, &ground, document.row.organization).await?;
    if document.row.version != version {
        return Err(Problem::from(store::StoreError::Stale {
            noun: "document".into(),
        }));
    }
    Ok((document, template))
}

async fn writes(
    app: &App,
    ctx: &Ctx,
    template: &Template,
    ground: &Ground,
    author: OrganizationId,
) -> Result<(), Problem> {
    let scope = ctx.actor.scope(list::permission(template))?;
    let mut tx = app.db.snapshot().await?;
    covered(&mut tx, &scope, author, &template.id).await?;
    covered(&mut tx, &scope, ground.root(template, author), &template.id).await
}

pub(super) async fn covered(
    tx: &mut Tx,
    scope: &domain::authority::Scope,
    organization: OrganizationId,
    subject: &str,
) -> Result<(), Problem> {
    if store::registry::covers(tx, scope, organization).await? {
        return Ok(());
    }
    Err(Problem::denied(
        Label::new(
            "Bạn chỉ được lập văn bản của đơn vị mình",
            "You may write documents only of your own unit",
        ),
        subject,
    ))
}

async fn change(
    app: &App,
    ctx: &Ctx,
    id: &str,
    version: i64,
    step: Step,
    action: &str,
    edit: impl FnOnce(&Template, &mut Document) -> Result<(), Problem>,
) -> Result<Document, Problem> {
    change_with(app, ctx, id, version, (step, action), &[], edit).await
}

/// The same together with the files that the document names.
async fn change_with(
    app: &App,
    ctx: &Ctx,
    id: &str,
    version: i64,
    (step, action): (Step, &str),
    files: &[Staged],
    edit: impl FnOnce(&Template, &mut Document) -> Result<(), Problem>,
) -> Result<Document, Problem> {
    let (before, template) = opened(app, ctx, id, version).await?;
    let mut document = before.clone();
    document.row.state = before.state.after(step)?.code().into();
    edit(&template, &mut document)?;
    if document.row == before.row && files.is_empty() {
        return Ok(before);
    }
    let mut work = app.begin(ctx, list::permission(&template)).await?;
    finish(&mut work, action, &before, &mut document).await?;
    for file in files {
        let id = document.row.id.to_string();
        file.enter(app, &mut work, &id).await?;
    }
    work.commit().await?;
    Ok(list::read(app, document.row))
}

/// Writes the document over the version that was read, with its journal entry.
async fn finish(
    work: &mut Work,
    action: &str,
    before: &Document,
    after: &mut Document,
) -> Result<(), Problem> {
    after.row.updated_at = work.now();
    store::document::update(work, &after.row).await?;
    after.row.version += 1;
    note(work, action, Some(&before.row), &after.row);
    Ok(())
}

/// The journal tells what a person changed; numbers are told by the moment they were taken.
pub(super) fn note(
    work: &mut Work,
    action: &str,
    before: Option<&DocumentRow>,
    after: &DocumentRow,
) {
    let (id, owner) = (after.id.to_string(), Some(after.organization));
    let (before, after) = (before.map(told), Some(told(after)));
    work.event("document", &id, owner, action, before, after);
}

/// A document as the journal tells it.
fn told(row: &DocumentRow) -> String {
    let drafts: serde_json::Value = serde_json::from_str(&row.drafts).unwrap_or_default();
    let mut value = serde_json::json!({
        "template": row.template, "period": row.period, "state": row.state, "number": row.number,
        "place": row.place, "signer": row.signer, "signed_on": row.signed_on, "file": row.file,
        "sent_on": row.sent_on, "entry": row.entry, "filled_at": row.filled_at,
        "replaces": row.replaces,
        "filled": policy::hash::of_bytes(row.filled.as_bytes()), "title": row.title,
        "created_by": row.created_by,
    });
    if let (Some(value), Some(drafts)) = (value.as_object_mut(), drafts.as_object()) {
        value.extend(drafts.iter().map(|(k, v)| (format!("text.{k}"), v.clone())));
    }
    value.to_string()
}

/// What a name stands for: what every document knows, or a number.
pub(super) fn said(filled: &Filled, name: &str) -> String {
    let number = filled.numbers.get(name).map(|n| n.text.clone());
    filled
        .names
        .get(name)
        .cloned()
        .or(number)
        .unwrap_or_default()
}

/// What is wrong with a text that no paper could show, or none holds.
fn unprintable(field: &str, text: &str) -> Option<FieldProblem> {
    if text.chars().count() > 20_000 {
        let (vi, en) = ("Dài quá 20.000 ký tự", "Longer than 20,000 characters");
        return Some(FieldProblem::new(field, vi, en));
    }
    let message = printable::refused(text)?;
    let field = field.to_owned();
    Some(FieldProblem { field, message })
}

pub(super) fn line(text: &str) -> String {
    text::nfc(text)
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect::<String>()
        .trim()
        .to_owned()
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn refused(vi: &str, en: &str, subject: &str) -> Problem {
    Problem::new(
        ProblemKind::Denied,
        Label::new(vi, en),
        subject,
        Label::new(
            "Chọn đơn vị hoặc mẫu khác.",
            "Choose another organization or template.",
        ),
    )
}
