//! A pack that changes: what carries over, and what a draft would turn.

use std::path::{Path, PathBuf};

use app::{App, AppConfig, Ctx, assess, registry};
use domain::{
    authority::Role,
    clock::Clock,
    id::{Id, OrganizationId},
    problem::ProblemKind::{Denied, Invalid, Limit},
};
use policy::{Embedded, Memory, Source as _, Status, compare::Fate};

use crate::{Province, VINH_LONG, at, refused, values};

const REGULATION: &str = "regulations/vinh-long-26-2019.yaml";
/// The unit has an IT officer: a check over contacts.
const OFFICER: &str = "17.2.c";
/// The unit's network is secured: somebody's word.
const LAN: &str = "11";

/// The built-in packs in a folder, where they can be changed.
fn packs(folder: &Path) -> PathBuf {
    let folder = folder.join("policy");
    for file in Embedded.files().unwrap() {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
    folder
}

fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

async fn open(data: &Path, policy: &Path, clock: &Clock) -> App {
    let config = AppConfig {
        keys: None,
        data: data.to_owned(),
        database: None,
        policy: Some(policy.to_owned()),
        clock: clock.clone(),
        writer: true,
        origin: "gieng.example/test".into(),
        examiner: env!("CARGO_BIN_EXE_app-examiner").into(),
    };
    let app = App::open(config).await.unwrap();
    assess::evaluate(&app, true).await.unwrap();
    app
}

async fn cell(app: &App, cite: &str, unit: Id) -> assess::Cell {
    let ctx = Ctx::console(app.clock.now_ms());
    let view = assess::board(app, &ctx, None).await.unwrap();
    let cell = view.board.get(VINH_LONG, cite, OrganizationId(unit));
    cell.unwrap().clone()
}

#[tokio::test]
async fn verdicts_and_words_carry_over_while_their_clause_means_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let policy = packs(folder.path());
    let data = folder.path().join("data");
    let clock = Clock::fixed(at("2026-11-20T01:00:00Z"));
    let app = open(&data, &policy, &clock).await;
    let ctx = Ctx::console(clock.now_ms());
    let save = async |noun: &str, given: &[(&str, &str)]| {
        registry::save(&app, &ctx, noun, None, values(given))
            .await
            .unwrap()
            .record
            .id
    };
    let unit = [
        ("code", "A"),
        ("name", "A"),
        ("kind", "department"),
        ("level", "province"),
        ("membership", "member"),
    ];
    let a = save("organization", &unit).await;
    let adopted = [("regulation", VINH_LONG), ("starts_on", "2019-11-11")];
    save("adoption", &adopted).await;
    assess::attest(
        &app,
        &ctx,
        "lan-secured",
        OrganizationId(a),
        Some(true),
        "đã làm",
        None,
    )
    .await
    .unwrap();
    assess::evaluate(&app, true).await.unwrap();
    let (word, officer) = (cell(&app, LAN, a).await, cell(&app, OFFICER, a).await);
    assert_eq!(word.status, Status::Met);
    app.close().await;
    drop(app);

    // Put into other words it is the same interval.
    clock.set(at("2026-11-21T01:00:00Z"));
    let control = "controls/lan-secured.yaml";
    let english = std::fs::read_to_string(policy.join(control)).unwrap();
    let title = english.lines().find(|l| l.starts_with("  en: ")).unwrap();
    change(&policy, control, title, "  en: \"Another title\"");
    change(
        &policy,
        REGULATION,
        "      en: \"",
        "      en: \"Said anew: ",
    );
    let app = open(&data, &policy, &clock).await;
    assert_eq!(cell(&app, LAN, a).await, word);
    assert_eq!(cell(&app, OFFICER, a).await, officer);
    app.close().await;
    drop(app);

    // Another question was not answered yet; what it does not touch goes on.
    change(&policy, control, "?\"", " nay?\"");
    let app = open(&data, &policy, &clock).await;
    let asked = cell(&app, LAN, a).await;
    assert_eq!(
        (asked.status, asked.reason.as_deref()),
        (Status::NoData, Some("question-changed"))
    );
    assert_eq!(asked.since, clock.now_ms());
    assert_eq!(cell(&app, OFFICER, a).await, officer);
    app.close().await;
    drop(app);

    // Asked of others as well, a verdict that reads the same is another verdict.
    let text = std::fs::read_to_string(policy.join(REGULATION)).unwrap();
    std::fs::write(policy.join(REGULATION), wider(&text)).unwrap();
    let app = open(&data, &policy, &clock).await;
    let now = cell(&app, OFFICER, a).await;
    assert_eq!(now.status, officer.status);
    assert_ne!(now.id, officer.id);
    app.close().await;
}

