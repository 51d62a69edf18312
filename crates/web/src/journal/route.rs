//! The addresses of the journal, and its entries wherever they are shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use app::{
    App, Ctx,
    journal::{self, Change, JournalEntry, JournalQuery},
    registry, setting,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    id::{Id, OrganizationId},
    label::Label,
    noun,
    problem::{FieldProblem, Problem, ProblemKind},
    record::Record,
};

use super::{
    page::{Entries, Entry, FieldChange, Index},
    words::{self, Fields, Told, VALUE},
};
use crate::{
    cx::Cx,
    http::{self, Fault, Form, Param, Params, Reader, misasked},
    i18n,
    page::Routes,
    server::Web,
};

const SIZE: i64 = 100;

/// The routes of the journal.
pub fn routes() -> Routes {
    Routes::new()
        .get("/journal", index)
        .post("/journal/verify", verify)
}

/// Entries as rows, the newest first.
///
/// # Errors
/// Unavailable.
pub async fn entries(cx: &Cx, app: &App, list: Vec<JournalEntry>) -> Result<Entries, Problem> {
    let titles = titles(app, &list).await?;
    Ok(Entries {
        cx: cx.clone(),
        entries: list
            .into_iter()
            .map(|entry| entry_of(cx, app, entry, &titles))
            .collect(),
    })
}

/// The titles of what the entries' records refer to: one look-up for each noun.
async fn titles(app: &App, list: &[JournalEntry]) -> Result<HashMap<Id, String>, Problem> {
    let mut by_noun: BTreeMap<&str, Vec<Record>> = BTreeMap::new();
    for change in list.iter().map(|entry| &entry.change) {
        for json in [&change.before, &change.after] {
            let values = json
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok());
            by_noun
                .entry(&change.noun)
                .or_default()
                .extend(values.map(|values| Record {
                    id: Id::NIL,
                    version: 0,
                    updated_at: 0,
                    values,
                }));
        }
    }
    let mut titles = HashMap::new();
    for (noun, records) in by_noun {
        if let Ok(schema) = app.schema(noun) {
            titles.extend(registry::reference_titles(app, &schema, &records).await?);
        }
    }
    let mut others: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
    let owners = list.iter().filter_map(|entry| owner(&entry.change));
    others.entry("organization").or_default().extend(owners);
    for change in list.iter().map(|entry| &entry.change) {
        for json in [&change.before, &change.after] {
            for (noun, id) in words::named(&fields(json.as_deref())) {
                others.entry(noun).or_default().push(id);
            }
        }
    }
    for (noun, ids) in others {
        if let Some(schema) = noun::get(noun) {
            titles.extend(registry::titles_of(app, schema, ids).await?);
        }
    }
    Ok(titles)
}

/// Whose record a change is of.
fn owner(change: &Change) -> Option<Id> {
    change.organization_id.as_deref()?.parse().ok()
}

fn fields(json: Option<&str>) -> Fields {
    match json.and_then(|text| serde_json::from_str(text).ok()) {
        Some(serde_json::Value::Object(fields)) => fields,
        Some(value) => Fields::from_iter([(VALUE.to_owned(), value)]),
        None => Fields::new(),
    }
}

fn entry_of(cx: &Cx, app: &App, entry: JournalEntry, titles: &HashMap<Id, String>) -> Entry {
    let change = entry.change;
    let schema = app.schema(&change.noun).ok();
    let (before, after) = (
        fields(change.before.as_deref()),
        fields(change.after.as_deref()),
    );
    let values = if after.is_empty() { &before } else { &after };
    let library = app.library();
    let told = Told {
        cx,
        library: &library,
        noun: &change.noun,
        record_id: &change.record_id,
        schema: schema.as_deref(),
        values,
        titles,
    };
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names
        .into_iter()
        .filter(|name| **name != "id" && before.get(*name) != after.get(*name));
    let mut changes: Vec<FieldChange> = changed
        .map(|name| FieldChange {
            field: told.field(name),
            before: told.value(name, before.get(name)),
            after: told.value(name, after.get(name)),
        })
        .filter(|change| !change.before.is_empty() || !change.after.is_empty())
        .collect();
    // Verdicts are told by their digests; how many they are is all that says anything.
    if change.noun == "verdicts" {
        changes = vec![FieldChange {
            field: cx.t("journal-field-count"),
            before: String::new(),
            after: told.value("count", Some(&after.len().into())),
        }];
    }
    let named = |name: &str| values.get(name)?.as_str().map(ToOwned::to_owned);
    let (noun, title) = match &schema {
        Some(schema) => (cx.l(&schema.label), named(&schema.title)),
        // What is no noun of the registry: settings are named by their key, accounts by their login.
        None => {
            let key = format!("journal-{}", change.noun);
            let noun = if i18n::has(&key) {
                cx.t(key)
            } else {
                change.noun.clone()
            };
            let setting = (change.noun == "setting").then(|| {
                let key = &change.record_id;
                let spec = setting::SETTINGS.iter().find(|spec| spec.key == key);
                spec.map_or_else(
                    || key.clone(),
                    |spec| cx.l(Label::new(spec.label.0, spec.label.1)),
                )
            });
            match setting {
                Some(setting) => (format!("{noun}: {setting}"), None),
                None => (
                    noun,
                    (named("login").or_else(|| named("name")))
                        .or_else(|| named("title"))
                        .or_else(|| named("value"))
                        .or_else(|| named("peer")),
                ),
            }
        }
    };
    let key = format!("action-{}", change.action);
    let action = if i18n::has(&key) {
        cx.t(key)
    } else {
        change.action.clone()
    };
    let own = change.organization_id.as_deref() == Some(change.record_id.as_str());
    let unit = owner(&change).filter(|_| !own);
    Entry {
        unit: unit.and_then(|id| titles.get(&id).cloned()),
        at: change.at,
        actor: actor(cx, change.actor_id.as_deref(), change.actor),
        remote: Some(change.remote)
            .filter(|remote| remote != AT_THE_MACHINE)
            .unwrap_or_default(),
        href: (schema.is_some() && change.action != "delete")
            .then(|| format!("/registry/{}/{}", change.noun, change.record_id)),
        what: noun,
        title,
        action,
        changes,
    }
}

