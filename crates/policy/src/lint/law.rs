//! National texts: dates, what replaced what, and who cites them.

use std::collections::BTreeMap;

use super::{Problem, control::circle, examine::Parts, parse::Parsed, suggest};
use crate::law::{Law, Laws};

pub(super) fn check(parts: &Parts, problems: &mut Vec<Problem>) {
    if let Some(file) = &parts.law {
        for (id, law) in &file.value {
            dates(file, id, law, problems);
        }
        succession(file, problems);
    }
    cites(parts, problems);
}

fn dates(file: &Parsed<Laws>, id: &str, law: &Law, problems: &mut Vec<Problem>) {
    if let (Some(issued), Some(from)) = (law.issued_on, law.effective_from)
        && from < issued
    {
        problems.push(file.report(
            &format!("{id}.effective_from"),
            format!("in force on {from}, before it was issued on {issued}"),
            "a date on or after `issued_on`",
        ));
    }
    if let (Some(from), Some(to)) = (law.effective_from, law.effective_to)
        && to < from
    {
        problems.push(file.report(
            &format!("{id}.effective_to"),
            format!("it ends on {to}, before it is in force on {from}"),
            "a date on or after `effective_from`",
        ));
    }
    let Some(next) = &law.replaced_by else { return };
    if !file.value.contains_key(next) {
        problems.push(file.report(
            &format!("{id}.replaced_by"),
            format!("there is no text `{next}` in law.yaml"),
            suggest(next, file.value.keys().map(String::as_str)),
        ));
    }
}

/// Texts that replace each other in a circle.
fn succession(file: &Parsed<Laws>, problems: &mut Vec<Problem>) {
    let next: BTreeMap<&str, Vec<&str>> = file
        .value
        .iter()
        .map(|(id, law)| {
            (
                id.as_str(),
                law.replaced_by.as_deref().into_iter().collect(),
            )
        })
        .collect();
    for id in file.value.keys() {
        if let Some(circle) = circle(id, &next) {
            problems.push(file.report(
                &format!("{id}.replaced_by"),
                format!("it is replaced by itself: {}", circle.join(" → ")),
                "only texts that are newer",
            ));
        }
    }
}

fn cites(parts: &Parts, problems: &mut Vec<Problem>) {
    if parts.unread.iter().any(|path| path == "law.yaml") {
        return;
    }
    let empty = Laws::new();
    let laws = parts.law.as_ref().map_or(&empty, |file| &file.value);
    for file in &parts.regulations {
        let of_clauses = file
            .value
            .clauses
            .iter()
            .enumerate()
            .map(|(i, clause)| (format!("clauses[{i}].cites"), &clause.cites));
        let own = std::iter::once(("cites".to_owned(), &file.value.cites));
        for (at, cites) in own.chain(of_clauses) {
            for (i, id) in cites.iter().enumerate() {
                if !laws.contains_key(id) {
                    problems.push(file.report(
                        &format!("{at}[{i}]"),
                        format!("there is no text `{id}` in law.yaml"),
                        suggest(id, laws.keys().map(String::as_str)),
                    ));
                }
            }
        }
    }
}
