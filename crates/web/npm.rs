//! Packages of npm for build scripts: this crate's front end, the fonts of `crates/report`.
//!
//! They are installed once for each lock file, beside cargo's own output, so that every
//! profile shares them and the checkout stays clean.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

/// Installs the packages of a package's lock file and returns the folder that holds
/// `node_modules`. Two builds at once each install into a folder of their own;
/// the first to finish gives it its final name.
pub fn install(package: &Path, out: &Path) -> PathBuf {
    let lock = fs::read(package.join("package-lock.json")).expect("reading package-lock.json");
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
        fs::copy(package.join(file), fresh.join(file)).expect("copying the list of npm packages");
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
        "installing packages of npm",
    );
    if fs::rename(&fresh, &npm).is_err() {
        // Another build was first: its folder is as good as ours.
        fs::remove_dir_all(&fresh).expect("removing a spare folder of npm packages");
    }
    npm
}

/// Runs a program; where it fails, the build ends and says why.
pub fn run(command: &mut Command, what: &str) {
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
