//! The registry and the books: pages made from the schema of any noun.

mod book;
pub mod cell;
mod edit;
pub mod form;
mod import;
mod list;
pub mod page;
mod show;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use domain::schema::Schema;

pub use list::{asked, declared, export, export_xlsx};
pub use show::{path_of_file, record_page};

use crate::{cx::Cx, server::Web};

/// The routes of the registry.
pub fn routes() -> Router<Web> {
    let files = Router::new()
        .route("/registry/{noun}", post(edit::create))
        .route("/registry/{noun}/{id}", post(edit::update))
        .route("/registry/{noun}/import", post(import::try_out))
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/registry", get(list::index))
        .route("/registry/{noun}", get(list::list))
        .route("/registry/{noun}/export.csv", get(list::export))
        .route("/registry/{noun}/export.xlsx", get(list::export_xlsx))
        .route(
            "/registry/{noun}/closings",
            get(book::closings).post(book::close),
        )
        .route(
            "/registry/{noun}/closings/{id}/content.json",
            get(book::content),
        )
        .route("/registry/{noun}/closings/{id}/book.pdf", get(book::print))
        .route("/registry/{noun}/closings/{id}/reopen", post(book::reopen))
        .route("/registry/{noun}/new", get(edit::new))
        .route("/registry/{noun}/import", get(import::form))
        .route(
            "/registry/{noun}/import/template.csv",
            get(import::template),
        )
        .route("/registry/{noun}/import/apply", post(import::apply))
        .route("/registry/{noun}/import/{upload}", get(import::look))
        .route("/registry/{noun}/import/{upload}/stop", post(import::stop))
        .route(
            "/registry/{noun}/import/{upload}/again",
            post(import::again),
        )
        .route(
            "/registry/{noun}/import/{upload}/bad.csv",
            get(import::bad_rows),
        )
        .route("/registry/{noun}/{id}", get(show::record))
        .route("/registry/{noun}/{id}/edit", get(edit::edit))
        .route(
            "/registry/{noun}/{id}/versions/{version}",
            get(book::version),
        )
        .route("/registry/{noun}/{id}/delete", post(edit::delete))
        .route("/attachments/{sha256}", get(show::attachment))
        .merge(files)
}

/// Whether the reader may write records of a noun somewhere.
pub fn may_write(cx: &Cx, schema: &Schema) -> bool {
    cx.actor
        .as_ref()
        .is_some_and(|actor| actor.writes(schema).is_ok())
}
