//! Readings: somebody who did not write a pack read a clause against its text, and says how
//! well its verdict shows what the text asks.

use domain::label::Label;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Clause, Library, Problem, Regulation, hash};

/// One clause as it was read: an entry of `policy/readings/<regulation>.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The clause.
    pub cite: String,
    /// When it was read.
    pub read_on: Date,
    /// What the clause meant then, the beginning of [`Library::meaning_hash`]: a clause that
    /// means something else has to be read again.
    pub of: String,
    /// How well its verdict shows what the text asks.
    pub verdict: Soundness,
    /// The facts, entries of `awaited.yaml`, that would make a weak one right.
    #[serde(default)]
    pub until: Vec<String>,
    /// What would show it met.
    pub met: Label,
    /// What would show it breached.
    pub breached: Label,
    /// What our evidence does not show.
    #[serde(default)]
    pub gap: Label,
    /// What is wrong.
    #[serde(default)]
    pub wrong: Label,
}

/// How well a verdict shows what the text asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Soundness {
    /// It shows both, for whom the text binds and in its time.
    Right,
    /// True as far as it goes: it rests on a word, shows one side, or a part.
    Weak,
    /// It can say "met" of what the text forbids, or the reverse.
    Wrong,
}

impl Soundness {
    /// All, the best first.
    pub const ALL: [Soundness; 3] = [Soundness::Right, Soundness::Weak, Soundness::Wrong];

    /// Its word.
    pub fn code(self) -> &'static str {
        match self {
            Soundness::Right => "right",
            Soundness::Weak => "weak",
            Soundness::Wrong => "wrong",
        }
    }
}

/// How many signs of the hash a reading holds.
const SIGNS: usize = 12;

impl Library {
    /// What a clause means, in twelve hexadecimal signs; words are no part of it.
    pub fn meaning_hash(&self, clause: &Clause) -> String {
        let meaning = self.meaning(clause);
        let parts = meaning
            .iter()
            .map(|(part, text)| (part.name(), text.as_str()));
        let mut hash = hash::of_parts(parts);
        hash.truncate(SIGNS);
        hash
    }

    /// How a clause was read.
    pub fn reading(&self, regulation: &str, cite: &str) -> Option<&Reading> {
        let readings = self.readings.get(regulation)?;
        readings.iter().find(|reading| reading.cite == cite)
    }

    /// How a clause was read, while it still means what it meant then.
    pub fn reading_that_holds(&self, regulation: &str, clause: &Clause) -> Option<&Reading> {
        let reading = self.reading(regulation, &clause.cite)?;
        (reading.of == self.meaning_hash(clause)).then_some(reading)
    }

    /// How many scored clauses of a regulation were read as that; `None` counts those that
    /// nobody read since they mean what they mean.
    pub fn read_as(&self, regulation: &Regulation, verdict: Option<Soundness>) -> usize {
        let scored = regulation.clauses.iter().filter(|c| c.is_scored());
        let read = scored.map(|c| {
            self.reading_that_holds(&regulation.id, c)
                .map(|r| r.verdict)
        });
        read.filter(|found| *found == verdict).count()
    }
}

