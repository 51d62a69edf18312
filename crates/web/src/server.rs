//! The web server: all routes and what stands around them.

use std::{net::SocketAddr, sync::Arc};

use app::App;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
    serve::{Listener, ListenerExt as _},
};
use domain::net::Prefix;
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{
    admin, api, assets, auth, calendar, compliance, document, http, inspection, journal, live, log,
    network, overview, proof, registry, search, unit,
};

/// The most that a form without a file may hold.
const FORM: usize = 256 << 10;

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
        }
    }

    /// Behind these proxies: their `X-Forwarded-For` is believed, and nobody else's.
    #[must_use]
    pub fn behind(mut self, proxies: impl Into<Arc<[Prefix]>>) -> Self {
        self.proxies = proxies.into();
        self
    }
}

/// All routes.
pub fn router(web: Web) -> Router {
    let pages = Router::new()
        .merge(auth::routes())
        .merge(overview::routes())
        .merge(unit::routes())
        .merge(compliance::routes())
        .merge(proof::routes())
        .merge(inspection::routes())
        .merge(calendar::routes())
        .merge(network::routes())
        .merge(log::routes())
        .merge(registry::routes())
        .merge(document::routes())
        .merge(admin::routes())
        .merge(journal::routes())
        .merge(search::routes())
        .merge(api::routes())
        .layer(from_fn(http::same_site))
        .layer(DefaultBodyLimit::max(FORM))
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(http::Fault::from(
                domain::problem::Problem::internal(""),
            ))
        }))
        .layer(from_fn(http::dress))
        .layer(from_fn_with_state(web.clone(), api::count))
        // A map of a thousand sites is large; within one network the quickest packing is best.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    Router::new()
        .route("/live", get(live::stream))
        .route("/assets/{file}", get(assets::serve))
        .merge(pages)
        .layer(from_fn_with_state(web.clone(), http::ask))
        .layer(from_fn_with_state(web.clone(), http::headers))
        .with_state(web)
}

/// Serves until `web.stop` is cancelled; requests that run are finished.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: impl Listener<Addr = SocketAddr>, web: Web) -> std::io::Result<()> {
    let stop = web.stop.clone();
    let service = router(web).into_make_service_with_connect_info::<SocketAddr>();
    // Of a tapped listener, whatever it is, axum knows the address of the other end.
    axum::serve(listener.tap_io(|_| ()), service)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
}
