//! The addresses of compliance.

use app::assess::{self, BoardView};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{authority::Permission, label::Label, problem::Problem};
use policy::{Regulation, Status, regulation::Chapter};

use super::{
    attest, control, coverage, heatmap,
    look_back::{LookBack, at, day, moment},
    page::{
        ArticleRows, ChapterRows, ClausePage, ClauseRow, ControlText, HeatmapPage, Index, LawRows,
        RegulationPage, RegulationRow, UnitVerdict,
    },
    verdict, what_if, words,
};
use crate::{
    counts::Shown,
    cx::Cx,
    http::{self, Fault, Form, Param, Params, Reader},
    mark::Mark,
    page::Routes,
    paging::Pages,
    server::Web,
};

/// The routes of compliance.
pub fn routes() -> Routes {
    Routes::new()
        .get("/compliance", index)
        .get("/compliance/coverage", coverage::page)
        .get("/compliance/controls/{id}", control::page)
        .get("/compliance/what-if", what_if::form)
        .files("/compliance/what-if", what_if::attempt)
        .get("/compliance/{regulation}", regulation)
        .get("/compliance/{regulation}/heatmap", heat)
        .get("/compliance/{regulation}/{cite}", clause)
        .get("/compliance/{regulation}/{cite}/{unit}", verdict::page)
        .files(
            "/compliance/{regulation}/{cite}/{unit}/attest",
            attest::attest,
        )
}

/// The texts behind a page and the addresses that switch between them.
fn law(cx: &Cx, view: &BoardView, params: &Params, path: &str, ids: &[String]) -> LawRows {
    let today = params.get("law") == "today";
    let with = |law: &str| {
        let rest = params.without(&["law"]);
        let pairs: Vec<&str> = [rest.as_str(), law]
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect();
        if pairs.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", pairs.join("&"))
        }
    };
    LawRows {
        rows: words::laws(cx, &view.library, ids, day(cx, view), today),
        today,
        cited_href: with(""),
        today_href: with("law=today"),
    }
}

pub(super) async fn board(web: &Web, reader: &Reader, params: &Params) -> Result<BoardView, Fault> {
    Ok(assess::board(&web.app, &reader.ctx, moment(params)?).await?)
}

/// A regulation of the pack.
pub fn find<'a>(view: &'a BoardView, id: &str) -> Result<&'a Regulation, Problem> {
    view.library
        .regulations
        .get(id)
        .ok_or_else(|| Problem::not_found(&Label::new("văn bản", "regulation"), id))
}

async fn index(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let view = board(&web, &reader, &params).await?;
    let cx = reader.cx;
    let others = if cx.may(Permission::Manage) {
        let unheld = |r: &&Regulation| !view.adopted.contains(&r.id);
        let all = view.library.regulations.values().filter(unheld);
        all.map(|r| {
            (
                r.id.clone(),
                format!("{} · {}", cx.l(&r.short), cx.l(&r.title)),
            )
        })
        .collect()
    } else {
        Vec::new()
    };
    let regulations = view
        .regulations()
        .map(|r| RegulationRow {
            id: r.id.clone(),
            number: r.number.clone(),
            title: cx.l(&r.title),
            about: format!(
                "{} · {}",
                cx.tx("compliance-in-force", cx.iso(r.effective_from.to_string())),
                cx.tn("compliance-clauses", r.clauses.len())
            ),
            counts: view.tally(&r.id),
        })
        .collect();
    Ok(http::Page(Index {
        cx,
        as_of: LookBack::of(&params),
        at: at(&params),
        regulations,
        others,
    })
    .into_response())
}

fn chapter_title(cx: &Cx, chapter: &Chapter) -> String {
    if chapter.number == "QĐ" {
        cx.t("chapter-decision")
    } else {
        format!(
            "{}. {}",
            cx.tx("chapter", &chapter.number),
            cx.l(&chapter.title)
        )
    }
}

