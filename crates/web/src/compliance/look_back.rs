//! The day that pages of compliance look back at, and by what it is known.

use app::assess::{AsOf, BoardView, Known};
use domain::{clock, parse};

use crate::{
    cx::Cx,
    http::{Fault, Form, Param, Params, query},
};

/// The parameters that name the day: an address that takes the one takes the other.
pub fn params() -> [Param; 2] {
    [
        Param::new("as_of", Form::Day, "as it stood at the end of this day"),
        Param::one_of(
            "known",
            Known::CODES,
            "of that day: as it was known then, or judged anew by what is known now",
        ),
    ]
}

fn known(params: &Params) -> Known {
    match params.get("known") {
        "now" => Known::Now,
        _ => Known::Then,
    }
}

/// The end of the day that is asked for, and by what; none for now.
///
/// # Errors
/// 400 for what is no date, or neither `then` nor `now`: not what holds today in place of it.
pub fn moment(asked: &Params) -> Result<Option<AsOf>, Fault> {
    asked.can(&params())?;
    let day = parse::date(asked.get("as_of"));
    Ok(day.map(|day| AsOf::day(day, known(asked))))
}

/// The moment that is asked for as a query for links: `?as_of=…`, or nothing.
pub fn at(params: &Params) -> String {
    if !matches!(moment(params), Ok(Some(_))) {
        return String::new();
    }
    let known = (known(params) == Known::Now).then_some(("known", "now"));
    let day = ("as_of", params.get("as_of"));
    format!("?{}", query([day].into_iter().chain(known)))
}

/// The local day that a page is about.
pub fn day(cx: &Cx, view: &BoardView) -> jiff::civil::Date {
    clock::local_date(clock::from_ms(view.as_of.map_or(cx.now, |as_of| as_of.at)))
}

/// What the control of the day shows.
#[derive(Clone, Debug, Default)]
pub struct LookBack {
    /// ISO date; empty for now.
    pub day: String,
    /// Whether it is told by what is known now.
    pub now: bool,
    /// The other parameters of the page, as names and values.
    pub others: Vec<(String, String)>,
    /// The query of this page as known then, and as known now.
    pub queries: [String; 2],
}

impl LookBack {
    /// As a page's parameters say it.
    pub fn of(params: &Params) -> Self {
        // Rows are counted anew: their pages are others.
        let rest = params.without(&["known", "offset", "done"]);
        let no_form = ["as_of", "known", "offset", "done"];
        let others = params.filled().0.into_iter();
        Self {
            day: params.get("as_of").to_owned(),
            now: known(params) == Known::Now,
            others: others
                .filter(|(name, _)| !no_form.contains(&name.as_str()))
                .collect(),
            queries: [rest.clone(), format!("{rest}&known=now")],
        }
    }

    /// Whether a page shows now.
    pub fn is_empty(&self) -> bool {
        self.day.is_empty()
    }
}
