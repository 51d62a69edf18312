//! Duties against their books, their roles and their control's parameters.

use domain::schema::{Kind, Schema};

use super::{Problem, examine::Parts, parse::Parsed, suggest};
use crate::{
    control::{Control, ParameterKind},
    duty::{Count, Due, DutyClock, DutyRule, EventRule, Matching},
};

/// Moments that every entry has.
const BUILT_IN: [&str; 2] = ["occurred_on", "recorded_at"];

pub(super) fn check(
    parts: &Parts,
    file: &Parsed<Control>,
    duty: &DutyRule,
    problems: &mut Vec<Problem>,
) {
    dates(file, duty, problems);
    parameters(file, duty, problems);
    let in_hours = duty.due.count().is_some_and(Count::in_hours);
    let Some(register) = book(parts, file, "duty.register", &duty.register, problems) else {
        return;
    };
    results(file, "duty.results", register, &duty.results, problems);
    length(file, duty, register, problems);
    let deeds = [
        ("duty.refused", &duty.refused),
        ("duty.done", &duty.done),
        ("duty.or_done", &duty.or_done),
    ];
    for (at, field) in deeds {
        let Some(field) = field else { continue };
        moment(file, at, register, field, in_hours, problems);
        deed(file, at, register, field, problems);
    }
    for (field, words) in &duty.says_done {
        choices(
            file,
            &format!("duty.says_done.{field}"),
            register,
            field,
            words,
            problems,
        );
    }
    for (field, words) in &duty.says_not {
        let at = format!("duty.says_not.{field}");
        choices(file, &at, register, field, words, problems);
    }
    for (i, perhaps) in duty.perhaps.iter().enumerate() {
        let at = format!("duty.perhaps[{i}]");
        let held = book(
            parts,
            file,
            &format!("{at}.register"),
            &perhaps.register,
            problems,
        );
        if let Some(held) = held {
            results(
                file,
                &format!("{at}.results"),
                held,
                &perhaps.results,
                problems,
            );
        }
    }
    if let Some(event) = duty.event() {
        against_event(parts, file, event, register, in_hours, problems);
    }
    answer(parts, file, duty, register, problems);
}

fn dates(file: &Parsed<Control>, duty: &DutyRule, problems: &mut Vec<Problem>) {
    if let (DutyClock::Period(period), Due::Before(dates) | Due::By(dates)) =
        (&duty.clock, &duty.due)
        && dates.len() != usize::from(period.per_year())
    {
        problems.push(file.report(
            "duty.due",
            format!(
                "{} dates for {} periods in the year",
                dates.len(),
                period.per_year()
            ),
            "one date for each period",
        ));
    }
}

/// A number that stands in a parameter is a whole one, and no parameter stands for nothing.
fn parameters(file: &Parsed<Control>, duty: &DutyRule, problems: &mut Vec<Problem>) {
    let control = &file.value;
    let used: Vec<&str> = duty.parameters().collect();
    for name in &used {
        match control.parameters.iter().find(|p| p.name == *name) {
            None => problems.push(file.report(
                "duty.due",
                format!("the parameter `{name}` is not declared"),
                format!("`- name: {name}` under `parameters`, with type, default and label"),
            )),
            Some(p) if p.kind != ParameterKind::Integer => problems.push(file.report(
                "duty.due",
                format!("the parameter `{name}` is not a whole number"),
                "`type: integer`",
            )),
            Some(_) => {}
        }
    }
    for (i, parameter) in control.parameters.iter().enumerate() {
        if control.check.is_none() && !used.contains(&parameter.name.as_str()) {
            problems.push(file.report(
                &format!("parameters[{i}].name"),
                format!("the duty does not use `{}`", parameter.name),
                suggest(&parameter.name, used.iter().copied()),
            ));
        }
    }
}

/// The book of that name; none, with a report, where there is none.
fn book<'a>(
    parts: &'a Parts,
    file: &Parsed<Control>,
    at: &str,
    id: &str,
    problems: &mut Vec<Problem>,
) -> Option<&'a Schema> {
    let found = parts.registers.get(id).map(|r| &r.value);
    if found.is_none() && !parts.is_unread("registers/", id) {
        problems.push(file.report(
            at,
            format!("there is no book `{id}`"),
            suggest(id, parts.registers.keys().map(String::as_str)),
        ));
    }
    found
}

/// An entry for a period of another length would fulfil nothing.
fn length(file: &Parsed<Control>, duty: &DutyRule, book: &Schema, problems: &mut Vec<Problem>) {
    let (DutyClock::Period(period), Some(field)) = (&duty.clock, book.field("period")) else {
        if duty.early {
            problems.push(file.report(
                "duty.early",
                format!("an entry of the book `{}` names no period", book.noun),
                "no `early`: without a period an entry counts for that of its date",
            ));
        }
        return;
    };
    let wanted = period.volume();
    if field.length != Some(wanted) {
        let name = serde_json::to_string(&wanted).unwrap_or_default();
        problems.push(file.report(
            "duty.period",
            format!(
                "the field `period` of the book `{}` takes periods of another length",
                book.noun
            ),
            format!("`length: {}` in the book", name.trim_matches('"')),
        ));
    }
}

