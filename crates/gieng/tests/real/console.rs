//! Exit codes and words of the command line.

use std::path::Path;

use testkit::program::run;

use crate::GIENG;

fn code(data: &Path, args: &[&str]) -> (i32, String) {
    let out = run(GIENG, data, args);
    let mut said = String::from_utf8_lossy(&out.stdout).into_owned();
    said += &String::from_utf8_lossy(&out.stderr);
    (out.status.code().unwrap_or(-1), said)
}

#[test]
fn check_answers_scripts_with_its_exit_code() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let data = dir.path().join("data");
    let (begun, said) = code(&data, &["serve", "--prepare"]);
    assert_eq!(begun, 0, "{said}");
    let (empty, said) = code(&data, &["check"]);
    assert_eq!(empty, 0, "no units, nothing amiss: {said}");

    let table = dir.path().join("units.csv");
    let rows = "code,name,kind,level,membership\nU,Sở U,department,province,member\nX,,sai,province,member\n";
    std::fs::write(&table, rows).expect("the folder is ours");
    let table = table.display().to_string();
    let (bad, said) = code(&data, &["import", "organization", &table]);
    assert_eq!(bad, 1, "{said}");
    assert!(
        said.contains("units.csv:3:2:"),
        "file, line, column: {said}"
    );
    assert!(said.contains("nothing was written"), "{said}");
    let (bad, said) = code(&data, &["import", "organization", &table, "--good-rows"]);
    assert_eq!(bad, 1, "{said}");

    let adopted = dir.path().join("adoptions.csv");
    let rows = "regulation,starts_on\nvinh-long-26-2019,2019-11-11\n";
    std::fs::write(&adopted, rows).expect("the folder is ours");
    let adopted = adopted.display().to_string();
    let (good, said) = code(&data, &["import", "adoption", &adopted]);
    assert_eq!(good, 0, "{said}");
    let (unknown, said) = code(&data, &["check", "--unit", "U"]);
    assert_eq!(unknown, 3, "silence is never compliance: {said}");
    let table = dir.path().join("devices.csv");
    let rows = "code,name,organization,role,in_service_on,inspected_on,inspection_result\nSV,Máy chủ,U,server,2026-02-01,2026-01-20,failed\n";
    std::fs::write(&table, rows).expect("the folder is ours");
    let (good, said) = code(&data, &["import", "device", &table.display().to_string()]);
    assert_eq!(good, 0, "{said}");
    let (breached, said) = code(&data, &["check", "--unit", "U", "--format", "json"]);
    assert_eq!(breached, 1, "a device that failed its inspection: {said}");
    let json: serde_json::Value =
        serde_json::from_str(&said[said.find('{').unwrap_or(0)..]).expect("JSON alone is printed");
    let inspection = json["verdicts"]
        .as_array()
        .and_then(|all| all.iter().find(|v| v["clause"] == "13.6"));
    assert_eq!(
        inspection.map(|v| &v["status"]),
        Some(&serde_json::json!("breached")),
        "{json:#}"
    );

    let table = dir.path().join("ended.csv");
    let rows =
        "code,name,kind,level,membership,ends_on\nCU,Sở cũ,department,province,member,2025-06-30\n";
    std::fs::write(&table, rows).expect("the folder is ours");
    let table = table.display().to_string();
    let (good, said) = code(&data, &["import", "organization", &table]);
    assert_eq!(good, 0, "{said}");
    let (ended, said) = code(&data, &["check", "--unit", "CU"]);
    assert!(
        ended == 2 && said.contains("dissolved, its last day was 2025-06-30"),
        "{said}"
    );

    for args in [
        &["check", "--unit", "KHONG"][..],
        &["check", "--regulation", "khong"],
        &["get", "organization", "KHONG"],
    ] {
        let (failed, said) = code(&data, args);
        assert_eq!(failed, 2, "{args:?}: {said}");
        assert!(said.lines().count() < 6, "in one sentence: {said}");
    }
    // A condition is read as the API reads it: what it cannot mean is no empty list.
    let (listed, said) = code(&data, &["list", "device", "--where", "organization=U"]);
    assert!(listed == 0 && said.contains("1 of 1"), "{said}");
    for (condition, words) in [
        ("organization=KHONG", "khong"),
        ("organization=", "is empty"),
        ("role=nosuch", "firewall"),
        ("relay=maybe", "relay"),
        ("inspected_on=hôm qua", "inspected_on"),
        ("colour=red", "inspected_on"),
    ] {
        let (failed, said) = code(&data, &["list", "device", "--where", condition]);
        assert_eq!(failed, 2, "{condition}: {said}");
        assert!(said.to_lowercase().contains(words), "{condition}: {said}");
    }
    let (failed, said) = code(&data, &["journal", "show", "--noun", "nosuch"]);
    assert!(failed == 2 && said.contains("role-assignment"), "{said}");
    let (none, said) = code(&data, &["journal", "show", "--noun", "training"]);
    assert_eq!(none, 0, "{said}");
    let (sound, said) = code(&data, &["journal", "verify"]);
    assert_eq!(sound, 0, "{said}");
}

