//! The data folder is its owner's alone: what was written before that was so is mended.

use std::{io, os::unix::fs::PermissionsExt, path::Path};

/// What nobody else may do with a folder or a file.
const OTHERS: u32 = 0o077;

/// Takes from everybody but the owner what they may do below `root`; returns on how many
/// folders and files that was anything. Links are not followed.
///
/// # Errors
/// When a folder cannot be read, or the owner is somebody else.
pub fn mend(root: &Path) -> io::Result<usize> {
    let about = match std::fs::symlink_metadata(root) {
        Ok(about) => about,
        // It went while we looked.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(e),
    };
    if !about.is_dir() && !about.is_file() {
        return Ok(0);
    }
    let mode = about.permissions().mode();
    let mut mended = 0;
    if mode & OTHERS != 0 {
        std::fs::set_permissions(root, PermissionsExt::from_mode(mode & 0o7777 & !OTHERS))?;
        mended += 1;
    }
    if about.is_dir() {
        for entry in std::fs::read_dir(root)? {
            mended += mend(&entry?.path())?;
        }
    }
    Ok(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_is_taken_away_and_links_are_left() {
        let outside = tempfile::NamedTempFile::new().unwrap();
        let open = |path: &Path, mode| {
            std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        };
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        open(outside.path(), 0o644);
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("vault");
        std::fs::create_dir(&below).unwrap();
        let file = below.join("line");
        std::fs::write(&file, b"x").unwrap();
        std::os::unix::fs::symlink(outside.path(), below.join("link")).unwrap();
        open(folder.path(), 0o755);
        open(&below, 0o750);
        open(&file, 0o644);
        assert_eq!(mend(folder.path()).unwrap(), 3);
        assert_eq!(
            [mode(folder.path()), mode(&below), mode(&file)],
            [0o700, 0o700, 0o600]
        );
        assert_eq!(mode(outside.path()), 0o644);
        assert_eq!(mend(folder.path()).unwrap(), 0);
    }
}
