//! Beginning a document: its author, its period, its numbers.

use std::collections::BTreeMap;

use domain::{
    document::State,
    id::{Id, OrganizationId},
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
};
use policy::document::Every;
use store::document::DocumentRow;

use super::{
    compose::plain,
    fill,
    ground::Ground,
    letterhead,
    list::{self, Document},
    step::{covered, json, line, note, refused, said},
};
use crate::{App, Ctx};

/// What a document begins with.
#[derive(Clone, Debug)]
pub struct Begin {
    /// The template's id.
    pub template: String,
    /// Who writes it.
    pub organization: OrganizationId,
    /// `2026`, `2026-Q4`, …
    pub period: String,
}

/// Begins a document and fills it. One that is begun already and not yet sent is returned
/// instead; one of a period that was sent already is corrected by the new one.
///
/// # Errors
/// Not found for an unknown template, invalid for a period that it has not, denied for an
/// organization that does not write it or is not the actor's.
pub async fn begin(app: &App, ctx: &Ctx, begin: &Begin) -> Result<Document, Problem> {
    begun(app, ctx, begin, None).await
}

/// Begins a document that corrects a sent one; the one that is begun already is returned
/// instead.
///
/// # Errors
/// As [`begin()`]; conflict while the other is not sent, or where another replaced it.
pub async fn replace(app: &App, ctx: &Ctx, id: &str) -> Result<Document, Problem> {
    let sent = list::get(app, ctx, id).await?;
    // Who may not write it learns nothing of its state.
    ctx.actor
        .scope(list::permission(&list::template(app, &sent.row.template)?))?;
    if sent.state != State::Sent {
        return Err(Problem::new(
            ProblemKind::Conflict,
            Label::new(
                "Chỉ thay thế văn bản đã gửi",
                "Only what was sent is replaced",
            ),
            sent.row.title.clone(),
            Label::new(
                "Văn bản chưa gửi thì trả về dự thảo rồi sửa.",
                "What is not sent goes back to draft and is changed.",
            ),
        ));
    }
    let begin = Begin {
        template: sent.row.template.clone(),
        organization: sent.row.organization,
        period: sent.row.period.clone(),
    };
    begun(app, ctx, &begin, Some(sent.row.id)).await
}

async fn begun(
    app: &App,
    ctx: &Ctx,
    begin: &Begin,
    replaces: Option<Id>,
) -> Result<Document, Problem> {
    let template = list::template(app, &begin.template)?;
    let scope = ctx.actor.scope(list::permission(&template))?;
    let today = app.clock.today();
    let stretch = template
        .period
        .parse(&begin.period)
        .filter(|s| s.from <= today)
        .ok_or_else(|| {
            let now = template.period.containing(today).label;
            Problem::invalid(
                &begin.template,
                vec![FieldProblem::new(
                    "period",
                    format!("Kỳ không đúng hoặc chưa đến; viết như {now}"),
                    format!("No such period, or it has not begun; write it like {now}"),
                )],
            )
        })?;
    let ground = Ground::load(app, &today.to_string()).await?;
    if !ground
        .authors(app, &template)
        .iter()
        .any(|u| u.id == begin.organization)
    {
        return Err(refused(
            "Đơn vị này không lập loại văn bản này",
            "This organization does not write such documents",
            &begin.template,
        ));
    }
    let root = ground.root(&template, begin.organization);
    let mut tx = app.db.snapshot().await?;
    covered(&mut tx, &scope, root, &begin.template).await?;
    covered(&mut tx, &scope, begin.organization, &begin.template).await?;
    drop(tx);
    // Taken before the lock: it may take seconds.
    let mut filled = fill::fill(app, ctx, &template, &ground, begin.organization, &stretch).await?;
    let (author, province) = (begin.organization, said(&filled, "province"));
    let mut first = letterhead::first(app, &ground, &template, author, &province).await?;
    let mut work = app.begin(ctx, list::permission(&template)).await?;
    store::document::lock(&mut work, &template.id, begin.organization, &stretch.label).await?;
    let known =
        store::document::written(&mut work, &template.id, begin.organization, &stretch.label);
    let known = known.await?;
    let is_sent = |row: &&DocumentRow| row.state == State::Sent.code();
    // Of one day there may be several papers; of a period there is one.
    let several = template.period == Every::Day;
    let open = known
        .iter()
        .find(|row| !is_sent(row) && (replaces.is_none() || !several || row.replaces == replaces));
    if let Some(row) = open {
        return Ok(list::read(app, row.clone()));
    }
    let newer = |row: &&DocumentRow| replaces.is_some() && row.replaces == replaces;
    if let Some(newer) = known.iter().find(newer) {
        return Err(Problem::new(
            ProblemKind::Conflict,
            Label::new("Văn bản này đã được thay thế", "It was replaced already"),
            newer.title.clone(),
            Label::new(
                "Mở văn bản thay thế nó, rồi thay thế văn bản ấy.",
                "Open the document that replaces it and replace that one.",
            ),
        ));
    }
    let last = known.iter().filter(|_| !several).find(is_sent);
    let replaces = replaces.or(last.map(|row| row.id));
    let old = known.iter().find(|row| Some(row.id) == replaces);
    filled.correct(&template, old);
    let text = |name: &str| said(&filled, name);
    first.letterhead.recipients = plain(&first.letterhead.recipients, text);
    let drafts: BTreeMap<String, String> = template
        .drafts()
        .map(|d| (d.id.clone(), plain(&d.text, text)))
        .chain(first.letterhead.kept())
        .collect();
    let now = work.now();
    let row = DocumentRow {
        id: Id::new(now),
        version: 1,
        template: template.id.clone(),
        organization: begin.organization,
        period: stretch.label.clone(),
        state: State::Draft.code().into(),
        title: plain(&template.subject, text),
        drafts: json(&drafts),
        filled: json(&filled),
        filled_at: now,
        number: String::new(),
        place: line(&first.place),
        signer: line(&first.signer),
        signed_on: None,
        file: None,
        sent_on: None,
        entry: None,
        replaces,
        created_by: ctx.actor.name.clone(),
        created_at: now,
        updated_at: now,
    };
    store::document::insert(&mut work, &row).await?;
    note(&mut work, "create", None, &row);
    work.commit().await?;
    Ok(list::read(app, row))
}
