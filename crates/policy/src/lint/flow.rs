//! Flows: their ways, who goes them, what is asked, and what it does.

mod effect;

use std::collections::BTreeSet;

use domain::{
    authority::Role,
    noun,
    schema::{Kind, Schema},
};

use super::{Problem, examine::Parts, parse::Parsed, suggest};
use crate::flow::{BEGIN, Flow, Of, Step, WITHDRAWN, Within};

/// The most persons that a step may wait for.
const MOST_APPROVALS: u8 = 9;

pub(super) fn check(parts: &Parts, problems: &mut Vec<Problem>) {
    for file in parts.flows.values() {
        surroundings(parts, file, problems);
        ways(file, problems);
        let names: Vec<&str> = file.value.steps().map(|(_, name, _)| name).collect();
        let surely = file.value.surely();
        for (from, name, step) in file.value.steps() {
            // What nothing leads to was told; of it nothing more can be said.
            let taken = match from {
                None => BTreeSet::new(),
                Some(from) => match surely.get(from) {
                    Some(taken) => taken.clone(),
                    None => continue,
                },
            };
            let look = Look {
                parts,
                file,
                at: place(from, name),
                name,
                step,
                taken,
            };
            look.who(&names, problems);
            look.form(problems);
            look.guard(problems);
            look.effects(problems);
        }
    }
}

/// Where a step stands in the file.
fn place(from: Option<&str>, name: &str) -> String {
    from.map_or_else(
        || BEGIN.to_owned(),
        |from| format!("states.{from}.steps.{name}"),
    )
}

/// One step, and what is known of whoever comes to it.
struct Look<'a> {
    parts: &'a Parts,
    file: &'a Parsed<Flow>,
    at: String,
    name: &'a str,
    step: &'a Step,
    /// The steps that were surely taken before.
    taken: BTreeSet<&'a str>,
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 40
        && (name.chars()).all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn surroundings(parts: &Parts, file: &Parsed<Flow>, problems: &mut Vec<Problem>) {
    let flow = &file.value;
    if !is_plain(&flow.id) {
        problems.push(file.report(
            "title",
            format!("`{}` is no name of a flow", flow.id),
            "a file named with lower-case letters, digits and `-`",
        ));
    }
    if let Some(about) = &flow.about
        && noun::get(about).is_none_or(|schema| schema.owner != "organization")
    {
        let known: Vec<&str> = noun::all()
            .iter()
            .filter(|s| s.owner == "organization")
            .map(|s| s.noun.as_str())
            .collect();
        problems.push(file.report(
            "about",
            format!("the registry has no `{about}` that a unit owns"),
            suggest(about, known),
        ));
    }
    for (i, serves) in flow.serves.iter().enumerate() {
        let at = format!("serves[{i}]");
        let regulations = || parts.regulations.iter().map(|r| &r.value);
        let Some(regulation) = regulations().find(|r| r.id == serves.regulation) else {
            if !parts.is_unread("regulations/", &serves.regulation) {
                let known: Vec<&str> = regulations().map(|r| r.id.as_str()).collect();
                problems.push(file.report(
                    &format!("{at}.regulation"),
                    format!("there is no regulation `{}`", serves.regulation),
                    suggest(&serves.regulation, known),
                ));
            }
            continue;
        };
        if regulation.clause(&serves.clause).is_none() {
            problems.push(file.report(
                &format!("{at}.clause"),
                format!("`{}` has no clause `{}`", regulation.id, serves.clause),
                "the clause as the regulation's file cites it",
            ));
        }
    }
}