/// The verdicts of `gieng check` on one clause, and its exit code.
fn looked_back(data: &Path, known: &str) -> (i32, Vec<serde_json::Value>) {
    let day = ["check", "--as-of", "2026-01-31", "--known", known];
    let (exit, said) = code(data, &[&day[..], &["--format", "json"]].concat());
    let json: serde_json::Value =
        serde_json::from_str(&said[said.find('{').unwrap_or(0)..]).expect("JSON alone is printed");
    assert_eq!(json["known"], known);
    let all = json["verdicts"].as_array().expect("a list").iter();
    (
        exit,
        all.filter(|v| v["clause"] == "17.2.e").cloned().collect(),
    )
}

#[test]
fn a_past_day_is_told_as_known_then_or_as_known_now() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let data = dir.path().join("data");
    let import = |noun: &str, rows: &str| {
        let table = dir.path().join(format!("{noun}.csv"));
        std::fs::write(&table, rows).expect("the folder is ours");
        let (good, said) = code(&data, &["import", noun, &table.display().to_string()]);
        assert_eq!(good, 0, "{said}");
    };
    let (begun, said) = code(&data, &["serve", "--prepare"]);
    assert_eq!(begun, 0, "{said}");
    import(
        "organization",
        "code,name,kind,level,membership,starts_on\nU,Sở U,department,province,member,2020-01-01\n",
    );
    import(
        "adoption",
        "regulation,starts_on\nvinh-long-26-2019,2019-11-11\n",
    );
    import(
        "contact",
        "organization,role,name,starts_on\nU,it-officer,Nguyễn Thị Mạng,2020-01-01\n",
    );

    assert_eq!(
        looked_back(&data, "then"),
        (0, Vec::new()),
        "nobody knew anything"
    );
    let (_, now) = looked_back(&data, "now");
    assert_eq!(
        (now.len(), &now[0]["status"]),
        (1, &"not_applicable".into()),
        "{now:?}"
    );
    assert!(now[0]["since"].is_null(), "since when is not known");

    // Today is no past day: how things stand now is told of it.
    let today = domain::clock::Clock::system().today().to_string();
    let day = ["check", "--as-of", &today, "--known", "now"];
    let (_, said) = code(&data, &day);
    assert!(
        said.contains("17.1.a") && !said.contains("not-kept"),
        "{said}"
    );
    let (_, said) = code(&data, &["check", "--as-of", "2026-01-31", "--known", "now"]);
    assert!(said.contains("not-kept"), "{said}");

    let make = [
        "receipt",
        "make",
        "vinh-long-26-2019",
        "17.2.e",
        "U",
        "--as-of",
        "2026-01-31",
    ];
    let (none, said) = code(&data, &make);
    assert_ne!(none, 0, "{said}");
    let made = run(GIENG, &data, &[&make[..], &["--known", "now"]].concat());
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let file = dir.path().join("receipt.txt");
    std::fs::write(&file, made.stdout).expect("the folder is ours");
    let (holds, said) = code(&data, &["receipt", "verify", &file.display().to_string()]);
    assert_eq!(holds, 0, "{said}");
    assert!(
        said.contains("2026-01-31T16:59:59.999Z, by what was known when"),
        "{said}"
    );

    let results = [
        "oscal",
        "results",
        "--as-of",
        "2026-01-31",
        "--known",
        "now",
    ];
    let (good, said) = code(&data, &results);
    assert_eq!(good, 0, "{said}");
    assert!(said.contains("known"), "{said}");
    let alone = ["check", "--known", "now"];
    for wrong in [
        &["check", "--as-of", "2026-01-31", "--known", "soon"][..],
        &alone,
    ] {
        let (refused, said) = code(&data, wrong);
        assert_eq!(refused, 2, "{said}");
    }
}

