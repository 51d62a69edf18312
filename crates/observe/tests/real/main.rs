//! Against real programs and real networks: hosts, firewalls, `logger`, `rsyslogd`.

mod hostile;
mod notice;
mod probe;
mod rig;
mod share;
mod syslog;
mod world;
