//! The overview: the province as a picture, and beside it what is wrong, due and met.

use app::{live::Topic, watch::TargetRow};
use askama::{Template, filters::Safe};
use policy::Tally;

use super::PAGE;
use crate::{
    counts::Shown as _,
    cx::Cx,
    map::{Dot, Map},
    mark::Mark,
};

/// One number with its meaning and where it leads.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Where its rows are.
    pub href: String,
    /// What is counted.
    pub title: String,
    /// How it stands.
    pub mark: Option<Mark>,
    /// The number as text.
    pub value: String,
    /// What belongs to the number: of how many, since when, without what.
    pub about: String,
}

/// An alarm or a duty in a short list.
#[derive(Clone, Debug)]
pub struct Notice {
    /// How it stands.
    pub mark: Mark,
    /// Where it is told in full.
    pub href: String,
    /// What it is.
    pub title: String,
    /// To whom, and what hangs behind it.
    pub about: String,
    /// Since when, unix milliseconds.
    pub since: i64,
    /// When it is due, ISO date; empty when it is not a duty.
    pub due: String,
}

/// One bar of verdicts.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Where it leads.
    pub href: String,
    /// A regulation or a group of units.
    pub title: String,
    /// Its verdicts.
    pub counts: Tally,
}

/// The numbers at the top.
#[derive(Debug, Template)]
#[template(path = "overview/tiles.html")]
pub struct Tiles {
    /// Context.
    pub cx: Cx,
    /// From left to right.
    pub tiles: Vec<Tile>,
}

/// The map with its legend.
#[derive(Debug, Template)]
#[template(path = "overview/map.html")]
pub struct MapPart {
    /// Context.
    pub cx: Cx,
    /// The picture.
    pub map: Map,
    /// How many sites are in each state.
    pub counts: Vec<(Mark, usize)>,
}

/// What it means that no alarm is open: only where all is measured it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calm {
    /// Alarms are open.
    Alarmed,
    /// Nothing is watched.
    Unwatched,
    /// So many targets were not measured lately.
    Silent(usize),
    /// All are measured.
    Good,
}

impl Calm {
    /// Of all targets that a reader sees, where no alarm is open.
    pub fn of<'a>(targets: impl IntoIterator<Item = &'a TargetRow>) -> Self {
        let (mut all, mut silent) = (0, 0);
        for target in targets {
            all += 1;
            silent += usize::from(Mark::of_state(&target.state) == Mark::Unknown);
        }
        match (all, silent) {
            (0, _) => Calm::Unwatched,
            (_, 0) => Calm::Good,
            (_, silent) => Calm::Silent(silent),
        }
    }

    /// A paragraph that says it.
    pub fn shown(self, cx: &Cx) -> Safe<String> {
        let (class, icon, text) = match self {
            Calm::Alarmed => return Safe(String::new()),
            Calm::Unwatched => ("empty", "topology-star-3", cx.t("alarms-unwatched")),
            Calm::Silent(n) => ("empty", "topology-star-3", cx.tn("alarms-silent", n)),
            Calm::Good => ("empty good", "circle-check", cx.t("overview-no-alarms")),
        };
        Safe(format!(
            "<p class=\"{class}\">{}{text}</p>",
            cx.icon(icon).0
        ))
    }
}

/// The open alarms, one for each cause.
#[derive(Debug, Template)]
#[template(path = "overview/alarms.html")]
pub struct Alarms {
    /// Context.
    pub cx: Cx,
    /// What it means where there is none.
    pub calm: Calm,
    /// The newest first.
    pub alarms: Vec<Notice>,
}

/// What is overdue, and due in the next weeks.
#[derive(Debug, Template)]
#[template(path = "overview/duties.html")]
pub struct Duties {
    /// Context.
    pub cx: Cx,
    /// How many days ahead are shown.
    pub ahead: i32,
    /// The most urgent first.
    pub duties: Vec<Notice>,
}

/// Verdicts by regulation and by group of units.
#[derive(Debug, Template)]
#[template(path = "overview/compliance.html")]
pub struct Compliance {
    /// Context.
    pub cx: Cx,
    /// One bar a regulation.
    pub regulations: Vec<Bar>,
    /// One bar a group of units.
    pub groups: Vec<Bar>,
}

/// `GET /`.
#[derive(Debug, Template)]
#[template(path = "overview/page.html")]
pub struct Page {
    /// Context.
    pub cx: Cx,
    /// The name of the network, from the settings.
    pub province: String,
    /// How many entries of other units are shared with the reader; none when none is.
    pub shared: Option<String>,
    /// The numbers.
    pub tiles: Tiles,
    /// The picture.
    pub map: MapPart,
    /// The alarms.
    pub alarms: Alarms,
    /// The duties.
    pub duties: Duties,
    /// The verdicts.
    pub compliance: Compliance,
}

impl Dot {
    /// What pointing at the site tells: name, state and more, one line each.
    pub fn tip(&self) -> String {
        self.place.about.join("\n")
    }

    /// The state's shape, drawn around the site's point.
    pub fn shape(&self) -> Safe<String> {
        let (x, y, r) = (self.x, self.y, self.r);
        Safe(match self.place.mark {
            Mark::Down => format!(
                "<path class=\"shape\" d=\"M{x:.1} {:.1}l{:.1} {:.1}h{:.1}z\"/>",
                y - r * 1.5,
                r * 1.5,
                r * 2.6,
                -r * 3.0
            ),
            Mark::Unreachable => format!(
                "<path class=\"shape\" d=\"M{x:.1} {:.1}l{s:.1} {s:.1}l-{s:.1} {s:.1}l-{s:.1} -{s:.1}z\"/>",
                y - r * 1.3,
                s = r * 1.3
            ),
            Mark::Isolated => format!(
                "<path class=\"shape\" d=\"M{:.1} {:.1}h{a:.1}v{b:.1}h{b:.1}v{a:.1}h-{b:.1}v{b:.1}h-{a:.1}v-{b:.1}h-{b:.1}v-{a:.1}h{b:.1}z\"/>",
                x - r * 0.4,
                y - r * 1.4,
                a = r * 0.8,
                b = r
            ),
            Mark::Unknown => {
                format!(
                    "<circle class=\"shape hollow\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>",
                    r * 0.85
                )
            }
            _ if self.place.hub => format!(
                "<rect class=\"shape\" x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{w:.1}\" rx=\"2\"/>",
                x - r,
                y - r,
                w = r * 2.0
            ),
            _ => format!("<circle class=\"shape\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\"/>"),
        })
    }
}
