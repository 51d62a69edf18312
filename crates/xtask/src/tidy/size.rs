//! No file is too long to be read, or too large to be kept in a repository.

use super::{Fault, tree::Tree};

/// Lines of a file, at most.
const LINES: usize = 600;
/// Bytes of a file, at most.
const BYTES: usize = 600_000;

/// Files whose length is not ours to choose: lock files, and regulations (one file each,
/// as long as the regulation has clauses).
fn is_as_long_as_it_is(path: &str) -> bool {
    path.ends_with("Cargo.lock")
        || path.ends_with("package-lock.json")
        || path.starts_with("policy/regulations/")
}

pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, content) in tree.files() {
        let size = content.size();
        if size > BYTES {
            faults.push(Fault::new(
                path,
                1,
                format!("{size} bytes; the most is {BYTES}: make it at build time, or fetch it"),
            ));
        }
    }
    for (path, text) in tree.texts() {
        let lines = text.lines().count();
        if lines > LINES && !is_as_long_as_it_is(path) {
            faults.push(Fault::new(
                path,
                LINES + 1,
                format!("{lines} lines; the most is {LINES}: look for the second idea in it"),
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> usize {
        faults(&Tree::from([(path, text)])).len()
    }

    #[test]
    fn long_files_are_refused_tests_and_snapshots_too() {
        let long = "x\n".repeat(LINES + 1);
        assert_eq!(broken("crates/app/src/a.rs", &"x\n".repeat(LINES)), 0);
        for path in ["crates/app/src/a.rs", "crates/app/tests/a.rs", "b.snap"] {
            assert_eq!(broken(path, &long), 1, "{path}");
        }
        assert_eq!(broken("Cargo.lock", &long), 0);
        assert_eq!(broken("policy/regulations/a.yaml", &long), 0);
        assert_eq!(broken("policy/controls/a.yaml", &long), 1);
    }

    #[test]
    fn large_files_are_refused_binary_or_not() {
        assert_eq!(broken("a.png", &"\0".repeat(BYTES + 1)), 1);
        assert_eq!(broken("Cargo.lock", &"x".repeat(BYTES + 1)), 1);
        assert_eq!(broken("a.png", &"\0".repeat(BYTES)), 0);
    }
}
