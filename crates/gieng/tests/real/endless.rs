//! A check that runs for ever: its clause says so, everything else goes on.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use testkit::{program::eventually, world::World};

use crate::{GIENG, syslog::copy};

#[test]
fn a_check_that_runs_for_ever_is_an_error_of_its_clause_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let policy = folder.path().join("policy");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy"),
        &policy,
    );
    let check = policy.join("checks/unit-connected.sql");
    let sql = std::fs::read_to_string(&check).expect("the check is there");
    let endless = sql
        .replacen(
            "SELECT t.unit AS unit",
            "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n.i + 1 FROM n)\n\
             SELECT t.unit AS unit",
            1,
        )
        .replacen(
            "WHERE t.noun",
            "WHERE (SELECT COUNT(*) FROM n) >= 0 AND t.noun",
            1,
        );
    assert_eq!(endless.matches("FROM n)").count(), 2, "{endless}");
    std::fs::write(&check, endless).expect("the folder is ours");

    let world = World::begin(GIENG, |launch| {
        launch.arg("--policy", &policy.display()).flag("--no-probe")
    });
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    world.import(
        "site",
        "code,name,organization,address,probe\nS,Điểm U,U,127.66.0.1,tcp:9\n",
    );
    let verdict = |cite: &str| {
        let found = world.admin.get(&format!(
            "/api/v1/verdicts?regulation=vinh-long-26-2019&clause={cite}&unit=U"
        ));
        let status = found.json()["items"][0]["status"].as_str()?.to_owned();
        Some(status)
    };
    eventually("the clause of the endless check to be an error", || {
        verdict("17.1.a").filter(|status| status == "error")
    });
    // The others were judged beside it.
    let other = eventually("another clause", || verdict("17.2.c"));
    assert_ne!(other, "error");
    // Judged again and again meanwhile, the pages still answer.
    let mut quickest = Duration::MAX;
    for n in 0..5 {
        let name = format!("Sở U lần {n}");
        let begun = Instant::now();
        for path in [
            "/",
            "/units/U",
            "/compliance",
            "/compliance/vinh-long-26-2019/17.1.a/U",
        ] {
            let page = world.admin.get(path);
            assert_eq!(page.status, 200, "{path}: {}", page.body);
        }
        world.import(
            "organization",
            &format!("code,name,kind,level,membership\nU,{name},department,province,member\n"),
        );
        quickest = quickest.min(begun.elapsed());
    }
    // A check may take five seconds: nobody waits for one to end.
    assert!(quickest < Duration::from_secs(5), "{quickest:?}");
    let page = world
        .admin
        .get("/compliance/vinh-long-26-2019/17.1.a/U")
        .body;
    assert!(page.contains("verdict is-error"), "{page}");
}
