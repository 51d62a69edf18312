//! REST: the same use cases as the pages, as JSON.

mod meter;
mod openapi;
mod records;
mod shape;
mod state;
mod watch;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

pub use meter::{Meter, count};

use crate::{registry, server::Web};

/// The routes of the API, of health and of metrics.
pub fn routes() -> Router<Web> {
    let import = Router::new()
        .route("/api/v1/{noun}/import", post(records::import))
        .layer(DefaultBodyLimit::max(app::registry::MAX_BYTES));
    Router::new()
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/api/v1/verdicts", get(state::verdicts))
        .route("/api/v1/duties", get(state::duties))
        .route("/api/v1/targets", get(state::targets))
        .route("/api/v1/alarms", get(state::alarms))
        .route("/api/v1/outages", get(watch::outages))
        .route("/api/v1/availability", get(watch::availability))
        .route("/api/v1/samples", get(watch::samples))
        .route("/api/v1/logs", get(state::logs))
        .route("/api/v1/journal", get(state::journal))
        .route(
            "/api/v1/claims",
            get(crate::claim::api_list).post(crate::claim::api_decide),
        )
        .route("/api/v1/shares", get(crate::share::api_received))
        .route(
            "/api/v1/{noun}/{id}/shares",
            get(crate::share::api_given).post(crate::share::api_share),
        )
        .route(
            "/api/v1/{noun}/{id}/shares/{share}/end",
            post(crate::share::api_end),
        )
        .route("/api/v1/search", get(state::search))
        .route("/api/v1/documents", get(crate::document::api_list))
        .route("/api/v1/documents/{id}", get(crate::document::api_get))
        .route(
            "/api/v1/flows",
            get(crate::flow::api_list).post(crate::flow::api_begin),
        )
        .route("/api/v1/flows/{id}", get(crate::flow::api_get))
        .route(
            "/api/v1/flows/{id}/steps/{step}",
            post(crate::flow::api_step),
        )
        .route(
            "/api/v1/flows/{id}/withdraw",
            post(crate::flow::api_withdraw),
        )
        .route("/api/v1/{noun}", get(records::list).post(records::create))
        .route("/api/v1/{noun}/export.csv", get(registry::export))
        .route("/api/v1/{noun}/export.xlsx", get(registry::export_xlsx))
        .route(
            "/api/v1/{noun}/closings",
            get(records::closings).post(records::close),
        )
        .route("/api/v1/{noun}/closings/{id}/reopen", post(records::reopen))
        .route("/api/v1/{noun}/{id}/versions", get(records::versions))
        .route(
            "/api/v1/{noun}/{id}",
            get(records::get)
                .put(records::replace)
                .patch(records::change)
                .delete(records::delete),
        )
        .merge(import)
        .route("/healthz", get(meter::health))
        .route("/metrics", get(meter::metrics))
}
