//! What a step will do, worked out before it is done: shown, hashed, and done as it was shown.

use domain::{
    clock,
    id::Id,
    label::Label,
    noun, parse,
    problem::{FieldProblem, Problem, ProblemKind},
    record::{Value, Values},
    schema::{Field, Schema},
};
use policy::{
    document::{Piece, pieces},
    flow::{Create, Effect, Entry, Name, Receiver, Source, Step, Written},
    hash,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::Tx;

use super::{call, ground::Ground};
use crate::{App, registry};

/// One effect with its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case")]
pub enum Planned {
    /// Fields of a record.
    Set {
        /// Its noun.
        noun: String,
        /// The record.
        record: Id,
        /// Its name.
        title: String,
        /// The version that was read.
        version: i64,
        /// Fields as they are and as they will be.
        fields: Vec<Change>,
    },
    /// A new record.
    Create {
        /// Its noun.
        noun: String,
        /// Its fields.
        values: Values,
    },
    /// An entry of a book.
    Entry {
        /// The book.
        register: String,
        /// Its fields.
        values: Values,
    },
    /// A paper, begun by a job.
    Document {
        /// Its template.
        template: String,
        /// About what time.
        period: String,
    },
    /// A mail, sent by a job.
    Notice {
        /// To whom.
        to: Receiver,
        /// What it says.
        text: Said,
    },
    /// What Rust does under a name.
    Call {
        /// The name.
        name: String,
        /// What it is done to.
        to: Vec<String>,
    },
}

impl Planned {
    /// Whether a job does it, outside the database.
    pub(super) fn is_outside(&self) -> bool {
        matches!(self, Self::Document { .. } | Self::Notice { .. })
    }
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl From<&Said> for Label {
    fn from(said: &Said) -> Self {
        Self::new(&said.vi, &said.en)
    }
}

/// A field that is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its name.
    pub field: String,
    /// As it is.
    pub before: Value,
    /// As it will be.
    pub after: Value,
}

/// What a step will do, and the hash by which it is approved.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// In order.
    pub effects: Vec<Planned>,
    /// SHA-256 over the flow, the step, all that was typed and the effects.
    pub seen: String,
    /// What stands in the way of it: what does not fit a field.
    pub wrong: Vec<FieldProblem>,
}

impl Plan {
    /// The effects as they are kept.
    ///
    /// # Errors
    /// Internal: none is ever no JSON.
    pub(super) fn kept(&self) -> Result<Json, Problem> {
        serde_json::to_value(&self.effects).map_err(|_| Problem::internal("flow"))
    }
}

/// Works out what a step does. `typed` holds what is typed with the step itself as well.
///
/// # Errors
/// Conflict where the record that the flow is about is gone; unavailable.
pub(super) async fn plan(
    app: &App,
    tx: &mut Tx,
    ground: &Ground,
    (name, step): (&str, &Step),
    typed: &Values,
) -> Result<Plan, Problem> {
    let copy = Copying { app, ground, typed };
    let (mut effects, mut wrong) = (Vec::new(), Vec::new());
    for effect in &step.effects {
        effects.push(copy.planned(tx, effect, &mut wrong).await?);
    }
    let told = serde_json::json!({
        "flow": ground.row.id, "definition": ground.row.definition, "state": ground.row.state,
        "step": name, "typed": typed, "effects": effects,
    });
    Ok(Plan {
        seen: hash::of_bytes(told.to_string().as_bytes()),
        effects,
        wrong,
    })
}

struct Copying<'a> {
    app: &'a App,
    ground: &'a Ground,
    typed: &'a Values,
}

