//! Which fonts a document is set in.
//!
//! The decree asks for Times New Roman: it is taken where it is given or the machine has it.
//! Tinos, of the same widths, lies inside the program, with fonts for Khmer, symbols and
//! emoji behind it: together they know what [`domain::parse::printable`] lets people type.

use std::{fs, path::Path, path::PathBuf};

use typst::{
    foundations::Bytes,
    text::{Font, FontBook},
};

/// The one family that is looked for on the machine.
const TIMES: &str = "Times New Roman";

/// Families, in the order in which a character is looked for.
pub const FAMILIES: [&str; 8] = [
    TIMES,
    "Tinos",
    "Noto Serif Khmer",
    "Noto Sans Symbols",
    "Noto Sans Symbols 2",
    "Noto Sans Math",
    "Noto Emoji",
    "Libertinus Serif",
];

/// The faces inside the program.
static FACES: [&[u8]; 10] = include!(concat!(env!("OUT_DIR"), "/faces.rs"));

/// Where systems keep fonts.
const SYSTEM: [&str; 4] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "C:\\Windows\\Fonts",
];

/// Letters that fonts without Vietnamese lack.
const VIETNAMESE: &str = "ẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹĂăĐđƠơƯư";

/// Times New Roman where it is found and knows Vietnamese, and the fonts of the program.
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
    let times = files
        .into_iter()
        .filter_map(|f| Some(Bytes::new(fs::read(f).ok()?)))
        .flat_map(Font::iter)
        .filter(|font| font.info().family == TIMES)
        .filter(|font| {
            VIETNAMESE
                .chars()
                .all(|c| font.info().coverage.contains(c.into()))
        });
    let fonts: Vec<Font> = times.chain(own()).collect();
    (FontBook::from_fonts(&fonts), fonts)
}

fn own() -> impl Iterator<Item = Font> {
    FACES
        .into_iter()
        .chain(typst_assets::fonts())
        .flat_map(|face| Font::iter(Bytes::new(face)))
        .filter(|font| FAMILIES.contains(&font.info().family.as_str()))
}

/// The files whose names may be Times New Roman: reading all fonts of a desktop takes seconds.
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
        let font = [".ttf", ".otf", ".ttc"]
            .iter()
            .any(|end| name.ends_with(end));
        if font && name.starts_with("times") {
            into.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use domain::parse::printable::prints;

    use super::*;

    /// The characters that every style of a family knows, but for private use.
    fn known() -> BTreeSet<char> {
        let mut families: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for font in own() {
            let all: BTreeSet<u32> = font.info().coverage.iter().collect();
            families
                .entry(font.info().family.clone())
                .and_modify(|known| known.retain(|code| all.contains(code)))
                .or_insert(all);
        }
        let private = |code: u32| matches!(code, 0xe000..=0xf8ff | 0xf_0000..);
        families
            .into_values()
            .flatten()
            .filter(|code| !private(*code))
            .filter_map(char::from_u32)
            .filter(|c| !c.is_control())
            .collect()
    }

    #[test]
    fn what_people_may_type_is_what_the_fonts_know() {
        let known = known();
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for code in known.iter().map(|c| u32::from(*c)) {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == code => *last = code,
                _ => runs.push((code, code)),
            }
        }
        let list: Vec<String> = runs
            .iter()
            .map(|(a, b)| match a == b {
                true => format!("{a:04X}"),
                false => format!("{a:04X}-{b:04X}"),
            })
            .collect();
        let same = ('\0'..=char::MAX).all(|c| prints(c) == known.contains(&c));
        assert!(same, "printable.txt has to be\n{}", list.join(" "));
    }
}
