//! The books: kept in versions, closed, opened again, and read as their schemas change.

use std::path::Path;

use app::{
    App, AppConfig, Ctx, attachment,
    registry::{self, ImportMode, RecordQuery, book},
};
use domain::{
    authority::Role,
    clock::Clock,
    id::{Id, OrganizationId},
    problem::ProblemKind::{Conflict, Denied, Invalid, NotFound},
    record::{Value, Values},
};
use sha2::{Digest, Sha256};

use crate::{Province, at, refused, values};

fn entry(unit: &str, day: &str, subject: &str) -> Values {
    values(&[
        ("organization", unit),
        ("occurred_on", day),
        ("subject", subject),
        ("result", "routine"),
    ])
}

const BOOK: &str = "technical-journal";

#[tokio::test]
async fn a_closed_book_is_opened_only_with_a_reason() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let officer = p.as_role(Role::Officer, Some(a));
    let foreign = p.as_role(Role::Officer, Some(b));
    let operator = p.as_role(Role::Operator, None);
    let write = async |day: &str| {
        registry::save(&p.app, &officer, BOOK, None, entry("A", day, "việc")).await
    };
    let first = write("2025-03-01").await.unwrap().record;
    let mut corrected = first.values.clone();
    corrected.insert("subject".into(), "việc đã sửa".into());
    registry::save(
        &p.app,
        &officer,
        BOOK,
        Some((first.id, 1)),
        corrected.clone(),
    )
    .await
    .unwrap();
    let versions = book::revisions(&p.app, &officer, BOOK, &first.id.to_string())
        .await
        .unwrap();
    let subjects: Vec<_> = versions
        .iter()
        .map(|v| {
            (
                v.version,
                v.recorded_by.as_str(),
                v.values["subject"].as_text().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        subjects,
        [(2, "officer", "việc đã sửa"), (1, "officer", "việc")]
    );
    let id = first.id.to_string();
    assert_eq!(
        refused(book::revisions(&p.app, &foreign, BOOK, &id).await),
        NotFound
    );

    for (who, unit, period, kind) in [
        (&officer, "A", "2026", Invalid),
        (&officer, "A", "2025-Q1", Invalid),
        (&officer, "A", "năm 2025", Invalid),
        (&officer, "B", "2025", NotFound),
        (&foreign, "A", "2025", NotFound),
        (&p.as_role(Role::Viewer, Some(a)), "A", "2025", Denied),
    ] {
        let closed = book::close(&p.app, who, BOOK, unit, period).await;
        assert_eq!(refused(closed), kind, "{unit} {period}");
    }
    let closing = book::close(&p.app, &officer, BOOK, "A", "2025")
        .await
        .unwrap();
    assert_eq!(closing.entries, 1);
    assert_eq!(
        refused(book::close(&p.app, &officer, BOOK, "A", "2025").await),
        Conflict
    );
    // What it holds can be checked by anybody: the text, and its hash.
    let closed = book::closing(&p.app, &officer, BOOK, closing.id)
        .await
        .unwrap();
    assert!(closed.intact);
    let content = closed.closing.content;
    assert_eq!(hex::encode(Sha256::digest(&content)), closing.sha256);
    let json: serde_json::Value = serde_json::from_str(&content).unwrap();
    assert_eq!(serde_json_canonicalizer::to_string(&json).unwrap(), content);
    assert_eq!(json["organization"]["code"], "A");
    assert_eq!(
        json["entries"][0]["versions"][0]["values"]["subject"],
        "việc"
    );
    assert_eq!(
        json["entries"][0]["versions"][1]["values"]["subject"],
        "việc đã sửa"
    );
    assert_eq!(
        refused(book::closing(&p.app, &foreign, BOOK, closing.id).await),
        NotFound
    );

    // Nothing is written into it: by form, by a change, by a spreadsheet.
    assert_eq!(refused(write("2025-12-31").await), Denied);
    let change = registry::save(
        &p.app,
        &officer,
        BOOK,
        Some((first.id, 2)),
        corrected.clone(),
    );
    assert_eq!(refused(change.await), Denied);
    let csv = "organization,occurred_on,subject,result\nA,2025-05-05,lén,routine\n";
    let import =
        registry::import(&p.app, &officer, BOOK, csv.as_bytes(), ImportMode::GoodRows).await;
    let import = import.unwrap();
    assert_eq!((import.written, import.bad), (false, 1));
    let told = &import.rows[0].problems[0].message.en;
    assert!(told.contains("closed for 2025"), "{told}");
    assert!(write("2026-01-01").await.is_ok());

    let reason = "Bỏ sót sự cố ngày 5/5/2025, công văn 12/CV";
    let reopened = book::reopen(&p.app, &officer, BOOK, closing.id, reason).await;
    assert_eq!(
        refused(reopened),
        Denied,
        "the unit itself does not open it"
    );
    let reopened = book::reopen(&p.app, &operator, BOOK, closing.id, "  ").await;
    assert_eq!(refused(reopened), Invalid);
    assert!(!p.journal().await.contains("\"reopen\""));
    book::reopen(&p.app, &operator, BOOK, closing.id, reason)
        .await
        .unwrap();
    let journal = p.journal().await;
    assert!(journal.contains("\"book-reopen\"") && journal.contains("công văn 12/CV"));
    write("2025-05-05").await.unwrap();
    p.pass(60_000);
    let closed = book::closing(&p.app, &officer, BOOK, closing.id)
        .await
        .unwrap();
    assert!(!closed.intact, "the book is no longer what was closed");
    assert_eq!(closed.closing.content, content, "which stays kept");
    let again = book::close(&p.app, &officer, BOOK, "A", "2025")
        .await
        .unwrap();
    assert_eq!(again.entries, 2);
    assert_ne!(again.sha256, closing.sha256);
    let all = book::closings(&p.app, &officer, BOOK).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[1].reopen_reason.as_deref(), Some(reason));
    assert_eq!(
        refused(book::closings(&p.app, &officer, "device").await),
        NotFound
    );
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A policy of its own with a book that can change, and the program opened on it.
struct Changing {
    folder: tempfile::TempDir,
}

impl Changing {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy");
        copy(&policy, &folder.path().join("policy"));
        Self { folder }
    }

    async fn open(&self, more: &str, fields: &str) -> App {
        let text = format!(
            "noun: visitor-book\nlabel: {{vi: lượt khách, en: visit}}\nplural: {{vi: Sổ khách, en: Visits}}\n\
             describes: {{vi: Khách vào phòng máy., en: Visits to the server room.}}\ntitle: subject\n{more}fields:\n\
             \u{20}\u{20}- {{name: subject, kind: text, required: true, label: {{vi: Khách, en: Visitor}}}}\n{fields}"
        );
        let policy = self.folder.path().join("policy");
        std::fs::write(policy.join("registers/visitor-book.yaml"), text).unwrap();
        App::open(AppConfig {
            keys: None,
            data: self.folder.path().join("data"),
            database: None,
            policy: Some(policy),
            clock: Clock::fixed(at("2026-11-20T01:00:00Z")),
            writer: true,
            origin: "gieng.example/test".into(),
            examiner: env!("CARGO_BIN_EXE_app-examiner").into(),
        })
        .await
        .unwrap()
    }
}

