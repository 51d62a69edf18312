//! `GET /compliance/coverage`: what the clauses of each regulation are judged on, and how
//! they were read against their texts.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use policy::{
    Library,
    coverage::{Basis, Coverage},
    reading::Soundness,
};

use super::{
    page::{CoveragePage, CoverageRow},
    words,
};
use crate::{
    cx::Cx,
    http::{self, Reader},
    server::Web,
};

/// The table.
pub async fn page(State(web): State<Web>, reader: Reader) -> Response {
    http::Page(build(reader.cx, &web.app.library())).into_response()
}

fn build(cx: Cx, library: &Library) -> CoveragePage {
    let mut total = Coverage::default();
    let mut rows: Vec<CoverageRow> = Vec::new();
    let mut all = [0; 4];
    for (regulation, counted) in library.coverage() {
        total = total.and(counted);
        let read = READ_AS.map(|verdict| library.read_as(regulation, verdict));
        for (sum, count) in all.iter_mut().zip(read) {
            *sum += count;
        }
        let href = Some(format!("/compliance/{}", regulation.id));
        rows.push(CoverageRow::of(
            href,
            cx.l(&regulation.short),
            counted,
            read,
        ));
    }
    rows.push(CoverageRow::of(None, cx.t("coverage-all"), total, all));
    CoveragePage::of(cx, rows)
}

/// The columns of the readings; the last counts what nobody read.
const READ_AS: [Option<Soundness>; 4] = [
    Some(Soundness::Right),
    Some(Soundness::Weak),
    Some(Soundness::Wrong),
    None,
];

impl CoverageRow {
    /// From the counts.
    pub fn of(href: Option<String>, name: String, counted: Coverage, read: [usize; 4]) -> Self {
        let on = Basis::ALL.iter().rev().map(|basis| counted.count(*basis));
        Self {
            href,
            name,
            clauses: counted.clauses,
            scored: counted.scored,
            on: on.collect(),
            read,
        }
    }
}

impl CoveragePage {
    /// From the rows, with the words of their columns.
    pub fn of(cx: Cx, rows: Vec<CoverageRow>) -> Self {
        let bases = Basis::ALL.iter().rev().map(|b| cx.t(words::basis(*b)));
        let readings =
            READ_AS.map(|verdict| cx.t(verdict.map_or("reading-none", words::soundness)));
        Self {
            bases: bases.collect(),
            readings,
            cx,
            rows,
        }
    }
}
