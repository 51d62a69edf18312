//! The web server: all routes and what stands around them.

use std::sync::Arc;

use app::{
    App,
    seats::{Places, Seats},
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
};
use domain::net::Prefix;
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{api, door, http, live, pages};

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    /// The program.
    pub app: App,
    /// Whether browsers reach it by HTTPS: cookies are then never sent without.
    pub secure: bool,
    /// The proxies whose word counts for where a request comes from.
    pub proxies: Arc<[Prefix]>,
    /// Ends the streams of live pages when the server stops.
    pub stop: CancellationToken,
    /// What the front door counts about itself.
    pub(crate) meter: Arc<api::Meter>,
    /// Who may be connected.
    pub(crate) seats: Seats,
    /// What who is not signed in may ask.
    pub(crate) strangers: Arc<http::Strangers>,
    /// Live streams by session.
    pub(crate) streams: Arc<live::Streams>,
}

impl Web {
    /// The shared state.
    pub fn new(app: App, secure: bool, stop: CancellationToken) -> Self {
        Self {
            app,
            secure,
            proxies: Arc::default(),
            stop,
            meter: Arc::default(),
            seats: Seats::new(door::PLACES),
            strangers: Arc::default(),
            streams: Arc::default(),
        }
    }

    /// With room for so many connections.
    #[must_use]
    pub fn with_places(mut self, places: Places) -> Self {
        self.seats = Seats::new(places);
        self
    }

    /// Behind these proxies: their `X-Forwarded-For` is believed, and nobody else's.
    #[must_use]
    pub fn behind(mut self, proxies: impl Into<Arc<[Prefix]>>) -> Self {
        self.proxies = proxies.into();
        self
    }
}

/// An address that leads nowhere: who is signed in keeps the menu.
async fn nowhere(_: http::Visitor) -> StatusCode {
    StatusCode::NOT_FOUND
}

/// All routes.
pub fn router(web: Web) -> Router {
    let pages = pages::router(pages::ALL, &web)
        .fallback(nowhere)
        .layer(from_fn(http::same_site))
        .layer(from_fn_with_state(web.clone(), http::legible))
        .layer(DefaultBodyLimit::max(http::FORM))
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(http::Fault::from(
                domain::problem::Problem::internal(""),
            ))
        }))
        .layer(from_fn_with_state(web.clone(), http::fair))
        .layer(from_fn(http::dress))
        .layer(from_fn_with_state(web.clone(), api::count))
        // A map of a thousand sites is large; within one network the quickest packing is best.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    pages::router(pages::BESIDE, &web)
        .merge(pages)
        .layer(from_fn_with_state(web.clone(), http::ask))
        .layer(from_fn_with_state(web.clone(), http::headers))
        .with_state(web)
}