async fn regulation(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let view = board(&web, &reader, &params).await?;
    let told = assess::regulation(&view, &id)?;
    let (cx, r) = (reader.cx, &told.regulation);
    let chapters = told
        .chapters
        .iter()
        .zip(&r.index.chapters)
        .map(|(chapter, indexed)| ChapterRows {
            title: chapter_title(&cx, indexed),
            articles: chapter
                .articles
                .iter()
                .zip(&indexed.articles)
                .map(|(article, indexed)| ArticleRows {
                    number: article.number.clone(),
                    title: words::article(&cx, indexed),
                    counts: article.tally,
                    clauses: article
                        .clauses
                        .iter()
                        .map(|each| ClauseRow {
                            cite: each.clause.cite.clone(),
                            kind: words::kind(&cx, each.clause.kind),
                            summary: cx.l(&each.clause.summary),
                            scored: each.clause.is_scored(),
                            basis: view
                                .library
                                .basis(&each.clause)
                                .map_or_else(String::new, |b| cx.t(words::basis(b))),
                            counts: each.tally,
                        })
                        .collect(),
                })
                .collect(),
        })
        .collect();
    let mut about = format!(
        "{} · {} · {}",
        cx.l(&r.issuer),
        cx.tx("compliance-issued", cx.iso(r.issued_on.to_string())),
        cx.tx("compliance-in-force", cx.iso(r.effective_from.to_string()))
    );
    if let Some(end) = r.effective_to {
        about.push_str(" · ");
        about.push_str(&cx.tx("regulation-until", cx.iso(end.to_string())));
    }
    Ok(http::Page(RegulationPage {
        id,
        number: r.number.clone(),
        short: cx.l(&r.short),
        title: cx.l(&r.title),
        about,
        out_of_force: !r.in_force(day(&cx, &view)),
        as_of: LookBack::of(&params),
        at: at(&params),
        law: law(
            &cx,
            &view,
            &params,
            &format!("/compliance/{}", r.id),
            &r.cites,
        ),
        counts: told.tally,
        chapters,
        cx,
    })
    .into_response())
}

/// Rows of a page: what a browser lays out at once.
const SIZE: usize = 200;

/// The page of rows that is asked for: from which on, and the way to the others.
fn paged(cx: &Cx, params: &Params, path: &str, total: usize) -> Result<(usize, Pages), Fault> {
    params.can(&[Param::new("offset", Form::Number(0, 1_000_000_000), "")])?;
    let offset = params.number("offset");
    let others = params.without(&["offset", "done"]);
    Ok((offset, Pages::new(cx, path, &others, offset, SIZE, total)))
}

async fn heat(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let view = board(&web, &reader, &params).await?;
    let r = find(&view, &id)?;
    let cx = reader.cx;
    let mut cells = assess::heatmap(&view, r);
    // Where it hurts most comes first.
    cells.sort_by_cached_key(|(_, tallies)| {
        let worst = tallies.iter().map(|tally| tally.worst().urgency());
        let breached: u64 = tallies.iter().map(|tally| tally.breached).sum();
        std::cmp::Reverse((worst.max(), breached))
    });
    let path = format!("/compliance/{id}/heatmap");
    let (offset, pages) = paged(&cx, &params, &path, cells.len())?;
    let articles: Vec<_> = r
        .index
        .chapters
        .iter()
        .flat_map(|chapter| &chapter.articles)
        .collect();
    // Articles that nobody is judged by would only be empty columns.
    let used: Vec<usize> = (0..articles.len())
        .filter(|at| {
            cells
                .iter()
                .any(|(_, tallies)| tallies.get(*at).is_some_and(|t| t.total() > 0))
        })
        .collect();
    let heads: Vec<(String, String)> = used
        .iter()
        .map(|at| {
            (
                articles[*at].number.clone(),
                words::article(&cx, articles[*at]),
            )
        })
        .collect();
    let rows: Vec<heatmap::Row> = cells
        .iter()
        .skip(offset)
        .take(SIZE)
        .map(|(unit, tallies)| heatmap::Row {
            code: unit.code.clone(),
            name: unit.name.clone(),
            marks: used
                .iter()
                .map(|at| {
                    tallies
                        .get(*at)
                        .filter(|tally| tally.total() > 0)
                        .map(Shown::worst)
                })
                .collect(),
        })
        .collect();
    let shown = |mark: &Mark| rows.iter().any(|row| row.marks.contains(&Some(*mark)));
    Ok(http::Page(HeatmapPage {
        legend: Mark::VERDICTS.into_iter().filter(shown).collect(),
        table: if rows.is_empty() {
            String::new()
        } else {
            heatmap::table(
                &cx,
                &format!("/compliance/{id}{}", at(&params)),
                &heads,
                &rows,
            )
        },
        pages,
        short: cx.l(&r.short),
        as_of: LookBack::of(&params),
        at: at(&params),
        id,
        cx,
    })
    .into_response())
}

