//! `GET /units`.

use std::collections::HashMap;

use app::{assess, watch};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{id::OrganizationId, noun, text};

use super::{
    detail,
    page::{List, UnitRow},
};
use crate::{
    http::{self, Fault, Form, Param, Params, Reader},
    mark::Mark,
    overview::kind_word,
    page::Routes,
    paging::Pages,
    server::Web,
};

const SIZE: usize = 100;

/// The routes of units.
pub fn routes() -> Routes {
    Routes::new()
        .get("/units", list)
        .get("/units/{code}", detail::page)
}

async fn list(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let cx = reader.cx;
    let kinds = noun::get("organization").and_then(|schema| schema.field("kind"));
    let kinds = kinds.iter().flat_map(|field| field.choices.keys());
    params.hold_filled(&[
        Param::new("q", Form::Text, ""),
        Param::one_of("group", kinds.map(String::as_str), ""),
        Param::new("offset", Form::Number(0, 1_000_000_000), ""),
        Param::new("done", Form::Text, ""),
    ])?;
    let view = assess::board(&web.app, &reader.ctx, None).await?;
    let mut marks: HashMap<OrganizationId, Mark> = HashMap::new();
    for target in watch::targets(&web.app, &reader.ctx)
        .await?
        .iter()
        .filter(|t| t.noun == "site")
    {
        let mark = Mark::of_state(&target.state);
        let worst = marks.entry(target.organization).or_insert(mark);
        if mark.urgency() > worst.urgency() {
            *worst = mark;
        }
    }
    let (wanted, group) = (text::fold(params.get("q")), params.get("group"));
    let found: Vec<_> = view
        .units
        .iter()
        .map(|at| (*at, &view.board.units[*at]))
        .filter(|(_, unit)| group.is_empty() || unit.kind == group)
        .filter(|(_, unit)| {
            wanted.is_empty()
                || text::fold(&format!("{} {}", unit.name, unit.code)).contains(&wanted)
        })
        .collect();
    let offset = params.number("offset");
    let rows = found
        .iter()
        .skip(offset)
        .take(SIZE)
        .map(|(at, unit)| UnitRow {
            code: unit.code.clone(),
            name: unit.name.clone(),
            group: kind_word(&cx, &unit.kind),
            mark: marks.get(&unit.id).copied(),
            counts: view.board.tally(*at, None),
        })
        .collect();
    let groups = noun::get("organization")
        .and_then(|schema| schema.field("kind"))
        .map(|field| {
            field
                .choices
                .iter()
                .map(|(code, label)| (code.clone(), cx.l(label), code == group))
                .collect()
        })
        .unwrap_or_default();
    let pages = Pages::new(
        &cx,
        "/units",
        &params.without(&["offset", "done"]),
        offset,
        SIZE,
        found.len(),
    );
    Ok(http::Page(List {
        q: params.get("q").to_owned(),
        groups,
        total: found.len(),
        rows,
        pages,
        cx,
    })
    .into_response())
}
