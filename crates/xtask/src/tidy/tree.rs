//! The files of the workspace, read once.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use anyhow::{Context, ensure};

/// A file's content.
pub enum Content {
    /// UTF-8 without NUL bytes.
    Text(String),
    /// Anything else, of which only the size matters.
    Binary(usize),
}

impl Content {
    /// Bytes.
    pub fn size(&self) -> usize {
        match self {
            Content::Text(text) => text.len(),
            Content::Binary(size) => *size,
        }
    }
}

/// Files by their path from the root, with `/` between the parts.
#[derive(Default)]
pub struct Tree(BTreeMap<String, Content>);

impl Tree {
    /// What git tracks, and what it would take if it were added now.
    pub fn of_workspace() -> anyhow::Result<Self> {
        let root = root();
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(&root)
            .output()
            .context("cannot run git, which lists the files of the workspace")?;
        ensure!(
            listed.status.success(),
            "git cannot list the files of {}: {}",
            root.display(),
            String::from_utf8_lossy(&listed.stderr).trim()
        );
        let mut files = BTreeMap::new();
        for path in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            let full = root.join(path);
            // Deleted but not yet committed; a symbolic link is judged where it leads.
            if !full.symlink_metadata().is_ok_and(|m| m.is_file()) {
                continue;
            }
            let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
            files.insert(path.to_owned(), content(bytes));
        }
        Ok(Self(files))
    }

    /// All files in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.0
            .iter()
            .map(|(path, content)| (path.as_str(), content))
    }

    /// The files that are text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter_map(|(path, content)| match content {
            Content::Text(text) => Some((path, text.as_str())),
            Content::Binary(_) => None,
        })
    }

    /// The text of one file, if it is there.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.0.get(path)? {
            Content::Text(text) => Some(text),
            Content::Binary(_) => None,
        }
    }

    /// Whether `path` is a file, or a folder with files; the empty path is the root.
    pub fn holds(&self, path: &str) -> bool {
        path.is_empty() || self.0.contains_key(path) || self.within(path).next().is_some()
    }

    /// The files below a folder, by their path from it.
    pub fn within<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a str> {
        let folder = format!("{folder}/");
        self.0
            .range(folder.clone()..)
            .map_while(move |(path, _)| path.strip_prefix(folder.as_str()))
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Tree {
    fn from(files: [(&str, &str); N]) -> Self {
        let owned = |(path, text): (&str, &str)| (path.into(), content(text.into()));
        Self(files.into_iter().map(owned).collect())
    }
}

fn content(bytes: Vec<u8>) -> Content {
    let size = bytes.len();
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Content::Text(text),
        _ => Content::Binary(size),
    }
}

/// The root of the workspace that cargo runs in, which need not be the one that this was
/// built from: checkouts may share what they build.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors().nth(2).unwrap_or(&here).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_known_by_their_files() {
        let tree = Tree::from([("docs/a.md", ""), ("docs-old/b.md", ""), ("x", "\0")]);
        assert!(tree.holds("docs") && tree.holds("docs/a.md") && tree.holds(""));
        assert!(!tree.holds("doc") && !tree.holds("docs/b.md"));
        assert_eq!(tree.within("docs").collect::<Vec<_>>(), ["a.md"]);
        assert_eq!(tree.texts().count(), 2);
    }

    #[test]
    fn the_workspace_itself_is_found() {
        let tree = Tree::of_workspace().unwrap();
        assert!(tree.text("crates/xtask/Cargo.toml").is_some());
    }
}
