//! What lies on disk: its owner's alone, secrets sealed, keys where they were put.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use testkit::{
    program::run,
    world::{World, quiet},
};

use crate::GIENG;

/// Everything below a folder that others may read, write or enter.
fn open_to_others(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(path) = folders.pop() {
        let about = std::fs::symlink_metadata(&path).expect("it is there");
        if about.permissions().mode() & 0o077 != 0 {
            found.push(path.clone());
        }
        if about.is_dir() {
            let entries = std::fs::read_dir(&path).expect("it can be read");
            folders.extend(entries.map(|e| e.expect("it can be read").path()));
        }
    }
    found
}

fn said(args: &[&str], data: &Path) -> (i32, String) {
    let out = run(GIENG, data, args);
    let mut said = String::from_utf8_lossy(&out.stdout).into_owned();
    said += &String::from_utf8_lossy(&out.stderr);
    (out.status.code().unwrap_or(-1), said)
}

/// Whether a text stands anywhere in the files of a folder.
fn lies_in(folder: &Path, text: &str) -> bool {
    let entries = std::fs::read_dir(folder).expect("it can be read");
    entries
        .map(|e| e.expect("it can be read").path())
        .any(|path| {
            if path.is_dir() {
                return lies_in(&path, text);
            }
            let bytes = std::fs::read(&path).expect("it can be read");
            bytes.windows(text.len()).any(|w| w == text.as_bytes())
        })
}

#[test]
fn the_data_folder_is_its_owners_alone() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    let path = data.path().to_owned();
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("it is ours");
    };
    open(&path, 0o755);
    let world = World::begin_in(data, GIENG, |launch| launch.flag("--no-probe"));
    assert!(path.join("records.db-wal").exists() && path.join("vault").is_dir());
    assert_eq!(open_to_others(&path), Vec::<PathBuf>::new());
    let secret = "smtp://nguoi:mat-khau-thu-dien-tu@thu.vl.example";
    let set = world.program.run(&["setting", "notify.smtp_url", secret]);
    assert!(set.status.success());
    // What an earlier version, or somebody's hand, has opened is closed again.
    open(&path, 0o755);
    open(&path.join("records.db"), 0o644);
    open(&path.join("data.key"), 0o640);
    let world = world.restart(GIENG, |launch| launch.flag("--no-probe"));
    assert_eq!(open_to_others(&path), Vec::<PathBuf>::new());
    assert!(
        world.program.log().contains("others could"),
        "{}",
        world.program.log()
    );
    // An export is as private as what it was made of.
    let csv = path.join("xuat.csv");
    let out = csv.display().to_string();
    let exported = world
        .program
        .run(&["export", "organization", "--output", &out]);
    assert!(exported.status.success() && csv.exists());
    assert_eq!(open_to_others(&path), Vec::<PathBuf>::new());

    // The secret is used, named as set, and lies nowhere as it is.
    let shown = world.program.run(&["setting", "notify.smtp_url"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert_eq!(shown.split_whitespace().last(), Some("set"), "{shown}");
    for page in ["/settings", "/journal", "/api/v1/journal?limit=1000"] {
        let body = world.admin.get(page).body;
        assert!(!body.contains("mat-khau-thu-dien-tu"), "{page}");
    }
    world.program.stop();
    assert!(!lies_in(&path, "mat-khau-thu-dien-tu"));
}

#[test]
fn keys_lie_elsewhere_and_are_never_made_anew_over_what_they_sealed() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (data, keys) = (folder.path().join("data"), folder.path().join("keys"));
    let with = |keys: &Path| keys.display().to_string();
    let (made, told) = said(&["serve", "--prepare", "--keys", &with(&keys)], &data);
    assert_eq!(made, 0, "{told}");
    for key in ["vault.key", "data.key"] {
        assert!(keys.join(key).exists() && !data.join(key).exists(), "{key}");
    }
    assert_eq!(open_to_others(&keys), Vec::<PathBuf>::new());
    let set = ["setting", "notify.webhook_secret", "khoa-ky-webhook"];
    let (set, told) = said(&[&set[..], &["--keys", &with(&keys)]].concat(), &data);
    assert_eq!(set, 0, "{told}");
    let nothing_new = |told: &str| {
        for key in ["vault.key", "data.key"] {
            assert!(!data.join(key).exists(), "{key} was made: {told}");
        }
    };
    // Without them it says what is missing, and makes none.
    for command in [
        &["serve", "--listen", "127.0.0.1:0", "--no-probe"][..],
        &["check"],
    ] {
        let (code, told) = said(command, &data);
        assert_eq!(code, 2, "{told}");
        assert!(told.contains("data.key is missing"), "{told}");
        nothing_new(&told);
    }
    // Other keys are not taken for the right ones, nor is the vault signed by a new one.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).expect("the folder is ours");
    std::fs::write(other.join("data.key"), [7; 32]).expect("the folder is ours");
    let (code, told) = said(&["check", "--keys", &with(&other)], &data);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("is not the key"), "{told}");
    std::fs::copy(keys.join("data.key"), other.join("data.key")).expect("the folder is ours");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--no-probe", "--keys"];
    let (code, told) = said(&[&serve[..], &[&with(&other)]].concat(), &data);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("vault.key is missing"), "{told}");
    assert!(!other.join("vault.key").exists());
    // Moved back by hand, all is as before.
    for key in ["vault.key", "data.key"] {
        std::fs::rename(keys.join(key), data.join(key)).expect("the folders are ours");
    }
    let program = quiet(GIENG, &data).flag("--no-probe").start();
    program.stop();
}

#[test]
fn a_wrong_folder_is_said_and_nothing_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let table = folder.path().join("units.csv");
    std::fs::write(&table, "code,name\nU,Sở U\n").expect("the folder is ours");
    let table = table.display().to_string();
    let wrong = folder.path().join("no/such");
    let empty = tempfile::tempdir().expect("a temporary folder can be made");
    for command in [
        &["check"][..],
        &["list", "organization"],
        &["import", "organization", &table],
        &["export", "organization"],
        &["journal", "verify"],
        &["vault", "verify"],
        &["setting"],
        &["account", "list"],
        &["nouns"],
    ] {
        for data in [&wrong, &empty.path().to_owned()] {
            let (code, told) = said(command, data);
            assert_eq!(code, 2, "{command:?}: {told}");
            assert!(told.contains("nothing was made"), "{command:?}: {told}");
        }
        assert!(!folder.path().join("no").exists(), "{command:?}");
        let left = std::fs::read_dir(empty.path()).expect("it is ours").count();
        assert_eq!(left, 0, "{command:?}");
    }
}
