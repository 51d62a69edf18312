//! Regulations: clauses against the index, roles, controls, dates, what replaces what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Problem, examine::Parts, parse::Parsed, suggest};
use crate::{
    control::Control,
    regulation::{Regulation, Trigger},
};

pub(super) fn check(parts: &Parts, problems: &mut Vec<Problem>) {
    for regulation in &parts.regulations {
        identity(regulation, problems);
        index(regulation, problems);
        clauses(parts, regulation, problems);
        dates(parts, regulation, problems);
        origins(parts, regulation, problems);
    }
    succession(parts, problems);
}

fn identity(file: &Parsed<Regulation>, problems: &mut Vec<Problem>) {
    if file.value.id != file.stem() {
        problems.push(file.report(
            "id",
            format!("the id `{}` is not the file's name", file.value.id),
            format!("`id: {}`", file.stem()),
        ));
    }
}

/// The clauses written down against those that the regulation's own index names.
fn index(file: &Parsed<Regulation>, problems: &mut Vec<Problem>) {
    let regulation = &file.value;
    let mut indexed: BTreeMap<&str, String> = BTreeMap::new();
    for (c, chapter) in regulation.index.chapters.iter().enumerate() {
        for (a, article) in chapter.articles.iter().enumerate() {
            for (i, cite) in article.clauses.iter().enumerate() {
                let at = format!("index.chapters[{c}].articles[{a}].clauses[{i}]");
                if let Some(first) = indexed.insert(cite, at.clone()) {
                    problems.push(file.report(
                        &at,
                        format!("`{cite}` stands in the index twice"),
                        "it once",
                    ));
                    indexed.insert(cite, first);
                }
            }
        }
    }
    let mut written: BTreeSet<&str> = BTreeSet::new();
    for (i, clause) in regulation.clauses.iter().enumerate() {
        let at = format!("clauses[{i}].cite");
        if !written.insert(&clause.cite) {
            problems.push(file.report(
                &at,
                format!("clause `{}` stands twice", clause.cite),
                "it once",
            ));
        }
        if !indexed.contains_key(clause.cite.as_str()) {
            let near = suggest(&clause.cite, indexed.keys().copied());
            problems.push(file.report(
                &at,
                format!("clause `{}` is not in the index", clause.cite),
                format!("{near}, or add it to the index"),
            ));
        }
    }
    for (cite, at) in &indexed {
        if !written.contains(cite) {
            problems.push(file.report(
                at,
                format!("clause `{cite}` is in the index and missing under `clauses`"),
                format!("`- cite: \"{cite}\"` with its kind, bearer and summary"),
            ));
        }
    }
    if indexed.len() != regulation.index.count {
        problems.push(file.report(
            "index.count",
            format!(
                "the index names {} clauses and counts {}",
                indexed.len(),
                regulation.index.count
            ),
            format!(
                "`count: {}`, or the clauses that are missing",
                indexed.len()
            ),
        ));
    }
}

fn clauses(parts: &Parts, file: &Parsed<Regulation>, problems: &mut Vec<Problem>) {
    let roles: Option<Vec<&str>> = parts
        .roles
        .as_ref()
        .map(|map| map.value.roles.keys().map(String::as_str).collect());
    for (i, clause) in file.value.clauses.iter().enumerate() {
        let at = format!("clauses[{i}]");
        let named = [
            ("bearer", Some(&clause.bearer)),
            ("owed_to", clause.owed_to.as_ref()),
        ];
        for (key, role) in named.into_iter().filter_map(|(k, r)| Some((k, r?))) {
            if let Some(known) = roles
                .as_ref()
                .filter(|known| !known.contains(&role.as_str()))
            {
                problems.push(file.report(
                    &format!("{at}.{key}"),
                    format!("there is no role `{role}` in roles.yaml"),
                    suggest(role, known.iter().copied()),
                ));
            }
        }
        if clause.is_scored() && clause.controls.is_empty() {
            problems.push(file.report(
                &at,
                format!(
                    "clause `{}` is scored and has no control that judges it",
                    clause.cite
                ),
                "`controls:` with at least one, or `scored: false`",
            ));
        }
        if clause.trigger == Trigger::Event && clause.event.is_none() {
            problems.push(file.report(
                &format!("{at}.trigger"),
                "the trigger is an event, and which one is not said",
                "`event: {vi: …, en: …}`",
            ));
        }
        for (u, used) in clause.controls.iter().enumerate() {
            let at = format!("{at}.controls[{u}]");
            let Some(control) = parts.controls.get(&used.control) else {
                if !parts.is_unread("controls/", &used.control) {
                    problems.push(file.report(
                        &format!("{at}.control"),
                        format!("there is no control `{}`", used.control),
                        suggest(&used.control, parts.controls.keys().map(String::as_str)),
                    ));
                }
                continue;
            };
            parameters(file, &at, &used.parameters, &control.value, problems);
        }
    }
}

