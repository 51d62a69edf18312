//! Where a policy is read from: a folder, the copy inside the program, or memory.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// One file of a policy.
#[derive(Clone, Debug)]
pub struct File {
    /// Path inside the policy, with `/`: `controls/backup-age.yaml`.
    pub path: String,
    /// What the file holds.
    pub bytes: Cow<'static, [u8]>,
}

/// A source that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the policy file {path}")]
pub struct SourceError {
    /// The file or folder.
    pub path: String,
    /// Why not.
    #[source]
    pub source: io::Error,
}

/// Lists the files of a policy.
pub trait Source {
    /// Every `.yaml` and `.sql` file, in the order of paths.
    ///
    /// # Errors
    /// When a file or folder cannot be read.
    fn files(&self) -> Result<Vec<File>, SourceError>;
}

/// A folder on disk, laid out as `policy/`.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// The folder at `root`; it is read at each [`Source::files`].
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    fn walk(&self, folder: &Path, into: &mut Vec<File>) -> Result<(), SourceError> {
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| SourceError { path, source }
        };
        for entry in fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            if path.is_dir() {
                self.walk(&path, into)?;
            } else if is_policy_file(&path.to_string_lossy()) {
                let bytes = fs::read(&path).map_err(failed(&path))?;
                let inside = path.strip_prefix(&self.0).unwrap_or(&path);
                into.push(File {
                    path: inside.to_string_lossy().replace('\\', "/"),
                    bytes: Cow::Owned(bytes),
                });
            }
        }
        Ok(())
    }
}

impl Source for Directory {
    fn files(&self) -> Result<Vec<File>, SourceError> {
        let mut files = Vec::new();
        self.walk(&self.0, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

#[derive(rust_embed::RustEmbed)]
#[folder = "../../policy"]
struct Packed;

/// The copy of `policy/` that was built into the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl Source for Embedded {
    fn files(&self) -> Result<Vec<File>, SourceError> {
        let mut files: Vec<File> = Packed::iter()
            .filter(|path| is_policy_file(path))
            .filter_map(|path| {
                let file = Packed::get(&path)?;
                Some(File {
                    path: path.into_owned(),
                    bytes: file.data,
                })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

/// Files held in memory: a pack that was uploaded and is not yet taken over.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub BTreeMap<String, String>);

impl Memory {
    /// A copy of another source, to be changed before it is read.
    ///
    /// # Errors
    /// When the other source cannot be read.
    pub fn of(source: &dyn Source) -> Result<Self, SourceError> {
        let files = source.files()?;
        Ok(Self(
            files
                .into_iter()
                .map(|f| (f.path, String::from_utf8_lossy(&f.bytes).into_owned()))
                .collect(),
        ))
    }
}

impl Memory {
    /// A draft laid over a policy: its files stand in the place of those with the same path.
    /// A draft that has a role map is a whole policy of its own.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn over(policy: &dyn Source, draft: &dyn Source) -> Result<Self, SourceError> {
        let draft = Self::of(draft)?;
        if draft.0.contains_key("roles.yaml") {
            return Ok(draft);
        }
        let mut both = Self::of(policy)?;
        both.0.extend(draft.0);
        Ok(both)
    }
}

impl Source for Memory {
    fn files(&self) -> Result<Vec<File>, SourceError> {
        Ok(self
            .0
            .iter()
            .map(|(path, text)| File {
                path: path.clone(),
                bytes: Cow::Owned(text.clone().into_bytes()),
            })
            .collect())
    }
}

fn is_policy_file(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".sql")
}