impl Province {
    /// The packs in use with one change in Vĩnh Long's regulation.
    async fn draft(&self, change: impl FnOnce(String) -> String) -> policy::Library {
        let all = Memory::of(&Embedded).unwrap();
        let text = change(all.0[REGULATION].clone());
        let files = Memory([(REGULATION.to_owned(), text)].into());
        assess::draft(&self.app, &self.ctx(), files).await.unwrap()
    }
}

/// The draft asks of every connected unit what today's text asks of members.
fn wider(text: &str) -> String {
    let at = text.find("  - cite: \"17.2.c\"").unwrap();
    let bearer = at + text[at..].find("bearer: ").unwrap();
    let line = bearer + text[bearer..].find('\n').unwrap();
    format!("{}bearer: any{}", &text[..bearer], &text[line..])
}

#[tokio::test]
async fn a_draft_is_tried_and_nothing_is_written() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let b = [
        ("code", "B"),
        ("name", "Bên tham gia"),
        ("kind", "party"),
        ("level", "province"),
        ("membership", "participant"),
    ];
    let b = p.add("organization", &b).await;
    for unit in ["A", "B"] {
        p.left(unit, "Mạng").await;
    }
    assess::evaluate(&p.app, true).await.unwrap();
    let rows = async || {
        let sql = "SELECT COUNT(*) AS n, COALESCE(MAX(recorded_at), 0) AS at FROM verdict";
        let row = p.app.db.fetch_one("rows", sql, &[]).await.unwrap().unwrap();
        (row.int("n").unwrap(), row.int("at").unwrap())
    };
    let (before, board) = (rows().await, p.app.library().hash.clone());
    p.pass(60_000);

    let same = assess::what_if(&p.app, &p.ctx(), p.draft(|text| text).await)
        .await
        .unwrap();
    assert!(
        same.turned.is_empty() && same.changes.is_empty(),
        "{same:?}"
    );
    assert!(same.stay > 60 && same.units == 2, "{same:?}");

    let told = assess::what_if(&p.app, &p.ctx(), p.draft(|text| wider(&text)).await)
        .await
        .unwrap();
    let turned: Vec<_> = told
        .turned
        .iter()
        .map(|t| (t.unit.as_str(), t.cite.as_str(), t.before, t.after))
        .collect();
    assert_eq!(turned, [("B", OFFICER, None, Some(Status::Breached))]);
    assert_eq!(told.changes.len(), 1);
    assert_eq!(told.changes[0].count(Fate::Amended), 1);

    // A text that takes the place of today's is tried for those who adopted that one.
    let later = p.draft(|text| text).await;
    let mut next = later.clone();
    let mut text = next.regulations.remove(VINH_LONG).unwrap();
    text.id = "vinh-long-1-2027".into();
    text.effective_from = "2027-01-01".parse().unwrap();
    text.replaces[0].id = Some(VINH_LONG.into());
    text.clauses.retain(|c| c.cite != OFFICER);
    next.regulations.insert(text.id.clone(), text);
    let told = assess::what_if(&p.app, &p.ctx(), next).await.unwrap();
    let turned: Vec<_> = told
        .turned
        .iter()
        .map(|t| (t.unit.as_str(), t.cite.as_str(), t.before, t.after))
        .collect();
    assert_eq!(turned, [("A", OFFICER, Some(Status::Breached), None)]);

    assert_eq!(rows().await, before, "nothing was written");
    assert_eq!(p.app.library().hash, board);
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    assert!(
        view.board
            .get(VINH_LONG, OFFICER, OrganizationId(b))
            .is_none()
    );

    // It is the administrators', and a draft with a mistake is told to the line.
    for role in [Role::Operator, Role::Auditor, Role::Officer, Role::Viewer] {
        let ctx = p.as_role(role, None);
        let denied = assess::what_if(&p.app, &ctx, p.draft(|text| wider(&text)).await).await;
        assert_eq!(refused(denied), Denied, "{role:?}");
    }
    let wrong = Memory([(REGULATION.to_owned(), "id: [".to_owned())].into());
    let problem = assess::draft(&p.app, &p.ctx(), wrong).await.unwrap_err();
    assert_eq!(problem.kind, Invalid);
    assert!(
        problem.fields[0].message.en.starts_with(REGULATION),
        "{problem:?}"
    );
}

/// The draft with one condition in the place of another.
fn asking(text: &str, condition: &str) -> String {
    let at = text.find("applies: \"").unwrap();
    let end = at + text[at..].find('\n').unwrap();
    format!("{}applies: \"{condition}\"{}", &text[..at], &text[end..])
}

