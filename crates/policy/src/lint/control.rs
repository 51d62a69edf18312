//! Controls against their checks, books, parameters and reasons.

use std::collections::{BTreeMap, BTreeSet};

use domain::noun;

use super::{Problem, examine::Parts, parse::Parsed, suggest};
use crate::{
    check::BUILT_IN,
    control::{Action, Control, placeholders},
};

pub(super) fn check(parts: &Parts, problems: &mut Vec<Problem>) {
    for file in parts.controls.values() {
        means(file, problems);
        asks(file, problems);
        parameters(file, problems);
        if let Some(id) = &file.value.check {
            against_check(parts, file, id, problems);
        } else if !file.value.reasons.is_empty() {
            problems.push(file.report(
                "reasons",
                "reasons without a check that gives them",
                "`check: …`, or no `reasons`",
            ));
        }
        if let Some(duty) = &file.value.duty {
            super::duty::check(parts, file, duty, problems);
        }
        awaits(parts, file, problems);
        remedy(parts, file, problems);
        includes(parts, file, problems);
    }
    unused(parts, problems);
}

/// What the control gives to judge by.
fn means(file: &Parsed<Control>, problems: &mut Vec<Problem>) {
    let control = &file.value;
    if control.check.is_some() && control.duty.is_some() {
        problems.push(file.report(
            "duty",
            "a control has a check or a duty, not both",
            "two controls",
        ));
    }
    if control
        .attestation
        .as_ref()
        .is_some_and(|a| a.lifetime_days == 0)
    {
        problems.push(file.report(
            "attestation.lifetime_days",
            "an answer that holds for no day",
            "at least 1",
        ));
    }
}

/// Beside a check or a duty a question asks either whether it is done or whether there was
/// nothing to do: nobody but its author knows which.
fn asks(file: &Parsed<Control>, problems: &mut Vec<Problem>) {
    let control = &file.value;
    let beside = control.check.is_some() || control.duty.is_some();
    let form = control.attestation.as_ref().filter(|_| beside);
    if form.is_some_and(|a| a.asks.is_none()) {
        problems.push(file.report(
            "attestation",
            "a question beside a check or a duty that does not say what \"no\" means",
            "`asks: compliance` (\"no\" is a breach) or `asks: absence` (\"no\" means that it happened)",
        ));
    }
}

/// Facts that nothing supplies yet stand alone: what can be judged is not awaited.
fn awaits(parts: &Parts, file: &Parsed<Control>, problems: &mut Vec<Problem>) {
    let control = &file.value;
    if control.awaits.is_empty() {
        return;
    }
    let judged = control.check.is_some() || control.duty.is_some() || control.attestation.is_some();
    if judged {
        problems.push(file.report(
            "awaits",
            "a control that awaits facts is not judged by anything else",
            "`awaits` alone, or no `awaits`",
        ));
    }
    if parts.unread.iter().any(|path| path == "awaited.yaml") {
        return;
    }
    let empty = BTreeMap::new();
    let known = parts.awaited.as_ref().map_or(&empty, |file| &file.value);
    for (i, id) in control.awaits.iter().enumerate() {
        if !known.contains_key(id) {
            problems.push(file.report(
                &format!("awaits[{i}]"),
                format!("there is no fact `{id}` in awaited.yaml"),
                suggest(id, known.keys().map(String::as_str)),
            ));
        }
    }
}

fn parameters(file: &Parsed<Control>, problems: &mut Vec<Problem>) {
    for (i, parameter) in file.value.parameters.iter().enumerate() {
        let at = format!("parameters[{i}]");
        if BUILT_IN.contains(&parameter.name.as_str()) {
            problems.push(file.report(
                &format!("{at}.name"),
                format!("`{}` is filled by the engine", parameter.name),
                "another name",
            ));
        }
        if file.value.parameters[..i]
            .iter()
            .any(|p| p.name == parameter.name)
        {
            problems.push(file.report(
                &format!("{at}.name"),
                format!("`{}` stands twice", parameter.name),
                "it once",
            ));
        }
        if !parameter.default.fits(parameter.kind) {
            let kind = format!("{:?}", parameter.kind).to_lowercase();
            problems.push(file.report(
                &format!("{at}.default"),
                format!("`{}` is not of the type {kind}", parameter.default),
                format!("one of the type {kind}"),
            ));
        }
    }
}

