//! What a clause means to the engine, as hashes: what it is compared by when a pack changes.
//!
//! Words are not part of it. A summary that is put better, a reason or a remedy that is
//! explained anew change no verdict; whom a clause binds and what is looked at do
//! (docs/decisions/0010-life-of-a-pack.md).

use std::collections::BTreeMap;

use domain::id::OrganizationId;
use serde::Serialize;

use crate::{
    Clause, Control, Library,
    control::{Asks, Attestation, Value},
    hash,
};

/// A part of a clause's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Obligation, prohibition, …, and whether it is scored.
    Kind,
    /// Who bears it, and the condition that says who that is.
    Bearer,
    /// When it asks for something.
    Trigger,
    /// The condition that narrows its bearers.
    Applies,
    /// Which controls satisfy it.
    Controls,
    /// The parameters they are judged with.
    Parameters,
    /// How the controls are judged: the query, the duty, the question, what is awaited.
    Judging,
}

/// The meaning of a clause, part by part.
pub type Meaning = BTreeMap<Part, String>;

impl Attestation {
    /// SHA-256 of the question: an answer counts while it is the same.
    pub fn question_hash(&self) -> String {
        hash::of_parts([
            ("vi", self.question.vi.as_str()),
            ("en", self.question.en.as_str()),
        ])
    }
}

impl Library {
    /// SHA-256 of what a control looks at, without its words.
    pub fn control_hash(&self, control: &Control) -> String {
        let check = control.check.as_deref().unwrap_or_default();
        let check = self.checks.get(check).map_or("", |c| c.hash.as_str());
        let question = control.attestation.as_ref();
        let question = question.map_or_else(String::new, Attestation::question_hash);
        let lifetime = control.attestation.as_ref().map(|a| a.lifetime_days);
        let (duty, lifetime) = (text(&control.duty), text(&lifetime));
        let (awaits, stale) = (text(&control.awaits), text(&control.stale_after));
        let parts = [
            ("check", check),
            ("duty", &duty),
            ("question", &question),
            ("lifetime", &lifetime),
            ("awaits", &awaits),
            ("stale", &stale),
        ];
        let form = control.attestation.as_ref();
        let absence = form.is_some_and(|a| a.asks() == Asks::Absence);
        hash::of_parts(
            parts
                .into_iter()
                .chain(absence.then_some(("asks", "absence"))),
        )
    }

    /// SHA-256 of a control judged with these parameter values, for a province alone where
    /// they are its own, and under one regulation alone where that matters.
    pub(crate) fn assessment_hash(
        &self,
        control: &Control,
        parameters: &BTreeMap<String, Value>,
        province: Option<OrganizationId>,
        regulation: Option<&str>,
    ) -> String {
        let (own, values) = (self.control_hash(control), text(parameters));
        let province = province.map(|p| p.to_string());
        let province = province.as_deref().map(|p| ("province", p));
        let parts = [
            ("id", control.id.as_str()),
            ("control", &own),
            ("parameters", &values),
        ];
        let regulation = regulation.map(|r| ("regulation", r));
        hash::of_parts(parts.into_iter().chain(province).chain(regulation))
    }

    /// What a clause means, part by part, with the defaults of this library.
    pub fn meaning(&self, clause: &Clause) -> Meaning {
        let controls = self.controls_of(clause);
        let none = BTreeMap::new();
        let names: Vec<&str> = controls.iter().map(|c| c.id.as_str()).collect();
        let values: Vec<_> = controls
            .iter()
            .map(|c| self.parameters(clause, c, &none))
            .collect();
        let judging: Vec<String> = controls.iter().map(|c| self.control_hash(c)).collect();
        let role = self.roles.roles.get(&clause.bearer);
        let role = role.map_or("", |r| r.when.text());
        let applies = clause.applies.as_ref().map_or("", |a| a.text());
        Meaning::from([
            (Part::Kind, text(&(clause.kind, clause.is_scored()))),
            (Part::Bearer, text(&(&clause.bearer, role))),
            (Part::Trigger, text(&clause.trigger)),
            (Part::Applies, applies.to_owned()),
            (Part::Controls, text(&names)),
            (Part::Parameters, text(&values)),
            (Part::Judging, text(&judging)),
        ])
    }

    /// SHA-256 of what a clause means beside its controls: a verdict carries over from one
    /// version of a pack to the next while this and its controls stay.
    pub fn clause_hash(&self, clause: &Clause) -> String {
        let meaning = self.meaning(clause);
        let own = [Part::Kind, Part::Bearer, Part::Trigger, Part::Applies];
        hash::of_parts(own.iter().map(|part| (part.name(), meaning[part].as_str())))
    }
}

impl Part {
    /// Its word in what is sent and hashed.
    pub fn name(self) -> &'static str {
        match self {
            Part::Kind => "kind",
            Part::Bearer => "bearer",
            Part::Trigger => "trigger",
            Part::Applies => "applies",
            Part::Controls => "controls",
            Part::Parameters => "parameters",
            Part::Judging => "judging",
        }
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Embedded, Memory};

    const REGULATION: &str = "vinh-long-26-2019";

    /// The parts of a clause's meaning that one change in one file changes.
    fn changed(cite: &str, path: &str, from: &str, to: &str) -> Vec<Part> {
        let mut memory = Memory::of(&Embedded).unwrap();
        let before = Library::load(&memory).unwrap();
        let file = memory.0.get_mut(path).unwrap();
        assert!(file.contains(from), "{path} has no {from:?}");
        *file = file.replacen(from, to, 1);
        let after = Library::load(&memory).unwrap();
        let meaning = |l: &Library| l.meaning(l.clause(REGULATION, cite).unwrap());
        let (before, after) = (meaning(&before), meaning(&after));
        let differs = |p: &&Part| before[*p] != after[*p];
        before.keys().filter(differs).copied().collect()
    }

    #[test]
    fn words_change_nothing() {
        let regulation = format!("regulations/{REGULATION}.yaml");
        let summary = changed(
            "qd.2",
            &regulation,
            "In force 11 Nov 2019",
            "In force since",
        );
        assert_eq!(summary, []);
        let control = "controls/logs-arriving.yaml";
        assert_eq!(changed("13.3", control, "Set the", "Please set the"), []);
        assert_eq!(
            changed("13.3", control, "severity: high", "severity: low"),
            []
        );
    }

    #[test]
    fn what_is_looked_at_and_whom_it_binds_change_it() {
        let control = "controls/logs-arriving.yaml";
        assert_eq!(
            changed("13.3", control, "default: 24", "default: 48"),
            [Part::Parameters]
        );
        let check = "checks/logs-arriving.sql";
        assert_eq!(
            changed("13.3", check, "l.lines AS lines", "l.lines + 0 AS lines"),
            [Part::Judging]
        );
        let roles = changed(
            "17.2.c",
            "roles.yaml",
            "org.membership == 'member'",
            "org.membership in ['member']",
        );
        assert_eq!(roles, [Part::Bearer]);
    }
}
