//! Beginning a document: its author, its period, its numbers.

use std::collections::BTreeMap;

use domain::{
    document::State,
    id::{Id, OrganizationId},
    problem::{FieldProblem, Problem},
};
use store::document::DocumentRow;

use super::{
    compose::plain,
    fill,
    ground::Ground,
    letterhead,
    list::{self, Document},
    step::{covered, json, line, note, refused, said},
};
use crate::{App, Ctx, fault::fault};

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
/// instead.
///
/// # Errors
/// Not found for an unknown template, invalid for a period that it has not, denied for an
/// organization that does not write it or is not the actor's.
pub async fn begin(app: &App, ctx: &Ctx, begin: &Begin) -> Result<Document, Problem> {
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
    let mut tx = app.db.begin().await.map_err(fault)?;
    covered(&mut tx, &scope, root, &begin.template).await?;
    covered(&mut tx, &scope, begin.organization, &begin.template).await?;
    drop(tx);
    let query = store::document::DocumentQuery {
        template: Some(template.id.clone()),
        period: Some(stretch.label.clone()),
        organization: Some(begin.organization),
        limit: 100,
        ..store::document::DocumentQuery::default()
    };
    let (known, _) = store::document::list(&app.db, &scope, &query)
        .await
        .map_err(fault)?;
    let open = known
        .into_iter()
        .find(|row| row.organization == begin.organization && row.state != State::Sent.code());
    if let Some(row) = open {
        return Ok(list::read(app, row));
    }
    let filled = fill::fill(app, ctx, &template, &ground, begin.organization, &stretch).await?;
    let text = |name: &str| said(&filled, name);
    let author = begin.organization;
    let province = text("province");
    let mut first = letterhead::first(app, &ground, &template, author, &province).await?;
    first.letterhead.recipients = plain(&first.letterhead.recipients, text);
    let drafts: BTreeMap<String, String> = template
        .drafts()
        .map(|d| (d.id.clone(), plain(&d.text, text)))
        .chain(first.letterhead.kept())
        .collect();
    let now = app.clock.now_ms();
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
        created_by: ctx.actor.name.clone(),
        created_at: now,
        updated_at: now,
    };
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::document::insert(&mut tx, &row)
        .await
        .map_err(fault)?;
    note(app, ctx, &mut tx, "create", None, &row).await?;
    tx.commit().await.map_err(fault)?;
    app.live.tell(crate::live::Topic::Records);
    Ok(list::read(app, row))
}