async fn unit(app: &App, code: &str) -> Id {
    let given = values(&[
        ("code", code),
        ("name", code),
        ("kind", "department"),
        ("level", "province"),
        ("membership", "member"),
    ]);
    let ctx = Ctx::console(app.clock.now_ms());
    let saved = registry::save(app, &ctx, "organization", None, given).await;
    saved.unwrap().record.id
}

#[tokio::test]
async fn entries_outlive_the_schema_they_were_written_under() {
    let world = Changing::new();
    let field = |name: &str, kind: &str, required: bool| {
        format!(
            "  - {{name: {name}, kind: {kind}, required: {required}, label: {{vi: {name}, en: {name}}}}}\n"
        )
    };
    let app = world
        .open(
            "",
            &(field("room", "text", true) + &field("badge", "text", false)),
        )
        .await;
    let ctx = Ctx::console(app.clock.now_ms());
    unit(&app, "A").await;
    let given = values(&[
        ("organization", "A"),
        ("occurred_on", "2026-11-20"),
        ("subject", "Khách"),
        ("room", "P1"),
        ("badge", "B-7"),
    ]);
    let old = registry::save(&app, &ctx, "visitor-book", None, given)
        .await
        .unwrap()
        .record;
    app.close().await;
    drop(app);

    // The badge is gone, the room is a number now, and an escort must be named.
    let app = world
        .open(
            "",
            &(field("room", "integer", false) + &field("escort", "text", true)),
        )
        .await;
    let id = old.id.to_string();
    let read = registry::get(&app, &ctx, "visitor-book", &id)
        .await
        .unwrap();
    assert_eq!(read.values, old.values, "nothing of it is lost");
    let page = registry::list(&app, &ctx, "visitor-book", &RecordQuery::default()).await;
    assert_eq!(page.unwrap().total, 1);
    let schema = app.schema("visitor-book").unwrap();
    let typed = |escort: &str| {
        let all = [
            ("organization", "A"),
            ("occurred_on", "2026-11-20"),
            ("subject", "Khách"),
            ("room", "12"),
            ("escort", escort),
        ];
        domain::parse::values(&schema, |f| {
            all.iter()
                .find(|(name, _)| *name == f.name)
                .map(|(_, v)| *v)
        })
    };
    assert_eq!(
        typed("").unwrap_err()[0].field,
        "escort",
        "asked on the next edit"
    );
    let saved = registry::save(
        &app,
        &ctx,
        "visitor-book",
        Some((old.id, 1)),
        typed("Nguyễn Văn A").unwrap(),
    )
    .await
    .unwrap()
    .record;
    assert_eq!(saved.get("room"), &Value::Integer(12));
    assert_eq!(
        saved.text("badge"),
        "B-7",
        "what the schema no longer names stays"
    );
    let versions = book::revisions(&app, &ctx, "visitor-book", &id)
        .await
        .unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1].values["room"], "P1".into());
}

