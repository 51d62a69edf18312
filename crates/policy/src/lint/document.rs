//! Documents and the figures that fill them.

use std::collections::BTreeMap;

use domain::{
    paper::Form,
    schema::{Field, Kind},
};

use super::{Problem, examine::Parts, parse::Parsed, suggest};
use crate::{
    check::Check,
    document::{Figure, NAMES, PARAMETERS, Piece, Template, built_in, pieces},
    facts::Views,
};

/// Names that only the entry of a sent document knows.
const SENT: [&str; 3] = ["number", "signed_on", "file"];

pub(super) fn check(parts: &mut Parts, problems: &mut Vec<Problem>) {
    for file in parts.figures.values_mut() {
        figure(file, &parts.views, problems);
    }
    for file in parts.documents.values() {
        document(parts, file, problems);
    }
}

/// Reads a figure's query and keeps it.
fn figure(file: &mut Parsed<Figure>, views: &Views, problems: &mut Vec<Problem>) {
    let figure = &file.value;
    if built_in().iter().any(|known| known.id == figure.id) {
        problems.push(file.report(
            "sql",
            format!("`{}` is a figure of the program itself", figure.id),
            "another name for the file",
        ));
    }
    let mut wanted = vec!["unit"];
    if figure.is_table() {
        wanted.extend(figure.columns.iter().map(|c| c.name.as_str()));
    } else {
        wanted.push("value");
    }
    let (query, faults) = Check::read_with(&figure.id, &figure.sql, views, &wanted);
    for fault in faults {
        let what = format!("line {} of the query: {}", fault.line, fault.what);
        problems.push(file.report("sql", what, fault.instead));
    }
    for name in query.iter().flat_map(Check::own_parameters) {
        if !PARAMETERS.contains(&name) {
            problems.push(file.report(
                "sql",
                format!("there is no parameter `:{name}`"),
                suggest(name, PARAMETERS),
            ));
        }
    }
    file.value.query = query;
}

/// The ids of figures that are numbers, or of those that are tables.
fn figures(parts: &Parts, tables: bool) -> Vec<&str> {
    let own = parts
        .figures
        .iter()
        .filter(|(_, f)| f.value.is_table() == tables);
    let known = built_in().iter().filter(|f| f.columns.is_empty() != tables);
    own.map(|(id, _)| id.as_str())
        .chain(known.map(|f| f.id))
        .collect()
}

fn document(parts: &Parts, file: &Parsed<Template>, problems: &mut Vec<Problem>) {
    let template = &file.value;
    let (numbers, tables) = (figures(parts, false), figures(parts, true));
    let drafts: Vec<&str> = template.drafts().map(|d| d.id.as_str()).collect();
    for (i, id) in drafts.iter().enumerate() {
        if NAMES.contains(id) || numbers.contains(id) || drafts[..i].contains(id) {
            problems.push(file.report(
                "body",
                format!("the draft `{id}` has a name that is taken"),
                "another `id`",
            ));
        }
    }
    let unread = |id: &str| parts.is_unread("figures/", id);
    let known: Vec<&str> = NAMES
        .into_iter()
        .chain(drafts.iter().copied())
        .chain(numbers.iter().copied())
        .collect();
    for (at, sentence) in template.sentences() {
        names(file, &at, sentence, &known, &unread, problems);
    }
    for (at, id) in template.tables() {
        let wanted = if at.contains("table") {
            &tables
        } else {
            &numbers
        };
        if !wanted.contains(&id) && !unread(id) {
            problems.push(file.report(
                &at,
                format!("there is no such figure `{id}`"),
                suggest(id, wanted.iter().copied()),
            ));
        }
    }
    surroundings(parts, file, problems);
    closes(parts, file, &known, problems);
    if let Some(up) = &template.rolls_up {
        match parts.documents.get(&up.template) {
            None if !parts.is_unread("documents/", &up.template) => problems.push(file.report(
                "rolls_up.template",
                format!("there is no document `{}`", up.template),
                suggest(&up.template, parts.documents.keys().map(String::as_str)),
            )),
            Some(other) if other.value.period != template.period => problems.push(file.report(
                "rolls_up.template",
                format!("`{}` is of another period", up.template),
                "a document of the same `period`",
            )),
            _ => {}
        }
        for (i, id) in up.figures.iter().enumerate() {
            if !numbers.contains(&id.as_str()) && !unread(id) {
                problems.push(file.report(
                    &format!("rolls_up.figures[{i}]"),
                    format!("there is no such figure `{id}`"),
                    suggest(id, numbers.iter().copied()),
                ));
            }
        }
    }
}

