//! Two versions of a policy, clause by clause.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{Clause, Library, Regulation, meaning::Part};

/// What became of clauses from one version to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// One clause, which means what it meant.
    Same,
    /// One clause, which means something else.
    Amended,
    /// One clause became several.
    Split,
    /// Several became one.
    Merged,
    /// There was none.
    New,
    /// There is none any more.
    Repealed,
}

impl Fate {
    /// All of them.
    pub const ALL: [Fate; 6] = [
        Fate::Same,
        Fate::Amended,
        Fate::Split,
        Fate::Merged,
        Fate::New,
        Fate::Repealed,
    ];

    /// The word printed and sent.
    pub fn code(self) -> &'static str {
        match self {
            Fate::Same => "same",
            Fate::Amended => "amended",
            Fate::Split => "split",
            Fate::Merged => "merged",
            Fate::New => "new",
            Fate::Repealed => "repealed",
        }
    }
}

/// Clauses that belong together, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClauseChange {
    /// What became of them.
    pub fate: Fate,
    /// The cites before.
    pub old: Vec<String>,
    /// The cites after.
    pub new: Vec<String>,
    /// Of one clause that stayed one: which parts of its meaning differ.
    pub parts: Vec<Part>,
    /// Whether it is put into other words.
    pub worded: bool,
}

/// A regulation before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegulationChange {
    /// Its id before; none when it is new.
    pub old: Option<String>,
    /// Its id after; none when it is gone.
    pub new: Option<String>,
    /// In the order of the new text, then what is repealed.
    pub clauses: Vec<ClauseChange>,
}

impl RegulationChange {
    /// How many of each fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.clauses.iter().filter(|c| c.fate == fate).count()
    }

    /// Whether nothing changed, not even words.
    pub fn is_same(&self) -> bool {
        let same = |c: &ClauseChange| c.fate == Fate::Same && !c.worded && c.old == c.new;
        self.old == self.new && self.clauses.iter().all(same)
    }
}

/// The regulation of `old` that one of the new version goes on from: the same id, or else
/// the first that it replaces.
pub fn predecessor<'a>(old: &'a Library, new: &Regulation) -> Option<&'a Regulation> {
    let replaced = new.replaces.iter().filter_map(|r| r.id.as_ref());
    std::iter::once(&new.id)
        .chain(replaced)
        .find_map(|id| old.regulations.get(id))
}

/// The clauses of `old` that a clause goes on from: those it names under `from`, or else
/// the one with its cite.
pub fn origins<'a>(old: &'a Regulation, clause: &'a Clause) -> Vec<&'a str> {
    match &clause.from {
        Some(cites) => cites
            .iter()
            .map(String::as_str)
            .filter(|cite| old.clause(cite).is_some())
            .collect(),
        None => old
            .clause(&clause.cite)
            .map(|c| c.cite.as_str())
            .into_iter()
            .collect(),
    }
}

/// Every regulation of either version, those of the new one first.
pub fn compare(old: &Library, new: &Library) -> Vec<RegulationChange> {
    let mut followed = BTreeSet::new();
    let mut out: Vec<RegulationChange> = new
        .regulations
        .values()
        .map(|after| {
            let before = predecessor(old, after);
            followed.extend(before.map(|b| b.id.as_str()));
            RegulationChange {
                old: before.map(|b| b.id.clone()),
                new: Some(after.id.clone()),
                clauses: clauses((old, before), (new, after)),
            }
        })
        .collect();
    let gone = old.regulations.values();
    out.extend(
        gone.filter(|r| !followed.contains(r.id.as_str()))
            .map(|r| RegulationChange {
                old: Some(r.id.clone()),
                new: None,
                clauses: r.clauses.iter().map(|c| repealed(&c.cite)).collect(),
            }),
    );
    out
}

fn repealed(cite: &str) -> ClauseChange {
    ClauseChange {
        fate: Fate::Repealed,
        old: vec![cite.to_owned()],
        new: Vec::new(),
        parts: Vec::new(),
        worded: false,
    }
}

