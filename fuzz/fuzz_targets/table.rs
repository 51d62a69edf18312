//! A table handed in for import: CSV in any dialect, or a workbook.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = examine::table::read(bytes);
});
