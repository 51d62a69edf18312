//! Which fonts a document is set in.
//!
//! The decree asks for Times New Roman. Where the machine has it, or one cut to its widths,
//! it is taken if it knows all Vietnamese letters; Libertinus Serif lies inside the program.

use std::{fs, path::Path, path::PathBuf};

use typst::{
    foundations::Bytes,
    text::{Font, FontBook},
};

/// Families, the best first.
pub const FAMILIES: [&str; 4] = [
    "Times New Roman",
    "Tinos",
    "Liberation Serif",
    "Libertinus Serif",
];

/// Where systems keep fonts.
const SYSTEM: [&str; 4] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "C:\\Windows\\Fonts",
];

/// Letters that fonts without Vietnamese lack.
const VIETNAMESE: &str = "ẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹĂăĐđƠơƯư";

/// Every font of [`FAMILIES`] that knows Vietnamese.
pub fn load(folders: &[PathBuf], own_only: bool) -> (FontBook, Vec<Font>) {
    let mut files = Vec::new();
    for folder in folders {
        walk(folder, 0, &mut files);
    }
    if !own_only {
        for folder in SYSTEM {
            walk(Path::new(folder), 0, &mut files);
        }
    }
    let given = files
        .into_iter()
        .filter_map(|f| Some(Bytes::new(fs::read(f).ok()?)));
    let own = typst_assets::fonts().map(Bytes::new);
    let fonts: Vec<Font> = given
        .chain(own)
        .flat_map(Font::iter)
        .filter(|font| FAMILIES.contains(&font.info().family.as_str()))
        .filter(|font| {
            VIETNAMESE
                .chars()
                .all(|c| font.info().coverage.contains(c.into()))
        })
        .collect();
    (FontBook::from_fonts(&fonts), fonts)
}

/// The files whose names may be one of [`FAMILIES`]: reading all fonts of a desktop takes seconds.
fn walk(folder: &Path, depth: usize, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        if path.is_dir() {
            if depth < 6 {
                walk(&path, depth + 1, into);
            }
            continue;
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let known = ["times", "tinos", "liberationserif", "libertinusserif"];
        let font = [".ttf", ".otf", ".ttc"]
            .iter()
            .any(|end| name.ends_with(end));
        if font && known.iter().any(|start| name.starts_with(start)) {
            into.push(path);
        }
    }
}
