//! A value as its field's kind is read by people.

use std::collections::HashMap;

use domain::{
    id::Id,
    record::{Record, Value},
    schema::{Field, Kind},
};

use super::show::path_of_file;
use crate::{cx::Cx, format};

/// A value on a page.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The field's label.
    pub label: String,
    /// The value as read; empty when there is none.
    pub text: String,
    /// The record or the address it leads to.
    pub href: Option<String>,
    /// Whether it stands at the right.
    pub number: bool,
}

/// Whether a kind is written at the right of its column.
pub const fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Decimal)
}

/// The text of a value. `titles` are the names of referred records.
pub fn text(cx: &Cx, field: &Field, value: &Value, titles: &HashMap<Id, String>) -> String {
    match (field.kind, value) {
        (_, Value::Null) => String::new(),
        (Kind::Reference, value) => value
            .as_id()
            .and_then(|id| titles.get(&id).cloned())
            .unwrap_or_else(|| value.to_cell()),
        (Kind::Choice, Value::Text(code)) => field
            .choices
            .get(code)
            .map_or_else(|| code.clone(), |label| cx.l(label)),
        (Kind::Date, Value::Text(date)) => format::iso_date(date),
        (Kind::Instant, Value::Integer(ms)) => format::datetime(*ms),
        (_, Value::Boolean(yes)) => cx.t(if *yes { "yes" } else { "no" }),
        (Kind::Integer, Value::Integer(n)) => format::integer(cx.lang, *n),
        (Kind::Latitude | Kind::Longitude, Value::Decimal(x)) => format::decimal(cx.lang, *x, 5),
        (Kind::Decimal, Value::Decimal(x)) => format::decimal(cx.lang, *x, 2),
        (Kind::File, Value::Text(hash)) => hash.chars().take(12).collect(),
        (_, value) => value.to_cell(),
    }
}

/// A field of a record, with where it leads.
pub fn of(cx: &Cx, field: &Field, record: &Record, titles: &HashMap<Id, String>) -> Cell {
    let value = record.get(&field.name);
    let href = match (field.kind, &field.refers_to, value) {
        (Kind::Reference, Some(noun), value) => {
            value.as_id().map(|id| format!("/registry/{noun}/{id}"))
        }
        (Kind::Email, _, Value::Text(address)) => Some(format!("mailto:{address}")),
        (Kind::Phone, _, Value::Text(number)) => Some(format!("tel:{number}")),
        (Kind::File, _, Value::Text(hash)) => Some(path_of_file(hash, &record.id.to_string())),
        _ => None,
    };
    Cell {
        label: cx.l(&field.label),
        text: text(cx, field, value, titles),
        href,
        number: is_number(field.kind),
    }
}
