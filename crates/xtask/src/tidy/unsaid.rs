//! Messages that no page says: what is left of a page that lost a part.

use super::{Fault, tree::Tree};

const LOCALES: &str = "crates/web/locales/";

pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let sources: Vec<&str> = tree
        .texts()
        .filter(|(path, _)| {
            path.starts_with("crates/web/src/")
                || path.starts_with("crates/web/templates/")
                || path.starts_with("policy/")
        })
        .map(|(_, text)| text)
        .collect();
    let says = |part: &str| sources.iter().any(|text| text.contains(part));
    let mut faults = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.starts_with(LOCALES)) {
        for (number, line) in text.lines().enumerate() {
            let Some((key, _)) = line.split_once(" = ") else {
                continue;
            };
            if key.starts_with([' ', '#', '-', '.']) || says(&format!("\"{key}\"")) {
                continue;
            }
            // `format!("mark-{}")` and `"part-".to_owned() + …` say many.
            let built = key.match_indices('-').any(|(at, _)| {
                let head = &key[..=at];
                says(&format!("\"{head}{{")) || says(&format!("\"{head}\""))
            });
            if !built {
                faults.push(Fault::new(
                    path,
                    number + 1,
                    format!("no page says `{key}`: say it, or take it away"),
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_said_whole_or_built() {
        let tree = Tree::from([
            (
                "crates/web/src/cx.rs",
                "t(\"yes\"); t(format!(\"mark-{}\", x))",
            ),
            ("crates/web/templates/a.html", "{{ cx.t(\"no\") }}"),
            (
                "crates/web/locales/vi/a.ftl",
                "yes = Có\nno = Không\nmark-up = Thông\nlost = Mất\n",
            ),
        ]);
        let faults = faults(&tree);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].line, 4);
    }
}
