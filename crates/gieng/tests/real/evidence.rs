//! A thief of the disk, against the built program: what is rewritten while it stands still is
//! found by a verification, and by `serve`, which signs nothing over it and goes on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use store::Db;
use testkit::{
    client::Client,
    program::{Launch, Program, eventually, free_port, run},
    world::{World, quiet},
};

use crate::{
    GIENG,
    forge::{copy, cut_log, files, rewrite_log},
};

/// Data folders of a program that was stopped twice: after its first lines, and later. With an
/// administrator's session.
struct Stopped {
    earlier: tempfile::TempDir,
    later: tempfile::TempDir,
    session: String,
}

/// One of them to be tampered with.
struct Victim {
    dir: tempfile::TempDir,
    session: String,
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

fn text(n: usize) -> String {
    format!("dong thu {n:06} het")
}

fn send(admin: &Client, to: std::net::SocketAddr, from: usize) {
    use std::io::Write as _;
    let mut sender = std::net::TcpStream::connect(to).expect("it listens");
    for n in from..from + 100 {
        writeln!(sender, "<13>1 - may ung - - - {}", text(n)).expect("it is read");
    }
    let last = text(from + 99).replace(' ', "%20");
    eventually("the lines", || {
        let found = admin.get(&format!("/api/v1/logs?q={last}&limit=1")).json();
        found["items"][0]["index"].as_u64().map(drop)
    });
}

/// What a stopped program left, as a copy.
fn kept(data: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    copy(data, dir.path());
    dir
}

impl Stopped {
    fn new() -> Self {
        let to = free_port([127, 0, 0, 1]);
        let launch = |launch: Launch| launch.arg("--syslog-tcp", &to).flag("--no-probe");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let data = folder.path().to_owned();
        let world = World::begin_in(folder, GIENG, launch);
        world.import(
            "organization",
            "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
        );
        send(&world.admin, to, 0);
        let session = world
            .admin
            .cookie("gieng_session")
            .expect("it is signed in");
        let World { program, .. } = world;
        program.stop();
        let earlier = kept(&data);
        let program = launch(quiet(GIENG, &data)).start();
        let admin = program.client();
        admin.take_cookie("gieng_session", &session);
        send(&admin, to, 100);
        let made = admin.json(
            "/api/v1/organization",
            &serde_json::json!({ "code": "V", "name": "Sở V", "kind": "department",
                "level": "province", "membership": "member" }),
        );
        assert_eq!(made.status, 201, "{}", made.body);
        program.stop();
        Self {
            earlier,
            later: kept(&data),
            session,
        }
    }

    fn victim(&self) -> Victim {
        Victim {
            dir: kept(self.later.path()),
            session: self.session.clone(),
        }
    }
}

impl Victim {
    fn data(&self) -> &Path {
        self.dir.path()
    }

    fn vault(&self, name: &str) -> PathBuf {
        self.data().join("vault").join(name)
    }

    /// Puts another installation's file or folder in the place of its own.
    fn take(&self, from: &Path, name: &str) {
        let own = self.data().join(name);
        if own.is_dir() {
            fs::remove_dir_all(&own).expect("it is ours");
            copy(&from.join(name), &own);
        } else {
            fs::copy(from.join(name), own).expect("it can be copied");
        }
    }

    fn verify(&self, what: &[&str]) -> (bool, String) {
        let out = run(GIENG, self.data(), what);
        (out.status.success(), said(&out))
    }

    fn start(&self) -> (Program, Client) {
        let program = quiet(GIENG, self.data()).flag("--no-probe").start();
        let client = program.client();
        client.take_cookie("gieng_session", &self.session);
        (program, client)
    }

