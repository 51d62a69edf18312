//! The addresses of settings: what holds, why, and how the program stands.

use app::{
    assess, logs,
    setting::{self, SETTINGS, SettingKind},
    task,
};
use axum::{
    Form, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{
    authority::Permission,
    label::Label,
    problem::{Problem, ProblemKind},
};
use serde::Deserialize;

use super::page::{SettingRow, Settings, TaskRow};
use crate::{
    compliance::words,
    cx::Cx,
    http::{self, Fault, Reader, done},
    mark::Mark,
    server::Web,
};

/// The routes of settings.
pub fn routes() -> Router<Web> {
    Router::new().route("/settings", get(show).post(set))
}

/// Message keys of the groups by the settings' prefix.
const GROUPS: [(&str, &[&str]); 5] = [
    ("settings-general", &["province"]),
    ("settings-accounts", &["password", "mfa", "session"]),
    ("settings-probe", &["probe"]),
    ("settings-logs", &["logs"]),
    ("settings-notify", &["notify", "remind"]),
];

fn groups(cx: &Cx, web: &Web) -> Vec<(String, Vec<SettingRow>)> {
    let held = web.app.settings();
    let mut out = Vec::new();
    for (title, prefixes) in GROUPS {
        let rows = SETTINGS
            .iter()
            .filter(|spec| {
                spec.key
                    .split('.')
                    .next()
                    .is_some_and(|prefix| prefixes.contains(&prefix))
            })
            .map(|spec| SettingRow {
                key: spec.key.into(),
                label: cx.l(Label::new(spec.label.0, spec.label.1)),
                help: cx.l(Label::new(spec.help.0, spec.help.1)),
                value: if spec.secret {
                    String::new()
                } else {
                    held.text(spec.key)
                },
                boolean: spec.kind == SettingKind::Boolean,
                secret: spec.secret,
            })
            .collect();
        out.push((cx.t(title), rows));
    }
    out.retain(|(_, rows): &(String, Vec<SettingRow>)| !rows.is_empty());
    let library = web.app.library();
    let mut parameters = Vec::new();
    for control in library.controls.values() {
        let chosen = held.parameters(&control.id);
        for parameter in &control.parameters {
            let default = words::value(cx, &library, control, parameter, &parameter.default);
            let why = if parameter.chosen {
                format!(" ({})", cx.t("control-chosen"))
            } else {
                String::new()
            };
            let value = chosen
                .get(&parameter.name)
                .cloned()
                .or_else(|| serde_json::to_value(&parameter.default).ok());
            parameters.push(SettingRow {
                key: format!("parameter.{}.{}", control.id, parameter.name),
                label: cx.l(&parameter.label),
                help: format!(
                    "{} · {}{why}",
                    cx.l(&control.title),
                    cx.tx("setting-default", default)
                ),
                value: value.map_or_else(String::new, |json| {
                    json.as_str()
                        .map_or_else(|| json.to_string(), ToOwned::to_owned)
                }),
                boolean: false,
                secret: false,
            });
        }
    }
    out.push((cx.t("settings-controls"), parameters));
    out
}

async fn page(web: &Web, reader: Reader, problem: Option<Problem>) -> Result<Settings, Fault> {
    // Who may not set them is not shown them either.
    reader.ctx.actor.scope(Permission::Settings)?;
    let cx = reader.cx;
    let library = web.app.library();
    let mut packs: Vec<(String, String)> = library
        .regulations
        .values()
        .map(|r| {
            (
                cx.t("settings-regulations"),
                format!(
                    "{} · {}",
                    r.number,
                    cx.tn("compliance-clauses", r.clauses.len())
                ),
            )
        })
        .collect();
    packs.push((cx.t("settings-control-count"), cx.n(library.controls.len())));
    packs.push((cx.t("settings-check-count"), cx.n(library.checks.len())));
    packs.push((
        cx.t("settings-register-count"),
        cx.n(library.registers.len()),
    ));
    packs.push((cx.t("settings-hash"), library.hash.clone()));
    let status = logs::status(&web.app, &reader.ctx)?;
    let mut vault = vec![
        (
            cx.t("vault-state"),
            match &status.stalled {
                Some(why) => format!("{}: {why}", cx.t("vault-stopped")),
                None if status.full => cx.t("vault-stopped"),
                None => cx.t("vault-writing"),
            },
        ),
        (cx.t("vault-records"), cx.n(status.lines)),
        (cx.t("vault-segments"), cx.n(status.segments)),
        (cx.t("vault-size"), cx.bytes(&status.bytes)),
        (cx.t("vault-key"), status.key),
    ];
    if let Some(note) = status.checkpoint {
        vault.push((
            cx.t("vault-checkpoint"),
            note.lines().take(3).collect::<Vec<_>>().join(" · "),
        ));
    }
    vault.retain(|(_, value)| !value.is_empty());
    let tasks = task::runs(&web.app, &reader.ctx)
        .await?
        .into_iter()
        .map(|run| TaskRow {
            mark: if run.outcome == "ok" {
                Mark::Met
            } else {
                Mark::Error
            },
            name: run.name,
            detail: run.detail,
            at: run.finished_at.unwrap_or(run.started_at),
        })
        .collect();
    let adopted = assess::board(&web.app, &reader.ctx, None).await?.adopted;
    Ok(Settings {
        unadopted: adopted.is_empty(),
        groups: groups(&cx, web),
        packs,
        vault,
        tasks,
        problem,
        cx,
    })
}

async fn show(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    Ok(http::Page(page(&web, reader, None).await?).into_response())
}

#[derive(Deserialize)]
struct Chosen {
    key: String,
    value: String,
}

async fn set(
    State(web): State<Web>,
    reader: Reader,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Fault> {
    match setting::set(&web.app, &reader.ctx, &chosen.key, &chosen.value).await {
        Ok(()) => Ok(done("/settings", "saved")),
        Err(problem) if problem.kind == ProblemKind::Invalid => {
            let status = Fault::from(problem.clone()).status();
            Ok((status, http::Page(page(&web, reader, Some(problem)).await?)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}
