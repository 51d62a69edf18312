//! Bundles the front end with npm and esbuild and makes the table of files
//! that `src/assets.rs` compiles into the binary.
//!
//! The packages are installed once for each lock file, beside cargo's own
//! output, so that every profile shares them and the checkout stays clean.

use std::{
    collections::hash_map::DefaultHasher,
    env, fs,
    hash::{Hash, Hasher},
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
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    let npm = install(&web, &out);
    let bundle = out.join("assets");
    run(
        Command::new("node")
            .arg(web.join("assets/bundle.mjs"))
            .args([&npm, &web, &bundle]),
        "bundling the front end",
    );
    fs::write(out.join("assets.rs"), table(&bundle)).expect("writing the table of assets");
}

/// Installs the packages of the lock file and returns the folder that holds
/// `node_modules`. Two builds at once each install into a folder of their own;
/// the first to finish gives it its final name.
fn install(web: &Path, out: &Path) -> PathBuf {
    let lock = fs::read(web.join("package-lock.json")).expect("reading package-lock.json");
    let mut hasher = DefaultHasher::new();
    lock.hash(&mut hasher);
    // OUT_DIR is <target>/<profile>/build/<crate>/out.
    let target = out.ancestors().nth(4).unwrap_or(out);
    let npm = target.join(format!("npm-{:016x}", hasher.finish()));
    if npm.join("node_modules").is_dir() {
        return npm;
    }
    let fresh = target.join(format!("npm-new-{}", std::process::id()));
    fs::create_dir_all(&fresh).expect("making a folder for npm packages");
    for file in ["package.json", "package-lock.json"] {
        fs::copy(web.join(file), fresh.join(file)).expect("copying the list of npm packages");
    }
    run(
        Command::new("npm")
            .args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])
            .current_dir(&fresh),
        "installing the front-end packages",
    );
    if fs::rename(&fresh, &npm).is_err() {
        // Another build was first: its folder is as good as ours.
        fs::remove_dir_all(&fresh).expect("removing a spare folder of npm packages");
    }
    npm
}

fn run(command: &mut Command, what: &str) {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            eprintln!(
                "{what} failed ({program}, {}):\n{}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            std::process::exit(1);
        }
        Err(error) => {
            eprintln!(
                "{what} needs `{program}`, which did not start: {error}.\n\
                 Install Node.js 18 or later with npm (Debian: apt-get install nodejs npm) and build again."
            );
            std::process::exit(1);
        }
    }
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