    fn apart(&self) -> Vec<String> {
        let entries = fs::read_dir(self.data()).expect("it can be read");
        entries
            .filter_map(|e| e.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("vault-damaged-"))
            .collect()
    }
}

/// What is done to the vault, and what is said of it.
type Rewriting = (&'static str, fn(&Victim, &Stopped, &Path), &'static str);

const VAULT: &[Rewriting] = &[
    (
        "a signed line is rewritten",
        |v, _, _| {
            let log = files(&v.vault("wal")).pop().expect("there are lines");
            rewrite_log(&log, &text(150), &text(950));
        },
        "are not those that were signed",
    ),
    (
        "lines are cut off",
        |v, _, _| {
            let log = files(&v.vault("wal")).pop().expect("there are lines");
            let bytes = fs::read(&log).expect("it can be read");
            let block = u64::from_le_bytes(bytes[48..56].try_into().expect("eight bytes"));
            cut_log(&log, block);
        },
        "were signed, ",
    ),
    (
        "the last checkpoint is dropped",
        |v, _, _| {
            let path = v.vault("checkpoints");
            let notes = fs::read_to_string(&path).expect("it is text");
            // The one that the journal notes, and the one that holds that entry.
            let last = notes
                .find("gieng.local/vault\n200\n")
                .expect("it was signed");
            fs::write(&path, &notes[..last]).expect("it is ours");
        },
        "is not among them (entry ",
    ),
    (
        "all checkpoints are dropped",
        |v, _, _| fs::remove_file(v.vault("checkpoints")).expect("it is ours"),
        "nothing is signed",
    ),
    (
        "a checkpoint is changed",
        |v, _, _| {
            let path = v.vault("checkpoints");
            let notes = fs::read_to_string(&path).expect("it is text");
            fs::write(&path, notes.replace("vault\n200\n", "vault\n199\n")).expect("it is ours");
        },
        "signature of the checkpoint is not valid",
    ),
    (
        "it is rolled back to an older copy",
        |v, s, _| v.take(s.earlier.path(), "vault"),
        "is not among them (entry ",
    ),
    (
        "it is emptied",
        |v, _, _| {
            fs::remove_dir_all(v.vault("")).expect("it is ours");
            fs::create_dir(v.vault("")).expect("it is ours");
        },
        "is not among them (entry ",
    ),
    (
        "another installation's vault is put in its place",
        |v, _, other| v.take(other, "vault"),
        "it is not the trusted key",
    ),
    (
        "with the other installation's key",
        |v, _, other| {
            v.take(other, "vault");
            v.take(other, "vault.key");
        },
        "it is not the trusted key",
    ),
];

#[test]
fn nine_rewritings_of_the_vault_are_found_and_nothing_is_signed_over_them() {
    let (stopped, other) = (Stopped::new(), Stopped::new());
    let sound = stopped.victim();
    for what in ["vault", "journal"] {
        let (good, said) = sound.verify(&[what, "verify"]);
        assert!(good && said.contains("sound"), "{said}");
    }
    for (name, rewrite, expected) in VAULT {
        let victim = stopped.victim();
        rewrite(&victim, &stopped, other.later.path());
        let (good, said) = victim.verify(&["vault", "verify"]);
        assert!(
            !good && said.contains("BAD") && said.contains(expected),
            "{name}: {said}"
        );
        assert!(!said.contains("sound"), "{name}: {said}");

        // The program goes on, with a new vault; the other one is kept as it was found.
        let (program, admin) = victim.start();
        let apart = victim.apart();
        assert_eq!(apart.len(), 1, "{name}: {}", program.log());
        for path in ["/", "/logs", "/registry/organization"] {
            assert_eq!(admin.get(path).status, 200, "{name}: {path}");
        }
        let found = admin
            .get("/api/v1/logs?q=this%20vault%20continues&limit=5")
            .json();
        let line = found["items"][0].to_string();
        assert!(line.contains(&apart[0]), "{name}: {found}");
        program.stop();
        let old = victim.data().join(&apart[0]);
        let signed = fs::read_to_string(old.join("checkpoints")).unwrap_or_default();
        assert!(
            !signed.contains("vault\n201\n"),
            "{name}: it was signed over"
        );
        // The new one holds, yet the one that was known is lost until somebody says so.
        for what in ["vault", "journal"] {
            let (good, said) = victim.verify(&[what, "verify"]);
            let unknown = "nobody has acknowledged what is lost";
            assert!(!good && said.contains(unknown), "{name}: {said}");
        }
        let why = ["vault", "repair", "--accept", "đã lập biên bản ngày 20/11"];
        let (done, said) = victim.verify(&why);
        assert!(!done && said.contains(&apart[0]), "{name}: {said}");
        assert!(!victim.verify(&["vault", "verify"]).0, "{name}: only named");
        let why = [&why[..], &["--yes"]].concat();
        let (good, said) = victim.verify(&why);
        assert!(good && said.contains(&apart[0]), "{name}: {said}");
        for what in ["vault", "journal"] {
            let (good, said) = victim.verify(&[what, "verify"]);
            assert!(good, "{name}: the new one is sound: {said}");
        }
        let (good, said) = victim.verify(&["vault", "verify", "--vault", &apart[0]]);
        // By itself such a folder is sound: only the journal knew better.
        let alone = ["rolled back", "emptied", "dropped", "installation's key"];
        if !alone.iter().any(|word| name.contains(word)) {
            assert!(!good && said.contains("BAD"), "{name}: {said}");
        }
    }
}

/// What is done to records and journal, and what is said of it.
const RECORDS: &[(&str, &str)] = &[
    ("UPDATE organization SET name = 'Z'", "\"Z\" in the record"),
    ("DELETE FROM adoption", "is gone (entry "),
    (
        "INSERT INTO setting (province, key, value, updated_at) VALUES ('', 'remind.hour', '3', 1)",
        "setting /remind.hour is in no entry",
    ),
    ("UPDATE account SET password_hash = 'x'", "password: "),
    (
        "UPDATE journal SET actor = 'x' WHERE seq = 2",
        "Entry 2 was changed",
    ),
    ("DELETE FROM journal WHERE seq = 2", "Entry 2 is missing"),
    (
        "DELETE FROM journal WHERE seq > 3",
        "at the end are gone (by checkpoint ",
    ),
    // Stopped in order: also the very last entry.
    (
        "DELETE FROM journal WHERE seq = (SELECT MAX(seq) FROM journal)",
        "at the end are gone (by checkpoint ",
    ),
    ("DELETE FROM journal", "Entries 1 to "),
    ("UPDATE journal SET seal = NULL", "No entry carries a seal"),
];

#[tokio::test]
async fn what_is_changed_in_the_database_is_found_also_after_a_restart() {
    let stopped = Stopped::new();
    for (sql, expected) in RECORDS {
        let victim = stopped.victim();
        let path = victim.data().join("records.db").display().to_string();
        let db = Db::open(&path).await.expect("it is a database");
        let touched = db.execute("tamper", sql, &[]).await.expect("it is SQL");
        assert!(touched > 0, "{sql}");
        db.close().await;
        let (good, said) = victim.verify(&["journal", "verify"]);
        assert!(!good && said.contains(expected), "{sql}: {said}");
        let (program, _) = victim.start();
        program.stop();
        let (good, said) = victim.verify(&["journal", "verify"]);
        assert!(
            !good && said.contains("BAD"),
            "{sql} after a restart: {said}"
        );
    }
}

#[test]
fn damage_stops_the_vault_alone_and_its_repair_is_explained() {
    let stopped = Stopped::new();
    let victim = stopped.victim();
    // A segment and a list, then a list that is damaged.
    let (program, _) = victim.start();
    program.stop();
    fs::write(victim.vault("segments.jsonl"), b"{}\n").expect("it is ours");
    fs::write(
        victim.data().join("samples/00000000000000000000.wal"),
        [1; 64],
    )
    .expect("it is ours");
    let (program, admin) = victim.start();
    assert_eq!(admin.get("/logs").status, 200);
    let apart = victim.apart().pop().expect("it was set apart");
    let out = program.run(&["vault", "repair"]);
    assert!(
        said(&out).contains("in use by another process"),
        "{}",
        said(&out)
    );
    // Of the samples the damaged file alone.
    let names = fs::read_dir(victim.data().join("samples")).expect("it can be read");
    let samples = names
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .any(|name| name.starts_with("00000000000000000000.wal-damaged-"));
    assert!(samples, "{}", program.log());
    let (good, told) = victim.verify(&["vault", "repair", "--vault", &apart]);
    assert!(
        good && told.contains("200 lines of ") && told.contains("nothing was changed"),
        "{told}"
    );
    let search = ["vault", "search", "dong thu 000123", "--vault", &apart];
    assert!(!victim.verify(&search).0, "it cannot be opened yet");
    let (good, told) = victim.verify(&["vault", "repair", "--vault", &apart, "--yes"]);
    assert!(good && told.contains("done"), "{told}");
    let (good, told) = victim.verify(&search);
    assert!(good && told.contains("1 lines found"), "{told}");
    let (good, told) = victim.verify(&["vault", "verify", "--vault", &apart]);
    assert!(good, "{told}");
}

/// Whatever stands in the place of one of its files: pages go on, an alarm tells, a new vault
/// begins; and nobody waits.
#[test]
fn no_file_in_the_place_of_another_stops_anything_but_the_vault() {
    let stopped = Stopped::new();
    let pipe = |path: PathBuf| {
        fs::remove_file(&path).expect("it is ours");
        let made = nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU);
        made.expect("a pipe can be made");
    };
    let folder = |path: PathBuf| {
        fs::remove_file(&path).expect("it is ours");
        fs::create_dir(&path).expect("it is ours");
    };
    let cases: [(&str, &dyn Fn(PathBuf)); 2] = [
        ("wal/00000000000000000000.wal", &pipe),
        ("checkpoints", &folder),
    ];
    for (name, put) in cases {
        let victim = stopped.victim();
        put(victim.vault(name));
        let (good, said) = victim.verify(&["vault", "verify"]);
        let named = said.contains("it is no regular file") && said.contains(name);
        assert!(!good && named, "{name}: {said}");
        let (program, admin) = victim.start();
        assert_eq!(admin.get("/logs").status, 200);
        let apart = victim.apart().pop().expect("it was set apart");
        eventually("the alarm", || {
            let said = admin.get("/network/alarms").body;
            said.contains(&apart).then_some(())
        });
        program.stop();
    }
    // A foreign file beside the segments is none of its business.
    let victim = stopped.victim();
    fs::write(victim.vault("segments/Thumbs.db"), b"x").expect("it is ours");
    let (good, said) = victim.verify(&["vault", "verify"]);
    assert!(
        good && said.contains("note: ") && said.contains("Thumbs.db"),
        "{said}"
    );
    let (program, _) = victim.start();
    program.stop();
    assert_eq!(victim.apart(), Vec::<String>::new());
}