#[test]
fn lint_names_file_and_line_of_what_is_wrong() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let packs = dir.path().join("policy");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy");
    let (fine, said) = code(dir.path(), &["policy", "lint"]);
    assert_eq!(fine, 0, "the built-in packs: {said}");
    copy(&source, &packs);
    let folder = packs.display().to_string();
    let (fine, said) = code(dir.path(), &["policy", "lint", &folder]);
    assert_eq!(fine, 0, "{said}");

    // A check that writes.
    let check = packs.join("checks/officer-named.sql");
    let sql = std::fs::read_to_string(&check).expect("the check is there");
    std::fs::write(&check, "DELETE FROM fact_contact").expect("the folder is ours");
    let (wrong, said) = code(dir.path(), &["policy", "lint", &folder]);
    assert_eq!(wrong, 1, "{said}");
    assert!(said.contains("checks/officer-named.sql:1"), "{said}");
    std::fs::write(&check, sql).expect("the folder is ours");

    // A text that replaces itself.
    let text = packs.join("regulations/vinh-long-26-2019.yaml");
    let yaml = std::fs::read_to_string(&text).expect("the regulation is there");
    std::fs::write(&text, format!("{yaml}\nreplaces: [vinh-long-26-2019]\n"))
        .expect("the folder is ours");
    let (wrong, said) = code(dir.path(), &["policy", "lint", &folder]);
    assert_eq!(wrong, 1, "{said}");
    assert!(
        said.contains("regulations/vinh-long-26-2019.yaml:"),
        "{said}"
    );

    // Packs that do not hold together are not run with.
    let data = dir.path().join("data");
    let (failed, said) = code(&data, &["check", "--policy", &folder]);
    assert_eq!(failed, 2, "{said}");
}

fn copy(from: &Path, to: &Path) {
    super::syslog::copy(from, to);
}

#[test]
fn a_demo_is_made_anew_in_its_own_folder_also_after_an_interruption() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let data = dir.path().join("demo");
    let arguments = ["demo", "--prepare", "--fresh", "--days", "1"];
    // As an interrupted preparation leaves it: begun, and files of any name.
    std::fs::create_dir(&data).expect("the folder is ours");
    std::fs::write(data.join("preparing"), "").expect("the folder is ours");
    std::fs::write(data.join("half.tmp"), "x").expect("the folder is ours");
    let (made, said) = code(&data, &arguments);
    assert_eq!(made, 0, "{said}");
    assert!(data.join("prepared").exists());
    assert!(!data.join("preparing").exists());
    assert!(!data.join("half.tmp").exists());

    // Somebody's folder in which no demo was begun is left alone.
    let other = dir.path().join("other");
    std::fs::create_dir(&other).expect("the folder is ours");
    std::fs::write(other.join("records.db"), "x").expect("the folder is ours");
    let (refused, said) = code(&other, &arguments);
    assert_ne!(refused, 0, "{said}");
    assert!(said.contains("records.db"), "{said}");
    assert!(other.join("records.db").exists());
}
