//! The page of one inspection.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use app::inspection::{self, Inspection, Missed, Raised, STEPS};
use domain::{
    authority::Permission,
    noun,
    problem::{Problem, ProblemKind},
    record::Record,
};
use policy::Library;

use super::page::{FindingRow, ItemRow, Show};
use crate::{
    compliance::words,
    cx::Cx,
    http::{Fault, Params, Reader},
    mark::Mark,
    registry::path_of_file,
    server::Web,
    steps,
};

/// What was typed and was not taken.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) fields: Params,
    /// Why none of it was.
    pub(super) problem: Option<Problem>,
    /// Items that were not written.
    pub(super) missed: Vec<Missed>,
    /// A finding, with its item.
    pub(super) raised: Option<(String, Raised)>,
}

/// What result and note of an item are, so short that a form can bring it back: what was not
/// touched is not written.
pub(super) fn mark_of(result: &str, note: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (result, note.trim()).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The page with the checklist of one unit (by its code), else of the first.
pub(super) async fn page(
    web: &Web,
    reader: Reader,
    code: &str,
    unit: &str,
    typed: &Typed,
) -> Result<Show, Fault> {
    let mut told = inspection::get(&web.app, &reader.ctx, code, None).await?;
    // One unit's list at a time: a province's would be thousands of lines.
    let wanted = match unit {
        "" => told.units.first().map(|(code, _)| code.clone()),
        unit => Some(unit.to_owned()),
    };
    told.items
        .retain(|item| wanted.as_deref().is_some_and(|unit| item.unit == unit));
    let unit = wanted.as_deref().unwrap_or_default();
    Ok(build(reader.cx, &web.app.library(), &told, unit, typed))
}

/// The word of a choice of a noun's field.
pub(super) fn choice(cx: &Cx, noun: &str, field: &str, code: &str) -> String {
    noun::get(noun)
        .and_then(|schema| schema.field(field)?.choices.get(code))
        .map_or_else(|| code.to_owned(), |label| cx.l(label))
}

/// What an item asks: in the reader's language where it still asks what the clause does.
fn asked(cx: &Cx, library: &Library, item: &Record) -> String {
    let kept = item.text("asked");
    let clause = library.clause(item.text("regulation"), item.text("clause"));
    let summary = clause.map(|clause| &clause.summary);
    summary
        .filter(|summary| summary.vi == kept)
        .map_or_else(|| kept.to_owned(), |it| cx.l(it))
}

fn choices(cx: &Cx, noun: &str, field: &str, given: &str) -> Vec<(String, String, bool)> {
    let field = noun::get(noun).and_then(|schema| schema.field(field));
    let all = field.into_iter().flat_map(|f| &f.choices);
    all.map(|(code, label)| (code.clone(), cx.l(label), code == given))
        .collect()
}

fn build(cx: Cx, library: &Library, told: &Inspection, unit: &str, typed: &Typed) -> Show {
    let fields = &typed.fields;
    let given = |name: String| fields.all(&name).next().map(str::to_owned);
    let (round, status) = (&told.record, told.record.text("status"));
    let at = STEPS.iter().position(|s| *s == status).unwrap_or(0);
    let word = |code: &str| choice(&cx, "inspection-round", "status", code);
    let steps = steps::of(STEPS.iter().map(|step| word(step)), at);
    let may_manage = cx.may(Permission::Manage);
    let next = STEPS.get(at + 1).filter(|_| may_manage);
    let total: usize = told.counts.values().sum();
    let open = told.counts.get("open").copied().unwrap_or(0);
    let counts: Vec<(String, usize)> = choices(&cx, "inspection-item", "result", "")
        .into_iter()
        .filter_map(|(code, word, _)| Some((word, *told.counts.get(&code)?)))
        .collect();
    let mut about: Vec<(String, String)> =
        ["team", "notified_on", "starts_on", "ends_on", "conclusion"]
            .into_iter()
            .filter_map(|name| {
                let field = noun::get("inspection-round")?.field(name)?;
                let value = match name {
                    "team" | "conclusion" => round.text(name).to_owned(),
                    _ => cx.iso(round.text(name)),
                };
                (!round.text(name).is_empty()).then(|| (cx.l(&field.label), value))
            })
            .collect();
    // What was found stands beside the words of the conclusion, whatever these say.
    if !round.text("conclusion").is_empty() {
        let counted = counts.iter().map(|(word, n)| format!("{word}: {n}"));
        let findings = cx.t("inspection-findings");
        let counted: Vec<String> = counted
            .chain([format!("{findings}: {}", told.findings.len())])
            .collect();
        about.push((cx.t("inspection-found"), counted.join(" · ")));
    }
    Show {
        id: round.id.to_string(),
        version: round.version,
        code: round.text("code").to_owned(),
        name: round.text("name").to_owned(),
        steps,
        next: next.map_or_else(String::new, |step| word(step)),
        concludes: next == Some(&"concluded"),
        may_draw: may_manage && at < 3,
        may_manage,
        may_report: cx.may(Permission::Write),
        unit: unit.to_owned(),
        may_conclude: round.text("occasion") == "self"
            && at < 3
            && cx.may(Permission::Write)
            && told.units.iter().any(|(code, _)| code == unit)
            && !told.concluded.contains(unit),
        is_concluded: told.concluded.contains(unit),
        may_answer: told.items.iter().any(|item| item.may_answer),
        conclusion: fields.get("conclusion").to_owned(),
        problem: typed.problem.clone(),
        about,
        counts,
        total,
        share: ((total - open) * 100).checked_div(total).unwrap_or(0),
        units: told
            .units
            .iter()
            .map(|(code, name)| (code.clone(), name.clone(), code == unit))
            .collect(),
        items: told
            .items
            .iter()
            .map(|item| {
                let r = &item.record;
                let href = format!(
                    "/compliance/{}/{}/{}",
                    r.text("regulation"),
                    r.text("clause"),
                    item.unit
                );
                let raised = told
                    .findings
                    .iter()
                    .any(|f| f.text("code") == r.text("code"));
                let id = r.id.to_string();
                let (result, note) = (r.text("result"), r.text("note"));
                let typed_result = given(format!("result.{id}"));
                let typed_note = given(format!("note.{id}"));
                let missed = typed.missed.iter().find(|m| m.item == r.id);
                ItemRow {
                    was: mark_of(result, note),
                    missed: missed.map(|m| {
                        let there = choice(&cx, "inspection-item", "result", result);
                        match m.problem.kind {
                            ProblemKind::Conflict => {
                                let note = Some(note).filter(|n| !n.is_empty());
                                let there = note.map_or(there.clone(), |n| format!("{there}: {n}"));
                                format!("{} – {there}", cx.l(&m.problem.what))
                            }
                            _ => {
                                let wrong = m.problem.fields.iter().map(|f| cx.l(&f.message));
                                wrong.collect::<Vec<_>>().join("; ")
                            }
                        }
                    }),
                    raised: typed
                        .raised
                        .as_ref()
                        .filter(|(of, _)| *of == id)
                        .map(|(_, r)| r.clone()),
                    id: r.id.to_string(),
                    version: r.version,
                    cite: words::cite(&cx, r.text("clause")),
                    asked: asked(&cx, library, r),
                    verdict: item.verdict.map(|v| (Mark::from(v), href)),
                    results: choices(
                        &cx,
                        "inspection-item",
                        "result",
                        typed_result.as_deref().unwrap_or(result),
                    ),
                    result: choice(&cx, "inspection-item", "result", r.text("result")),
                    note: typed_note.unwrap_or_else(|| note.to_owned()),
                    may_answer: item.may_answer,
                    may_raise: may_manage && item.may_answer && !raised,
                }
            })
            .collect(),
        findings: told
            .findings
            .iter()
            .map(|f| finding(&cx, told, f))
            .collect(),
        cx,
    }
}

fn finding(cx: &Cx, told: &Inspection, f: &Record) -> FindingRow {
    let unit = told
        .items
        .iter()
        .find(|item| item.record.get("organization") == f.get("organization"))
        .map(|item| item.unit.clone())
        .or_else(|| f.text("code").rsplit('/').nth(2).map(str::to_owned));
    let unit = unit.unwrap_or_default();
    let name = told.units.iter().find(|(code, _)| *code == unit);
    let today = domain::clock::local_date(domain::clock::from_ms(cx.now)).to_string();
    let status = f.text("status");
    FindingRow {
        id: f.id.to_string(),
        version: f.version,
        unit: name.map_or(unit, |(_, name)| name.clone()),
        cite: words::cite(cx, f.text("clause")),
        summary: f.text("summary").to_owned(),
        severity: choice(cx, "finding", "severity", f.text("severity")),
        action: format!("{} · {}", f.text("action"), f.text("action_owner")),
        due: cx.iso(f.text("due_on")),
        late: status != "closed" && f.text("due_on") < today.as_str(),
        status_word: choice(cx, "finding", "status", status),
        status: status.to_owned(),
        asked: (!f.text("asked_due_on").is_empty()).then(|| {
            (
                cx.iso(f.text("asked_due_on")),
                f.text("asked_reason").to_owned(),
            )
        }),
        mended_note: f.text("mended_note").to_owned(),
        document: match f.text("document") {
            "" => String::new(),
            sha256 => path_of_file(sha256, &f.id.to_string()),
        },
    }
}
