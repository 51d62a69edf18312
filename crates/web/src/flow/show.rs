//! The page of one flow.

use std::collections::{BTreeMap, HashMap};

use app::flow::{self, EffectState, EventKind, FlowEvent, Open, Planned, Possible};
use domain::{
    id::Id,
    label::Label,
    problem::Problem,
    record::{Value, Values},
    schema::Schema,
};
use policy::flow::{BEGIN, CALLS, Effect, Receiver};
use serde::Deserialize as _;

use super::{
    page::{EffectRow, EventRow, OtherStep, PlanRow, Show, StepForm},
    route::unmarked,
};
use crate::{
    compliance::words,
    cx::Cx,
    http::{Fault, Reader},
    registry::{
        cell,
        form::{Choices, Filled, inputs},
    },
    server::Web,
};

/// A step that was not taken: its name, what was typed, and why.
pub(super) type Refused<'a> = (&'a str, &'a BTreeMap<String, String>, Option<Problem>);

/// The page, with what was typed where a step was not taken.
pub(super) async fn page(
    web: &Web,
    reader: Reader,
    id: &str,
    refused: Option<Refused<'_>>,
) -> Result<Show, Fault> {
    let given = refused.as_ref().map(|(step, typed, _)| (*step, *typed));
    let open = flow::get(&web.app, &reader.ctx, id, given).await?;
    let cx = reader.cx;
    let told = Told {
        cx: &cx,
        web,
        open: &open,
        titles: titles(&open),
    };
    let may = open.possible.iter().filter(|p| p.not.is_none());
    let mut steps: Vec<StepForm> = may.map(|p| told.step(p, refused.as_ref())).collect();
    // What need not be taken stands behind what is waited for.
    steps.sort_by_key(|step| step.optional);
    let others = (open.possible.iter())
        .filter_map(|p| {
            Some(OtherStep {
                label: cx.l(&p.step.label),
                why: cx.l(p.not.as_ref()?),
                who: cx.l(&p.who),
                optional: p.step.optional,
            })
        })
        .collect();
    let events = open.events.iter().rev().map(|e| told.event(e)).collect();
    let effects = open.effects.iter().map(|e| told.sent(e)).collect();
    let library = web.app.library();
    let serves = open.flow.serves.iter().map(|serves| {
        let regulation = library.regulations.get(&serves.regulation);
        let short = regulation.map_or_else(|| serves.regulation.clone(), |r| cx.l(&r.short));
        let words = format!("{}, {short}", words::cite(&cx, &serves.clause));
        (
            words,
            format!("/compliance/{}/{}", serves.regulation, serves.clause),
        )
    });
    let about = open.flow.about.as_deref();
    let record = about.zip(open.row.subject);
    Ok(Show {
        id: open.row.id.to_string(),
        version: open.row.version,
        title: open.row.title.clone(),
        kind: cx.l(&open.flow.title),
        unit: open.unit.name.clone(),
        record: record.map(|(noun, id)| format!("/registry/{noun}/{id}")),
        state: cx.l(&open.state),
        due: open
            .row
            .due_on
            .as_ref()
            .map_or_else(String::new, |day| cx.iso(day)),
        late: open.late,
        steps,
        others,
        may_withdraw: open.may_withdraw,
        events,
        effects,
        serves: serves.collect(),
        problem: refused.and_then(|(step, _, problem)| {
            let form = open.possible.iter().find(|p| p.name == step);
            let marked = |field: &str| form.is_some_and(|p| p.form.field(field).is_some());
            problem.map(|problem| unmarked(problem, marked))
        }),
        cx,
    })
}

/// Names of the records that a flow names.
fn titles(open: &Open) -> HashMap<Id, String> {
    let unit = (open.row.organization.0, open.unit.name.clone());
    let subject = open.row.subject.map(|id| (id, open.row.title.clone()));
    [unit].into_iter().chain(subject).collect()
}

/// Whether an effect leaves all that it writes as it is.
fn changes_nothing(planned: &Planned) -> bool {
    matches!(planned, Planned::Set { fields, .. } if fields.iter().all(|c| c.before == c.after))
}

