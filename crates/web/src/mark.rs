//! States and verdicts as a reader tells them apart: by shape, by colour and by word.

use askama::filters::Safe;
use domain::label::Lang;
use policy::Status;

use crate::{assets, i18n};

/// What a mark stands for; the name is its shape in the sprite, its colour
/// class (`is-…`) and, behind `mark-`, its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    /// A target answers.
    Up,
    /// A target does not answer although the way to it does.
    Down,
    /// A target lies behind one that is down.
    Unreachable,
    /// A target was not measured lately.
    Unknown,
    /// We ourselves are cut off.
    Isolated,
    /// The clause is met.
    Met,
    /// The clause is not met.
    Breached,
    /// Not due yet.
    Pending,
    /// Facts are missing or stale.
    NoData,
    /// The clause does not apply to the unit.
    NotApplicable,
    /// Exempted, with an approver and an end.
    Waived,
    /// The check itself failed.
    Error,
}

impl Mark {
    /// All marks, states first.
    pub const ALL: [Mark; 12] = [
        Mark::Up,
        Mark::Down,
        Mark::Unreachable,
        Mark::Unknown,
        Mark::Isolated,
        Mark::Met,
        Mark::Breached,
        Mark::Pending,
        Mark::NoData,
        Mark::NotApplicable,
        Mark::Waived,
        Mark::Error,
    ];

    /// The states of a target, in the order of a legend.
    pub const STATES: [Mark; 5] = [
        Mark::Up,
        Mark::Down,
        Mark::Unreachable,
        Mark::Isolated,
        Mark::Unknown,
    ];

    /// The verdicts, in the order of a bar: good, undecided, bad.
    pub const VERDICTS: [Mark; 7] = [
        Mark::Met,
        Mark::Waived,
        Mark::Pending,
        Mark::NoData,
        Mark::Error,
        Mark::Breached,
        Mark::NotApplicable,
    ];

    /// The name in sprite, style sheet and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Mark::Up => "up",
            Mark::Down => "down",
            Mark::Unreachable => "unreachable",
            Mark::Unknown => "unknown",
            Mark::Isolated => "isolated",
            Mark::Met => "met",
            Mark::Breached => "breached",
            Mark::Pending => "pending",
            Mark::NoData => "no_data",
            Mark::NotApplicable => "not_applicable",
            Mark::Waived => "waived",
            Mark::Error => "error",
        }
    }

    /// The word in a language.
    pub fn word(self, lang: Lang) -> String {
        i18n::text(lang, &format!("mark-{}", self.name()), None).into_owned()
    }

    /// The shape alone, in its colour; its word is there for who does not see it.
    pub fn shape(self, lang: Lang) -> Safe<String> {
        let (name, word) = (self.name(), self.word(lang));
        let sprite = assets::path("icons.svg");
        Safe(format!(
            "<svg class=\"sign is-{name}\" role=\"img\" aria-label=\"{word}\"><title>{word}</title><use href=\"{sprite}#{name}\"/></svg>"
        ))
    }

    /// Shape and word.
    pub fn badge(self, lang: Lang) -> Safe<String> {
        let (name, word) = (self.name(), self.word(lang));
        let sprite = assets::path("icons.svg");
        Safe(format!(
            "<span class=\"state is-{name}\"><svg class=\"sign\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"/></svg>{word}</span>"
        ))
    }

    /// How much it asks for attention: the larger, the sooner it is shown.
    pub const fn urgency(self) -> u8 {
        match self {
            Mark::Down | Mark::Breached => 6,
            Mark::Error | Mark::Isolated => 5,
            Mark::NoData | Mark::Unknown => 4,
            Mark::Unreachable | Mark::Pending => 3,
            Mark::Waived => 2,
            Mark::Met | Mark::Up => 1,
            Mark::NotApplicable => 0,
        }
    }
}

impl From<Status> for Mark {
    fn from(status: Status) -> Self {
        match status {
            Status::Met => Mark::Met,
            Status::Breached => Mark::Breached,
            Status::Pending => Mark::Pending,
            Status::NoData => Mark::NoData,
            Status::NotApplicable => Mark::NotApplicable,
            Status::Waived => Mark::Waived,
            Status::Error => Mark::Error,
        }
    }
}

impl Mark {
    /// The mark of a verdict's code in the database; an unknown one is an error of the check.
    pub fn of_verdict(code: &str) -> Self {
        Status::from_code(code).map_or(Mark::Error, Mark::from)
    }

    /// The mark of a target's state in the database.
    pub fn of_state(code: &str) -> Self {
        match code {
            "up" => Mark::Up,
            "down" => Mark::Down,
            "unreachable" => Mark::Unreachable,
            "isolated" => Mark::Isolated,
            _ => Mark::Unknown,
        }
    }

    /// Of an alarm; one about Giềng itself, and of what comes and goes, is shown as what is down.
    pub fn of_alarm(alarm: &app::watch::Alarm) -> Self {
        if alarm.said.is_some() || alarm.state == "flapping" {
            Mark::Down
        } else {
            Mark::of_state(&alarm.state)
        }
    }
}

/// A mark, owned or borrowed, as templates hand it over.
pub trait Marked {
    /// The mark.
    fn mark(&self) -> Mark;
}

impl Marked for Mark {
    fn mark(&self) -> Mark {
        *self
    }
}

impl<T: Marked> Marked for &T {
    fn mark(&self) -> Mark {
        (**self).mark()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_a_shape_and_a_word() {
        let shapes = include_str!("../assets/marks.svg");
        let styles = include_str!("../assets/css/1-theme.css");
        for mark in Mark::ALL {
            let name = mark.name();
            assert!(shapes.contains(&format!("id=\"{name}\"")), "{name}");
            assert!(styles.contains(&format!(".is-{name}")), "{name}");
            for lang in Lang::ALL {
                assert!(!mark.word(lang).starts_with("mark-"), "{name}");
            }
        }
    }
}
