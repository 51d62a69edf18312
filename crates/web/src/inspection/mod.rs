//! Inspections: plan, checklist, findings, closing.

pub mod page;
mod route;

pub use route::routes;