async fn clause(
    State(web): State<Web>,
    reader: Reader,
    Path((id, cite)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Fault> {
    let view = board(&web, &reader, &params).await?;
    let r = find(&view, &id)?;
    let held = r
        .clause(&cite)
        .ok_or_else(|| Problem::not_found(&Label::new("điều khoản", "clause"), &cite))?;
    let cx = reader.cx;
    let mut bound = assess::clause_units(&view, &id, &cite);
    let mut counts = policy::Tally::default();
    for (_, cell) in &bound {
        counts.count(cell.status);
    }
    let path = format!("/compliance/{id}/{cite}");
    let (offset, pages) = paged(&cx, &params, &path, bound.len())?;
    bound = bound.into_iter().skip(offset).take(SIZE).collect();
    // What is well needs no explanation; the rest is told from the evidence behind it, which
    // many have in common.
    let key = assess::ClauseKey {
        regulation: id.clone(),
        cite: cite.clone(),
    };
    let unwell = |(_, cell): &&(&assess::Unit, &assess::Cell)| cell.status != Status::Met;
    let told: Vec<_> = bound.iter().filter(unwell).copied().collect();
    let kept = assess::evidence_behind(&web.app, &view, &key, &told).await?;
    let none = assess::Evidence::default();
    let mut units = Vec::new();
    for (unit, cell) in bound {
        let why = if cell.status == Status::Met {
            String::new()
        } else {
            let evidence = kept.get(&cell.evidence_hash).unwrap_or(&none);
            words::why(&cx, &view.library, cell.status, evidence)
        };
        units.push(UnitVerdict {
            href: format!("/compliance/{id}/{cite}/{}", unit.code),
            name: unit.name.clone(),
            mark: cell.status.into(),
            why,
            since: (!view.is_anew()).then_some(cell.since),
        });
    }
    let article = r
        .index
        .chapters
        .iter()
        .flat_map(|chapter| &chapter.articles)
        .find(|article| article.clauses.contains(&cite))
        .map_or_else(String::new, |article| words::article(&cx, article));
    let controls = view
        .library
        .controls_of(held)
        .into_iter()
        .map(|control| ControlText {
            id: control.id.clone(),
            title: cx.l(&control.title),
            about: words::control(&cx, &view.library, control, None),
            sql: control
                .check
                .as_ref()
                .and_then(|check| view.library.checks.get(check))
                .map_or_else(String::new, |check| check.sql.clone()),
        })
        .collect();
    Ok(http::Page(ClausePage {
        short: cx.l(&r.short),
        article,
        cite_in_words: words::cite(&cx, &cite),
        summary: cx.l(&held.summary),
        scored: held.is_scored(),
        about: words::about(&cx, &view.library, held),
        reading: words::reading(&cx, &view.library, &id, held),
        as_of: LookBack::of(&params),
        at: at(&params),
        law: law(
            &cx,
            &view,
            &params,
            &format!("/compliance/{id}/{cite}"),
            &held.cites,
        ),
        controls,
        counts,
        units,
        pages,
        id,
        cite,
        cx,
    })
    .into_response())
}