struct Told<'a> {
    cx: &'a Cx,
    web: &'a Web,
    open: &'a Open,
    titles: HashMap<Id, String>,
}

impl Told<'_> {
    fn step(&self, possible: &Possible, refused: Option<&Refused<'_>>) -> StepForm {
        let cx = self.cx;
        let refused = refused.filter(|(step, ..)| *step == possible.name);
        let today = self.web.app.clock.today().to_string();
        let filled: Filled = (possible.form.fields.iter())
            .map(|field| {
                let first = match field.default.as_deref() {
                    Some("today") => today.clone(),
                    default => default.unwrap_or_default().to_owned(),
                };
                let typed = refused.map(|(_, typed, _)| typed.get(&field.name));
                let text = match typed {
                    Some(typed) => typed.cloned().unwrap_or_default(),
                    None => first,
                };
                (field.name.clone(), text)
            })
            .collect();
        let problem = refused.and_then(|(_, _, problem)| problem.as_ref());
        let plan = possible.plan.as_ref();
        let effects = plan.map_or(&[][..], |plan| &plan.effects);
        let step = &possible.step;
        let approvals = (step.approvals > 1).then(|| {
            let who = possible.approved_by.join(", ");
            let counted = format!("{}/{}", possible.approved_by.len(), step.approvals);
            let who = if who.is_empty() {
                who
            } else {
                format!(" ({who})")
            };
            cx.tx("flow-approvals", format!("{counted}{who}"))
        });
        StepForm {
            name: possible.name.clone(),
            label: cx.l(&step.label),
            inputs: inputs(cx, &possible.form, &filled, &Choices::new(), problem),
            idle: !effects.is_empty() && effects.iter().all(changes_nothing),
            plan: effects
                .iter()
                .filter(|e| !changes_nothing(e))
                .map(|e| self.planned(e))
                .collect(),
            optional: step.optional,
            seen: plan.map_or_else(String::new, |plan| plan.seen.clone()),
            shown_later: plan.is_none() && !step.effects.is_empty(),
            approvals,
            in_place_of: possible.in_place_of.clone(),
            open: refused.is_some(),
        }
    }

    /// An effect in words.
    fn planned(&self, planned: &Planned) -> PlanRow {
        let cx = self.cx;
        let row = |what: String, fields| PlanRow {
            what,
            fields,
            is_final: false,
        };
        match planned {
            Planned::Set {
                noun,
                title,
                fields,
                ..
            } => {
                let Ok(schema) = self.web.app.schema(noun) else {
                    return row(noun.clone(), Vec::new());
                };
                // What stays as it is nobody has to read.
                let changed = fields.iter().filter(|change| change.before != change.after);
                let fields = changed.map(|change| {
                    let text = |value| self.value(&schema, &change.field, value);
                    let label = self.label(&schema, &change.field);
                    (label, text(&change.before), text(&change.after))
                });
                let what = format!("{}: {title}", cx.l(&schema.label));
                row(cx.tx("flow-does-set", what), fields.collect())
            }
            Planned::Create { noun, values } => self.made("flow-does-create", noun, values),
            Planned::Entry { register, values } => self.made("flow-does-entry", register, values),
            Planned::Document { template, period } => {
                let library = self.web.app.library();
                let title = library.documents.get(template).map(|t| cx.l(&t.title));
                let title = title.unwrap_or_else(|| template.clone());
                row(
                    cx.tx("flow-does-document", format!("{title} ({period})")),
                    Vec::new(),
                )
            }
            Planned::Notice { to, text } => {
                let to = cx.t(match to {
                    Receiver::Asker => "flow-to-asker",
                    Receiver::Takers => "flow-to-takers",
                });
                let text = cx.l(Label::from(text));
                PlanRow {
                    is_final: true,
                    ..row(
                        format!("{} {to}: “{text}”", cx.t("flow-does-notice")),
                        Vec::new(),
                    )
                }
            }
            Planned::Call { name, to } => {
                let call = CALLS.iter().find(|call| call.name == name);
                let what = call.map_or_else(|| name.clone(), |c| cx.l(Label::new(c.vi, c.en)));
                let to = if to.is_empty() {
                    cx.t("none")
                } else {
                    to.join(", ")
                };
                PlanRow {
                    is_final: !Effect::Call(name.clone()).can_be_undone(),
                    ..row(format!("{what}: {to}"), Vec::new())
                }
            }
        }
    }

    fn made(&self, key: &str, noun: &str, values: &Values) -> PlanRow {
        let schema = self.web.app.schema(noun);
        let title = |schema: &Schema| self.cx.l(&schema.label);
        let what = schema
            .as_ref()
            .map_or_else(|_| noun.to_owned(), |s| title(s));
        let fields = schema.ok().map(|schema| {
            let given = values.iter().filter(|(_, value)| !value.is_null());
            let each = given.map(|(field, value)| {
                let label = self.label(&schema, field);
                (label, String::new(), self.value(&schema, field, value))
            });
            each.collect()
        });
        PlanRow {
            what: self.cx.tx(key, what),
            fields: fields.unwrap_or_default(),
            is_final: false,
        }
    }

    fn label(&self, schema: &Schema, field: &str) -> String {
        let known = schema.field(field).map(|f| self.cx.l(&f.label));
        known.unwrap_or_else(|| field.to_owned())
    }

    fn value(&self, schema: &Schema, field: &str, value: &Value) -> String {
        match schema.field(field) {
            Some(field) => cell::text(self.cx, field, value, &self.titles),
            None => value.to_cell(),
        }
    }

    fn event(&self, event: &FlowEvent) -> EventRow {
        let cx = self.cx;
        let step = self.open.flow.step(&event.step);
        let label = step.map_or_else(|| cx.t("flow-withdraw"), |step| cx.l(&step.label));
        let what = match event.kind {
            EventKind::Approved => cx.tx("flow-approved", label),
            EventKind::Taken => label,
        };
        let form = step.map(|step| step.schema(&self.open.flow));
        // In the order in which it was asked.
        let asked = form.iter().flat_map(|form| &form.fields);
        let typed = asked.filter_map(|field| {
            let value = event
                .typed
                .get(&field.name)
                .filter(|value| !value.is_null())?;
            Some((
                cx.l(&field.label),
                cell::text(cx, field, value, &self.titles),
            ))
        });
        // What another version of the program did may be no effect that this one knows.
        let done = event.plan.as_array().into_iter().flatten();
        let done = done.filter_map(|effect| Planned::deserialize(effect).ok());
        let who = match &event.for_name {
            Some(name) => format!("{} ({})", event.actor_name, cx.tx("flow-in-place-of", name)),
            None => event.actor_name.clone(),
        };
        let state = self.open.flow.states.get(&event.to_state);
        EventRow {
            at: event.at,
            what: if event.step == BEGIN {
                cx.l(&self.open.flow.begin.label)
            } else {
                what
            },
            who,
            state: state.map_or_else(|| cx.t("flow-withdrawn"), |s| cx.l(&s.label)),
            typed: typed.collect(),
            done: done.map(|effect| self.planned(&effect)).collect(),
        }
    }

    fn sent(&self, effect: &flow::FlowEffect) -> EffectRow {
        let planned = Planned::deserialize(&effect.effect);
        let state = match effect.state {
            EffectState::Waiting => "flow-effect-waiting",
            EffectState::Sending => "flow-effect-sending",
            EffectState::Done => "flow-effect-done",
            EffectState::Unsure => "flow-effect-unsure",
            EffectState::Failed => "flow-effect-failed",
        };
        EffectRow {
            id: effect.id.to_string(),
            what: planned.map_or_else(|_| String::new(), |planned| self.planned(&planned).what),
            state: self.cx.t(state),
            said: effect.said.clone(),
            may_try: effect.state.may_try_again(),
        }
    }
}
