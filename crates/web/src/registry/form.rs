//! A form made from a schema.

use std::collections::{BTreeMap, HashMap};

use domain::{
    clock,
    problem::Problem,
    schema::{Kind, Schema},
};

use super::page::{Control, Input};
use crate::cx::Cx;

/// What was typed or is stored, by field name, as text.
pub type Filled = BTreeMap<String, String>;

/// The choices of references by field name: key and title.
pub type Choices = HashMap<String, Vec<(String, String)>>;

/// More than this many records are typed with suggestions, not chosen from a list.
const FEW: usize = 60;

/// Time zones that are offered; any other is typed.
const ZONES: [&str; 12] = [
    clock::LOCAL_ZONE,
    "UTC",
    "+07:00",
    "+08:00",
    "+09:00",
    "Asia/Bangkok",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Europe/London",
    "America/New_York",
];

/// The fields of a form, with what is wrong beside the field that is wrong.
pub fn inputs(
    cx: &Cx,
    schema: &Schema,
    filled: &Filled,
    choices: &Choices,
    problem: Option<&Problem>,
) -> Vec<Input> {
    schema
        .fields
        .iter()
        .map(|field| {
            let control = match field.kind {
                _ if schema.stepped.contains(&field.name) => Control::Kept,
                Kind::LongText => Control::Area,
                Kind::Choice => Control::Select(
                    field
                        .choices
                        .iter()
                        .map(|(code, label)| (code.clone(), cx.l(label)))
                        .collect(),
                ),
                Kind::Boolean => Control::Select(vec![
                    ("true".into(), cx.t("yes")),
                    ("false".into(), cx.t("no")),
                ]),
                Kind::Reference => {
                    let known = choices.get(&field.name).cloned().unwrap_or_default();
                    if known.len() <= FEW {
                        Control::Select(known)
                    } else {
                        Control::Suggest(known)
                    }
                }
                Kind::Clause => {
                    Control::Suggest(choices.get(&field.name).cloned().unwrap_or_default())
                }
                Kind::Date => Control::Line("date"),
                Kind::Instant => Control::Line("datetime-local"),
                Kind::Email => Control::Line("email"),
                Kind::Phone => Control::Line("tel"),
                Kind::Text
                | Kind::Code
                | Kind::Integer
                | Kind::Decimal
                | Kind::Ip
                | Kind::Prefix
                | Kind::Latitude
                | Kind::Longitude
                | Kind::Period
                | Kind::Clauses
                | Kind::Probe => Control::Line("text"),
                Kind::TimeZone => {
                    let same = |zone: &&str| ((*zone).to_owned(), (*zone).to_owned());
                    Control::Suggest(ZONES.iter().map(same).collect())
                }
                Kind::File => Control::File,
            };
            let wrong = problem.and_then(|problem| {
                problem
                    .fields
                    .iter()
                    .find(|wrong| wrong.field == field.name)
                    .map(|wrong| cx.l(&wrong.message))
            });
            Input {
                name: field.name.clone(),
                label: cx.l(&field.label),
                help: field.help.as_ref().map(|help| cx.l(help)),
                required: field.required,
                wide: field.kind == Kind::LongText,
                value: filled.get(&field.name).cloned().unwrap_or_default(),
                wrong,
                control,
            }
        })
        .collect()
}
