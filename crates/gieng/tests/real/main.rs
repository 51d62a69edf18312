//! The whole program against real programs and bad input: `rsyslogd`, `logger`, `curl`,
//! PostgreSQL, kills at any moment.

mod console;
mod database;
mod hostile;
mod sender;
mod syslog;

/// The program under test.
const GIENG: &str = env!("CARGO_BIN_EXE_gieng");
