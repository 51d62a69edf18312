//! A receipt handed in: no text holds that nobody here signed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    assert!(app::proof::verify(text, Some("none")).is_err());
});