#[tokio::test]
async fn a_book_is_for_those_whom_it_names() {
    let world = Changing::new();
    let app = world
        .open(
            "writers: [operator]\nreaders: [operator, auditor]\nattaches: required\nkeep_years: 10\n",
            "",
        )
        .await;
    let console = Ctx::console(app.clock.now_ms());
    let (a, b) = (unit(&app, "A").await, unit(&app, "B").await);
    let as_role = |role: Role, organization: Option<Id>| {
        let mut ctx = console.clone();
        ctx.actor.name = role.code().into();
        ctx.actor.grants = vec![domain::authority::Grant {
            role,
            organization: organization.map(OrganizationId),
        }];
        ctx
    };
    let officer = as_role(Role::Officer, Some(a));
    let operator = as_role(Role::Operator, None);
    let file = attachment::keep(
        &app,
        &operator,
        OrganizationId(b),
        "a.txt",
        b"van ban".to_vec(),
    )
    .await
    .unwrap();
    let with = |file: &str| {
        let mut given = values(&[
            ("organization", "B"),
            ("occurred_on", "2026-11-20"),
            ("subject", "x"),
        ]);
        if !file.is_empty() {
            given.insert("attachment".into(), file.into());
        }
        given
    };
    let schema = app.schema("visitor-book").unwrap();
    assert!(schema.field("attachment").is_some_and(|f| f.required));
    let written = registry::save(&app, &officer, "visitor-book", None, with(&file)).await;
    assert_eq!(refused(written), Denied);
    let written = registry::save(&app, &operator, "visitor-book", None, with(&file)).await;
    let id = written.unwrap().record.id.to_string();
    let read = async |app: &App, ctx: &Ctx| registry::get(app, ctx, "visitor-book", &id).await;
    assert_eq!(refused(read(&app, &officer).await), Denied);
    assert!(read(&app, &as_role(Role::Auditor, None)).await.is_ok());
    app.close().await;
    drop(app);

    // Shared with every unit: the officer of another unit reads it, with its document.
    let app = world
        .open(
            "writers: [operator]\nattaches: required\nshared_with: [officer]\n",
            "",
        )
        .await;
    assert!(read(&app, &officer).await.is_ok());
    assert_eq!(
        attachment::get(&app, &officer, &file, None)
            .await
            .unwrap()
            .1,
        b"van ban"
    );
    let viewer = as_role(Role::Viewer, Some(a));
    assert_eq!(refused(read(&app, &viewer).await), NotFound);
    assert_eq!(
        refused(attachment::get(&app, &viewer, &file, None).await),
        NotFound
    );
    let change = registry::save(
        &app,
        &officer,
        "visitor-book",
        Some((id.parse().unwrap(), 1)),
        with(&file),
    );
    assert_eq!(refused(change.await), Denied);
}

#[tokio::test]
async fn a_workbook_comes_back_as_it_went() {
    let p = Province::new().await;
    p.unit("A", None).await;
    for (day, subject) in [
        ("2026-03-01", "=HYPERLINK(\"http://x\")"),
        ("2026-06-01", "Bảo trì <máy> & \"điện\"; hai dòng"),
        ("2026-09-01", "-1+2"),
    ] {
        let given = entry("A", day, subject);
        registry::save(&p.app, &p.ctx(), BOOK, None, given)
            .await
            .unwrap();
    }
    let every = RecordQuery::default();
    let xlsx = registry::export_xlsx(&p.app, &p.ctx(), BOOK, &every)
        .await
        .unwrap();
    let report = registry::import(&p.app, &p.ctx(), BOOK, &xlsx, ImportMode::DryRun)
        .await
        .unwrap();
    assert_eq!(
        (report.unchanged, report.created, report.bad),
        (3, 0, 0),
        "{:?}",
        report.rows
    );
    assert!(
        report.ignored_columns.is_empty(),
        "{:?}",
        report.ignored_columns
    );
    // A span of days.
    let some = RecordQuery {
        days: (Some("2026-03-02".into()), Some("2026-09-01".into())),
        ..every
    };
    let page = registry::list(&p.app, &p.ctx(), BOOK, &some).await.unwrap();
    assert_eq!(page.total, 2);
}
