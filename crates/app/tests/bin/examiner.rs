//! Reads files for the tests of this crate, as `gieng examine` does for the program.

use std::process::ExitCode;

fn main() -> ExitCode {
    app::examiner::child(std::env::args()).unwrap_or(ExitCode::FAILURE)
}
