//! The routes as they stand in the source of `web`.

use std::{collections::BTreeSet, path::Path};

/// Method and route of everything that the source of `web` gives to `.route(…)`.
pub fn of_the_source() -> BTreeSet<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src");
    let mut found = BTreeSet::new();
    let mut folders = vec![source];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the source of web is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("source is text");
                read(&text, &mut found);
            }
        }
    }
    assert!(found.len() > 60, "the router is written in another way now");
    found
}

fn read(text: &str, found: &mut BTreeSet<(String, String)>) {
    for call in text.split(".route(").skip(1) {
        let call = &call[..closing(call)];
        let route = call.split('"').nth(1).expect("a route is a literal");
        for (word, method) in [
            ("get(", "GET"),
            ("post(", "POST"),
            ("put(", "PUT"),
            ("patch(", "PATCH"),
            ("delete(", "DELETE"),
        ] {
            let starts = |at: usize| {
                let before = call[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            };
            if call.match_indices(word).any(|(at, _)| starts(at)) {
                found.insert((method.to_owned(), route.to_owned()));
            }
        }
    }
}

/// Where the bracket that is open at the start closes. Routes hold no brackets of this kind.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}
