//! What stands between HTTP and the pages: context, sessions, errors, guards.

mod asked;
mod fair;
mod fault;
mod guard;
mod json;
mod own;
mod param;
mod params;
mod reader;
mod reply;
mod room;
mod upload;
mod whole;

pub use asked::ask;
pub use fair::{Strangers, fair};
pub use fault::{Fault, More, dress};
pub use guard::{headers, same_site};
pub use json::{JsonBody, read_json};
pub use own::own_path;
pub use param::{Form, Param, legible, misasked};
pub use params::{Params, encode, query};
pub use reader::{Reader, SESSION, Visitor, browser, cookie, device_cookie, stage_path};
pub use reply::{Page, done, redirect};
pub use upload::{FORM, FilePart, Upload, receive};
pub use whole::Whole;