#[test]
fn what_left_the_house_tells_when_everything_was_put_back() {
    let stopped = Stopped::new();
    let victim = stopped.victim();
    let notes = fs::read_to_string(victim.vault("checkpoints")).expect("it is text");
    let last = notes.rfind("gieng.local/vault\n").expect("it was signed");
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    let path = outside.path().join("mail.txt");
    let mail = format!(
        "Kính gửi\n\n{}\nTrân trọng\n",
        notes[last..].trim_end_matches("\n\n")
    );
    fs::write(&path, mail).expect("it is ours");
    let file = path.display().to_string();
    for what in ["vault", "journal"] {
        let (good, said) = victim.verify(&[what, "verify", "--checkpoint", &file]);
        assert!(good, "{said}");
    }
    // The whole folder as it was earlier: by itself it is sound.
    let victim = Victim {
        dir: kept(stopped.earlier.path()),
        session: stopped.session.clone(),
    };
    assert!(victim.verify(&["vault", "verify"]).0);
    for (what, expected) in [
        ("vault", "is not among them ("),
        ("journal", "at the end are gone (by "),
    ] {
        let (good, said) = victim.verify(&[what, "verify", "--checkpoint", &file]);
        assert!(
            !good && said.contains(expected) && said.contains("mail.txt"),
            "{said}"
        );
    }
    // Another installation's says nothing here.
    let key = run(GIENG, Stopped::new().later.path(), &["receipt", "key"]);
    let key = String::from_utf8(key.stdout).expect("a key is text");
    let (good, said) = victim.verify(&["vault", "verify", "--key", key.trim()]);
    assert!(
        !good && said.contains("it is not the trusted key"),
        "{said}"
    );
    let (good, said) = victim.verify(&[
        "vault",
        "verify",
        "--key",
        key.trim(),
        "--checkpoint",
        &file,
    ]);
    assert!(
        !good && said.contains("holds no checkpoint that "),
        "{said}"
    );
}

