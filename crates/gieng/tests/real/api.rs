//! The API against its own description, by a program that is not ours (schemathesis), and by hand
//! where that does not look.

use std::process::Command;

use serde_json::{Value, json};
use testkit::{client::Client, python, world::World};

use crate::GIENG;

/// What stands for the rest: nouns and one book share their code, import has its own tests.
const PATHS: &str = r"^/api/v1/(organization|circuit|device|contact|technical-journal|verdicts|duties|targets|alarms|logs|journal|search|documents)(/\{id\}(/versions)?|/export\.csv|/closings)?$";

/// A small province.
fn seed(world: &World) {
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\nVNPT,VNPT,telecom-provider,province,outside\n",
    );
    world.import(
        "site",
        "code,name,organization\nHUB,Trung tâm,U\nS,Điểm U,U\n",
    );
    world.import(
        "device",
        "code,name,organization,role\nD,Máy chủ U,U,server\n",
    );
}

/// Every check on every kind of request, good and bad.
fn described(world: &World) {
    let packages = ["schemathesis==4.32.5"];
    let Some(python) = python::with(env!("CARGO_TARGET_TMPDIR"), "schemathesis", &packages) else {
        return;
    };
    seed(world);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = folder.path().join("schemathesis.toml");
    // What the schema allows may still be refused for what the records say (422). Dates before
    // 1900 are refused for their form (400), which the format `date` cannot say. NUL, which no schema excludes, has its own test.
    std::fs::write(
        &config,
        "[generation]\nallow-x00 = false\ndeterministic = true\n\n\
         [checks.positive_data_acceptance]\n\
         expected-statuses = [\"2xx\", 400, 401, 403, 404, 409, 413, 422]\n\n\
         [checks.missing_required_header]\n\
         expected-statuses = [400, 401, 403, 422, 428]\n",
    )
    .expect("the folder is ours");
    let run = Command::new(python.with_file_name("st"))
        .current_dir(folder.path())
        .arg("--config-file")
        .arg(&config)
        .args(["--no-color", "run"])
        .arg(format!("{}/api/v1/openapi.json", world.program.url()))
        .arg("-H")
        .arg(format!(
            "Authorization: Bearer {}",
            world.admin.token().bearer()
        ))
        .args(["--checks", "all", "--max-examples", "8", "--workers", "2"])
        .args(["--phases", "examples,coverage,fuzzing", "--mode", "all"])
        .args(["--suppress-health-check", "all", "--warnings", "off"])
        .args(["--include-path-regex", PATHS, "--max-failures", "20"])
        .output()
        .expect("it can be run");
    assert!(
        run.status.success(),
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
    let log = world.program.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn it_is_as_it_is_described() {
    described(&World::begin(GIENG, |launch| launch.flag("--no-probe")));
}

#[test]
fn it_is_as_it_is_described_on_postgres() {
    let Some(url) = testkit::postgres::database() else {
        return;
    };
    described(&World::begin(GIENG, |launch| {
        launch.flag("--no-probe").env("GIENG_DATABASE", &url)
    }));
}

fn refused(admin: &Client, path: &str, status: u16, names: &str) {
    let answer = admin.get(path);
    assert_eq!(answer.status, status, "{path}: {}", answer.body);
    assert!(
        answer.kind.contains("problem+json"),
        "{path}: {}",
        answer.kind
    );
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{problem}");
    assert!(problem.to_string().contains(names), "{path}: {problem}");
}

/// What is not understood is said; it never means everything.
fn hand_made(world: &World) {
    seed(world);
    let admin = &world.admin;
    for (path, names) in [
        ("organization?kidn=department", "kidn"),
        ("organization?kind=ministry", "people-committee"),
        ("organization?sort=colour", "membership"),
        ("organization?limit=0", "limit"),
        ("organization?kind=", "kind"),
        ("organization?code=", "code"),
        ("organization?q=", "q"),
        ("device?organization=", "organization"),
        ("device/export.csv?organization=", "organization"),
        ("claims?state=foo", "state"),
        ("device/D?colour=red", "colour"),
        ("technical-journal/closings?period=2025", "period"),
        ("verdicts?unit=", "unit"),
        ("journal?organization=", "organization"),
        (
            "technical-journal?since=2026-02-02&until=2026-02-01",
            "until",
        ),
        ("duties?from=2026-02-02&to=2026-02-01", "to"),
        (
            "outages?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z",
            "to",
        ),
        (
            "logs?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z",
            "to",
        ),
        (
            "samples?target=x&from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z",
            "to",
        ),
        ("organization?limit=1001", "1000"),
        ("organization?offset=-1", "offset"),
        ("device?address=10.0.0", "address"),
        ("technical-journal?since=yesterday", "since"),
        ("technical-journal?until=2026-02-30", "until"),
        ("organization/export.csv?kidn=department", "kidn"),
        ("verdicts?status=good", "status"),
        ("verdicts?regulation=nowhere", "vinh-long-26-2019"),
        ("verdicts?as_of=31/02/2026", "as_of"),
        ("verdicts?unti=U", "unit"),
        ("duties?from=soon", "from"),
        ("duties?open=perhaps", "open"),
        ("targets?state=fine", "unreachable"),
        ("alarms?limit=many", "limit"),
        ("logs?severity=9", "severity"),
        ("logs?from=then", "from"),
        ("logs?cursor=x", "cursor"),
        ("logs?source=khong-co", "source"),
        ("journal?before=x", "before"),
        ("search?q=a&limit=101", "limit"),
        ("documents?state=lost", "draft"),
        ("oscal/results?as_of=then", "as_of"),
        ("oscal/results?as_of=2026-01-31&known=soon", "known"),
        ("verdicts?as_of=2026-01-31&known=soon", "known"),
    ] {
        refused(admin, &format!("/api/v1/{path}"), 400, names);
    }
    refused(admin, "/api/v1/verdicts?unit=NOBODY", 404, "NOBODY");
    refused(admin, "/api/v1/device?organization=NOBODY", 404, "NOBODY");
    for path in ["organization?q=%00", "organization/a%00b", "search?q=%ff"] {
        refused(admin, &format!("/api/v1/{path}"), 400, "");
    }
    for code in ["V1", "V2"] {
        let unit = json!({ "code": code, "name": "Phường Việt Hưng", "kind": "people-committee",
            "level": "commune", "membership": "member" });
        let made = admin.json("/api/v1/organization", &unit);
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let name = "Ph%C6%B0%E1%BB%9Dng%20Vi%E1%BB%87t%20H%C6%B0ng";
    refused(admin, &format!("/api/v1/organization/{name}"), 409, "V2");
    for path in ["device?organization", "journal?organization", "logs?unit"] {
        refused(admin, &format!("/api/v1/{path}={name}"), 400, "V2");
    }
    for said in ["X", "X:name", "code:nosuch"] {
        let path = format!("/api/v1/organization/import?column={said}");
        let answer = admin.send("POST", &path, &[], "code,name\nU,U\n");
        let status = if said == "X" { 400 } else { 422 };
        assert_eq!(answer.status, status, "{said}: {}", answer.body);
    }
    let book = json!({ "organization": "Phường Việt Hưng", "period": "2025" });
    let closed = admin.json("/api/v1/technical-journal/closings", &book);
    assert_eq!(closed.status, 422, "{}", closed.body);
    assert!(
        closed.body.contains("V1 (Phường Việt Hưng)"),
        "{}",
        closed.body
    );
    // A person gets a page with its menu.
    for path in [
        "/registry/organization?kind=ministry",
        "/registry/organization?sort=colour",
        "/registry/technical-journal?since=yesterday",
        "/network?state=fine",
        "/units?group=none",
        "/logs?severity=9",
        "/logs?from=then",
        "/journal?before=x",
        "/documents?state=lost",
        "/calendar?month=2026-13",
        "/compliance?as_of=then",
        "/compliance?as_of=2026-01-31&known=soon",
    ] {
        let page = admin.get(path);
        assert_eq!(page.status, 400, "{path}");
        assert!(page.kind.starts_with("text/html"), "{path}: {}", page.kind);
        assert!(page.body.contains("href=\"/registry\""), "{path}: no menu");
    }
    // An address that is no text is refused before anybody looks who asks.
    let page = admin.get("/registry/organization?q=%00");
    assert_eq!(page.status, 400);
    assert!(page.kind.starts_with("text/html"), "{}", page.kind);
    bodies(admin);
}

fn device(name: &Value) -> Value {
    json!({ "code": "K", "name": name, "organization": "U", "role": "server", "status": "active" })
}

/// What is sent is kept exactly, or refused.
fn bodies(admin: &Client) {
    let long = "x".repeat(10 << 20);
    let deep = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let with = |name: Value| device(&name).to_string();
    for (body, status) in [
        ("{".to_owned(), 400),
        ("[]".to_owned(), 400),
        (deep, 400),
        (with(json!(5)), 400),
        (with(json!(["a"])), 400),
        (with(json!({ "a": 1 })), 400),
        (with(json!("a\u{0}b")), 422),
        (with(json!("x".repeat(301))), 422),
        (with(json!(long)), 413),
        (
            r#"{"code":"K","name":"\ud800","organization":"U","role":"server"}"#.to_owned(),
            400,
        ),
        (
            r#"{"code":"K","name":"K","organization":"U","role":"server","color":"red"}"#
                .to_owned(),
            400,
        ),
        (
            r#"{"code":"K","name":"K","organization":"NOBODY","role":"server"}"#.to_owned(),
            422,
        ),
        // A mark of direction would show another name than is there.
        (
            r#"{"code":"K","name":"Máy \u202engược","organization":"U","role":"server"}"#
                .to_owned(),
            422,
        ),
    ] {
        let shown: String = body.chars().take(80).collect();
        let kind = [("content-type", "application/json")];
        let Some(answer) = admin.try_send("POST", "/api/v1/device", &kind, body.into()) else {
            // The rest of what is too large is not read.
            assert_eq!(status, 413, "{shown}");
            continue;
        };
        assert_eq!(answer.status, status, "{shown}: {}", answer.body);
        assert!(answer.kind.contains("problem+json"), "{shown}");
    }
    let invalid = [b"{\"code\":\"K\",\"name\":\"".as_slice(), &[0xff], b"\"}"].concat();
    let answer = admin.send("POST", "/api/v1/device", &[], invalid);
    assert_eq!(answer.status, 400, "{}", answer.body);
    let kind = [("content-type", "text/xml")];
    let answer = admin.send("POST", "/api/v1/device", &kind, "<a/>");
    assert_eq!(answer.status, 415, "{}", answer.body);
    let name = "Máy 🖥️ שלום e\u{301}";
    let made = admin.json("/api/v1/device", &device(&json!(name)));
    assert_eq!(made.status, 201, "{}", made.body);
    let kept = admin.get("/api/v1/device/K");
    // Kept as it is but for its letters, which are composed (NFC).
    assert_eq!(kept.json()["values"]["name"], name.replace("e\u{301}", "é"));
    // Of two who read the same version the second is told.
    let id = kept.json()["id"].as_str().expect("it has one").to_owned();
    let path = format!("/api/v1/device/{id}");
    let change = |tag: Option<&str>| {
        let headers: Vec<(&str, &str)> = tag.iter().map(|tag| ("if-match", *tag)).collect();
        admin
            .send("PATCH", &path, &headers, r#"{"name":"Khác"}"#)
            .status
    };
    assert_eq!(change(None), 428);
    assert_eq!(change(Some("*")), 400);
    assert_eq!(change(Some("W/\"1\"")), 400);
    assert_eq!(change(Some("\"1\"")), 200);
    assert_eq!(change(Some("\"1\"")), 409);
}

#[test]
fn what_is_not_understood_is_refused() {
    hand_made(&World::begin(GIENG, |launch| launch.flag("--no-probe")));
}

#[test]
fn what_is_not_understood_is_refused_on_postgres() {
    let Some(url) = testkit::postgres::database() else {
        return;
    };
    hand_made(&World::begin(GIENG, |launch| {
        launch.flag("--no-probe").env("GIENG_DATABASE", &url)
    }));
}
