//! `GET /compliance/coverage`: how the clauses of each regulation are judged.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use policy::{Library, coverage::Coverage};

use super::page::{BoundRow, CoveragePage, CoverageRow};
use crate::{
    cx::Cx,
    http::{self, Reader},
    mark::Mark,
    server::Web,
};

/// The table.
pub async fn page(State(web): State<Web>, reader: Reader) -> Response {
    http::Page(build(reader.cx, &web.app.library())).into_response()
}

fn build(cx: Cx, library: &Library) -> CoveragePage {
    let mut total = Coverage::default();
    let mut rows: Vec<CoverageRow> = Vec::new();
    for (regulation, counted) in library.coverage() {
        total = total.and(counted);
        rows.push(CoverageRow {
            href: Some(format!("/compliance/{}", regulation.id)),
            name: cx.l(&regulation.short),
            counted,
        });
    }
    rows.push(CoverageRow {
        href: None,
        name: cx.t("coverage-all"),
        counted: total,
    });
    let names = [
        "coverage-bound-observed",
        "coverage-bound-recorded",
        "coverage-bound-attested",
    ];
    let bounds = names
        .into_iter()
        .zip(total.bounds())
        .map(|(name, (percent, bound, kept))| BoundRow {
            name: cx.tx(name, bound.to_string()),
            share: cx.percent(&(percent / 100.0)),
            mark: if kept { Mark::Met } else { Mark::Breached },
        })
        .collect();
    CoveragePage { cx, rows, bounds }
}