impl Copying<'_> {
    async fn planned(
        &self,
        tx: &mut Tx,
        effect: &Effect,
        wrong: &mut Vec<FieldProblem>,
    ) -> Result<Planned, Problem> {
        let ground = self.ground;
        Ok(match effect {
            Effect::Set(written) => {
                let record = ground.record.as_ref().ok_or_else(|| self.gone())?;
                let schema = ground.flow.about.as_deref().and_then(noun::get);
                let schema = schema.ok_or_else(|| self.gone())?;
                let after = self.values(schema, written, wrong);
                let fields = after.into_iter().map(|(field, after)| Change {
                    before: record.get(&field).clone(),
                    field,
                    after,
                });
                Planned::Set {
                    noun: schema.noun.clone(),
                    record: record.id,
                    title: record.text(&schema.title).to_owned(),
                    version: record.version,
                    fields: fields.collect(),
                }
            }
            Effect::Create(Create { noun, values }) => {
                let schema = self.app.schema(noun)?;
                Planned::Create {
                    noun: noun.clone(),
                    values: self.of_unit(&schema, values, wrong),
                }
            }
            Effect::Entry(Entry { register, values }) => {
                let schema = self.app.schema(register)?;
                Planned::Entry {
                    register: register.clone(),
                    values: self.of_unit(&schema, values, wrong),
                }
            }
            Effect::Document(paper) => {
                let library = self.app.library();
                let template = library.documents.get(&paper.template).ok_or_else(|| {
                    Problem::not_found(&Label::new("mẫu văn bản", "template"), &paper.template)
                })?;
                Planned::Document {
                    template: paper.template.clone(),
                    period: template.period.containing(self.app.clock.today()).label,
                }
            }
            Effect::Notice(notice) => Planned::Notice {
                to: notice.to,
                text: Said {
                    vi: self.sentence(&notice.text.vi),
                    en: self.sentence(&notice.text.en),
                },
            },
            Effect::Call(name) => Planned::Call {
                name: name.clone(),
                to: call::shown(tx, ground, name).await?,
            },
        })
    }

    fn gone(&self) -> Problem {
        Problem::new(
            ProblemKind::Conflict,
            Label::new(
                "Bản ghi mà đề nghị nói đến không còn",
                "The record that the request is about is gone",
            ),
            &self.ground.row.title,
            Label::new(
                "Làm bước khác để kết thúc đề nghị.",
                "Take another step that ends the request.",
            ),
        )
    }

    /// The values of a new record, which is the flow's unit's.
    fn of_unit(&self, schema: &Schema, written: &Written, wrong: &mut Vec<FieldProblem>) -> Values {
        let mut values = self.values(schema, written, wrong);
        let unit = self.ground.row.organization.0;
        values
            .entry(schema.owner.clone())
            .or_insert_with(|| unit.into());
        for (name, value) in registry::defaults(self.app, schema) {
            if !value.is_null() {
                values.entry(name).or_insert(value);
            }
        }
        values
    }

    fn values(&self, schema: &Schema, written: &Written, wrong: &mut Vec<FieldProblem>) -> Values {
        let mut values = Values::new();
        for (name, text) in written {
            let Some(field) = schema.field(name) else {
                continue;
            };
            match self.value(field, text) {
                Ok(value) => drop(values.insert(name.clone(), value)),
                // The page may have no field of this name: its label is in the words.
                Err(problem) => wrong.push(FieldProblem {
                    message: Label::new(
                        format!("{}: {}", field.label.vi, problem.message.vi),
                        format!("{}: {}", field.label.en, problem.message.en),
                    ),
                    ..problem
                }),
            }
        }
        values
    }

    fn value(&self, field: &Field, text: &str) -> Result<Value, FieldProblem> {
        let copied = match Source::parse(text) {
            Source::Constant(text) => return parse::field(field, text),
            // Lint lets none through.
            Source::Mixed => Value::Null,
            Source::Copied(name) => self.copied(&name),
        };
        if copied.is_null() && field.required {
            return parse::field(field, "");
        }
        Ok(copied)
    }

    fn copied(&self, name: &Name<'_>) -> Value {
        let ground = self.ground;
        let last = |step: &str| ground.events.iter().rev().find(|e| e.step == step);
        match name {
            Name::Unit => ground.row.organization.0.into(),
            Name::Record => ground.row.subject.map_or(Value::Null, Value::from),
            Name::RecordField(field) => match &ground.record {
                Some(record) => record.get(field).clone(),
                None => Value::Null,
            },
            Name::Today => self.app.clock.today().to_string().into(),
            Name::By(step) => last(step).map_or(Value::Null, |e| e.actor_name.as_str().into()),
            Name::On(step) => last(step).map_or(Value::Null, |e| {
                clock::local_date(clock::from_ms(e.at)).to_string().into()
            }),
            Name::Typed(field) => self.typed.get(*field).cloned().unwrap_or(Value::Null),
        }
    }

    fn sentence(&self, text: &str) -> String {
        let said = pieces(text).into_iter().map(|piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Name("unit") => self.ground.unit.name.clone(),
            Piece::Name("record") => self.ground.row.title.clone(),
            Piece::Name(name) => self.copied(&Name::parse(name)).to_cell(),
        });
        said.collect()
    }
}