/// States that are reached and left, steps that lead somewhere.
fn ways(file: &Parsed<Flow>, problems: &mut Vec<Problem>) {
    let flow = &file.value;
    let states: Vec<&str> = flow.states.keys().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    for (from, name, step) in flow.steps() {
        let at = place(from, name);
        if from.is_some()
            && (!is_plain(name) || [BEGIN, "record", WITHDRAWN, "withdraw"].contains(&name))
        {
            problems.push(file.report(
                &at,
                format!("`{name}` is no name of a step"),
                "lower-case letters, digits and `-`; not `begin`, `record`, `withdraw`, `withdrawn`",
            ));
        }
        if !seen.insert(name) {
            problems.push(file.report(
                &at,
                format!("the step `{name}` stands twice"),
                "another name: a name stands once in the whole flow",
            ));
        }
        if !flow.states.contains_key(&step.to) {
            problems.push(file.report(
                &format!("{at}.to"),
                format!("there is no state `{}`", step.to),
                suggest(&step.to, states.iter().copied()),
            ));
        }
    }
    let reached = flow.surely();
    let ends = ending(flow);
    for (name, state) in &flow.states {
        let at = format!("states.{name}");
        if !is_plain(name) || name == WITHDRAWN {
            problems.push(file.report(
                &at,
                format!("`{name}` is no name of a state"),
                "lower-case letters, digits and `-`; not `withdrawn`",
            ));
        }
        if !reached.contains_key(name.as_str()) {
            problems.push(file.report(
                &at,
                format!("no step leads to the state `{name}`"),
                "a step with `to:` it, or nothing of it",
            ));
        }
        if state.end != state.steps.is_empty() {
            let (what, instead) = if state.end {
                (
                    "a flow ends in `{}`, and steps lead on",
                    "`end: true` or `steps:`",
                )
            } else {
                (
                    "the way ends in `{}` without an end",
                    "`end: true`, or a step that leads on",
                )
            };
            problems.push(file.report(&at, what.replace("{}", name), instead));
        } else if !state.end && !ends.contains(name.as_str()) {
            problems.push(file.report(
                &at,
                format!("no way leads from `{name}` to an end"),
                "a step that leads to a state with `end: true`",
            ));
        } else if !state.end && state.steps.values().all(|step| step.when.is_some()) {
            problems.push(file.report(
                &format!("{at}.steps"),
                format!("every step of `{name}` has a guard: where none holds, it stays there"),
                "a step without `when:`",
            ));
        }
        if !state.steps.is_empty() && state.steps.values().all(|step| step.optional) {
            problems.push(file.report(
                &format!("{at}.steps"),
                format!("every step of `{name}` is optional: nobody is waited for"),
                "a step without `optional: true`",
            ));
        }
        if matches!(state.within, Some(Within::Days(0) | Within::WorkingDays(0)))
            || state.within.is_some() && state.end
        {
            problems.push(file.report(
                &format!("{at}.within"),
                "this is no deadline",
                "at least one day, in a state that is no end",
            ));
        }
    }
}