#[tokio::test]
async fn a_draft_that_would_never_end_is_refused_to_the_line() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let all = Memory::of(&Embedded).unwrap();
    let text = &all.0[REGULATION];
    let try_out = async |text: String| {
        let files = Memory([(REGULATION.to_owned(), text)].into());
        assess::draft(&p.app, &p.ctx(), files).await
    };
    let nested = (0..4).fold("false".to_owned(), |inner, n| {
        format!("[1,2,3,4,5,6,7,8,9,10].exists(x{n}, {inner})")
    });
    let line = 1 + text[..text.find("applies: \"").unwrap()]
        .matches('\n')
        .count();
    for (condition, why) in [
        (nested, "steps"),
        (
            format!("{}true{}", "(".repeat(250), ")".repeat(250)),
            "brackets",
        ),
    ] {
        let told = try_out(asking(text, &condition)).await.unwrap_err();
        assert_eq!(told.kind, Invalid);
        let said = &told.fields[0].message.en;
        assert!(said.starts_with(&format!("{REGULATION}:{line}:")), "{said}");
        assert!(said.contains(why), "{said}");
    }
    // Aliases of aliases of aliases, levels within levels, as many mistakes as lines.
    let laughs = (1..30).fold("a0: &a0 [x, x, x, x]\n".to_owned(), |all, n| {
        let m = n - 1;
        format!("{all}a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}]\n")
    });
    let deep = format!("id: {}{}\n", "[".repeat(500_000), "]".repeat(500_000));
    let flow = "title: {vi: ".repeat(200_000);
    let clause = &text[text.find("  - cite: ").unwrap()..];
    let clause = &clause[..clause[1..].find("  - cite: ").unwrap() + 1];
    let wrong = clause.replace("bearer: ", "bearer: khong-ai-");
    let wrong = format!("{text}{}", wrong.repeat((3 << 20) / wrong.len()));
    for bad in [laughs, deep, flow, wrong] {
        let head: String = bad.chars().take(80).collect();
        let told = try_out(bad).await.unwrap_err();
        assert_eq!(told.kind, Invalid, "{head}: {told}");
        assert!(told.fields.len() <= 200);
    }
    // Right, but more than can be judged in good time.
    let mut many = p.draft(|text| text).await;
    let clauses = &mut many.regulations.get_mut(VINH_LONG).unwrap().clauses;
    let one = clauses[0].clone();
    clauses.resize(4_000, one);
    let told = assess::what_if(&p.app, &p.ctx(), many).await.unwrap_err();
    assert_eq!(told.kind, Limit);
    assert!(told.what.en.contains("clauses"), "{told}");
    // And the next one is tried as ever.
    let draft = p.draft(|text| text).await;
    let same = assess::what_if(&p.app, &p.ctx(), draft).await.unwrap();
    assert!(same.turned.is_empty());
}

#[tokio::test]
async fn a_control_shows_all_that_it_serves() {
    let p = Province::new().await;
    p.unit("A", None).await;
    assess::evaluate(&p.app, true).await.unwrap();
    let view = assess::board(&p.app, &p.ctx(), None).await.unwrap();
    let told = assess::control(&p.app, &view, "it-officer-named").unwrap();
    let used = told.uses.iter().find(|u| u.clause.cite == OFFICER).unwrap();
    assert!(used.adopted);
    assert_eq!(used.tally.total(), 1);
    assert_eq!(told.tally.map(|t| t.no_data), Some(1));
    assert!(told.sql.is_some());
    let then = assess::board(&p.app, &p.ctx(), Some(assess::AsOf::then(p.clock.now_ms())))
        .await
        .unwrap();
    let told = assess::control(&p.app, &then, "it-officer-named").unwrap();
    assert_eq!(told.tally, None);
    assert!(assess::control(&p.app, &view, "none").is_err());

    // What is awaited is no data, and says so.
    let library = p.app.library();
    let regulation = &library.regulations[VINH_LONG];
    let awaiting = |c: &&policy::Clause| {
        c.is_scored() && library.controls_of(c).iter().any(|c| !c.awaits.is_empty())
    };
    let clause = regulation.clauses.iter().find(awaiting).unwrap();
    let verdict = view
        .cells()
        .find(|(_, c, _)| view.board.clauses[*c].cite == clause.cite);
    assert_eq!(verdict.unwrap().2.status, Status::NoData);
    let shown = assess::verdict(&p.app, &p.ctx(), &view, VINH_LONG, &clause.cite, "A").await;
    let evidence = shown.unwrap().evidence;
    let control = evidence
        .controls
        .iter()
        .find(|c| c.by == "awaited")
        .unwrap();
    let fact = control.rows[0]["awaited"].as_str().unwrap();
    assert!(library.awaited.contains_key(fact));
}
