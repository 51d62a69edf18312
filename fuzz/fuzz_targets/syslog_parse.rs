//! Any bytes are a syslog message.
#![no_main]

use jiff::{Timestamp, tz::TimeZone};
use libfuzzer_sys::fuzz_target;
use wire::syslog::parse;

fuzz_target!(|line: &[u8]| {
    let zone = TimeZone::fixed(jiff::tz::offset(7));
    let message = parse(line, Timestamp::UNIX_EPOCH, &zone);
    assert!(message.facility.is_none_or(|f| f < 24));
    assert!(message.message.len() <= line.len());
    let _ = message.text();
    for element in message.elements() {
        let _ = element.parameters().count();
    }
});
