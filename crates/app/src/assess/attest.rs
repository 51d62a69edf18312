//! Somebody's word, where no observation can show a thing.

use domain::{
    authority::Permission,
    id::{Id, OrganizationId},
    label::Label,
    problem::{FieldProblem, Problem},
};
use store::assessment::Attestation;

use crate::{App, Ctx, attachment::Staged, secrecy};

/// Writes down that a control holds for an organization, or does not. It counts for the
/// control's lifetime.
///
/// # Errors
/// Invalid without a statement or without the attachment that the control asks for;
/// denied for another unit; not found for a control that takes no attestation.
pub async fn attest(
    app: &App,
    ctx: &Ctx,
    control: &str,
    organization: OrganizationId,
    holds: Option<bool>,
    statement: &str,
    attachment: Option<Staged>,
) -> Result<Attestation, Problem> {
    ctx.actor.scope(Permission::Write)?;
    let library = app.library();
    let form = library
        .controls
        .get(control)
        .and_then(|c| c.attestation.as_ref())
        .ok_or_else(|| {
            Problem::not_found(&Label::new("biểu cam đoan", "attestation form"), control)
        })?;
    let mut wrong = Vec::new();
    if holds.is_none() {
        wrong.push(FieldProblem::new(
            "holds",
            "Chọn một trong hai câu trả lời",
            "Choose one of the two answers",
        ));
    }
    let statement = statement.trim();
    if statement.is_empty() || statement.chars().count() > 5_000 {
        wrong.push(FieldProblem::new(
            "statement",
            "Ghi rõ đã làm gì, ở đâu (tối đa 5.000 ký tự)",
            "Say what was done and where (at most 5,000 characters)",
        ));
    }
    if form.attachment == policy::control::Attachment::Required && attachment.is_none() {
        wrong.push(FieldProblem::new(
            "attachment",
            "Phải kèm tệp minh chứng",
            "An attachment is required",
        ));
    }
    let Some(holds) = holds.filter(|_| wrong.is_empty()) else {
        return Err(Problem::invalid(control, wrong));
    };
    let typed = [("statement", statement)].into_iter();
    secrecy::refuse_marked(app, ctx, "attestation", Some(organization), typed).await?;
    if let Some(file) = attachment
        .as_ref()
        .filter(|f| f.organization() != organization)
    {
        let what = Label::new("tệp đính kèm", "attachment");
        return Err(Problem::not_found(&what, file.sha256()));
    }
    let mut work = app.begin(ctx, Permission::Write).await?;
    if !work.covers(organization).await? {
        return Err(Problem::denied(
            Label::new(
                "Bạn chỉ được xác nhận cho đơn vị của mình",
                "You may attest only for your own unit",
            ),
            control,
        ));
    }
    let now = work.now();
    let attestation = Attestation {
        id: Id::new(now).to_string(),
        control: control.into(),
        organization,
        holds,
        statement: statement.into(),
        attachment: attachment.as_ref().map(|file| file.sha256().to_owned()),
        made_by: ctx.actor.name.clone(),
        made_at: now,
        valid_until: now + i64::from(form.lifetime_days) * 86_400_000,
        question: form.question_hash(),
    };
    store::assessment::attest(&mut work, &attestation).await?;
    let after = serde_json::to_string(&attestation).unwrap_or_default();
    work.event(
        "attestation",
        &attestation.id,
        Some(organization),
        "create",
        None,
        Some(after),
    );
    if let Some(file) = &attachment {
        file.enter(app, &mut work, &attestation.id).await?;
    }
    work.commit().await?;
    Ok(attestation)
}

/// The latest word on a control for an organization.
///
/// # Errors
/// Denied, unavailable.
pub async fn latest(
    app: &App,
    ctx: &Ctx,
    control: &str,
    organization: OrganizationId,
) -> Result<Option<Attestation>, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let board = app.assess.board();
    let visible = board
        .unit(organization)
        .is_some_and(|u| board.in_scope(&scope).contains(&u));
    if !visible {
        return Ok(None);
    }
    let all = store::assessment::latest_attestations(&app.db, i64::MAX).await?;
    Ok(all
        .into_iter()
        .find(|a| a.control == control && a.organization == organization))
}