fn parameters(
    file: &Parsed<Regulation>,
    at: &str,
    given: &BTreeMap<String, crate::control::Value>,
    control: &Control,
    problems: &mut Vec<Problem>,
) {
    for (name, value) in given {
        let at = format!("{at}.parameters.{name}");
        let Some(parameter) = control.parameters.iter().find(|p| p.name == *name) else {
            problems.push(file.report(
                &at,
                format!("control `{}` has no parameter `{name}`", control.id),
                suggest(name, control.parameters.iter().map(|p| p.name.as_str())),
            ));
            continue;
        };
        if !value.fits(parameter.kind) {
            let kind = format!("{:?}", parameter.kind).to_lowercase();
            problems.push(file.report(
                &at,
                format!("`{value}` is not of the type {kind}"),
                format!("one of the type {kind}"),
            ));
        }
    }
}

/// Dates that cross, in one text and between a text and the one it ends.
fn dates(parts: &Parts, file: &Parsed<Regulation>, problems: &mut Vec<Problem>) {
    let regulation = &file.value;
    if regulation.effective_from < regulation.issued_on {
        problems.push(file.report(
            "effective_from",
            format!(
                "in force on {}, before it was issued on {}",
                regulation.effective_from, regulation.issued_on
            ),
            "a date on or after `issued_on`",
        ));
    }
    if let Some(end) = regulation.effective_to
        && end < regulation.effective_from
    {
        problems.push(file.report(
            "effective_to",
            format!(
                "it ends on {end}, before it is in force on {}",
                regulation.effective_from
            ),
            "a date on or after `effective_from`",
        ));
    }
    for (i, replaced) in regulation.replaces.iter().enumerate() {
        let at = format!("replaces[{i}]");
        if replaced.issued_on > regulation.issued_on {
            problems.push(file.report(
                &format!("{at}.issued_on"),
                format!("{} was issued after the text that ends it", replaced.number),
                "the date under its signature",
            ));
        }
        let Some(id) = &replaced.id else { continue };
        let Some(old) = parts.regulations.iter().find(|r| r.value.id == *id) else {
            if !parts.is_unread("regulations/", id) {
                let known = parts.regulations.iter().map(|r| r.value.id.as_str());
                problems.push(file.report(
                    &format!("{at}.id"),
                    format!("there is no regulation `{id}`"),
                    suggest(id, known),
                ));
            }
            continue;
        };
        let last = regulation
            .effective_from
            .yesterday()
            .unwrap_or(regulation.effective_from);
        if old.value.effective_to.is_none_or(|end| end > last) {
            problems.push(old.report(
                "effective_to",
                format!(
                    "`{id}` is still in force on {}, when `{}` replaces it",
                    regulation.effective_from, regulation.id
                ),
                format!("`effective_to: {last}`"),
            ));
        }
    }
}

/// What clauses go on from must stand in the text that is replaced, where that is here too.
fn origins(parts: &Parts, file: &Parsed<Regulation>, problems: &mut Vec<Problem>) {
    let ids: Vec<&String> = file
        .value
        .replaces
        .iter()
        .filter_map(|r| r.id.as_ref())
        .collect();
    let olds: Vec<&Regulation> = parts
        .regulations
        .iter()
        .map(|r| &r.value)
        .filter(|r| ids.contains(&&r.id))
        .collect();
    if olds.is_empty() {
        return;
    }
    let known = || {
        olds.iter()
            .flat_map(|r| &r.clauses)
            .map(|c| c.cite.as_str())
    };
    for (i, clause) in file.value.clauses.iter().enumerate() {
        for (f, cite) in clause.from.iter().flatten().enumerate() {
            if !known().any(|k| k == cite) {
                let known: Vec<&str> = known().collect();
                problems.push(file.report(
                    &format!("clauses[{i}].from[{f}]"),
                    format!("the text that this one replaces has no clause `{cite}`"),
                    suggest(cite, known.iter().copied()),
                ));
            }
        }
    }
}

/// Texts that replace each other in a circle.
fn succession(parts: &Parts, problems: &mut Vec<Problem>) {
    let next: BTreeMap<&str, Vec<&str>> = parts
        .regulations
        .iter()
        .map(|r| {
            let old = r.value.replaces.iter().filter_map(|o| o.id.as_deref());
            (r.value.id.as_str(), old.collect())
        })
        .collect();
    for file in &parts.regulations {
        if let Some(circle) = super::control::circle(&file.value.id, &next) {
            problems.push(file.report(
                "replaces",
                format!("it replaces itself: {}", circle.join(" → ")),
                "only texts that are older",
            ));
        }
    }
}
