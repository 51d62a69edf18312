//! Fetches the fonts of printed papers with npm, and says where they lie.

#[path = "../web/npm.rs"]
mod npm;

use std::{env, fs, path::PathBuf};

/// The faces, in the order in which a character is looked for; the family's name is the font's own.
const FACES: [&str; 10] = [
    "tinos/400Regular/Tinos_400Regular",
    "tinos/400Regular_Italic/Tinos_400Regular_Italic",
    "tinos/700Bold/Tinos_700Bold",
    "tinos/700Bold_Italic/Tinos_700Bold_Italic",
    "noto-serif-khmer/NotoSerifKhmer_400Regular",
    "noto-serif-khmer/NotoSerifKhmer_700Bold",
    "noto-sans-symbols/400Regular/NotoSansSymbols_400Regular",
    "noto-sans-symbols-2/400Regular/NotoSansSymbols2_400Regular",
    "noto-sans-math/400Regular/NotoSansMath_400Regular",
    "noto-emoji/400Regular/NotoEmoji_400Regular",
];

fn main() {
    let report = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for input in [
        "package.json",
        "package-lock.json",
        "build.rs",
        "../web/npm.rs",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    let fonts = npm::install(&report, &out).join("node_modules/@expo-google-fonts");
    let faces: String = FACES
        .iter()
        .map(|face| {
            let file = fonts.join(format!("{face}.ttf"));
            format!("include_bytes!({:?}),\n", file.display().to_string())
        })
        .collect();
    fs::write(out.join("faces.rs"), format!("[\n{faces}]\n")).expect("writing the list of fonts");
}
