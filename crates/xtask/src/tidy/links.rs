//! A relative link of a document leads to a file that is there.

use super::{Fault, tree::Tree};

pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".md")) {
        for (line, target) in targets(text) {
            let Some(file) = relative(target) else {
                continue;
            };
            if !resolve(path, file).is_some_and(|file| tree.holds(&file)) {
                faults.push(Fault::new(
                    path,
                    line,
                    format!("the link to `{target}` leads nowhere"),
                ));
            }
        }
    }
    faults
}

/// The targets of all inline links, images and HTML attributes outside code, with their lines.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fence = None;
    for (number, line) in text.lines().enumerate() {
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.trim_start().starts_with(mark));
        if let Some(mark) = mark {
            fence = match fence {
                None => Some(mark),
                Some(open) if open == mark => None,
                open => open,
            };
        } else if fence.is_none() {
            // Every other piece between backticks is code. A link whose text is code leaves
            // its target at the start of the piece after it.
            for prose in line.split('`').step_by(2) {
                for (open, close) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
                    for after in prose.split(open).skip(1) {
                        if let Some(end) = after.find(close) {
                            found.push((number + 1, &after[..end]));
                        }
                    }
                }
            }
        }
    }
    found
}

/// The path of a relative link, without its anchor and title.
fn relative(target: &str) -> Option<&str> {
    let target = target.split_whitespace().next()?;
    let file = target.split('#').next().unwrap_or(target);
    let is_address = file.contains("://") || file.starts_with("mailto:");
    (!file.is_empty() && !is_address).then_some(file)
}

/// `target` as seen from the document `from`; none when it leaves the workspace.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from
            .split('/')
            .rev()
            .skip(1)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect(),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(document: &str) -> Vec<usize> {
        let tree = Tree::from([
            ("docs/a.md", document),
            ("docs/b.md", ""),
            ("README.md", ""),
        ]);
        faults(&tree).into_iter().map(|fault| fault.line).collect()
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named_with_its_line() {
        assert_eq!(lines("[b](b.md)\n![c](c.png)\n[d](d.md)"), [2, 3]);
        assert_eq!(lines("<img src=\"c.png\" width=\"9\">"), [1]);
        assert_eq!(lines("[`code`](c.md)"), [1]);
    }

    #[test]
    fn what_is_there_is_found() {
        assert_eq!(
            lines("[b](b.md#part \"title\") [r](../README.md) [d](../docs) [p](/docs/b.md)"),
            [0; 0]
        );
        assert_eq!(lines("[out](../../elsewhere.md)"), [1]);
    }

    #[test]
    fn addresses_anchors_and_code_are_left_alone() {
        assert_eq!(
            lines("[a](https://a.vn/x) [b](mailto:a@b.vn) [c](#part)"),
            [0; 0]
        );
        assert_eq!(lines("```\n[c](c.md)\n```\nand `[c](c.md)` too"), [0; 0]);
    }
}
