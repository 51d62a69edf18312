//! Lines and what is read in them.

use jiff::{Timestamp, tz::TimeZone};
use wire::syslog::{Message, parse};

/// As it is read at 22:30 in Vietnam on 26 November 2026.
pub fn read(line: &str) -> Message<'_> {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let received: Timestamp = "2026-11-26T22:30:00+07:00".parse().unwrap();
    parse(line.as_bytes(), received, &zone)
}

/// Line; host, application (empty: not told); severity; time (empty: not told).
pub type Row = (&'static str, &'static str, &'static str, u8, &'static str);

/// Each line says what its row tells, and its bytes are kept.
pub fn hold(rows: &[Row]) {
    for (line, host, application, severity, time) in rows {
        let m = read(line);
        let time: Option<Timestamp> = (!time.is_empty()).then(|| time.parse().unwrap());
        assert_eq!(m.host.as_deref().unwrap_or(""), *host, "host of {line}");
        assert_eq!(
            m.application.as_deref().unwrap_or(""),
            *application,
            "application of {line}"
        );
        let told = (*severity != NOT_TOLD).then_some(*severity);
        assert_eq!(m.severity.map(|s| s as u8), told, "severity of {line}");
        let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
        assert_eq!(millis(m.sent_at), millis(time), "time of {line}");
        assert_eq!(m.raw, line.as_bytes(), "the bytes of {line}");
    }
}

/// The severity of a line that tells none.
pub const NOT_TOLD: u8 = 9;

/// Ten in the evening in Vietnam.
pub const TEN: &str = "2026-11-26T22:00:00+07:00";
