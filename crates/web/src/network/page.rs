//! The pages of the network.

use app::live::Topic;
use askama::Template;

use super::PAGE;
use crate::{
    compliance::timeline::Span,
    cx::Cx,
    mark::Mark,
    overview::page::{Calm, Tile},
    paging::Pages,
};

/// Something that is probed.
#[derive(Clone, Debug)]
pub struct TargetRow {
    /// Its page.
    pub href: String,
    /// The site, circuit or device.
    pub name: String,
    /// Which of these it is, as a word.
    pub kind: String,
    /// The address that is probed.
    pub address: String,
    /// Its state.
    pub mark: Mark,
    /// Since when, unix milliseconds.
    pub since: Option<i64>,
    /// The last delay, milliseconds.
    pub rtt: Option<f64>,
    /// The address of a small picture of the delays of the last day.
    pub spark: String,
    /// Of this month, 0 to 1; none without samples.
    pub availability: Option<f64>,
}

/// `GET /network`.
#[derive(Debug, Template)]
#[template(path = "network/index.html")]
pub struct Index {
    /// Context.
    pub cx: Cx,
    /// The address with its filters, for refetching.
    pub here: String,
    /// What is searched.
    pub q: String,
    /// The state that is filtered by, empty for all.
    pub state: String,
    /// Kinds of targets: code, word, whether it is the one shown.
    pub kinds: Vec<(String, String, bool)>,
    /// How many are in each state.
    pub counts: Vec<(Mark, usize)>,
    /// What is wrong first.
    pub rows: Vec<TargetRow>,
    /// Ways to the others.
    pub pages: Pages,
}

/// `GET /network/targets/{id}`.
#[derive(Debug, Template)]
#[template(path = "network/target.html")]
pub struct TargetPage {
    /// Context.
    pub cx: Cx,
    /// The address with its range, for refetching.
    pub here: String,
    /// The target.
    pub target: TargetRow,
    /// Code and name of the unit it belongs to.
    pub unit: Option<(String, String)>,
    /// Its record in the registry.
    pub record: String,
    /// What the state means and what it hangs on.
    pub why: String,
    /// Unix milliseconds.
    pub last_sample: Option<i64>,
    /// Availability, delay, loss.
    pub tiles: Vec<Tile>,
    /// Code, word, whether it is the one shown.
    pub ranges: Vec<(&'static str, String, bool)>,
    /// JSON for the chart: `[[unix ms, ms or null, share lost or null], …]`.
    pub points: String,
    /// JSON for the chart: `[[from, to], …]`, unix milliseconds.
    pub outages: String,
    /// The newest samples for those without script: when, delay, share lost.
    pub table: Vec<(i64, Option<f64>, Option<f64>)>,
    /// What was lost in the time that is shown, the newest first.
    pub lost: Vec<LostRow>,
    /// Its months, the newest first.
    pub months: Vec<MonthRow>,
    /// Changes of state, the newest first.
    pub changes: Vec<Span>,
    /// What lies behind it.
    pub behind: Vec<TargetRow>,
}

/// An outage of a target.
#[derive(Clone, Debug)]
pub struct LostRow {
    /// Down, or unreachable behind something else.
    pub mark: Mark,
    /// Unix milliseconds.
    pub from: i64,
    /// Unix milliseconds; none while it goes on.
    pub to: Option<i64>,
    /// How long it lasted, in words.
    pub lasted: String,
    /// What else is known of it, in words: whose side, how many were hit, planned or not.
    pub about: String,
}

/// A month of a target.
#[derive(Clone, Debug)]
pub struct MonthRow {
    /// `11/2026`.
    pub month: String,
    /// 0 to 1; none without samples.
    pub availability: Option<f64>,
    /// Milliseconds down.
    pub down: i64,
    /// Milliseconds lost behind something else.
    pub unreachable: i64,
    /// Milliseconds that are not known.
    pub unknown: i64,
    /// Counted as it was before, from decision to decision.
    pub old: bool,
}

/// An alarm: one cause and what hangs behind it.
#[derive(Clone, Debug)]
pub struct AlarmRow {
    /// Its id.
    pub id: String,
    /// The target's page; empty when the alarm is about Giềng itself.
    pub href: String,
    /// The target's name, or what happened to Giềng itself.
    pub title: String,
    /// What to do next, where the alarm says it.
    pub next: String,
    /// What happened to it.
    pub mark: Mark,
    /// Unix milliseconds.
    pub raised: i64,
    /// Unix milliseconds; none while it is open.
    pub cleared: Option<i64>,
    /// Milliseconds by the monotonic clock; none while it is open, and for old ones.
    pub lasted: Option<i64>,
    /// Who said that it was seen.
    pub acknowledged: Option<String>,
    /// Page and name of what cannot be reached because of it.
    pub behind: Vec<(String, String)>,
}

impl AlarmRow {
    /// How long it was or is open, milliseconds.
    pub fn lasted(&self, now: &i64) -> i64 {
        self.lasted
            .unwrap_or_else(|| (self.cleared.unwrap_or(*now) - self.raised).max(0))
    }
}

/// `GET /network/alarms`.
#[derive(Debug, Template)]
#[template(path = "network/alarms.html")]
pub struct Alarms {
    /// Context.
    pub cx: Cx,
    /// Whether the reader may acknowledge.
    pub may_acknowledge: bool,
    /// What it means where none is open.
    pub calm: Calm,
    /// The newest first.
    pub open: Vec<AlarmRow>,
    /// The newest first.
    pub past: Vec<AlarmRow>,
}
