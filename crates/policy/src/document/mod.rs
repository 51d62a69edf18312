//! Documents: which there are, what they say, and where their numbers come from.

mod figure;
mod period;
mod template;
mod text;

pub use figure::{
    BuiltIn, Empty, Figure, FigureColumn, JUDGED, NAMES, PARAMETERS, Total, WHOLES, built_in,
};
pub use period::{Every, Stretch};
pub use template::{
    Closes, Covers, Draft, FigureTable, Part, RollUpTitle, RollsUp, SignatureForm, Template,
};
pub use text::{Piece, pieces};
