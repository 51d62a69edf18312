//! The addresses of settings: what holds, why, and how the program stands.

use app::{
    assess, logs,
    setting::{self, Province, SETTINGS, SettingKind, SettingSpec},
    task,
};
use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use domain::{
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
    page::Routes,
    server::Web,
};

/// The routes of settings.
pub fn routes() -> Routes {
    Routes::new().get("/settings", show).post("/settings", set)
}

/// Message keys of the groups by the settings' prefix.
const GROUPS: [(&str, &[&str]); 6] = [
    ("settings-general", &["province"]),
    (
        "settings-accounts",
        &["password", "mfa", "session", "token"],
    ),
    ("settings-probe", &["probe", "snmp"]),
    ("settings-logs", &["logs", "disk"]),
    ("settings-notify", &["notify", "remind"]),
    ("settings-attachments", &["attachment"]),
];

/// The settings that all share or, with a province, those that it may choose for itself.
fn groups(cx: &Cx, web: &Web, province: Option<&Province>) -> Vec<(String, Vec<SettingRow>)> {
    let settings = web.app.settings();
    let held = settings.of(province.map(|p| p.id));
    let own = |key: &str| province.is_some_and(|p| settings.held(Some(p.id), key).is_some());
    let row = |spec: &SettingSpec| SettingRow {
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
        own: own(spec.key),
    };
    let mut out = Vec::new();
    for (title, prefixes) in GROUPS {
        let prefix = |key: &'static str| key.split('.').next().unwrap_or_default();
        let rows = SETTINGS
            .iter()
            .filter(|spec| prefixes.contains(&prefix(spec.key)))
            .filter(|spec| province.is_none() || setting::is_own(spec.key))
            .map(row)
            .collect();
        out.push((cx.t(title), rows));
    }
    out.retain(|(_, rows): &(String, Vec<SettingRow>)| !rows.is_empty());
    let library = web.app.library();
    let mut parameters = Vec::new();
    for control in library.controls.values() {
        let chosen = held.parameters(&control.id);
        for parameter in control.parameters.iter().filter(|p| p.chosen) {
            let default = words::value(cx, &library, control, parameter, &parameter.default);
            let value = chosen
                .get(&parameter.name)
                .cloned()
                .or_else(|| serde_json::to_value(&parameter.default).ok());
            let key = format!("parameter.{}.{}", control.id, parameter.name);
            parameters.push(SettingRow {
                own: own(&key),
                key,
                label: cx.l(&parameter.label),
                help: format!(
                    "{} · {} ({})",
                    cx.l(&control.title),
                    cx.tx("setting-default", default),
                    cx.t("control-chosen")
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

async fn page(
    web: &Web,
    reader: Reader,
    province: Option<&str>,
    problem: Option<Problem>,
) -> Result<Settings, Fault> {
    // Who may not set them is not shown them either.
    let settable = setting::settable(&web.app, &reader.ctx).await?;
    let cx = &reader.cx;
    let wanted = province.filter(|code| !code.is_empty());
    let province = match (wanted, settable.common) {
        (None, true) => None,
        (wanted, _) => {
            let shown = wanted.map_or_else(
                || settable.provinces.first(),
                |code| settable.province(code),
            );
            let missing = || {
                let noun = Label::new("tỉnh", "province");
                Problem::not_found(&noun, wanted.unwrap_or_default())
            };
            Some(shown.ok_or_else(missing)?)
        }
    };
    let common = settable
        .common
        .then(|| (String::new(), cx.t("settings-common"), province.is_none()));
    let own = settable.provinces.iter().map(|p| {
        let shown = province.is_some_and(|shown| shown.id == p.id);
        (p.code.clone(), p.name.clone(), shown)
    });
    let whose = common.into_iter().chain(own).collect();
    let (packs, vault, tasks) = if province.is_none() {
        installation(web, &reader).await?
    } else {
        Default::default()
    };
    let adopted = assess::board(&web.app, &reader.ctx, None).await?.adopted;
    Ok(Settings {
        unadopted: adopted.is_empty(),
        groups: groups(cx, web, province),
        province: province.map(|p| p.code.clone()),
        whose,
        packs,
        vault,
        tasks,
        problem,
        cx: reader.cx,
    })
}

/// Names and values.
type Pairs = Vec<(String, String)>;

/// What the packs hold, how the log vault stands, the tasks with their last run.
async fn installation(web: &Web, reader: &Reader) -> Result<(Pairs, Pairs, Vec<TaskRow>), Fault> {
    let cx = &reader.cx;
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
            mark: match run.at {
                _ if run.failed => Mark::Error,
                Some(_) if !run.late => Mark::Met,
                _ => Mark::Unknown,
            },
            name: cx.t(format!("task-{}", run.name)),
            detail: cx.l(&run.detail),
            at: run.at,
        })
        .collect();
    Ok((packs, vault, tasks))
}

#[derive(Deserialize)]
struct Whose {
    province: Option<String>,
}

async fn show(
    State(web): State<Web>,
    reader: Reader,
    Query(whose): Query<Whose>,
) -> Result<Response, Fault> {
    let shown = page(&web, reader, whose.province.as_deref(), None).await?;
    Ok(http::Page(shown).into_response())
}

#[derive(Deserialize)]
struct Chosen {
    key: String,
    value: String,
    /// The code of the province that chooses for itself.
    province: Option<String>,
    /// Whether the province's own choice is taken back.
    #[serde(default)]
    unset: bool,
}

async fn set(
    State(web): State<Web>,
    reader: Reader,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Fault> {
    let (app, ctx, key) = (&web.app, &reader.ctx, &chosen.key);
    let province = chosen.province.as_deref().filter(|code| !code.is_empty());
    let value = chosen.value.as_str();
    let saved = match province {
        Some(code) => {
            let value = (!chosen.unset).then_some(value);
            setting::set_own(app, ctx, code, key, value).await
        }
        None => setting::set(app, ctx, key, value).await,
    };
    match saved {
        Ok(()) => Ok(match province {
            Some(code) => {
                let code: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
                done(&format!("/settings?province={code}"), "saved")
            }
            None => done("/settings", "saved"),
        }),
        Err(problem) if problem.kind == ProblemKind::Invalid => {
            let status = Fault::from(problem.clone()).status();
            let shown = page(&web, reader, province, Some(problem)).await?;
            Ok((status, http::Page(shown)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_stands_in_a_group() {
        let groups: Vec<&str> = GROUPS.iter().flat_map(|(_, p)| p.iter().copied()).collect();
        // The program notes this one itself.
        let typed = SETTINGS.iter().filter(|s| s.key != "first_start.done");
        for spec in typed {
            let prefix = spec.key.split('.').next().unwrap_or_default();
            assert!(groups.contains(&prefix), "{}", spec.key);
        }
    }
}