/// Where a command at the machine comes from.
const AT_THE_MACHINE: &str = "console";

/// Who it was in words: an account has a name, the program and a command at its machine none.
fn actor(cx: &Cx, account: Option<&str>, name: String) -> String {
    match (account, name.as_str()) {
        (None, AT_THE_MACHINE) => cx.t("journal-console"),
        (None, "giềng") => cx.t("journal-program"),
        (None, "") => cx.t("journal-nobody"),
        _ => name,
    }
}

/// The organization that a parameter asks for by id, code or name; none where it is empty.
///
/// # Errors
/// Not found; 400 for the name of several.
pub async fn unit(
    app: &App,
    ctx: &Ctx,
    params: &Params,
    name: &str,
) -> Result<Option<OrganizationId>, Fault> {
    let key = params.get(name);
    if key.is_empty() {
        return Ok(None);
    }
    match registry::get(app, ctx, "organization", key).await {
        Ok(found) => Ok(Some(OrganizationId(found.id))),
        Err(problem) if problem.kind == ProblemKind::Conflict => {
            let (vi, en) = (problem.what.vi, problem.what.en);
            Err(misasked(vec![FieldProblem::new(name, vi, en)]))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn page(
    web: &Web,
    reader: Reader,
    params: &Params,
    verified: Option<(bool, String)>,
) -> Result<Response, Fault> {
    let texts = ["noun", "actor", "organization", "done"];
    let mut known = texts.map(|name| Param::new(name, Form::Text, "")).to_vec();
    known.push(Param::new("before", Form::Number(0, u64::MAX), ""));
    params.hold_filled(&known)?;
    let some = |name: &str| Some(params.get(name).to_owned()).filter(|text| !text.is_empty());
    let wanted = JournalQuery {
        noun: some("noun"),
        actor: some("actor"),
        organization: unit(&web.app, &reader.ctx, params, "organization").await?,
        before_seq: params.get("before").parse().ok(),
        limit: SIZE,
        ..JournalQuery::default()
    };
    let list = journal::list(&web.app, &reader.ctx, &wanted).await?;
    let cx = reader.cx;
    let full = i64::try_from(list.len()).is_ok_and(|n| n >= SIZE);
    let older = list.last().filter(|_| full).map(|last| {
        let others = params.without(&["before", "done"]);
        let joint = if others.is_empty() { "" } else { "&" };
        format!("/journal?{others}{joint}before={}", last.seq)
    });
    let library = web.app.library();
    let nouns = noun::all()
        .iter()
        .chain(library.registers.values())
        .map(|schema| {
            (
                schema.noun.clone(),
                cx.l(&schema.plural),
                schema.noun == params.get("noun"),
            )
        })
        .collect();
    Ok(http::Page(Index {
        nouns,
        actor: params.get("actor").to_owned(),
        organization: params.get("organization").to_owned(),
        verified,
        entries: entries(&cx, &web.app, list).await?,
        older,
        cx,
    })
    .into_response())
}

async fn index(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    page(&web, reader, &params, None).await
}

async fn verify(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let report = journal::verify(&web.app, &reader.ctx).await?;
    let said = match report.findings.first() {
        None => (true, reader.cx.tn("journal-good", report.entries)),
        Some(first) => {
            let all = report.findings.len() as u64 + report.more;
            let first = first.label().get(reader.cx.lang).to_owned();
            (
                false,
                format!("{} {first}", reader.cx.tn("journal-bad", all)),
            )
        }
    };
    page(&web, reader, &params, Some(said)).await
}
