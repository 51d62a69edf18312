//! The whole program against real programs and bad input: `rsyslogd`, `logger`, `curl`,
//! PostgreSQL, kills at any moment, a full disk, a clock that jumps back.

mod api;
mod beside;
mod clock;
mod console;
mod database;
mod disk;
mod edge;
mod endless;
mod evidence;
mod flood;
#[path = "../../../vault/tests/suite/support/forge.rs"]
#[expect(dead_code, reason = "the tests of the vault use the rest")]
mod forge;
mod hostile;
mod hostile_file;
mod lines;
mod notice;
mod outage;
mod private;
mod sender;
mod syslog;

/// The program under test.
const GIENG: &str = env!("CARGO_BIN_EXE_gieng");
