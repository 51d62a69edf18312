//! A document handed in: whatever its bytes are, it is judged within bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = examine::attachment::examine(bytes);
});
