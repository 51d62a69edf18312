//! Changes are written through `Work` (`crates/app/src/work.rs`): places that begin a transaction
//! of their own become fewer, never more.

use super::{Fault, tree::Tree};

/// So many places still begin a transaction of their own. It only falls, to what is left.
const CEILING: usize = 1;
/// Where `Work` begins them.
const WORK: &str = "crates/app/src/work.rs";
/// The database's own transactions, and the crates whose `begin` is another.
const OTHERS: [&str; 3] = ["crates/store/", "crates/examine/", "crates/xtask/"];

pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    found_against(tree, CEILING)
}

fn found_against(tree: &Tree, ceiling: usize) -> Vec<Fault> {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| is_looked_at(path)) {
        let lines = text.lines().enumerate();
        let begins =
            lines.filter(|(_, line)| line.contains(".begin()") || line.contains(".begin_later()"));
        found.extend(begins.map(|(at, _)| (path, at + 1)));
    }
    match found.len() {
        most if most > ceiling => {
            let what = format!(
                "{most} places begin a transaction of their own; the most is {ceiling}: begin a \
                 `Work` (`app.begin(ctx, need)`)"
            );
            let faults = found.iter();
            faults
                .map(|(path, line)| Fault::new(path, *line, &what))
                .collect()
        }
        fewer if fewer < ceiling => vec![Fault::new(
            "crates/xtask/src/tidy/writing.rs",
            1,
            format!("{fewer} places begin a transaction of their own: lower CEILING to that"),
        )],
        _ => Vec::new(),
    }
}

fn is_looked_at(path: &str) -> bool {
    path.starts_with("crates/")
        && path.contains("/src/")
        && path.ends_with(".rs")
        && path != WORK
        && !OTHERS.iter().any(|other| path.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "let mut tx = app.db.begin().await?;\n";

    #[test]
    fn transactions_of_their_own_become_fewer() {
        let tree = Tree::from([
            ("crates/app/src/a.rs", OWN),
            ("crates/app/src/b.rs", "app.db.begin_later().await?"),
            ("crates/app/src/c.rs", "app.begin(ctx, need).await?"),
            (WORK, OWN),
            ("crates/app/tests/a.rs", OWN),
            ("crates/store/src/a.rs", OWN),
        ]);
        assert_eq!(found_against(&tree, 2), []);
        assert_eq!(found_against(&tree, 1).len(), 2, "each place is named");
        let lower = found_against(&tree, 3);
        assert_eq!(lower.len(), 1, "{lower:?}");
        assert!(lower[0].what.contains("lower"), "{lower:?}");
    }
}
