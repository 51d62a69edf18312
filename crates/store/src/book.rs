//! The books (sổ) beyond their latest entries: every version, closing, and views for checks.

mod closing;
mod revision;
mod view;

pub use closing::{
    Closing, ClosingQuery, Held, close, closing, closings, held, lock, refuse_closed, reopen,
};
pub(crate) use revision::keep;
pub use revision::{Revision, revisions};
pub use view::make_views;
pub(crate) use view::{definition, made};

use crate::Arg;

/// Conditions that keep a list of entries between two days.
pub(crate) fn day_conditions(
    (from, to): &(Option<String>, Option<String>),
    args: &mut Vec<Arg>,
) -> Vec<String> {
    [(from, ">="), (to, "<=")]
        .into_iter()
        .filter_map(|(day, sign)| {
            args.push(day.as_ref()?.into());
            Some(format!("occurred_on {sign} ${}", args.len()))
        })
        .collect()
}
