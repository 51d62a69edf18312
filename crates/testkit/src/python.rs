//! Programs that are not ours from PyPI, in a virtual environment of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

/// One environment is made at a time: two tests may ask for the same one.
static MAKING: Mutex<()> = Mutex::new(());

/// Runs it; its standard output when it succeeds, what it complained of on standard error.
pub fn run(command: &mut Command) -> Option<String> {
    let out = command.output().ok()?;
    if !out.status.success() {
        eprintln!(
            "{command:?}: {}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }
    out.status
        .success()
        .then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}

/// The Python of a virtual environment with `packages` (pip's requirements), made once in
/// `below` (a test's `CARGO_TARGET_TMPDIR`) with the newest Python there is. None where there
/// is no Python or no package index, and that is said.
///
/// # Panics
/// In CI (`CI` is set), where both must be there.
pub fn with(below: &str, name: &str, packages: &[&str]) -> Option<PathBuf> {
    let making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let python = make(Path::new(below), name, packages);
    drop(making);
    if python.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI must have Python and a package index"
        );
        eprintln!("skipped: no Python with {packages:?} could be set up");
    }
    python
}

fn make(below: &Path, name: &str, packages: &[&str]) -> Option<PathBuf> {
    let dir = below.join(format!("python-{name}"));
    let python = dir.join("bin/python");
    let ready = dir.join("ready");
    let wanted = packages.join("\n");
    if fs::read_to_string(&ready).is_ok_and(|is| is == wanted) {
        return Some(python);
    }
    let chosen = std::env::var("GIENG_PYTHON").ok();
    let names = ["python3.14", "python3.13", "python3.12", "python3"];
    let base = chosen
        .iter()
        .map(String::as_str)
        .chain(names)
        .find(|name| {
            Command::new(name)
                .arg("--version")
                .output()
                .is_ok_and(|o| o.status.success())
        })?;
    run(Command::new(base).args(["-m", "venv", "--clear"]).arg(&dir))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet"])
        .args(packages))?;
    fs::write(&ready, wanted).ok()?;
    Some(python)
}
