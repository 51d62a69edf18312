//! REST: the same use cases as the pages, as JSON. Here are the nouns and what no page has for
//! itself alone.

mod meter;
mod openapi;
mod records;
mod shape;
mod state;
mod watch;

pub use meter::{Meter, count};

use crate::{
    page::{Need, Page, Routes},
    registry,
};

/// The API; its description is made from all pages.
pub static PAGE: Page = Page {
    path: "/api/v1/openapi.json",
    menu: None,
    need: Need::SignIn,
    topics: &[],
    routes: || described().merge(state::routes()).merge(of_nouns()),
};

/// Whether the program is well, and its numbers.
pub static HEALTH: Page = Page {
    path: "/healthz",
    menu: None,
    need: Need::Nothing,
    topics: &[],
    routes: || {
        Routes::new()
            .get("/healthz", meter::health)
            .get("/metrics", meter::metrics)
    },
};

fn described() -> Routes {
    Routes::new()
        .get("/api/v1/openapi.json", openapi::document)
        .says(|_| openapi::said())
}

/// The routes of any noun.
fn of_nouns() -> Routes {
    let import = Routes::new()
        .post("/api/v1/{noun}/import", records::import)
        .within(app::registry::MAX_BYTES);
    Routes::new()
        .get("/api/v1/{noun}", records::list)
        .post("/api/v1/{noun}", records::create)
        .get("/api/v1/{noun}/export.csv", registry::export)
        .get("/api/v1/{noun}/export.xlsx", registry::export_xlsx)
        .get("/api/v1/{noun}/closings", records::closings)
        .post("/api/v1/{noun}/closings", records::close)
        .post("/api/v1/{noun}/closings/{id}/reopen", records::reopen)
        .get("/api/v1/{noun}/{id}/versions", records::versions)
        .get("/api/v1/{noun}/{id}", records::get)
        .put("/api/v1/{noun}/{id}", records::replace)
        .patch("/api/v1/{noun}/{id}", records::change)
        .delete("/api/v1/{noun}/{id}", records::delete)
        .merge(import)
}
