//! Compliance: regulation, chapter, article, clause, verdict.

mod attest;
mod control;
mod coverage;
pub mod heatmap;
mod look_back;
pub mod page;
mod route;
pub mod timeline;
mod verdict;
mod what_if;
pub mod words;

use std::collections::BTreeMap;

use app::{
    App,
    assess::{Evidence, Unit},
    document::template_for,
    live::Topic,
};
use domain::authority::Permission;
use policy::{
    Control, Status,
    control::Action,
    duty::{Matching, Whose},
};
use serde_json::Value;

pub use look_back::{LookBack, moment, params as day_params};

use crate::{
    cx::Cx,
    http::encode,
    page::{Menu, Need, Page},
    registry::may_write,
};

/// What is met: by regulation, clause, unit.
pub static PAGE: Page = Page {
    path: "/compliance",
    menu: Some(Menu::new("scale", "nav-compliance")),
    need: Need::May(Permission::Read),
    topics: &[Topic::Verdicts],
    routes: route::routes,
};

/// The button that mends a breach: address and text; none where nothing can be done yet, or
/// not by this reader. `verdict` is the page of the verdict itself, `entry` the event that waits
/// for its answer, where one is known.
pub fn remedy(
    cx: &Cx,
    app: &App,
    control: &Control,
    unit: &Unit,
    verdict: &str,
    entry: Option<&str>,
) -> Option<(String, String)> {
    let schema = |noun: &str| {
        let schema = app.schema(noun).ok()?;
        let word = cx.l(&schema.label).to_lowercase();
        Some((schema, word))
    };
    let back = encode(verdict);
    Some(match control.remedy.action.as_ref()? {
        Action::Noun(noun) => match noun.as_str() {
            "account" => {
                let way = cx.may(Permission::Accounts).then_some("/accounts")?;
                (way.into(), cx.tx("remedy-open", cx.t("nav-accounts")))
            }
            "log-source" => {
                let way = cx.may(Permission::Logs).then_some("/logs")?;
                (way.into(), cx.tx("remedy-open", cx.t("nav-logs")))
            }
            "target" | "availability" => {
                let way = format!("/units/{}#part-targets", unit.code);
                (
                    way,
                    cx.tx("remedy-open", cx.t("unit-targets").to_lowercase()),
                )
            }
            "organization" => {
                let (schema, word) = schema(noun).filter(|(s, _)| may_write(cx, s))?;
                let way = format!("/registry/{}/{}/edit?back={back}", schema.noun, unit.id);
                (way, cx.tx("remedy-open", word))
            }
            _ => (
                format!("/registry/{noun}?organization={}", unit.id),
                cx.tx("remedy-open", schema(noun)?.1),
            ),
        },
        // The answer goes into the event's own entry; a new one would be another event.
        Action::Register(noun) if answers_itself(control, noun) => {
            let (schema, word) = schema(noun).filter(|(s, _)| may_write(cx, s))?;
            let way = match entry {
                Some(id) => format!("/registry/{noun}/{id}/edit?back={back}"),
                None => format!("/registry/{noun}?organization={}", unit.id),
            };
            let said = if entry.is_some() {
                word
            } else {
                cx.l(&schema.plural).to_lowercase()
            };
            (way, cx.tx("remedy-open", said))
        }
        // A document that a person writes and sends says more than an entry alone.
        Action::Register(noun) if let Some(template) = template_for(app, noun) => {
            schema(noun).filter(|(s, _)| may_write(cx, s))?;
            (
                format!(
                    "/documents?begin={}&organization={}#begin",
                    template.id, unit.id
                ),
                cx.tx("remedy-write", cx.l(&template.title).to_lowercase()),
            )
        }
        Action::Register(noun) => {
            let (_, word) = schema(noun).filter(|(s, _)| may_write(cx, s))?;
            (
                format!("/registry/{noun}/new?organization={}&back={back}", unit.id),
                cx.tx("remedy-write", word),
            )
        }
        Action::Attest(_) => {
            let way = cx.may(Permission::Write);
            way.then(|| (format!("{verdict}#attest"), cx.t("remedy-attest")))?
        }
    })
}

/// Whether the entries of a book are a unit's own events that are answered where they stand.
fn answers_itself(control: &Control, book: &str) -> bool {
    let event = control.duty.as_ref().and_then(|duty| duty.event());
    event.is_some_and(|event| {
        event.answered_by == Matching::Entry && event.of == Whose::Own && event.register == book
    })
}

/// The event that waits: the first of a control's evidence that is not as it should be.
pub fn waiting<'a>(evidence: &'a Evidence, control: &Control) -> Option<&'a str> {
    let said = evidence.controls.iter().find(|c| c.control == control.id)?;
    let is_met =
        |row: &BTreeMap<String, Value>| row.get("status") == Some(&Status::Met.code().into());
    let row = said.rows.iter().find(|row| !is_met(row))?;
    row.get("entry")?.as_str()
}
