//! Bundles the front end with npm and esbuild and makes the table of files
//! that `src/assets.rs` compiles into the binary.
//!
//! The packages are installed as `npm.rs` says.

mod npm;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    let web = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for input in [
        "package.json",
        "package-lock.json",
        "assets",
        "templates",
        "src",
        "build.rs",
        "npm.rs",
        "../../policy/registers",
        "../../policy/flows",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    let npm = npm::install(&web, &out);
    let bundle = out.join("assets");
    npm::run(
        Command::new("node")
            .arg(web.join("assets/bundle.mjs"))
            .args([&npm, &web, &bundle]),
        "bundling the front end",
    );
    fs::write(out.join("assets.rs"), table(&bundle)).expect("writing the table of assets");
}

/// The Rust text of `ASSETS`, one entry for each line of the bundle's manifest.
fn table(bundle: &Path) -> String {
    let manifest = fs::read_to_string(bundle.join("manifest.tsv")).expect("reading the manifest");
    let entry = |line: &str| {
        let [name, hashed, media, packing] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("the manifest has an odd line: {line}");
        };
        let file = |suffix: &str| {
            format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/assets/{hashed}{suffix}\"))")
        };
        let twin = |suffix: &str| match packing {
            "packed" => format!("Some({})", file(suffix)),
            _ => "None".to_owned(),
        };
        format!(
            "Asset {{ name: {name:?}, path: \"/assets/{hashed}\", media: {media:?}, bytes: {}, gzip: {}, brotli: {} }},\n",
            file(""),
            twin(".gz"),
            twin(".br"),
        )
    };
    format!("&[\n{}]\n", manifest.lines().map(entry).collect::<String>())
}
