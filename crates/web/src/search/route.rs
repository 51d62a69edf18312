//! `GET /search`, and what is found while typing.

use app::search::{self, Found as Hits};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::page::{Found, Hit, Page};
use crate::{
    cx::Cx,
    http::{self, Fault, Params, Reader},
    page::Routes,
    server::Web,
};

/// The routes of the search box.
pub fn routes() -> Routes {
    Routes::new()
        .get("/search", page)
        .get("/search/found", found)
}

/// Things found, each with its page.
pub fn hits(cx: &Cx, web: &Web, list: Vec<Hits>) -> Vec<Hit> {
    list.into_iter()
        .map(|found| {
            let title = cx.l(&found.title);
            if found.noun == "clause" {
                return Hit {
                    href: format!("/compliance/{}", found.id),
                    icon: "scale".into(),
                    title,
                    about: crate::compliance::words::cite(cx, &found.code),
                    phone: None,
                };
            }
            let schema = web.app.schema(&found.noun).ok();
            let word = schema
                .as_ref()
                .map_or_else(|| found.noun.clone(), |schema| cx.l(&schema.label));
            Hit {
                href: if found.noun == "organization" && !found.code.is_empty() {
                    format!("/units/{}", found.code)
                } else {
                    format!("/registry/{}/{}", found.noun, found.id)
                },
                icon: schema
                    .and_then(|schema| schema.icon.clone())
                    .unwrap_or_default(),
                title,
                about: [Some(word), Some(found.code), found.unit]
                    .into_iter()
                    .flatten()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(" · "),
                phone: found.phone,
            }
        })
        .collect()
}

async fn find(web: &Web, reader: &Reader, q: &str, limit: usize) -> Result<Found, Fault> {
    let list = search::find(&web.app, &reader.ctx, q, limit).await?;
    Ok(Found {
        hits: hits(&reader.cx, web, list),
        q: q.to_owned(),
        cx: reader.cx.clone(),
    })
}

async fn page(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let found = find(&web, &reader, params.get("q"), 50).await?;
    Ok(http::Page(Page {
        cx: reader.cx,
        found,
    })
    .into_response())
}

async fn found(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    if params.get("q").is_empty() {
        return Ok(axum::response::Html("").into_response());
    }
    Ok(http::Page(find(&web, &reader, params.get("q"), 6).await?).into_response())
}
