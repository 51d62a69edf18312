//! Tidy and other chores of the workspace.

mod tidy;

use std::{env, process::ExitCode};

const USAGE: &str = "\
cargo xtask <chore>

  tidy    holds the workspace to its rules: which crate may use which, the size and
          the names of files, links between documents, folders that must agree";

fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy::run(),
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}
