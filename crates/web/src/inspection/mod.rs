//! Inspections: plan, checklist, findings, closing.

pub mod page;
mod route;
mod show;

pub use route::routes;
