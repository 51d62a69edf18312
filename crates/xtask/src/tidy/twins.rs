//! Folders that must hold the same files.

use std::collections::BTreeSet;

use super::{Fault, tree::Tree};

/// Pairs of folders, and what is wrong when a file is only in one.
const TWINS: [(&str, &str, &str); 2] = [
    (
        "crates/store/migrations/sqlite",
        "crates/store/migrations/postgres",
        "both engines take the same steps",
    ),
    (
        "crates/web/locales/vi",
        "crates/web/locales/en",
        "both languages say the same",
    ),
];

pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (one, other, why) in TWINS {
        let ones: BTreeSet<&str> = tree.within(one).collect();
        let others: BTreeSet<&str> = tree.within(other).collect();
        for file in ones.symmetric_difference(&others) {
            let (there, missing) = if ones.contains(file) {
                (one, other)
            } else {
                (other, one)
            };
            faults.push(Fault::new(
                &format!("{there}/{file}"),
                1,
                format!("{missing}/{file} is missing: {why}"),
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_one_folder_is_missed_in_the_other() {
        let tree = Tree::from([
            ("crates/store/migrations/sqlite/0001_a.sql", ""),
            ("crates/store/migrations/postgres/0001_a.sql", ""),
            ("crates/store/migrations/postgres/0002_b.sql", ""),
            ("crates/web/locales/vi/logs.ftl", ""),
        ]);
        let files: Vec<_> = faults(&tree).into_iter().map(|fault| fault.file).collect();
        assert_eq!(
            files,
            [
                "crates/store/migrations/postgres/0002_b.sql",
                "crates/web/locales/vi/logs.ftl"
            ]
        );
    }
}
