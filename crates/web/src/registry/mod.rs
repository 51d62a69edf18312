//! The registry and the books: pages made from the schema of any noun.

mod book;
pub mod cell;
mod edit;
pub mod form;
mod import;
mod list;
pub mod page;
mod show;

use app::live::Topic;
use domain::{authority::Permission, schema::Schema};

pub use list::{asked, declared, export, export_xlsx};
pub use show::{path_of_file, record_page};

use crate::{
    cx::Cx,
    page::{Menu, Need, Page, Routes},
};

/// The registry and the books.
pub static PAGE: Page = Page {
    path: "/registry",
    menu: Some(Menu::new("database", "nav-registry")),
    need: Need::May(Permission::Read),
    topics: &[Topic::Records],
    routes,
};

/// The routes of the registry.
fn routes() -> Routes {
    Routes::new()
        .files("/registry/{noun}", edit::create)
        .files("/registry/{noun}/{id}", edit::update)
        .files("/registry/{noun}/import", import::try_out)
        .get("/registry", list::index)
        .get("/registry/{noun}", list::list)
        .get("/registry/{noun}/export.csv", list::export)
        .get("/registry/{noun}/export.xlsx", list::export_xlsx)
        .get("/registry/{noun}/closings", book::closings)
        .post("/registry/{noun}/closings", book::close)
        .get("/registry/{noun}/closings/{id}/content.json", book::content)
        .get("/registry/{noun}/closings/{id}/book.pdf", book::print)
        .post("/registry/{noun}/closings/{id}/reopen", book::reopen)
        .get("/registry/{noun}/new", edit::new)
        .get("/registry/{noun}/import", import::form)
        .get("/registry/{noun}/import/template.csv", import::template)
        .post("/registry/{noun}/import/apply", import::apply)
        .get("/registry/{noun}/import/{upload}", import::look)
        .post("/registry/{noun}/import/{upload}/stop", import::stop)
        .post("/registry/{noun}/import/{upload}/again", import::again)
        .get("/registry/{noun}/import/{upload}/bad.csv", import::bad_rows)
        .get("/registry/{noun}/{id}", show::record)
        .get("/registry/{noun}/{id}/edit", edit::edit)
        .get("/registry/{noun}/{id}/versions/{version}", book::version)
        .post("/registry/{noun}/{id}/delete", edit::delete)
        .get("/attachments/{sha256}", show::attachment)
}

/// Whether the reader may write records of a noun somewhere.
pub fn may_write(cx: &Cx, schema: &Schema) -> bool {
    cx.actor
        .as_ref()
        .is_some_and(|actor| actor.writes(schema).is_ok())
}