/// What is amiss with the readings: a scored clause that nobody read since it means what it
/// means, a reading of nothing, a weak one that names no fact. It keeps no policy from use.
pub fn amiss(library: &Library) -> Vec<Problem> {
    let mut problems = Vec::new();
    for regulation in library.regulations.values() {
        let file = format!("readings/{}.yaml", regulation.id);
        let mut tell = |what: String, instead: String| {
            problems.push(Problem {
                file: file.clone(),
                line: 1,
                column: 1,
                what,
                instead,
            });
        };
        for clause in regulation.clauses.iter().filter(|c| c.is_scored()) {
            let (cite, hash) = (&clause.cite, library.meaning_hash(clause));
            match library.reading(&regulation.id, cite) {
                None => tell(
                    format!("nobody has read clause {cite} against its text"),
                    format!("how it is judged, with `of: \"{hash}\"`"),
                ),
                Some(reading) if reading.of != hash => tell(
                    format!("clause {cite} means something else since it was read"),
                    format!("the reading anew, with `of: \"{hash}\"`"),
                ),
                Some(reading) => {
                    let weak = reading.verdict == Soundness::Weak;
                    if weak && reading.until.is_empty() {
                        tell(
                            format!("{cite} is weak until nothing"),
                            "`until: […]`, the facts that would make it right".into(),
                        );
                    }
                    if reading.verdict == Soundness::Wrong && reading.wrong.vi.is_empty() {
                        tell(
                            format!("{cite} is wrong in nothing"),
                            "`wrong: {vi: …, en: …}`".into(),
                        );
                    }
                }
            }
        }
        for reading in library.readings.get(&regulation.id).into_iter().flatten() {
            let clause = regulation.clause(&reading.cite);
            if !clause.is_some_and(Clause::is_scored) {
                tell(
                    format!("{} is no scored clause", reading.cite),
                    "a clause by which organizations are judged".into(),
                );
            }
            for id in reading
                .until
                .iter()
                .filter(|id| !library.awaited.contains_key(*id))
            {
                tell(
                    format!("{}: there is no fact `{id}` in awaited.yaml", reading.cite),
                    "one that is there, or a new entry".into(),
                );
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        Embedded,
        coverage::{Basis, Coverage},
    };

    fn row(cells: impl IntoIterator<Item = String>) -> String {
        let cells: Vec<String> = cells.into_iter().collect();
        format!("| {} |\n", cells.join(" | "))
    }

    /// The tables of `docs/truth.md`.
    fn tables(library: &Library) -> [String; 3] {
        let mut read = String::new();
        let mut all = [0; 4];
        let verdicts = [
            Some(Soundness::Right),
            Some(Soundness::Weak),
            Some(Soundness::Wrong),
            None,
        ];
        for regulation in library.regulations.values() {
            let counts = verdicts.map(|v| library.read_as(regulation, v));
            for (sum, count) in all.iter_mut().zip(counts) {
                *sum += count;
            }
            let name = regulation.short.en.clone();
            read += &row([name].into_iter().chain(counts.map(|n| n.to_string())));
        }
        read += &row(["all".to_owned()]
            .into_iter()
            .chain(all.map(|n| n.to_string())));

        let mut on = String::new();
        let mut total = Coverage::default();
        let counted = |name: &str, c: &Coverage| {
            let counts = Basis::ALL.iter().rev().map(|b| c.count(*b).to_string());
            row([name.to_owned(), c.scored.to_string()]
                .into_iter()
                .chain(counts))
        };
        for (regulation, coverage) in library.coverage() {
            total = total.and(coverage);
            on += &counted(&regulation.short.en, &coverage);
        }
        on += &counted("all", &total);

        let mut until: BTreeMap<&str, usize> = BTreeMap::new();
        for reading in library.readings.values().flatten() {
            for fact in &reading.until {
                *until.entry(fact).or_default() += 1;
            }
        }
        let mut until: Vec<(&str, usize)> = until.into_iter().collect();
        until.sort_by_key(|(fact, count)| (std::cmp::Reverse(*count), *fact));
        let until = until.into_iter().take(20);
        let until = until.map(|(fact, count)| {
            let label = library.awaited[fact].label.en.clone();
            row([format!("`{fact}`"), label, count.to_string()])
        });
        [read, on, until.collect()]
    }

    #[test]
    fn every_scored_clause_was_read_since_it_means_what_it_means() {
        let library = Library::load(&Embedded).unwrap();
        let found: Vec<String> = amiss(&library).iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn what_is_published_of_the_readings_is_true() {
        let library = Library::load(&Embedded).unwrap();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/truth.md");
        let published = std::fs::read_to_string(path).unwrap();
        let tables = tables(&library);
        let missing: Vec<&String> = tables.iter().filter(|t| !published.contains(*t)).collect();
        let missing: Vec<&str> = missing.into_iter().map(String::as_str).collect();
        assert!(
            missing.is_empty(),
            "docs/truth.md has to hold:\n{}",
            missing.join("\n")
        );
    }

    #[test]
    fn a_clause_that_means_something_else_has_to_be_read_again() {
        let mut library = Library::load(&Embedded).unwrap();
        let control = library.controls.get_mut("logs-arriving").unwrap();
        control.parameters.clear();
        let found = amiss(&library);
        assert!(
            found
                .iter()
                .any(|p| p.what.contains("means something else")),
            "{found:?}"
        );
        library.readings.clear();
        let scored = library.regulations.values().flat_map(|r| &r.clauses);
        let scored = scored.filter(|c| c.is_scored()).count();
        assert_eq!(amiss(&library).len(), scored);
    }
}
