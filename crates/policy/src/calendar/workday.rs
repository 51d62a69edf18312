//! Working days and rest days, and deadlines counted in them.
//!
//! Counting follows the Civil Code 2015, Articles 147–148 (its application to
//! administrative deadlines is the reading chosen): the day of the event is not
//! counted, and a period that ends on a rest day ends on the next working day.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::label::Label;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::holiday::{Certainty, Holiday, Years};

/// The working calendar as `policy/calendar/*.yaml` says it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// The file's name without its ending.
    pub id: String,
    /// Its name.
    pub label: Label,
    /// The days of the week that are worked.
    pub week: Week,
    /// The public holidays.
    pub holidays: Vec<Holiday>,
    /// What was announced, by year.
    #[serde(default)]
    pub years: Years,
    #[serde(skip)]
    computed: Computed,
}

/// The working week.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Week {
    /// `monday` to `sunday`; at least one.
    #[serde(deserialize_with = "at_least_one")]
    pub days: Vec<WeekdayName>,
    /// How sure it is.
    pub certainty: Certainty,
    /// Where it comes from.
    pub source: String,
}

/// A week without a working day would let a count of working days run for ever.
fn at_least_one<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<WeekdayName>, D::Error> {
    let days = Vec::<WeekdayName>::deserialize(from)?;
    if days.is_empty() {
        return Err(serde::de::Error::custom(
            "a working week needs at least one day",
        ));
    }
    Ok(days)
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum WeekdayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// What a day is for those who work by this calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Day {
    /// Worked; `doubt` says why that is not confirmed.
    Working {
        /// The doubtful announcement that makes it so.
        doubt: Option<String>,
    },
    /// Off, and why; `doubt` as above.
    Rest {
        /// The holiday; none for the weekly rest.
        why: Option<Label>,
        /// The doubtful announcement that makes it so.
        doubt: Option<String>,
    },
    /// Not decided: the government has not announced it, or it was not entered.
    Unknown(Gap),
}

impl Day {
    /// Whether it is worked; an error where nobody can say.
    ///
    /// # Errors
    /// The gap in the calendar's data.
    pub fn is_working(&self) -> Result<bool, Gap> {
        match self {
            Day::Working { .. } => Ok(true),
            Day::Rest { .. } => Ok(false),
            Day::Unknown(gap) => Err(gap.clone()),
        }
    }

    fn doubt(&self) -> Option<&String> {
        match self {
            Day::Working { doubt } | Day::Rest { doubt, .. } => doubt.as_ref(),
            Day::Unknown(_) => None,
        }
    }
}

/// Why a deadline cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Deserialize, Serialize)]
#[error(
    "whether {day} is worked is not known: the days off around {holiday} {year} are not entered"
)]
pub struct Gap {
    /// The first day that nobody can say about.
    pub day: Date,
    /// The year whose announcement is missing.
    pub year: i16,
    /// The holiday, `vi / en`.
    pub holiday: Label,
}

/// A computed last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The last day on which the duty is still done in time.
    pub day: Date,
    /// What in the calendar it rests on that is not confirmed.
    pub doubts: Vec<String>,
}

impl Deadline {
    /// A deadline that rests on no calendar.
    pub fn plain(day: Date) -> Self {
        Self {
            day,
            doubts: Vec::new(),
        }
    }
}

/// The days of a year that are not ordinary, computed once.
#[derive(Clone, Debug, Default)]
struct Computed(Arc<Mutex<BTreeMap<i16, SpecialDays>>>);

type SpecialDays = Arc<BTreeMap<Date, Day>>;

impl Calendar {
    /// What `date` is.
    pub fn day(&self, date: Date) -> Day {
        if let Some(day) = self.special(date.year()).get(&date) {
            return day.clone();
        }
        if self.in_week(date) {
            Day::Working { doubt: None }
        } else {
            Day::Rest {
                why: None,
                doubt: None,
            }
        }
    }

    /// The first working day on or after `date`.
    ///
    /// # Errors
    /// When a day on the way is not decided.
    pub fn on_or_after(&self, date: Date) -> Result<Deadline, Gap> {
        let mut found = Deadline::plain(date);
        while !self.look(&mut found)? {
            found.day = next(found.day);
        }
        Ok(found)
    }

    /// The last of `count` working days after `event`, which is not counted itself.
    ///
    /// With a count of 0, the event's day or the next working day.
    ///
    /// # Errors
    /// When a day on the way is not decided.
    pub fn after(&self, event: Date, count: u32) -> Result<Deadline, Gap> {
        if count == 0 {
            return self.on_or_after(event);
        }
        let mut found = Deadline::plain(event);
        let mut left = count;
        while left > 0 {
            found.day = next(found.day);
            if self.look(&mut found)? {
                left -= 1;
            }
        }
        Ok(found)
    }

    /// The last day that lies at least `count` working days before `event`.
    ///
    /// The event's day is not counted; the day found is the `count`th working day before it.
    ///
    /// # Errors
    /// When a day on the way is not decided.
    pub fn before(&self, event: Date, count: u32) -> Result<Deadline, Gap> {
        let mut found = Deadline::plain(event);
        let mut left = count;
        while left > 0 {
            found.day = previous(found.day);
            if self.look(&mut found)? {
                left -= 1;
            }
        }
        Ok(found)
    }

