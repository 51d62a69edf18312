//! Dependencies between our crates point one way.

use std::{path::Path, process::Command};

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::{
    Fault,
    tree::{Tree, root},
};

/// Each crate with those of ours that it may use. `docs/decisions/0001-workspace.md`
/// says why; a new crate needs a line here.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("domain", &[]),
    ("wire", &[]),
    ("policy", &["domain"]),
    ("examine", &["domain", "policy"]),
    ("store", &["domain"]),
    ("vault", &["domain"]),
    ("observe", &["domain", "vault", "wire"]),
    ("report", &["domain"]),
    (
        "app",
        &["domain", "examine", "observe", "policy", "store", "vault"],
    ),
    ("web", &["app", "domain", "policy", "vault"]),
    (
        "gieng",
        &[
            "app", "domain", "examine", "observe", "policy", "store", "vault", "web", "wire",
        ],
    ),
    (
        "testkit",
        &[
            "app", "domain", "observe", "policy", "store", "vault", "web", "wire",
        ],
    ),
    ("xtask", &[]),
];

/// Libraries that only some crates may name, in tests neither.
const ONLY_IN: [(&str, &[&str]); 8] = [
    ("sqlx", &["store"]),
    ("axum", &["web", "gieng", "testkit"]),
    ("askama", &["web"]),
    ("calamine", &["examine"]),
    ("pdf-extract", &["examine"]),
    ("typst", &["report"]),
    ("docx-rs", &["report"]),
    (
        "tokio",
        &[
            "app", "gieng", "observe", "store", "testkit", "vault", "web",
        ],
    ),
];

/// A crate of the workspace, as `cargo metadata` tells it.
#[derive(Debug, Deserialize)]
pub struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or none for an ordinary one.
    kind: Option<String>,
    /// Where it lies when it is one of ours.
    path: Option<String>,
}

/// The crates of the workspace.
pub fn packages() -> anyhow::Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let told = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(
        told.status.success(),
        "cargo metadata failed: {}",
        String::from_utf8_lossy(&told.stderr).trim()
    );
    let metadata: Metadata =
        serde_json::from_slice(&told.stdout).context("cannot read what cargo metadata says")?;
    Ok(metadata.packages)
}

pub(super) fn faults(tree: &Tree, packages: &[Package]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        let manifest = Path::new(&package.manifest_path);
        let manifest = manifest
            .strip_prefix(root())
            .unwrap_or(manifest)
            .display()
            .to_string();
        let text = tree.text(&manifest).unwrap_or_default();
        let mut fault = |line: usize, what: String| {
            faults.push(Fault::new(&manifest, line, what));
        };
        let Some((_, may)) = MAY_USE.iter().find(|(crate_, _)| *crate_ == name) else {
            fault(
                1,
                format!(
                    "`{name}` is new: say in crates/xtask/src/tidy/layering.rs what it may use"
                ),
            );
            continue;
        };
        if !text.contains("[lints]\nworkspace = true") {
            fault(
                1,
                format!("`{name}` leaves the lints of the workspace: add [lints] workspace = true"),
            );
        }
        for dependency in &package.dependencies {
            let other = dependency.name.as_str();
            let line = line_of(text, other);
            let in_tests = dependency.kind.as_deref() == Some("dev");
            // Tests may stand on the crates above theirs, but nobody on the binary.
            let allowed = match (&dependency.path, in_tests) {
                (None, _) => true,
                (Some(_), true) => !matches!(other, "gieng" | "xtask"),
                (Some(_), false) => may.contains(&other),
            };
            if !allowed {
                let may = if may.is_empty() {
                    "none of ours".to_owned()
                } else {
                    may.join(", ")
                };
                fault(line, format!("`{name}` may not use `{other}`, only {may}"));
            }
            let keepers = ONLY_IN.iter().find(|(library, _)| *library == other);
            if let Some((_, keepers)) = keepers
                && !keepers.contains(&name)
            {
                fault(
                    line,
                    format!(
                        "`{name}` may not name `{other}`: it belongs to {}",
                        keepers.join(", ")
                    ),
                );
            }
        }
    }
    faults
}

/// The line of a manifest that names a dependency.
fn line_of(manifest: &str, dependency: &str) -> usize {
    let names = |line: &str| {
        line.strip_prefix(dependency)
            .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    manifest.lines().position(names).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[package]\n[lints]\nworkspace = true\n[dependencies]\n";

    /// What tidy says of a crate whose one dependency stands in line 5.
    fn said(name: &str, dependency: &str, kind: Option<&str>, ours: bool) -> Vec<String> {
        let manifest = format!("crates/{name}/Cargo.toml");
        let text = format!("{HEAD}{dependency}.workspace = true\n");
        let package = Package {
            name: name.into(),
            manifest_path: root().join(&manifest).display().to_string(),
            dependencies: vec![Dependency {
                name: dependency.into(),
                kind: kind.map(Into::into),
                path: ours.then(|| format!("crates/{dependency}")),
            }],
        };
        let tree = Tree::from([(manifest.as_str(), text.as_str())]);
        let faults = faults(&tree, &[package]);
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_crate_may_not_use_one_above_it() {
        assert_eq!(
            said("policy", "store", None, true),
            ["crates/policy/Cargo.toml:5: `policy` may not use `store`, only domain"]
        );
        assert_eq!(said("web", "store", None, true).len(), 1);
        assert_eq!(said("domain", "web", Some("build"), true).len(), 1);
        assert!(said("web", "app", None, true).is_empty());
    }

    #[test]
    fn tests_may_stand_on_the_crates_above_but_not_on_the_binary() {
        assert!(said("store", "testkit", Some("dev"), true).is_empty());
        assert_eq!(said("store", "gieng", Some("dev"), true).len(), 1);
    }

    #[test]
    fn only_the_store_names_sqlx_and_the_domain_names_no_runtime() {
        assert!(said("store", "sqlx", None, false).is_empty());
        assert_eq!(said("app", "sqlx", Some("dev"), false).len(), 1);
        assert_eq!(said("domain", "tokio", None, false).len(), 1);
        assert_eq!(said("policy", "axum", None, false).len(), 1);
        assert!(said("domain", "serde", None, false).is_empty());
    }

    #[test]
    fn a_new_crate_must_be_placed() {
        assert_eq!(said("printer", "domain", None, true).len(), 1);
    }

    #[test]
    fn what_may_be_used_has_no_cycle() {
        // Each crate uses only crates that stand before it in the table.
        for (at, (name, may)) in MAY_USE.iter().enumerate() {
            for other in *may {
                let place = MAY_USE.iter().position(|(crate_, _)| crate_ == other);
                assert!(place.is_some_and(|p| p < at), "{name} uses {other}");
            }
        }
    }
}