fn against_check(parts: &Parts, file: &Parsed<Control>, id: &str, problems: &mut Vec<Problem>) {
    let control = &file.value;
    let Some(parsed) = parts.checks.get(id) else {
        if !parts.is_unread("checks/", id) {
            problems.push(file.report(
                "check",
                format!("there is no check `{id}`"),
                suggest(id, parts.checks.keys().map(String::as_str)),
            ));
        }
        return;
    };
    let check = &parsed.value;
    let declared: Vec<&str> = control.parameters.iter().map(|p| p.name.as_str()).collect();
    let used: BTreeSet<&str> = check.own_parameters().collect();
    for name in used.iter().filter(|n| !declared.contains(n)) {
        problems.push(file.report(
            "parameters",
            format!("check `{id}` asks for `:{name}`, which is not declared"),
            format!("`- name: {name}` with type, default and label"),
        ));
    }
    for (i, name) in declared
        .iter()
        .enumerate()
        .filter(|(_, n)| !used.contains(*n))
    {
        problems.push(file.report(
            &format!("parameters[{i}].name"),
            format!("check `{id}` does not use `:{name}`"),
            suggest(name, used.iter().copied()),
        ));
    }
    for code in check
        .reasons
        .iter()
        .filter(|c| !control.reasons.contains_key(*c))
    {
        problems.push(file.report(
            "reasons",
            format!("check `{id}` gives the reason `{code}`, which has no words"),
            format!("`{code}: {{vi: …, en: …}}`"),
        ));
    }
    for (code, label) in &control.reasons {
        let at = format!("reasons.{code}");
        if !check.reasons.contains(code) {
            problems.push(file.report(
                &at,
                format!("check `{id}` never gives the reason `{code}`"),
                suggest(code, check.reasons.iter().map(String::as_str)),
            ));
        }
        for (lang, text) in [("vi", &label.vi), ("en", &label.en)] {
            for name in placeholders(text) {
                let known = check
                    .columns
                    .iter()
                    .map(String::as_str)
                    .chain(declared.iter().copied());
                if !known.clone().any(|k| k == name) {
                    problems.push(file.report(
                        &format!("{at}.{lang}"),
                        format!("`{{{name}}}` is neither a column of check `{id}` nor a parameter"),
                        suggest(name, known),
                    ));
                }
            }
        }
    }
}

fn remedy(parts: &Parts, file: &Parsed<Control>, problems: &mut Vec<Problem>) {
    let Some(action) = &file.value.remedy.action else {
        if file.value.awaits.is_empty() {
            problems.push(file.report(
                "remedy",
                "nothing leads to the page or form that mends it",
                "`action:` with a noun, a register or `attest: true`",
            ));
        }
        return;
    };
    match action {
        Action::Register(noun)
            if !parts.registers.contains_key(noun) && !parts.is_unread("registers/", noun) =>
        {
            problems.push(file.report(
                "remedy.action.register",
                format!("there is no book `{noun}`"),
                suggest(noun, parts.registers.keys().map(String::as_str)),
            ));
        }
        Action::Attest(_) if file.value.attestation.is_none() => {
            problems.push(file.report(
                "remedy.action.attest",
                "there is no attestation to answer",
                "`attestation: …`",
            ));
        }
        Action::Noun(noun) if !leads_on(noun) => problems.push(file.report(
            "remedy.action.noun",
            format!("the registry has no noun `{noun}`"),
            suggest(noun, nouns().chain(PAGES)),
        )),
        _ => {}
    }
}

/// What is no record of the registry and has a page where it is mended.
const PAGES: [&str; 4] = ["account", "target", "log-source", "availability"];

fn nouns() -> impl Iterator<Item = &'static str> + Clone {
    noun::all().iter().map(|schema| schema.noun.as_str())
}

fn leads_on(noun: &str) -> bool {
    nouns().chain(PAGES).any(|known| known == noun)
}

fn includes(parts: &Parts, file: &Parsed<Control>, problems: &mut Vec<Problem>) {
    for (i, id) in file.value.includes.iter().enumerate() {
        if !parts.controls.contains_key(id) && !parts.is_unread("controls/", id) {
            problems.push(file.report(
                &format!("includes[{i}]"),
                format!("there is no control `{id}`"),
                suggest(id, parts.controls.keys().map(String::as_str)),
            ));
        }
    }
    let next: BTreeMap<&str, Vec<&str>> = parts
        .controls
        .iter()
        .map(|(id, c)| {
            (
                id.as_str(),
                c.value.includes.iter().map(String::as_str).collect(),
            )
        })
        .collect();
    if let Some(circle) = circle(&file.value.id, &next) {
        problems.push(file.report(
            "includes",
            format!("it includes itself: {}", circle.join(" → ")),
            "controls that do not lead back here",
        ));
    }
}

/// The way from `start` back to itself, if there is one.
pub(super) fn circle<'a>(
    start: &'a str,
    next: &BTreeMap<&'a str, Vec<&'a str>>,
) -> Option<Vec<&'a str>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        let last = *way.last()?;
        for &step in next.get(last).into_iter().flatten() {
            let mut longer = way.clone();
            longer.push(step);
            if step == start {
                return Some(longer);
            }
            if seen.insert(step) {
                ways.push(longer);
            }
        }
    }
    None
}

/// Checks that nothing runs. A control that no clause asks for is no mistake: the controls
/// are shared, and a province that takes out a regulation keeps them for its next one.
fn unused(parts: &Parts, problems: &mut Vec<Problem>) {
    if parts.unread.iter().any(|p| p.starts_with("controls/")) {
        return;
    }
    let run: BTreeSet<&str> = parts
        .controls
        .values()
        .filter_map(|c| c.value.check.as_deref())
        .collect();
    for (id, file) in parts
        .checks
        .iter()
        .filter(|(id, _)| !run.contains(id.as_str()))
    {
        problems.push(file.report(
            "",
            format!("no control runs the check `{id}`"),
            "it in a control, or remove the file",
        ));
    }
}