fn clauses(
    (old, before): (&Library, Option<&Regulation>),
    (new, after): (&Library, &Regulation),
) -> Vec<ClauseChange> {
    let from = |clause| before.map_or_else(Vec::new, |b| origins(b, clause));
    let mut heirs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for clause in &after.clauses {
        for origin in from(clause) {
            heirs.entry(origin).or_default().push(&clause.cite);
        }
    }
    let mut out = Vec::new();
    let owned = |cites: &[&str]| cites.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
    for clause in &after.clauses {
        let origins = from(clause);
        let own = |fate| ClauseChange {
            fate,
            old: owned(&origins),
            new: vec![clause.cite.clone()],
            parts: Vec::new(),
            worded: false,
        };
        out.push(match origins.as_slice() {
            [] => own(Fate::New),
            [origin] => {
                let together = &heirs[origin];
                if together.len() > 1 {
                    if together[0] != clause.cite {
                        continue;
                    }
                    ClauseChange {
                        new: owned(together),
                        ..own(Fate::Split)
                    }
                } else {
                    let earlier = before.and_then(|b| b.clause(origin));
                    let Some(earlier) = earlier else { continue };
                    let (was, is) = (old.meaning(earlier), new.meaning(clause));
                    let differs = |p: &&Part| was[*p] != is[*p];
                    let parts: Vec<Part> = is.keys().filter(differs).copied().collect();
                    let fate = if parts.is_empty() {
                        Fate::Same
                    } else {
                        Fate::Amended
                    };
                    ClauseChange {
                        worded: earlier.summary != clause.summary,
                        parts,
                        ..own(fate)
                    }
                }
            }
            _ => own(Fate::Merged),
        });
    }
    let ended = before.map_or(&[][..], |b| &b.clauses);
    let ended = ended
        .iter()
        .filter(|c| !heirs.contains_key(c.cite.as_str()));
    out.extend(ended.map(|c| repealed(&c.cite)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Embedded, Memory};

    const OLD: &str = "vinh-long-26-2019";

    fn library(change: impl FnOnce(&mut String)) -> Library {
        let mut memory = Memory::of(&Embedded).unwrap();
        let file = memory
            .0
            .get_mut(&format!("regulations/{OLD}.yaml"))
            .unwrap();
        change(file);
        Library::load(&memory).unwrap()
    }

    fn swap(text: &mut String, from: &str, to: &str) {
        assert!(text.contains(from), "no {from:?}");
        *text = text.replacen(from, to, 1);
    }

    fn of<'a>(changes: &'a [RegulationChange], cite: &str) -> &'a ClauseChange {
        let regulation = changes.iter().find(|r| r.new.as_deref() == Some(OLD));
        let has =
            |c: &&ClauseChange| c.new.iter().any(|n| n == cite) || c.old.iter().any(|o| o == cite);
        regulation.unwrap().clauses.iter().find(has).unwrap()
    }

    #[test]
    fn the_same_policy_is_the_same() {
        let library = library(|_| ());
        let changes = compare(&library, &library);
        assert!(changes.iter().all(RegulationChange::is_same), "{changes:?}");
    }

    #[test]
    fn clauses_are_followed_by_cite_and_by_what_they_come_from() {
        let old = library(|_| ());
        let new = library(|text| {
            // 16.8 becomes two, 18.1 and 18.2 become one, 19.4 is new in all but its number,
            // 17.3 is moved, 16.10 asks for more and 16.7 is put better.
            swap(text, "\"16.8\",", "\"16.8\", \"16.8b\",");
            swap(text, "count: 89", "count: 89");
            swap(text, "clauses: [\"18.1\", \"18.2\",", "clauses: [\"18.1\",");
            let at = text.find("  - cite: \"16.8\"").unwrap();
            let end = at + 5 + text[at + 5..].find("  - cite:").unwrap();
            let copy = text[at..end].to_owned();
            let second = copy.replace("\"16.8\"", "\"16.8b\"\n    from: [\"16.8\"]");
            text.insert_str(end, &second);
            let at = text.find("  - cite: \"18.2\"").unwrap();
            let end = at + 5 + text[at + 5..].find("  - cite:").unwrap();
            text.replace_range(at..end, "");
            swap(
                text,
                "- cite: \"18.1\"",
                "- cite: \"18.1\"\n    from: [\"18.1\", \"18.2\"]",
            );
            swap(text, "- cite: \"19.4\"", "- cite: \"19.4\"\n    from: []");
            let at = text.find("  - cite: \"17.2.c\"").unwrap();
            let bearer = at + text[at..].find("bearer: ").unwrap();
            let line = bearer + text[bearer..].find('\n').unwrap();
            text.replace_range(bearer..line, "bearer: unit");
            let at = text.find("  - cite: \"16.7\"").unwrap();
            let english = at + text[at..].find("      en: \"").unwrap() + 11;
            text.insert_str(english, "Truly: ");
        });
        let changes = compare(&old, &new);
        let split = of(&changes, "16.8b");
        assert_eq!(split.fate, Fate::Split);
        assert_eq!(split.new, ["16.8", "16.8b"]);
        let merged = of(&changes, "18.1");
        assert_eq!(merged.fate, Fate::Merged);
        assert_eq!(merged.old, ["18.1", "18.2"]);
        assert_eq!(of(&changes, "19.4").fate, Fate::New);
        let ended = changes[..].iter().flat_map(|r| &r.clauses);
        let ended: Vec<_> = ended.filter(|c| c.fate == Fate::Repealed).collect();
        assert_eq!(ended.len(), 1, "{ended:?}");
        assert_eq!(ended[0].old, ["19.4"]);
        let amended = of(&changes, "17.2.c");
        assert_eq!(
            (amended.fate, &amended.parts[..]),
            (Fate::Amended, &[Part::Bearer][..])
        );
        let worded = of(&changes, "16.7");
        assert_eq!((worded.fate, worded.worded), (Fate::Same, true));
        let regulation = changes
            .iter()
            .find(|r| r.new.as_deref() == Some(OLD))
            .unwrap();
        assert_eq!(regulation.count(Fate::Same), 89 - 1 - 2 - 1 - 1);
    }

    #[test]
    fn a_text_goes_on_from_the_one_that_it_replaces() {
        let old = library(|_| ());
        let new = library(|_| ());
        let mut memory = Memory::of(&Embedded).unwrap();
        let path = format!("regulations/{OLD}.yaml");
        let text = memory.0.remove(&path).unwrap();
        let text = text
            .replace("id: vinh-long-26-2019", "id: vinh-long-1-2027")
            .replace(
                "  - number: \"03/2018/QĐ-UBND\"",
                "  - id: vinh-long-26-2019\n    number: \"26/2019/QĐ-UBND\"",
            );
        let mut later: Regulation = serde_saphyr::from_str(&text).unwrap();
        later.id = "vinh-long-1-2027".into();
        let mut new = new;
        new.regulations.remove(OLD);
        new.regulations.insert(later.id.clone(), later);
        let changes = compare(&old, &new);
        let followed = changes
            .iter()
            .find(|r| r.new.as_deref() == Some("vinh-long-1-2027"));
        let followed = followed.unwrap();
        assert_eq!(followed.old.as_deref(), Some(OLD));
        assert_eq!(followed.count(Fate::Same), followed.clauses.len());
        // Without a successor it is gone.
        new.regulations.remove("vinh-long-1-2027");
        let changes = compare(&old, &new);
        let gone = changes
            .iter()
            .find(|r| r.old.as_deref() == Some(OLD))
            .unwrap();
        assert_eq!((gone.new.as_ref(), gone.count(Fate::Repealed)), (None, 89));
    }
}
