//! Judging: facts to findings, findings to verdicts, verdicts to pages.

mod ahead;
mod anew;
mod attest;
mod binding;
mod board;
mod compare;
mod control;
mod duties;
mod engine;
mod evidence;
mod finding;
mod judge;
mod past;
mod view;
mod what_if;

pub(crate) use anew::is_judged_so;
pub use anew::{AsOf, Known};
pub use attest::{attest, latest as latest_attestation};
pub(crate) use binding::context as org_context;
pub use board::{Board, Cell, ClauseKey};
pub use control::{ControlUse, ControlView, control};
pub use engine::{Assess, Evaluated, Pen, Unjudged, evaluate, evaluate_with, unjudged};
pub(crate) use evidence::kept_body;
pub use evidence::{ControlEvidence, Evidence, evidence_behind, evidence_of, kept_evidence};
pub use store::assessment::{Attestation, Unit, VerdictRow};
pub use view::{
    ArticleView, BoardView, ChapterView, ClauseView, RegulationView, UnitClause, VerdictView,
    board, by_kind, clause_units, former, heatmap, organization, regulation, unit, verdict,
};
pub(crate) use view::{find, province_of};
pub use what_if::{Turned, WhatIf, draft, what_if};
