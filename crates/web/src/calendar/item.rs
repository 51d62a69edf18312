//! Duties as lines.

use app::duty::{DutyView, Form, Group};
use domain::authority::Permission;

use super::page::Item;
use crate::{compliance::words, cx::Cx, http, mark::Mark};

/// How a duty stands.
pub(super) fn mark(view: &DutyView) -> Mark {
    match view.duty.outcome.as_str() {
        "done" => Mark::Met,
        "late" | "too-late" | "refused" | "missed" => Mark::Breached,
        "not-owed" => Mark::NotApplicable,
        "untimed" => Mark::NoData,
        _ if view.duty.due_on.is_none() => Mark::NoData,
        _ if view.days_left.is_some_and(|days| days < 0) => Mark::Breached,
        _ => Mark::Pending,
    }
}

/// How a duty stands in words.
pub(super) fn state(cx: &Cx, view: &DutyView) -> String {
    match (view.duty.outcome.as_str(), view.days_left) {
        ("done", _) => cx.t("duty-done"),
        ("late", _) => cx.t("duty-late"),
        ("refused", _) => cx.t("duty-refused"),
        ("too-late", _) => cx.t("duty-too-late"),
        ("not-owed", _) => cx.t("duty-not-owed"),
        ("untimed", _) => cx.t("duty-untimed"),
        (_, None) => cx.t("duty-undated"),
        (_, Some(0)) if view.duty.outcome != "missed" => cx.t("duty-today"),
        ("missed", Some(days)) if days >= 0 => cx.t("duty-missed"),
        (_, Some(days)) if days < 0 => cx.tn("duty-overdue", -i64::from(days)),
        (_, Some(days)) => cx.tn("duty-left", days),
    }
}

/// How a duty stands in words that stay true: none while it is open.
pub(super) fn lasting_state(cx: &Cx, view: &DutyView) -> Option<String> {
    let key = match view.duty.outcome.as_str() {
        "done" => "duty-done",
        "late" => "duty-late",
        "refused" => "duty-refused",
        "too-late" => "duty-too-late",
        "not-owed" => "duty-not-owed",
        "missed" => "inspection-late",
        _ => return None,
    };
    Some(cx.t(key))
}

/// What belongs to a duty: where it is asked, whose it is, about what, how long it may take.
pub(super) fn about(cx: &Cx, group: &Group<'_>) -> String {
    let first = group.first();
    let regulation = cx.l(&first.regulation);
    let mut parts = vec![
        match first.form {
            Form::Flow(_) => regulation,
            _ => format!("{regulation} · {}", words::cite(cx, &first.duty.clause)),
        },
        match group.duties.as_slice() {
            [only] => only.unit_name.clone(),
            many => cx.tn("unit-count", many.len()),
        },
    ];
    if let (Some(subject), [_]) = (&first.duty.subject, group.duties.as_slice()) {
        parts.push(subject.clone());
    }
    if first.duty.side == "answer" {
        let whose = first.event_unit_name.as_deref().unwrap_or_default();
        parts.push(cx.tx("duty-answer-to", whose));
    }
    if first.duty.side == "finding" {
        parts.push(cx.t("duty-finding"));
    }
    match first.duty.side.as_str() {
        "flow" => parts.push(cx.t("duty-flow")),
        "flow-centre" => parts.push(cx.t("duty-flow-centre")),
        _ => {}
    }
    if first.duty.side == "exemption" {
        parts.push(cx.t("duty-exemption-ends"));
    }
    if let Some(at) = first.duty.due_at {
        parts.push(cx.tx("duty-until", crate::format::datetime(at)));
    }
    if let Some(limit) = first.limit {
        let key = format!(
            "duty-limit-{}{}",
            limit.unit,
            if limit.ahead { "-ahead" } else { "" }
        );
        let mut text = cx.tn(key, limit.amount);
        if limit.chosen {
            text.push_str(&format!(" ({})", cx.t("duty-chosen")));
        }
        parts.push(text);
    }
    if let Some(gap) = &first.gap {
        let holiday = format!("{} {}", cx.l(&gap.holiday), gap.year);
        parts.push(cx.tx("duty-gap", holiday));
    }
    parts.join(" · ")
}

/// Where it is told in full.
pub(super) fn href(group: &Group<'_>) -> String {
    let first = group.first();
    if let Form::Flow(id) = &first.form {
        return flow(id);
    }
    let clause = format!(
        "/compliance/{}/{}",
        first.duty.regulation, first.duty.clause
    );
    match group.duties.as_slice() {
        [only] if only.duty.side == "finding" => finding(only),
        // The verdict is that of who reports; who answers reads the clause.
        [only] if only.duty.side != "answer" => format!("{clause}/{}", only.unit_code),
        _ => clause,
    }
}

/// Where a finding is mended.
fn finding(view: &DutyView) -> String {
    format!("/inspections/findings/{}", view.duty.period)
}

/// Where the step of a flow is taken.
fn flow(id: &str) -> String {
    format!("/flows/{}", http::encode(id))
}

/// The form that fulfils a duty of one organization.
fn form(cx: &Cx, group: &Group<'_>, back: &str) -> Option<(String, String)> {
    let [view] = group.duties.as_slice() else {
        return None;
    };
    let open = matches!(
        view.duty.outcome.as_str(),
        "pending" | "missed" | "uncertain"
    );
    // Who is exempt does not prolong it: the centre does.
    let (needs, label) = match view.duty.side.as_str() {
        "exemption" => (Permission::Manage, "duty-prolong"),
        "finding" => (Permission::Write, "duty-mend"),
        "flow" => (Permission::Write, "duty-step"),
        // Which of them may, the flow's page says.
        "flow-centre" => (Permission::Manage, "duty-step"),
        _ => (Permission::Write, "duty-fulfil"),
    };
    if !open || !cx.may(needs) {
        return None;
    }
    let register = &view.duty.register;
    let href = match &view.form {
        Form::Flow(id) => flow(id),
        Form::Entry(_) if view.duty.side == "finding" => finding(view),
        Form::Entry(id) => format!(
            "/registry/{register}/{id}/edit?{}",
            http::query([("back", back)])
        ),
        Form::New { period, subject } => {
            let organization = view.duty.organization.to_string();
            let pairs = [
                ("organization", organization.as_str()),
                ("period", period.as_deref().unwrap_or_default()),
                ("subject", subject.as_deref().unwrap_or_default()),
                ("back", back),
            ];
            let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
            format!("/registry/{register}/new?{}", http::query(given))
        }
    };
    Some((href, cx.t(label)))
}

/// One line.
pub(super) fn item(cx: &Cx, group: &Group<'_>, back: &str) -> Item {
    let first = group.first();
    Item {
        mark: mark(first),
        href: href(group),
        title: cx.l(&first.summary),
        about: about(cx, group),
        state: state(cx, first),
        action: form(cx, group, back),
    }
}
