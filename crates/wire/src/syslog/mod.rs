//! Syslog: RFC 5424, RFC 3164 and what real senders make of them.

mod body;
mod bsd;
mod huawei;
mod key_value;
mod message;
mod parse;
mod relayed;
mod rfc5424;
mod stamp;
mod vendor;
mod zone;

pub use message::{Dialect, Message, Severity, Zone, facility_name};
pub use parse::parse;
pub use rfc5424::{Element, Elements, Parameters};