/// Another key, and records from before the vault was begun: neither says what the other lost.
#[test]
fn another_key_with_older_records_is_never_sound() {
    let stopped = Stopped::new();
    for older in [false, true] {
        for named in [false, true] {
            let victim = stopped.victim();
            fs::write(victim.data().join("vault.key"), [7; 32]).expect("it is ours");
            if older {
                victim.take(stopped.earlier.path(), "records.db");
                for rest in ["records.db-wal", "records.db-shm"] {
                    let _ = fs::remove_file(victim.data().join(rest));
                }
            }
            if named {
                // The folder says the same as the key.
                let key = run(GIENG, victim.data(), &["receipt", "key"]);
                fs::write(victim.vault("vkey"), key.stdout).expect("it is ours");
            }
            for what in ["vault", "journal"] {
                let (good, said) = victim.verify(&[what, "verify"]);
                assert!(
                    !good && said.contains("BAD") && !said.contains("sound:"),
                    "{what}, older {older}, named {named}: {said}"
                );
                assert!(said.contains("The key in vault.key is "), "{what}: {said}");
            }
        }
    }
    // Nothing of the vault can be read at all.
    let victim = stopped.victim();
    fs::remove_dir_all(victim.vault("")).expect("it is ours");
    let (good, said) = victim.verify(&["journal", "verify"]);
    assert!(
        !good && said.contains("No checkpoint of the log vault could be read"),
        "{said}"
    );
}

/// A vault that signs under another name than this command was told: it reads the vault's.
#[test]
fn the_name_is_the_vaults_own() {
    let stopped = Stopped::new();
    let victim = stopped.victim();
    let config = victim.data().join("gieng.toml");
    fs::write(&config, "origin = \"other.example/vault\"\n").expect("it is ours");
    let config = config.display().to_string();
    for what in ["vault", "journal"] {
        let (good, said) = victim.verify(&["--config", &config, what, "verify"]);
        assert!(good && said.contains("sound"), "{what}: {said}");
        assert!(
            !said.contains(" 0 heads") && !said.contains("against 0 "),
            "{said}"
        );
    }
}
