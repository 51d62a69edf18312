//! Names that say nothing, work that was put off, tests that do not run, files of others.

use super::{Fault, tree::Tree};

/// Names under which anything could lie.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "misc"];

/// Marks of work that was put off. Written in two halves, so as not to be found here.
const PUT_OFF: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// A handler that takes JSON by axum's own reader.
const BARE_JSON: &str = "): Json<";

const NOT_RUN: &str = concat!("#[ign", "ore");

pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, _) in tree.files() {
        for part in path.split('/') {
            let stem = part.split('.').next().unwrap_or(part);
            if EMPTY_NAMES.contains(&stem) {
                faults.push(Fault::new(
                    path,
                    1,
                    format!("`{stem}` says nothing of what lies in it: name it after its idea"),
                ));
            }
            if part == "node_modules" {
                faults.push(Fault::new(
                    path,
                    1,
                    "npm installs this: it is not ours to keep",
                ));
                break;
            }
        }
        if path.ends_with(".min.js") || path.ends_with(".min.css") {
            faults.push(Fault::new(
                path,
                1,
                "a file of others: make it a dependency in package.json",
            ));
        }
    }
    for (path, text) in tree.texts() {
        if path.ends_with("Cargo.lock") || path.ends_with("package-lock.json") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for mark in PUT_OFF {
                if has_word(line, mark) {
                    faults.push(Fault::new(
                        path,
                        number + 1,
                        format!("`{mark}`: do it now, or say in an issue why not"),
                    ));
                }
            }
            if path.starts_with("crates/web/src/") && line.contains(BARE_JSON) {
                faults.push(Fault::new(
                    path,
                    number + 1,
                    "axum's own reader counts no bytes: take `http::JsonBody`",
                ));
            }
            if path.ends_with(".rs") && line.contains(NOT_RUN) {
                faults.push(Fault::new(
                    path,
                    number + 1,
                    "a test that does not run shows nothing: run it, or remove it",
                ));
            }
        }
    }
    faults
}

/// Whether `word` stands in `line` with neither a letter nor a digit beside it.
fn has_word(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(joins) && !line[at + word.len()..].starts_with(joins))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        let faults = faults(&Tree::from([(path, text)]));
        faults.into_iter().map(|fault| fault.line).collect()
    }

    #[test]
    fn names_that_say_nothing() {
        for path in [
            "src/utils.rs",
            "src/common/mod.rs",
            "helper.test.js",
            "misc",
        ] {
            assert_eq!(found(path, "").len(), 1, "{path}");
        }
        assert!(found("src/commonwealth.rs", "").is_empty());
    }

    #[test]
    fn files_of_others() {
        assert_eq!(found("assets/htmx.min.js", "").len(), 1);
        assert_eq!(found("web/node_modules/a/node_modules/b.js", "").len(), 1);
        assert!(found("assets/app.js", "").is_empty());
    }

    #[test]
    fn work_that_was_put_off() {
        let text = format!("a\n// {}: later\n", PUT_OFF[0]);
        assert_eq!(found("src/a.rs", &text), [2]);
        assert_eq!(found("docs/a.md", &text), [2]);
        assert!(found("Cargo.lock", &text).is_empty());
        assert!(found("a.rs", &format!("{}_LIST m{}X", PUT_OFF[0], PUT_OFF[2])).is_empty());
    }

    #[test]
    fn json_that_nobody_counts() {
        let taken = format!("    Json(sent{BARE_JSON}Sent>,\n");
        assert_eq!(found("crates/web/src/a.rs", &taken), [1]);
        assert!(found("crates/web/src/a.rs", "    JsonBody(sent): JsonBody<Sent>,").is_empty());
    }

    #[test]
    fn tests_that_do_not_run() {
        let text = format!("#[test]\n{NOT_RUN} = \"slow\"]\nfn a() {{}}");
        assert_eq!(found("src/a.rs", &text), [2]);
    }
}
