//! The rules of the workspace that no compiler knows.

mod layering;
mod links;
mod size;
mod tree;
mod twins;
mod unsaid;
mod words;
mod writing;

use std::{fmt, process::ExitCode};

use tree::Tree;

/// A rule that a place breaks, and what would be right instead.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    /// Path from the root of the workspace.
    file: String,
    /// From 1.
    line: usize,
    what: String,
}

impl Fault {
    fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Looks at every file that git knows or would take, and prints what is against a rule.
pub fn run() -> anyhow::Result<ExitCode> {
    let tree = Tree::of_workspace()?;
    let mut faults = layering::faults(&tree, &layering::packages()?);
    faults.extend(size::faults(&tree));
    faults.extend(words::faults(&tree));
    faults.extend(links::faults(&tree));
    faults.extend(twins::faults(&tree));
    faults.extend(unsaid::faults(&tree));
    faults.extend(writing::faults(&tree));
    faults.sort();
    for fault in &faults {
        eprintln!("{fault}");
    }
    let files = tree.files().count();
    if faults.is_empty() {
        println!("tidy: {files} files, nothing to mend");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("tidy: {files} files, {} to mend", faults.len());
    Ok(ExitCode::FAILURE)
}
