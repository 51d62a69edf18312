//! The packs of regulations speak of secrets all the time, and are none.

use std::path::{Path, PathBuf};

use examine::marking::is_marked;

fn texts(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, out);
        } else {
            out.push(path);
        }
    }
}

#[test]
fn no_text_of_ours_is_taken_for_a_marked_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![root.join("README.vi.md")];
    texts(&root.join("policy"), &mut files);
    texts(&root.join("crates/web/locales"), &mut files);
    assert!(files.len() > 100, "{}", files.len());
    let mut about = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        about += text
            .lines()
            .filter(|line| line.to_lowercase().contains("mật"))
            .count();
        // Line by line as it is typed, and as one text.
        let line = text.lines().find(|line| is_marked(line));
        assert_eq!(line, None, "{}", file.display());
        assert!(!is_marked(&text), "{}", file.display());
    }
    assert!(about > 50, "{about} lines are about secrets");
}