/// The states from which an end is reached.
fn ending(flow: &Flow) -> BTreeSet<&str> {
    let ends = flow.states.iter().filter(|(_, state)| state.end);
    let mut found: BTreeSet<&str> = ends.map(|(name, _)| name.as_str()).collect();
    loop {
        let more: Vec<&str> = flow
            .steps()
            .filter(|(_, _, step)| found.contains(step.to.as_str()))
            .filter_map(|(from, ..)| from)
            .filter(|from| !found.contains(from))
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

impl Look<'_> {
    fn report(&self, at: &str, what: impl Into<String>, instead: impl Into<String>) -> Problem {
        self.file
            .report(&format!("{}.{at}", self.at), what, instead)
    }

    /// Who takes it: somebody must be able to.
    fn who(&self, steps: &[&str], problems: &mut Vec<Problem>) {
        let (step, who) = (self.step, &self.step.who);
        let allowed = Role::ALL.into_iter().filter(|role| {
            role.allows(who.may) && (who.roles.is_empty() || who.roles.contains(role))
        });
        // An administrator may whatever is asked of another role.
        if allowed.count() == 0 {
            problems.push(self.report(
                "who.roles",
                format!(
                    "nobody may take `{}`: none of these roles may `{}`",
                    self.name,
                    who.may.code()
                ),
                "a role that may, or another `may`",
            ));
        }
        for (i, other) in who.other_than.iter().enumerate() {
            if !steps.contains(&other.as_str()) {
                problems.push(self.report(
                    &format!("who.other_than[{i}]"),
                    format!("there is no step `{other}`"),
                    suggest(other, steps.iter().copied()),
                ));
            }
        }
        let alone = who.of == Of::Asker
            && (who.other_than.iter().any(|o| o == BEGIN) || step.approvals > 1);
        if alone {
            problems.push(self.report(
                "who.of",
                format!("nobody may take `{}`: who began it is one person, and is shut out or not enough", self.name),
                "`of: unit`",
            ));
        }
        if !(1..=MOST_APPROVALS).contains(&step.approvals) {
            problems.push(self.report(
                "approvals",
                format!("{} persons are no number of approvals", step.approvals),
                format!("1 to {MOST_APPROVALS}"),
            ));
        }
        let is_begin = self.at == BEGIN;
        let begins_oddly = step.approvals != 1
            || step.when.is_some()
            || !step.effects.is_empty()
            || !who.other_than.is_empty()
            || step.optional
            || who.of != Of::Unit;
        if is_begin && begins_oddly {
            problems.push(self.file.report(
                BEGIN,
                "a flow is begun by one person, and nothing is done with it",
                "`label`, `who: {may, roles}`, `form` and `to`",
            ));
        }
        if step.approvals > 1 && !step.form.is_empty() {
            problems.push(self.report(
                "form",
                "several persons approve one and the same; a form would be each one's own",
                "the form in the step before",
            ));
        }
    }

    /// What is asked.
    fn form(&self, problems: &mut Vec<Problem>) {
        let flow = &self.file.value;
        if let Err(bad) = self.step.schema(flow).check_fields() {
            problems.push(self.report("form", bad.what, ""));
        }
        for (i, field) in self.step.form.iter().enumerate() {
            let at = format!("form[{i}]");
            let first = flow
                .field(&field.name)
                .is_some_and(|(step, _)| step == self.name);
            if !first || ["unit", "record", "today"].contains(&field.name.as_str()) {
                problems.push(self.report(
                    &format!("{at}.name"),
                    format!(
                        "`{}` is asked in another step already, or stands for something else",
                        field.name
                    ),
                    "another name: a name stands once in the whole flow",
                ));
            }
            let unfit = match field.kind {
                Kind::File => Some("a file belongs to a record"),
                _ if field.unique
                    || field.claims.is_some()
                    || field.source.is_some()
                    || field.choices_from.is_some() =>
                {
                    Some("`unique`, `claims`, `source` and `choices_from` are for records")
                }
                Kind::Reference if field.refers_to.as_deref().and_then(noun::get).is_none() => {
                    Some("the registry has no such noun")
                }
                _ => None,
            };
            if let Some(why) = unfit {
                problems.push(self.report(&format!("{at}.kind"), why, "another kind of field"));
            }
        }
    }

    /// Whether a field was surely typed before the step is taken, or is typed with it. A field
    /// that need not be filled in may be blank all the same.
    fn is_typed(&self, name: &str, with_own: bool) -> bool {
        let flow = &self.file.value;
        (flow.field(name))
            .is_some_and(|(step, _)| self.taken.contains(step) || with_own && step == self.name)
    }

    /// The fields that may be named here.
    fn typed(&self, with_own: bool) -> Vec<&str> {
        let steps = self.file.value.steps();
        let fields = steps
            .flat_map(|(_, _, step)| &step.form)
            .map(|f| f.name.as_str());
        fields
            .filter(|name| self.is_typed(name, with_own))
            .collect()
    }

    /// What a guard names must be there.
    fn guard(&self, problems: &mut Vec<Problem>) {
        let Some(guard) = &self.step.when else { return };
        for (of, field) in guard.named() {
            let known: Vec<&str> = match of {
                "form" => self.typed(false),
                "record" => self
                    .record()
                    .into_iter()
                    .flat_map(|s| &s.fields)
                    .map(|f| f.name.as_str())
                    .collect(),
                _ => continue,
            };
            if !known.contains(&field) {
                problems.push(self.report(
                    "when",
                    format!("`{of}.{field}` is not known on every way to this step"),
                    suggest(field, known),
                ));
            }
        }
    }

    /// The noun of the record that the flow is about.
    fn record(&self) -> Option<&'static Schema> {
        noun::get(self.file.value.about.as_deref()?)
    }
}
