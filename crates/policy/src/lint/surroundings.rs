//! Books, roles, words, the calendar and the fixtures.

use std::collections::BTreeSet;

use domain::schema::Kind;

use super::{Problem, examine::Parts, parse::Parsed, suggest};
use crate::{check, control::Value, expression::Expression, fixture::Case};

pub(super) fn check(parts: &Parts, problems: &mut Vec<Problem>) {
    registers(parts, problems);
    roles(parts, problems);
    words(parts, problems);
    calendars(parts, problems);
    fixtures(parts, problems);
}

fn registers(parts: &Parts, problems: &mut Vec<Problem>) {
    for file in parts.registers.values() {
        let register = &file.value;
        if register.noun != file.stem() {
            problems.push(file.report(
                "noun",
                format!("the noun `{}` is not the file's name", register.noun),
                format!("`noun: {}`", file.stem()),
            ));
        }
        if let Err(bad) = register.clone().as_book().check() {
            problems.push(file.report("fields", bad.what, ""));
        }
        for (i, field) in register.fields.iter().enumerate() {
            let at = format!("fields[{i}]");
            // A book may say in its own words what its date is, and leave it to be chosen.
            let own_day = field.name == "occurred_on" && field.kind == Kind::Date && field.required;
            if field.name == "organization" || field.name == "occurred_on" && !own_day {
                problems.push(file.report(
                    &format!("{at}.name"),
                    format!("every entry has `{}` already", field.name),
                    "another field, none, or a required date `occurred_on`",
                ));
            }
            // The fact view `fact_entry` reads these names, so they must hold what it expects.
            let expected = match field.name.as_str() {
                "period" => Kind::Period,
                // The kind of an entry, where a book has several.
                "subject" if field.kind == Kind::Choice => Kind::Choice,
                "subject" => Kind::Text,
                "result" => Kind::Choice,
                "expires_on" => Kind::Date,
                "finished_at" => Kind::Instant,
                // Picked and not typed: what is typed differs from what is counted.
                "role" | "regulation" => Kind::Choice,
                "clause" => Kind::Clause,
                "clauses" => Kind::Clauses,
                _ => continue,
            };
            if field.kind != expected {
                problems.push(file.report(
                    &format!("{at}.kind"),
                    format!("`{}` is read by checks as {expected:?}", field.name).to_lowercase(),
                    format!("`kind: {}`", format!("{expected:?}").to_lowercase()),
                ));
            }
        }
    }
}

fn roles(parts: &Parts, problems: &mut Vec<Problem>) {
    let Some(map) = &parts.roles else {
        if !parts.unread.iter().any(|p| p == "roles.yaml") {
            problems.push(missing("roles.yaml", "the role map is missing"));
        }
        return;
    };
    let held: Vec<&str> = map.value.held.keys().map(String::as_str).collect();
    for (id, role) in &map.value.roles {
        unheld(
            map,
            &format!("roles.{id}.when"),
            &role.when,
            &held,
            problems,
        );
    }
    for file in &parts.regulations {
        for (i, clause) in file.value.clauses.iter().enumerate() {
            if let Some(condition) = &clause.applies {
                unheld(
                    file,
                    &format!("clauses[{i}].applies"),
                    condition,
                    &held,
                    problems,
                );
            }
        }
    }
    for (id, role) in &map.value.held {
        for (i, holder) in role.history.iter().enumerate() {
            if let (Some(from), Some(to)) = (holder.from, holder.to)
                && to < from
            {
                problems.push(map.report(
                    &format!("held.{id}.history[{i}].to"),
                    format!("it ends on {to}, before it begins on {from}"),
                    "a date on or after `from`",
                ));
            }
        }
    }
}

/// Roles that a condition asks about and that nobody can hold.
fn unheld<T>(
    file: &Parsed<T>,
    at: &str,
    condition: &Expression,
    held: &[&str],
    problems: &mut Vec<Problem>,
) {
    for role in condition.roles() {
        if !held.contains(&role) {
            problems.push(file.report(
                at,
                format!("no role `{role}` is held through the registry"),
                suggest(role, held.iter().copied()),
            ));
        }
    }
}

/// What a page would have to show as a bare name.
fn words(parts: &Parts, problems: &mut Vec<Problem>) {
    let Some(words) = &parts.words else {
        if !parts.unread.iter().any(|p| p == "words.yaml") {
            problems.push(missing(
                "words.yaml",
                "the words for columns and units are missing",
            ));
        }
        return;
    };
    let known = &words.value;
    for check in parts.checks.values() {
        let own = check.value.columns.iter().filter(|c| {
            !check::COLUMNS.contains(&c.as_str()) && !known.columns.contains_key(c.as_str())
        });
        for column in own {
            problems.push(words.report(
                "columns",
                format!(
                    "the column `{column}` of check `{}` has no word",
                    check.value.id
                ),
                format!("`{column}: {{vi: …, en: …}}`"),
            ));
        }
    }
    for control in parts.controls.values() {
        for (i, parameter) in control.value.parameters.iter().enumerate() {
            if let Some(unit) = &parameter.unit
                && !known.units.contains_key(unit)
            {
                problems.push(control.report(
                    &format!("parameters[{i}].unit"),
                    format!("`units` of words.yaml has no word for `{unit}`"),
                    suggest(unit, known.units.keys().map(String::as_str)),
                ));
            }
        }
    }
}

