//! The journal proves the records and the vault proves the journal: whoever changes one of
//! them in the database is named, at once and after a restart.

use std::path::Path;

use app::{
    App, AppConfig, Ctx, account, assess, evidence,
    journal::{self, JournalFinding},
    registry, setting,
};
use domain::{
    authority::{Actor, Role},
    clock::Clock,
    id::OrganizationId,
    record::Value,
};
use sha2::{Digest as _, Sha256};
use store::{Db, args, journal::GENESIS};

use crate::{at, sign_in::draft, values};

/// A program with something of each kind in it, everything anchored.
pub(crate) struct Office {
    pub(crate) app: App,
    pub(crate) config: AppConfig,
    pub(crate) folder: tempfile::TempDir,
}

impl Office {
    pub(crate) async fn new(database: Option<String>) -> Self {
        let office = Self::open(database).await;
        office.fill().await;
        office.anchor().await;
        assert_eq!(office.said().await, Vec::<String>::new());
        office
    }

    /// Nothing in it but what a first start writes.
    pub(crate) async fn empty() -> Self {
        let office = Self::open(None).await;
        office.anchor().await;
        office
    }

    async fn open(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = AppConfig {
            data: folder.path().to_owned(),
            keys: None,
            database,
            policy: None,
            clock: Clock::fixed(at("2026-11-20T01:00:00Z")),
            writer: true,
            origin: "gieng.example/test".into(),
            examiner: env!("CARGO_BIN_EXE_app-examiner").into(),
        };
        Self {
            app: App::open(config.clone()).await.unwrap(),
            config,
            folder,
        }
    }

    pub(crate) fn ctx(&self) -> Ctx {
        Ctx {
            actor: Actor::console(),
            ..Ctx::console(self.app.clock.now_ms())
        }
    }

    pub(crate) async fn add(&self, noun: &str, given: &[(&str, &str)]) -> domain::id::Id {
        let saved = registry::save(&self.app, &self.ctx(), noun, None, values(given)).await;
        saved.unwrap().record.id
    }

