//! Judging: facts to findings, findings to verdicts, verdicts to pages.

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
mod view;
mod what_if;

pub use attest::{attest, latest as latest_attestation};
pub(crate) use binding::context as org_context;
pub use board::{Board, Cell, ClauseKey};
pub use control::{ControlUse, ControlView, control};
pub use engine::{Assess, Evaluated, evaluate};
pub use evidence::{ControlEvidence, Evidence};
pub use store::assessment::{Attestation, Unit, VerdictRow};
pub use view::{
    ArticleView, BoardView, ChapterView, ClauseView, RegulationView, UnitClause, VerdictView,
    board, by_kind, clause_units, evidence_of, former, heatmap, kept_evidence, organization,
    regulation, unit, verdict,
};
pub(crate) use view::{find, kept_body, province_of};
pub use what_if::{Turned, WhatIf, draft, what_if};
