//! What steps do: nouns, books, fields and names that exist, and authority that suffices.

use domain::{
    authority::{Permission, Role},
    noun, parse,
    schema::{Field, Kind, Schema, Steward, Storage},
};

use super::{Look, Problem, suggest};
use crate::flow::{BEGIN, CALLS, Create, Effect, Entry, Name, NoticeOf, Source, Written, names};

impl Look<'_> {
    pub(super) fn effects(&self, problems: &mut Vec<Problem>) {
        for (i, effect) in self.step.effects.iter().enumerate() {
            let at = format!("effects[{i}].{}", effect.word());
            match effect {
                Effect::Set(values) => match self.record() {
                    Some(schema) => self.written(&at, schema, values, true, problems),
                    None => problems.push(self.report(
                        &at,
                        "the flow is about no record whose fields could be set",
                        "`about: <noun>` in the flow",
                    )),
                },
                Effect::Create(Create { noun, values }) => match noun::get(noun) {
                    Some(schema) => {
                        self.written(&format!("{at}.values"), schema, values, false, problems);
                    }
                    None => {
                        let known: Vec<&str> =
                            noun::all().iter().map(|s| s.noun.as_str()).collect();
                        problems.push(self.report(
                            &format!("{at}.noun"),
                            format!("the registry has no `{noun}`"),
                            suggest(noun, known),
                        ));
                    }
                },
                Effect::Entry(Entry { register, values }) => {
                    match self.parts.registers.get(register) {
                        Some(book) => {
                            let schema = book.value.clone().as_book();
                            self.written(&format!("{at}.values"), &schema, values, false, problems);
                        }
                        None if self.parts.is_unread("registers/", register) => {}
                        None => {
                            let known: Vec<&str> =
                                self.parts.registers.keys().map(String::as_str).collect();
                            problems.push(self.report(
                                &format!("{at}.register"),
                                format!("there is no book `{register}`"),
                                suggest(register, known),
                            ));
                        }
                    }
                }
                Effect::Document(paper) => {
                    if self.step.approvals > 1 {
                        problems.push(self.report(
                            &at,
                            "several persons approve on different days: the paper's period may be another for each",
                            "the paper in a step that one person takes",
                        ));
                    }
                    let known = self.parts.documents.keys().map(String::as_str);
                    let missing = !self.parts.documents.contains_key(&paper.template)
                        && !self.parts.is_unread("documents/", &paper.template);
                    if missing {
                        problems.push(self.report(
                            &format!("{at}.template"),
                            format!("there is no document `{}`", paper.template),
                            suggest(&paper.template, known.collect::<Vec<_>>()),
                        ));
                    }
                }
                Effect::Notice(NoticeOf { text, .. }) => {
                    for sentence in [&text.vi, &text.en] {
                        for name in names(sentence) {
                            self.name(&format!("{at}.text"), &name, problems);
                        }
                    }
                }
                Effect::Call(name) => self.call(&at, name, problems),
            }
        }
        let (is, said) = (self.step.cannot_be_undone(), self.step.irrevocable);
        if is != said {
            let (what, instead) = if is {
                (
                    "it does what cannot be undone and does not say so",
                    "`irrevocable: true`",
                )
            } else {
                ("all that it does can be undone", "no `irrevocable`")
            };
            problems.push(self.report("effects", what, instead));
        }
    }

    fn call(&self, at: &str, name: &str, problems: &mut Vec<Problem>) {
        let Some(call) = CALLS.iter().find(|call| call.name == name) else {
            let known: Vec<&str> = CALLS.iter().map(|call| call.name).collect();
            problems.push(self.report(
                at,
                format!("the program does nothing under the name `{name}`"),
                suggest(name, known),
            ));
            return;
        };
        if call.about.is_some() && call.about != self.file.value.about.as_deref() {
            problems.push(self.report(
                at,
                format!(
                    "`{name}` is for flows about a `{}`",
                    call.about.unwrap_or_default()
                ),
                "another flow, or no such call",
            ));
        }
    }

    /// The fields that an effect writes into a record or an entry.
    fn written(
        &self,
        at: &str,
        schema: &Schema,
        values: &Written,
        over: bool,
        problems: &mut Vec<Problem>,
    ) {
        for (name, text) in values {
            let at = format!("{at}.{name}");
            let Some(field) = schema.field(name).filter(|f| f.kind != Kind::File) else {
                let known: Vec<&str> = schema.fields.iter().map(|f| f.name.as_str()).collect();
                problems.push(self.report(
                    &at,
                    format!("`{}` has no field `{name}` that a step writes", schema.noun),
                    suggest(name, known),
                ));
                continue;
            };
            if over && (schema.fixed.contains(name) || *name == schema.owner) {
                problems.push(self.report(
                    &at,
                    format!("`{name}` is settled when a record is made"),
                    "no such field",
                ));
            }
            self.value(&at, field, text, problems);
        }
        let given = |field: &Field| {
            let by_itself = schema.storage == Storage::Entry && field.name == "occurred_on";
            by_itself || field.name == schema.owner || values.contains_key(&field.name)
        };
        let wanting = schema
            .fields
            .iter()
            .filter(|f| f.required && f.default.is_none());
        for field in wanting.filter(|f| !over && !given(f)) {
            problems.push(self.report(
                at,
                format!("`{}` asks for `{}`", schema.noun, field.name),
                format!("`{}: …`", field.name),
            ));
        }
        // What is filled in with the day of the step by itself.
        let by_today = |f: &Field| {
            let named = f.name == "occurred_on" && schema.storage == Storage::Entry;
            !values.contains_key(&f.name) && (named || f.default.as_deref() == Some("today"))
        };
        let by_today = schema.fields.iter().find(|f| by_today(f));
        if let Some(field) = by_today.filter(|_| !over && self.step.approvals > 1) {
            problems.push(self.report(
                at,
                format!(
                    "several persons approve on different days: `{}` would be another for each",
                    field.name
                ),
                format!("`{}: \"{{STEP.on}}\"` of a step before", field.name),
            ));
        }
        self.authority(at, schema, values, problems);
    }

    /// A step does nothing that who takes it could not do by hand.
    fn authority(&self, at: &str, schema: &Schema, values: &Written, problems: &mut Vec<Problem>) {
        let who = &self.step.who;
        let by_centre = schema.steward == Steward::Centre && schema.writers.is_empty()
            || (schema.fields.iter())
                .any(|f| f.steward == Steward::Centre && values.contains_key(&f.name));
        let manages = |role: Role| role.allows(Permission::Manage);
        let takers: Vec<Role> = Role::ALL
            .into_iter()
            .filter(|r| r.allows(who.may) && (who.roles.is_empty() || who.roles.contains(r)))
            .collect();
        let may = |role: &Role| {
            let writes = role.allows(Permission::Write) && (!by_centre || manages(*role));
            let named = schema.writers.is_empty()
                || *role == Role::Administrator
                || schema.writers.contains(role);
            writes && named
        };
        if let Some(role) = takers.iter().find(|role| !may(role)) {
            problems.push(self.report(
                at,
                format!(
                    "`{}` may take the step and may not write `{}`",
                    role.code(),
                    schema.noun
                ),
                "`who` with roles that may write it, or another `may`",
            ));
        }
    }

    /// The right side of a written field.
    fn value(&self, at: &str, field: &Field, text: &str, problems: &mut Vec<Problem>) {
        match Source::parse(text) {
            Source::Mixed => problems.push(self.report(
                at,
                "this would be put together; a step copies one value or writes a constant",
                "one `{name}`, or a text without braces",
            )),
            Source::Constant(text) => {
                if let Err(wrong) = parse::field(field, text) {
                    let known = field.choices.keys().map(String::as_str);
                    problems.push(self.report(
                        at,
                        format!(
                            "`{text}` does not fit `{}`: {}",
                            field.name, wrong.message.en
                        ),
                        suggest(text, known.collect::<Vec<_>>()),
                    ));
                }
            }
            Source::Copied(name) => {
                self.name(at, &name, problems);
                if let Some(why) = self.unfit(field, &name) {
                    problems.push(self.report(at, why, "a value of the same kind"));
                }
            }
        }
    }

    /// Why a copied value does not fit a field, as far as that can be known before.
    fn unfit(&self, field: &Field, name: &Name<'_>) -> Option<String> {
        let flow = &self.file.value;
        let is_text = matches!(field.kind, Kind::Text | Kind::LongText);
        let from = match name {
            Name::Unit if field.refers_to.as_deref() == Some("organization") => return None,
            Name::Record if field.refers_to.is_some() && field.refers_to == flow.about => {
                return None;
            }
            Name::Today | Name::On(_) if field.kind == Kind::Date => return None,
            Name::By(_) if is_text => return None,
            Name::Typed(typed) => flow.field(typed).map(|(_, f)| f)?,
            Name::RecordField(of) => self.record()?.field(of)?,
            _ => return Some(format!("`{}` does not hold that", field.name)),
        };
        let same = from.kind == field.kind && from.refers_to == field.refers_to
            // A longer text than the field holds would be refused when the step is taken.
            || is_text && matches!(from.kind, Kind::Text | Kind::Code)
            || field.kind == Kind::LongText && from.kind == Kind::LongText;
        if !same {
            return Some(format!(
                "`{}` is of another kind than `{}`",
                from.name, field.name
            ));
        }
        let odd = (from.kind == Kind::Choice)
            .then(|| {
                from.choices
                    .keys()
                    .find(|c| !field.choices.contains_key(*c))
            })
            .flatten();
        if let Some(odd) = odd {
            return Some(format!("`{odd}` is no choice of `{}`", field.name));
        }
        (field.required && !from.required)
            .then(|| format!("`{}` may be blank and `{}` may not", from.name, field.name))
    }

    /// A name in braces must be known on every way to the step.
    fn name(&self, at: &str, name: &Name<'_>, problems: &mut Vec<Problem>) {
        let alone = self.step.approvals == 1;
        let (what, known): (String, Vec<&str>) = match name {
            Name::Unit => return,
            Name::Today if alone => return,
            Name::Today => {
                let what = "several persons approve on different days: `{today}` would be another for each";
                problems.push(self.report(at, what, "`{STEP.on}` of a step before"));
                return;
            }
            Name::Record if self.file.value.about.is_some() => return,
            Name::Record => ("{record}".into(), Vec::new()),
            Name::RecordField(field) => {
                let fields = self.record().into_iter().flat_map(|s| &s.fields);
                let fields: Vec<&str> = fields.map(|f| f.name.as_str()).collect();
                if fields.contains(field) {
                    return;
                }
                (format!("{{record.{field}}}"), fields)
            }
            Name::By(step) | Name::On(step) => {
                if self.taken.contains(step) || *step == BEGIN {
                    return;
                }
                (
                    format!("{{{step}.…}}"),
                    self.taken.iter().copied().collect(),
                )
            }
            Name::Typed(field) => {
                if self.is_typed(field, alone) {
                    return;
                }
                (format!("{{{field}}}"), self.typed(alone))
            }
        };
        let word = what.trim_matches(['{', '}']);
        let word = word.rsplit('.').next().unwrap_or_default();
        problems.push(self.report(
            at,
            format!("`{what}` is not known on every way to this step"),
            suggest(word, known),
        ));
    }
}