/// The placeholders of a sentence.
fn names(
    file: &Parsed<Template>,
    at: &str,
    sentence: &str,
    known: &[&str],
    unread: &dyn Fn(&str) -> bool,
    problems: &mut Vec<Problem>,
) {
    for piece in pieces(sentence) {
        let Piece::Name(name) = piece else { continue };
        if !known.contains(&name) && !unread(name) {
            problems.push(file.report(
                at,
                format!("nothing fills the field `{{{name}}}`"),
                suggest(name, known.iter().copied()),
            ));
        }
    }
}

/// The role, the regulations, the form.
fn surroundings(parts: &Parts, file: &Parsed<Template>, problems: &mut Vec<Problem>) {
    let template = &file.value;
    if let Some(map) = &parts.roles
        && !map.value.roles.contains_key(&template.author)
    {
        problems.push(file.report(
            "author",
            format!("there is no role `{}`", template.author),
            suggest(&template.author, map.value.roles.keys().map(String::as_str)),
        ));
    }
    for (i, id) in template.regulations.iter().enumerate() {
        let known = parts.regulations.iter().map(|r| r.value.id.as_str());
        if !known.clone().any(|k| k == id) && !parts.is_unread("regulations/", id) {
            problems.push(file.report(
                &format!("regulations[{i}]"),
                format!("there is no regulation `{id}`"),
                suggest(id, known.collect::<Vec<_>>()),
            ));
        }
    }
    if template.form == Form::Book {
        problems.push(file.report(
            "form",
            "a book is printed from its register, not from a template",
            "`state` or `party`",
        ));
    }
    if template.signatures.is_empty() {
        problems.push(file.report("signatures", "nobody signs", "at least one `- {title: …}`"));
    }
}

/// The entry that sending writes: its book, its fields, its choices.
fn closes(parts: &Parts, file: &Parsed<Template>, known: &[&str], problems: &mut Vec<Problem>) {
    let Some(closes) = &file.value.closes else {
        return;
    };
    let Some(register) = parts.registers.get(&closes.register) else {
        if !parts.is_unread("registers/", &closes.register) {
            problems.push(file.report(
                "closes.register",
                format!("there is no book `{}`", closes.register),
                suggest(&closes.register, parts.registers.keys().map(String::as_str)),
            ));
        }
        return;
    };
    let fields: BTreeMap<&str, _> = register
        .value
        .fields
        .iter()
        .map(|f| (f.name.as_str(), f))
        .collect();
    let known: Vec<&str> = known.iter().copied().chain(SENT).collect();
    for (name, value) in &closes.values {
        let at = format!("closes.values.{name}");
        let Some(field) = fields.get(name.as_str()) else {
            problems.push(file.report(
                &at,
                format!("the book `{}` has no field `{name}`", closes.register),
                suggest(name, fields.keys().copied()),
            ));
            continue;
        };
        names(file, &at, value, &known, &|_| false, problems);
        if field.kind == Kind::Choice && !field.choices.contains_key(value) {
            problems.push(file.report(
                &at,
                format!("`{value}` is no choice of `{name}`"),
                suggest(value, field.choices.keys().map(String::as_str)),
            ));
        }
    }
    // Of the day the step knows: that on which the paper goes out.
    let asked = |field: &&Field| field.required && field.name != "occurred_on";
    for field in register.value.fields.iter().filter(asked) {
        if !closes.values.contains_key(&field.name) && field.default.is_none() {
            problems.push(file.report(
                "closes.values",
                format!("the book `{}` asks for `{}`", closes.register, field.name),
                format!("`{}: …`", field.name),
            ));
        }
    }
}