fn results(
    file: &Parsed<Control>,
    at: &str,
    book: &Schema,
    words: &[String],
    problems: &mut Vec<Problem>,
) {
    choices(file, at, book, "result", words, problems);
}

/// The words are choices of a field of the book.
fn choices(
    file: &Parsed<Control>,
    at: &str,
    book: &Schema,
    field: &str,
    words: &[String],
    problems: &mut Vec<Problem>,
) {
    let known: Vec<&str> = book
        .field(field)
        .map(|f| f.choices.keys().map(String::as_str).collect())
        .unwrap_or_default();
    for (i, word) in words.iter().enumerate() {
        if !known.contains(&word.as_str()) {
            problems.push(file.report(
                &format!("{at}[{i}]"),
                format!("`{word}` is not a {field} of the book `{}`", book.noun),
                suggest(word, known.iter().copied()),
            ));
        }
    }
}

/// The field says when: a date, or an instant where hours run from it.
fn moment(
    file: &Parsed<Control>,
    at: &str,
    book: &Schema,
    name: &str,
    in_hours: bool,
    problems: &mut Vec<Problem>,
) {
    let kind = book.field(name).map(|f| f.kind);
    let is_instant = name == "recorded_at" || kind == Some(Kind::Instant);
    let is_date = name == "occurred_on" || kind == Some(Kind::Date);
    if !is_instant && !is_date {
        let known = book
            .fields
            .iter()
            .filter(|f| matches!(f.kind, Kind::Date | Kind::Instant))
            .map(|f| f.name.as_str())
            .chain(BUILT_IN);
        problems.push(file.report(
            at,
            format!("`{name}` is no date or instant of the book `{}`", book.noun),
            suggest(name, known),
        ));
    } else if in_hours && !is_instant {
        problems.push(file.report(
            at,
            format!("hours run from a moment, and `{name}` is a day"),
            "`recorded_at`, a field of the kind instant, or a limit in days",
        ));
    }
}

/// When something was done is never ahead of its entry: the form refuses it only in a field that says so.
fn deed(file: &Parsed<Control>, at: &str, book: &Schema, name: &str, problems: &mut Vec<Problem>) {
    if book.field(name).is_some_and(|field| !field.done) {
        problems.push(file.report(
            at,
            format!("`{name}` of the book `{}` may lie ahead", book.noun),
            format!("`done: true` at `{name}` of that book"),
        ));
    }
}

fn against_event(
    parts: &Parts,
    file: &Parsed<Control>,
    event: &EventRule,
    register: &Schema,
    in_hours: bool,
    problems: &mut Vec<Problem>,
) {
    let Some(events) = book(
        parts,
        file,
        "duty.event.register",
        &event.register,
        problems,
    ) else {
        return;
    };
    results(file, "duty.event.results", events, &event.results, problems);
    if let Some(field) = &event.at {
        moment(file, "duty.event.at", events, field, in_hours, problems);
    }
    let named = |book: &Schema| book.field("subject").is_some();
    if event.answered_by == Matching::Next && named(events) && named(register) {
        problems.push(file.report(
            "duty.event",
            "an answer belongs to the event that it names, and both books have `subject`",
            "`answered_by: subject`",
        ));
    }
    if event.answered_by == Matching::Subject {
        subjects(file, "duty.event.answered_by", [events, register], problems);
    }
}

fn subjects(file: &Parsed<Control>, at: &str, books: [&Schema; 2], problems: &mut Vec<Problem>) {
    for book in books.iter().filter(|b| b.field("subject").is_none()) {
        problems.push(file.report(
            at,
            format!("the book `{}` has no field `subject`", book.noun),
            "`answered_by: next`, or the field in the book",
        ));
    }
}

fn answer(
    parts: &Parts,
    file: &Parsed<Control>,
    duty: &DutyRule,
    register: &Schema,
    problems: &mut Vec<Problem>,
) {
    let Some(answer) = duty.answer.as_deref() else {
        return;
    };
    if let Some(roles) = parts.roles.as_ref().map(|r| &r.value)
        && !roles.roles.contains_key(&answer.role)
    {
        problems.push(file.report(
            "duty.answer.role",
            format!("there is no role `{}`", answer.role),
            suggest(&answer.role, roles.roles.keys().map(String::as_str)),
        ));
    }
    let answers = match &answer.register {
        Some(id) => book(parts, file, "duty.answer.register", id, problems),
        None => Some(register),
    };
    let Some(answers) = answers else {
        return;
    };
    results(
        file,
        "duty.answer.results",
        answers,
        &answer.results,
        problems,
    );
    if let Some(field) = &answer.done {
        let in_hours = answer.due.in_hours();
        moment(file, "duty.answer.done", answers, field, in_hours, problems);
    }
    if answer.answered_by == Matching::Subject {
        subjects(
            file,
            "duty.answer.answered_by",
            [register, answers],
            problems,
        );
    }
}