    async fn fill(&self) {
        let unit = |code, parent: &'static str| {
            let mut given = vec![
                ("code", code),
                ("name", code),
                ("kind", "department"),
                ("level", "province"),
                ("membership", "member"),
            ];
            given.extend(Some(("parent", parent)).filter(|(_, p)| !p.is_empty()));
            given
        };
        self.add("organization", &unit("A", "")).await;
        let b = self.add("organization", &unit("B", "A")).await;
        self.add("organization", &unit("C", "")).await;
        self.add(
            "contact",
            &[
                ("organization", "B"),
                ("role", "leader"),
                ("name", "Lê Thị X"),
                ("starts_on", "2026-01-01"),
            ],
        )
        .await;
        let mut site = values(&[
            ("code", "S"),
            ("name", "Trụ sở B"),
            ("organization", "B"),
            ("class", "standard"),
            ("status", "active"),
            ("address", "10.1.1.1"),
        ]);
        site.insert("latitude".into(), Value::Decimal(10.25));
        site.insert("longitude".into(), Value::Integer(106));
        registry::save(&self.app, &self.ctx(), "site", None, site)
            .await
            .unwrap();
        let entry = |subject| {
            values(&[
                ("organization", "B"),
                ("occurred_on", "2026-11-02"),
                ("subject", subject),
                ("result", "routine"),
            ])
        };
        let (book, ctx) = ("technical-journal", self.ctx());
        let first = registry::save(&self.app, &ctx, book, None, entry("việc")).await;
        let first = first.unwrap().record;
        let mut second = first.values.clone();
        second.insert("subject".into(), "việc đã sửa".into());
        registry::save(&self.app, &ctx, book, Some((first.id, 1)), second)
            .await
            .unwrap();
        setting::set(&self.app, &ctx, "remind.hour", "9")
            .await
            .unwrap();
        let draft = draft("an", Role::Viewer, Some(b));
        let id = account::save(&self.app, &ctx, None, draft).await.unwrap();
        let link = account::issue_link(&self.app, &ctx, id).await.unwrap();
        let chosen = account::Chosen {
            login: "",
            name: "",
            password: crate::sign_in::PASSWORD,
        };
        let browser = account::Browser::new("test");
        account::redeem(&self.app, &ctx, &link, &chosen, &browser)
            .await
            .unwrap();
        let b = OrganizationId(b);
        assess::attest(
            &self.app,
            &ctx,
            "lan-secured",
            b,
            Some(true),
            "đã kiểm tra",
            None,
        )
        .await
        .unwrap();
    }

    /// As the tasks of a running program do.
    pub(crate) async fn anchor(&self) {
        evidence::reconcile(&self.app).await.unwrap();
        let vault = self.app.logs.vault().unwrap();
        vault.checkpoint().await.unwrap();
        evidence::reconcile(&self.app).await.unwrap();
    }

    /// The program ends and is started again on the same folder.
    pub(crate) async fn again(self) -> Self {
        let Self {
            app,
            config,
            folder,
        } = self;
        app.close().await;
        // It holds the vault until it is gone.
        drop(app);
        let app = App::open(config.clone()).await.unwrap();
        let office = Self {
            app,
            config,
            folder,
        };
        office.anchor().await;
        office
    }

    pub(crate) async fn sql(&self, sql: &str) {
        let touched = self.app.db.execute("tamper", sql, &[]).await.unwrap();
        assert!(touched > 0, "{sql}");
    }

    pub(crate) async fn said(&self) -> Vec<String> {
        let report = journal::verify(&self.app, &self.ctx()).await.unwrap();
        report.findings.iter().map(|f| f.label().en).collect()
    }

    pub(crate) async fn names(&self, expected: &[&str]) {
        let said = self.said().await;
        for part in expected {
            assert!(said.iter().any(|s| s.contains(part)), "`{part}`: {said:#?}");
        }
    }

    /// Named at once, and after a restart of the program.
    pub(crate) async fn named_at_once_and_later(self, expected: &[&str]) {
        self.names(expected).await;
        self.again().await.names(expected).await;
    }

    /// The same office in a folder of its own; this one is closed.
    async fn copy(&self) -> Self {
        self.app.close().await;
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        let config = AppConfig {
            data: folder.path().to_owned(),
            ..self.config.clone()
        };
        Self {
            app: App::open(config.clone()).await.unwrap(),
            config,
            folder,
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What is done, in SQL, and what is said of it.
const BESIDE: &[(&str, &[&str])] = &[
    // A field of a record.
    (
        "UPDATE organization SET name = 'Z' WHERE code = 'B'",
        &["name: \"B\" in the journal (entry ", "\"Z\" in the record"],
    ),
    (
        "UPDATE site SET latitude = 11.5 WHERE code = 'S'",
        &["latitude: \"10.25\" in the journal"],
    ),
    // What is compared in SQL, while the text stays.
    (
        "UPDATE site SET address_key = 'x' WHERE code = 'S'",
        &["address_key: "],
    ),
    // A record that nobody entered, one that is gone.
    (
        "INSERT INTO contact SELECT 'f0000000-0000-7000-8000-000000000000', version, created_at, updated_at, \
         search, sort_key, organization_id, role, 'Ai đó', title, phone, email, starts_on, ends_on, decision, note \
         FROM contact",
        &["contact f0000000-0000-7000-8000-000000000000 is in no entry"],
    ),
    (
        "DELETE FROM contact WHERE name = 'Lê Thị X'",
        &["is gone (entry ", "Lê Thị X"],
    ),
    // A book: the content, what checks read beside it, when it was written, an old version.
    (
        "UPDATE entry SET data = REPLACE(data, 'đã sửa', 'khác')",
        &["subject: \"việc đã sửa\" in the journal", "\"việc khác\""],
    ),
    (
        "UPDATE entry SET result = 'incident'",
        &["result: \"routine\" in the journal"],
    ),
    (
        "UPDATE entry SET recorded_at = recorded_at - 86400000",
        &["recorded_at: "],
    ),
    (
        "UPDATE entry_revision SET data = REPLACE(data, 'việc', 'ngày') WHERE version = 1",
        &["version 1: "],
    ),
    // A change that was undone in both places still counts as a version.
    (
        "UPDATE organization SET version = 7 WHERE code = 'A'",
        &["version: \"1\" in the journal"],
    ),
    // What decides who sees what, who may sign in and how.
    (
        "UPDATE organization_closure SET ancestor_id = (SELECT id FROM organization WHERE code = 'C') \
         WHERE depth = 1",
        &["below "],
    ),
    (
        "UPDATE account_grant SET role = 'administrator', organization_id = NULL",
        &["grants: \"viewer (", "\"administrator\" in the record"],
    ),
    (
        "UPDATE account SET password_hash = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA'",
        &["password: "],
    ),
    (
        "UPDATE setting SET value = '23'",
        &["setting /remind.hour, value: \"9\""],
    ),
    (
        "UPDATE attestation SET statement = 'không kiểm tra'",
        &["statement: \"đã kiểm tra\""],
    ),
    // What a name is taken for.
    (
        "INSERT INTO unsaid (said, kind) VALUES ('Lê Thị X', 'name')",
        &["unsaid Lê Thị X, kind: \"\" in the journal, \"name\" in the record"],
    ),
    (
        "DELETE FROM unsaid WHERE kind = 'event'",
        &["unsaid , kind: \"event\" in the journal"],
    ),
];

/// What is done to the journal itself.
const INSIDE: &[(&str, &[&str])] = &[
    (
        "UPDATE journal SET actor = 'người khác' WHERE seq = 2",
        &["Entry 2 was changed after it was written"],
    ),
    ("DELETE FROM journal WHERE seq = 3", &["Entry 3 is missing"]),
    (
        "DELETE FROM journal WHERE seq > 9",
        &["Entries 10 to ", "at the end are gone (by checkpoint "],
    ),
    (
        "DELETE FROM journal",
        &["Entries 1 to ", "organization ", "is in no entry"],
    ),
    (
        "UPDATE journal SET seal = NULL",
        &["No entry carries a seal"],
    ),
    (
        "UPDATE journal SET seal = NULL WHERE seq = 5",
        &["Entry 5 carries no seal"],
    ),
];

/// One thing after the other; all of it is named to the end.
async fn everything_beside(office: Office) {
    let mut all = Vec::new();
    for (sql, expected) in BESIDE {
        office.sql(sql).await;
        office.names(expected).await;
        all.extend_from_slice(expected);
    }
    office.named_at_once_and_later(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_beside_the_journal_is_named() {
    everything_beside(Office::new(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_beside_the_journal_is_named_on_postgresql() {
    if let Some(database) = testkit::postgres::database() {
        everything_beside(Office::new(Some(database)).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_in_the_journal_is_named() {
    let whole = Office::new(None).await;
    for (sql, expected) in INSIDE {
        let office = whole.copy().await;
        office.sql(sql).await;
        office.names(expected).await;
        let office = office.again().await;
        assert!(!office.said().await.is_empty(), "{sql}");
    }
}

/// Every entry from `seq` on with a hash that fits, as the program itself would write them.
pub(crate) async fn recompute(db: &Db, seq: i64) {
    let rows = db.fetch("journal", "SELECT * FROM journal ORDER BY seq", &[]);
    let mut previous = GENESIS.to_owned();
    for row in rows.await.unwrap() {
        let at = row.int("seq").unwrap();
        if at < seq {
            previous = row.text("hash").unwrap();
            continue;
        }
        let text = |column: &str| row.opt_text(column).unwrap();
        let body = serde_json::json!([
            previous,
            at,
            row.int("at").unwrap(),
            text("actor_id"),
            text("actor"),
            text("request"),
            text("remote"),
            text("noun"),
            text("record_id"),
            text("organization_id"),
            text("action"),
            text("before"),
            text("after")
        ]);
        let hash = hex::encode(Sha256::digest(body.to_string()));
        let sql = "UPDATE journal SET previous_hash = $2, hash = $3 WHERE seq = $1";
        db.execute("tamper", sql, &args![at, previous, &hash])
            .await
            .unwrap();
        previous = hash;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_made_anew_is_named() {
    let whole = Office::new(None).await;
    for strip in [false, true] {
        let office = whole.copy().await;
        office
            .sql("UPDATE journal SET after = REPLACE(after, 'Trụ sở B', 'Trụ sở Z') WHERE seq < 99")
            .await;
        office.sql("UPDATE site SET name = 'Trụ sở Z'").await;
        recompute(&office.app.db, 2).await;
        if strip {
            office.sql("UPDATE journal SET seal = NULL").await;
        }
        let named = if strip {
            "No entry carries a seal"
        } else {
            "this installation did not write it"
        };
        let anchored = "is not the one that was anchored (by checkpoint ";
        office.names(&[named, anchored]).await;
        let office = office.again().await;
        office.names(&[anchored]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_was_added_is_named() {
    let office = Office::new(None).await;
    let forged = "INSERT INTO journal (seq, at, actor, request, remote, noun, record_id, action, after, \
         previous_hash, hash, seal) SELECT seq + 1, at, actor, request, remote, 'setting', 'remind.hour', \
         'update', '23', hash, hash, NULL FROM journal ORDER BY seq DESC LIMIT 1";
    office.sql(forged).await;
    office.sql("UPDATE setting SET value = '23'").await;
    let last = journal::verify(&office.app, &office.ctx())
        .await
        .unwrap()
        .entries;
    recompute(&office.app.db, last).await;
    office
        .named_at_once_and_later(&[&format!(
            "Entry {last} carries no seal: this installation did not write it"
        )])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_left_the_house_names_what_was_rolled_back() {
    let office = Office::new(None).await;
    let report = journal::verify(&office.app, &office.ctx()).await.unwrap();
    assert!(
        report.is_sound() && report.anchors > 0 && report.records > 8,
        "{report:?}"
    );
    let vault = office.app.logs.vault().unwrap().clone();
    let signed = vault.latest_checkpoint().unwrap();
    let key = vault.verifier().clone();
    let path = office.config.data.join("outside.txt");
    std::fs::write(&path, &signed.note).unwrap();
    let left = evidence::Left::read(&path, &key).unwrap();
    let (folder, ctx) = (office.config.data.clone(), office.ctx());
    // Everything is put back to before that checkpoint: only what is outside knows.
    office.app.close().await;
    std::fs::remove_dir_all(folder.join("vault")).unwrap();
    let app = App::open(AppConfig {
        writer: false,
        ..office.config.clone()
    })
    .await
    .unwrap();
    app.db
        .execute("tamper", "DELETE FROM journal WHERE seq > 4", &[])
        .await
        .unwrap();
    let report = journal::verify_against(&app, &ctx, Some(key.clone()), left.heads)
        .await
        .unwrap();
    assert!(
        report.findings.iter().any(|f| matches!(
            f,
            JournalFinding::Anchor { from, last: 4, .. } if from.ends_with("outside.txt")
        )),
        "{report:?}"
    );
    let read = evidence::verify_vault(
        &app,
        &ctx,
        evidence::Against {
            key: Some(key),
            left: left.checkpoints,
            ..evidence::Against::default()
        },
        |_| {},
        vault::Cancel::default(),
    );
    let found = read.await.unwrap().report.findings;
    assert!(
        found.iter().any(|f| f.what.contains("outside.txt")),
        "{found:?}"
    );
}

/// A byte of an old segment, the program started again within the day: it is told at once, not
/// by the next day's reading; and the alarm of a folder that was set apart ends when it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn damage_in_an_old_segment_is_told_after_a_start() {
    let office = Office::new(None).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let vault = office.app.logs.vault().unwrap().clone();
    for n in 0..3 {
        let mut batch = vault::Batch::new();
        for m in 0..400 {
            let raw = format!("dong {n} {m}");
            let line = vault::Line {
                received_at_ms: office.app.clock.now_ms(),
                sent_at_ms: None,
                source: [0; 16],
                unit: [0; 16],
                peer: std::net::Ipv4Addr::LOCALHOST.into(),
                transport: vault::Transport::Tcp,
                flags: vault::Flags::default(),
                facility: Some(1),
                severity: Some(6),
                host: "x",
                application: "x",
                raw: raw.as_bytes(),
            };
            batch.push(&line).unwrap();
        }
        vault.append(batch).await.unwrap();
        vault.seal().await.unwrap();
    }
    drop(vault);
    assert!(evidence::read(&office.app, &stop).await.unwrap().is_some());
    // Within the day it is not due again.
    assert_eq!(evidence::read(&office.app, &stop).await.unwrap(), None);
    let folder = office.config.data.join("vault/segments");
    let mut files: Vec<_> = walk(&folder);
    files.sort();
    assert_eq!(files.len(), 3, "{files:?}");
    let office = office.again().await;
    let mut bytes = std::fs::read(&files[0]).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&files[0], bytes).unwrap();
    let alarms = async |app: &App| {
        let sql = "SELECT state FROM alarm WHERE cleared_at IS NULL ORDER BY state";
        let rows = app.db.fetch("alarms", sql, &[]).await.unwrap();
        let of = rows.iter().map(|row| row.text("state").unwrap());
        of.collect::<Vec<_>>()
    };
    assert_eq!(alarms(&office.app).await, Vec::<String>::new());
    let said = evidence::read(&office.app, &stop).await.unwrap().unwrap();
    assert!(
        said.en.contains("its bytes are not those that were sealed"),
        "{said:?}"
    );
    assert_eq!(alarms(&office.app).await, ["vault-check"]);
    // Set apart, told, and moved away.
    let apart = office.config.data.join("vault-damaged-20261120T010000Z");
    std::fs::create_dir(&apart).unwrap();
    evidence::run(&office.app).await.unwrap();
    assert_eq!(alarms(&office.app).await, ["set-apart", "vault-check"]);
    std::fs::remove_dir(&apart).unwrap();
    evidence::run(&office.app).await.unwrap();
    assert_eq!(alarms(&office.app).await, ["vault-check"]);
    // A part of the samples is set apart alone, at a start.
    let samples = office.config.data.join("samples");
    std::fs::write(samples.join("2026-11-20-9-series.parquet"), b"PAR1").unwrap();
    let office = office.again().await;
    evidence::run(&office.app).await.unwrap();
    assert_eq!(alarms(&office.app).await, ["set-apart", "vault-check"]);
    let [apart] = &walk(&samples)[..] else {
        panic!("{:?}", walk(&samples))
    };
    assert!(apart.to_string_lossy().contains("series.parquet-damaged-"));
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|e| e.unwrap().path());
    let all = paths.flat_map(|p| if p.is_dir() { walk(&p) } else { vec![p] });
    all.collect()
}
