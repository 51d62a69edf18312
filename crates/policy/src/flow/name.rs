//! Names in braces: what an effect copies.

use crate::document::{Piece, pieces};

/// What a name in braces stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// `{unit}`: the flow's unit.
    Unit,
    /// `{record}`: the record that it is about.
    Record,
    /// `{record.FIELD}`: a field of that record as it is when the step is taken.
    RecordField(&'a str),
    /// `{today}`: the day on which the step is taken.
    Today,
    /// `{STEP.by}`: who took a step last.
    By(&'a str),
    /// `{STEP.on}`: the day on which it was taken last.
    On(&'a str),
    /// `{FIELD}`: what was typed into a form.
    Typed(&'a str),
}

impl<'a> Name<'a> {
    /// Reads what stands between braces.
    pub fn parse(text: &'a str) -> Self {
        match text {
            "unit" => return Self::Unit,
            "record" => return Self::Record,
            "today" => return Self::Today,
            _ => {}
        }
        match text.split_once('.') {
            Some(("record", field)) => Self::RecordField(field),
            Some((step, "by")) => Self::By(step),
            Some((step, "on")) => Self::On(step),
            _ => Self::Typed(text),
        }
    }
}

/// Where a written value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// The text itself.
    Constant(&'a str),
    /// Copied.
    Copied(Name<'a>),
    /// Text around a name, or several names: that would be computed.
    Mixed,
}

impl<'a> Source<'a> {
    /// Reads the right side of a written field.
    pub fn parse(text: &'a str) -> Self {
        match pieces(text).as_slice() {
            [] => Self::Constant(""),
            [Piece::Words(text)] => Self::Constant(text),
            [Piece::Name(name)] => Self::Copied(Name::parse(name)),
            _ => Self::Mixed,
        }
    }
}

/// The names in a sentence.
pub fn names(text: &str) -> impl Iterator<Item = Name<'_>> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Name(name) => Some(Name::parse(name)),
        Piece::Words(_) => None,
    })
}
