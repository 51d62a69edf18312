//! A control with all that it serves.

use std::collections::{BTreeMap, HashSet};

use domain::{id::OrganizationId, label::Label, problem::Problem};
use policy::{Clause, Control, Regulation, Tally, control::Value};

use super::{engine::Findings, view::BoardView};
use crate::App;

/// A clause that asks for a control.
#[derive(Clone, Debug)]
pub struct ControlUse {
    /// The regulation's id.
    pub regulation: String,
    /// Its short name.
    pub short: Label,
    /// Whether the regulation holds for somebody in scope.
    pub adopted: bool,
    /// The clause.
    pub clause: Clause,
    /// The values with which the clause has it judged.
    pub parameters: BTreeMap<String, Value>,
    /// Verdicts on the clause, of all its controls together.
    pub tally: Tally,
}

/// A control with all that it serves.
#[derive(Clone, Debug)]
pub struct ControlView {
    /// The control.
    pub control: Control,
    /// The check's SQL, where it has one.
    pub sql: Option<String>,
    /// Every clause in every regulation.
    pub uses: Vec<ControlUse>,
    /// What the control itself says of each organization that it is asked of, once for each
    /// set of parameters; none for a past day as it was known then, of which only verdicts were kept.
    pub tally: Option<Tally>,
}

/// A control, the clauses that it serves, and how it stands.
///
/// # Errors
/// Not found.
pub fn control(app: &App, view: &BoardView, id: &str) -> Result<ControlView, Problem> {
    let library = &view.library;
    let control = library
        .controls
        .get(id)
        .ok_or_else(|| Problem::not_found(&Label::new("biện pháp", "control"), id))?;
    let chosen = app.settings().of(view.province()).chosen().common;
    let asks = |clause: &Clause| library.controls_of(clause).iter().any(|c| c.id == id);
    let used = |regulation: &Regulation, clause: &Clause| {
        let mut tally = Tally::default();
        if let Some(c) = view.board.clause(&regulation.id, &clause.cite) {
            let cells = view.units.iter().filter_map(|u| view.board.cell(*u, c));
            cells.for_each(|cell| tally.count(cell.status));
        }
        ControlUse {
            regulation: regulation.id.clone(),
            short: regulation.short.clone(),
            adopted: view.adopted.contains(&regulation.id),
            clause: clause.clone(),
            parameters: library.parameters(clause, control, &chosen),
            tally,
        }
    };
    let uses = library
        .regulations
        .values()
        .flat_map(|r| r.clauses.iter().map(move |c| (r, c)))
        .filter(|(_, clause)| asks(clause))
        .map(|(regulation, clause)| used(regulation, clause))
        .collect();
    Ok(ControlView {
        control: control.clone(),
        sql: control
            .check
            .as_ref()
            .and_then(|check| library.checks.get(check))
            .map(|check| check.sql.clone()),
        uses,
        tally: view.findings(app).map(|all| found(&all, view, id)),
    })
}

/// What was found of those in scope whom a clause binds that asks for it.
fn found(findings: &Findings, view: &BoardView, id: &str) -> Tally {
    let mut tally = Tally::default();
    for (assessment, found) in findings.iter().filter(|(a, _)| a.control == id) {
        let clauses: Vec<usize> = assessment
            .clauses
            .iter()
            .filter_map(|(regulation, cite)| view.board.clause(regulation, cite))
            .collect();
        let bound: HashSet<OrganizationId> = view
            .units
            .iter()
            .filter(|u| assessment.holds_in(view.board.units[**u].province()))
            .filter(|u| clauses.iter().any(|c| view.board.cell(**u, *c).is_some()))
            .map(|u| view.board.units[*u].id)
            .collect();
        for unit in bound {
            let status = found
                .get(&unit)
                .map_or(policy::Status::NoData, |f| f.status);
            tally.count(status);
        }
    }
    tally
}