fn calendars(parts: &Parts, problems: &mut Vec<Problem>) {
    if parts.calendars.is_empty() && !parts.unread.iter().any(|p| p.starts_with("calendar/")) {
        problems.push(missing(
            "calendar/vietnam.yaml",
            "the working calendar is missing",
        ));
    }
    for file in parts.calendars.iter().skip(1) {
        problems.push(file.report(
            "id",
            "there is one working calendar already",
            "its holidays in the first file",
        ));
    }
    for file in &parts.calendars {
        let calendar = &file.value;
        let known: Vec<&str> = calendar.holidays.iter().map(|h| h.id.as_str()).collect();
        let mut seen = BTreeSet::new();
        for (i, holiday) in calendar.holidays.iter().enumerate() {
            if !seen.insert(&holiday.id) {
                problems.push(file.report(
                    &format!("holidays[{i}].id"),
                    format!("`{}` stands twice", holiday.id),
                    "it once",
                ));
            }
            if let (Some(from), Some(to)) = (holiday.from, holiday.to)
                && to < from
            {
                problems.push(file.report(
                    &format!("holidays[{i}].to"),
                    format!("it ends on {to}, before it begins on {from}"),
                    "a date on or after `from`",
                ));
            }
        }
        for (year, data) in &calendar.years {
            for (i, id) in data.announced.iter().enumerate() {
                if !known.contains(&id.as_str()) {
                    problems.push(file.report(
                        &format!("years.{year}.announced[{i}]"),
                        format!("there is no holiday `{id}`"),
                        suggest(id, known.iter().copied()),
                    ));
                }
            }
            for (key, days) in [("rest", &data.rest), ("work", &data.work)] {
                for (i, announced) in days.iter().enumerate() {
                    let at = format!("years.{year}.{key}[{i}].from");
                    if announced.from.year() != *year {
                        problems.push(file.report(
                            &at,
                            format!("{} does not lie in {year}", announced.from),
                            format!("it under `{}:`", announced.from.year()),
                        ));
                    }
                    if announced.to.is_some_and(|to| to < announced.from) {
                        problems.push(file.report(
                            &at,
                            "the last day lies before the first",
                            "`to` on or after `from`",
                        ));
                    }
                }
            }
        }
    }
}

fn fixtures(parts: &Parts, problems: &mut Vec<Problem>) {
    for file in &parts.fixtures {
        let id = &file.value.control;
        match parts.controls.get(id) {
            None if !parts.is_unread("controls/", id) => problems.push(file.report(
                "control",
                format!("there is no control `{id}`"),
                suggest(id, parts.controls.keys().map(String::as_str)),
            )),
            _ => {}
        }
        // A duty tells when something happened by fields of its books, beside what every entry has.
        let duty = parts.controls.get(id).and_then(|c| c.value.duty.as_ref());
        let told: Vec<&str> = duty
            .into_iter()
            .flat_map(crate::duty::DutyRule::fields)
            .collect();
        for (c, case) in file.value.cases.iter().enumerate() {
            for (view, rows) in &case.facts {
                let at = format!("cases[{c}].facts.{view}");
                let Some(columns) = parts.views.columns(view) else {
                    let known = parts.views.names();
                    problems.push(file.report(
                        &at,
                        format!("there is no fact view `{view}`"),
                        suggest(view, known),
                    ));
                    continue;
                };
                for (r, column, fact) in rows
                    .iter()
                    .enumerate()
                    .flat_map(|(r, row)| row.iter().map(move |(k, fact)| (r, k, fact)))
                {
                    if matches!(fact, Some(Value::Boolean(_))) {
                        problems.push(file.report(
                            &format!("{at}[{r}].{column}"),
                            "a fact is no truth value: `n`, `y`, `no` and `on` are one in YAML",
                            "the word in quotes",
                        ));
                    }
                    let is_told = view == "fact_entry" && told.contains(&column.as_str());
                    if !columns.contains(column) && !is_told {
                        problems.push(file.report(
                            &format!("{at}[{r}].{column}"),
                            format!("`{view}` has no column `{column}`"),
                            suggest(column, columns.iter().map(String::as_str)),
                        ));
                    }
                }
            }
        }
    }
    let tested: BTreeSet<&str> = parts
        .fixtures
        .iter()
        .map(|f| f.value.control.as_str())
        .collect();
    let checked: BTreeSet<&str> = parts
        .fixtures
        .iter()
        .filter_map(|f| parts.controls.get(&f.value.control)?.value.check.as_deref())
        .collect();
    if parts.unread.iter().any(|p| p.starts_with("fixtures/")) {
        return;
    }
    let silent: BTreeSet<&str> = parts
        .fixtures
        .iter()
        .filter(|f| f.value.single || f.value.cases.iter().any(Case::shows_silence))
        .filter_map(|f| parts.controls.get(&f.value.control)?.value.check.as_deref())
        .collect();
    for (id, file) in &parts.checks {
        if checked.contains(id.as_str()) && !silent.contains(id.as_str()) {
            problems.push(Problem {
                file: file.path.clone(),
                line: 1,
                column: 1,
                what: "nothing shows that a unit is not met while one of three things says nothing"
                    .into(),
                instead:
                    "a case `one of three is silent` in a fixture of it, or `single: true` there \
                          where a unit has only one"
                        .into(),
            });
        }
    }
    for (id, file) in &parts.controls {
        let automatic = file.value.duty.is_some() && !tested.contains(id.as_str())
            || file
                .value
                .check
                .as_deref()
                .is_some_and(|check| !checked.contains(check));
        if automatic {
            problems.push(file.report(
                "title",
                format!("nothing shows that `{id}` can pass, fail and be without data"),
                format!("fixtures/{id}.yaml with three cases"),
            ));
        }
    }
}

fn missing(path: &str, what: &str) -> Problem {
    Problem {
        file: path.into(),
        line: 1,
        column: 1,
        what: what.into(),
        instead: "the file".into(),
    }
}