    /// How many working days lie after `from` up to and including `to`.
    ///
    /// # Errors
    /// When a day between is not decided.
    pub fn count(&self, from: Date, to: Date) -> Result<u32, Gap> {
        let mut day = from;
        let mut count = 0;
        while day < to {
            day = next(day);
            count += u32::from(self.day(day).is_working()?);
        }
        Ok(count)
    }

    /// Looks at the deadline's day, notes its doubts, and says whether it is worked.
    fn look(&self, deadline: &mut Deadline) -> Result<bool, Gap> {
        let day = self.day(deadline.day);
        if let Some(doubt) = day.doubt()
            && !deadline.doubts.contains(doubt)
        {
            deadline.doubts.push(doubt.clone());
        }
        day.is_working()
    }

    fn in_week(&self, date: Date) -> bool {
        let name = match date.weekday() {
            Weekday::Monday => WeekdayName::Monday,
            Weekday::Tuesday => WeekdayName::Tuesday,
            Weekday::Wednesday => WeekdayName::Wednesday,
            Weekday::Thursday => WeekdayName::Thursday,
            Weekday::Friday => WeekdayName::Friday,
            Weekday::Saturday => WeekdayName::Saturday,
            Weekday::Sunday => WeekdayName::Sunday,
        };
        self.week.days.contains(&name)
    }

    fn special(&self, year: i16) -> SpecialDays {
        // A poisoned lock only means that another thread died while reading; the map is whole.
        let mut years = self
            .computed
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(
            years
                .entry(year)
                .or_insert_with(|| Arc::new(self.compute(year))),
        )
    }

    fn compute(&self, year: i16) -> BTreeMap<Date, Day> {
        let mut days: BTreeMap<Date, Day> = BTreeMap::new();
        // A holiday at the turn of the year belongs to its neighbour's anchor.
        let around = [year - 1, year, year + 1];
        for holiday in &self.holidays {
            for date in around.iter().flat_map(|y| holiday.days_off(*y)) {
                days.entry(date).or_insert_with(|| rest(holiday));
            }
        }
        self.make_up(&around, &mut days);
        self.announce(&around, &mut days);
        self.leave_open(&around, &mut days);
        days.retain(|date, _| date.year() == year);
        days
    }

    /// Gives each holiday that fell on the weekly rest the next day that is still worked.
    fn make_up(&self, years: &[i16], days: &mut BTreeMap<Date, Day>) {
        let mut fallen: Vec<(Date, &Holiday)> = self
            .holidays
            .iter()
            .filter(|h| h.made_up && h.announced_within.is_none())
            .flat_map(|h| {
                years
                    .iter()
                    .flat_map(|y| h.days_off(*y))
                    .filter(|date| !self.in_week(*date))
                    .map(move |date| (date, h))
            })
            .collect();
        fallen.sort_by_key(|(date, _)| *date);
        for (date, holiday) in fallen {
            let mut free = next(date);
            while !self.in_week(free) || days.contains_key(&free) {
                free = next(free);
            }
            days.insert(free, rest(holiday));
        }
    }

    fn announce(&self, years: &[i16], days: &mut BTreeMap<Date, Day>) {
        for year in years.iter().filter_map(|y| self.years.get(y)) {
            let worked = year.work.iter().map(|a| (a, true));
            let off = year.rest.iter().map(|a| (a, false));
            for (announced, works) in worked.chain(off) {
                if announced.certainty == Certainty::Proposed {
                    continue;
                }
                let doubt = announced
                    .certainty
                    .is_doubtful()
                    .then(|| format!("{} ({})", announced.why, announced.source));
                let mut date = announced.from;
                while announced.covers(date) {
                    let day = if works {
                        Day::Working {
                            doubt: doubt.clone(),
                        }
                    } else {
                        Day::Rest {
                            why: Some(announced.why.clone()),
                            doubt: doubt.clone(),
                        }
                    };
                    days.insert(date, day);
                    date = next(date);
                }
            }
        }
    }

    /// Marks the days that nobody can say about until the government has announced them.
    fn leave_open(&self, years: &[i16], days: &mut BTreeMap<Date, Day>) {
        for holiday in &self.holidays {
            for &year in years {
                let announced = self
                    .years
                    .get(&year)
                    .is_some_and(|y| y.announced.contains(&holiday.id));
                let Some((first, last)) = holiday.window(year).filter(|_| !announced) else {
                    continue;
                };
                let mut date = first;
                while date <= last {
                    if self.in_week(date) {
                        days.entry(date).or_insert_with(|| {
                            Day::Unknown(Gap {
                                day: date,
                                year,
                                holiday: holiday.label.clone(),
                            })
                        });
                    }
                    date = next(date);
                }
            }
        }
    }
}

fn rest(holiday: &Holiday) -> Day {
    Day::Rest {
        why: Some(holiday.label.clone()),
        doubt: holiday
            .certainty
            .is_doubtful()
            .then(|| format!("{} ({})", holiday.label, holiday.source)),
    }
}

fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

fn previous(date: Date) -> Date {
    date.yesterday().unwrap_or(Date::MIN)
}
