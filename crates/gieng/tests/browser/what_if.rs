//! A draft pack over today's facts, before anybody adopts it.

use std::path::Path;

use testkit::{
    browser::{self, Screen},
    program::eventually,
    world::World,
};

use crate::GIENG;

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_before_it_is_adopted() {
    let Some(browser) = browser::open(Screen::Desk).await else {
        return;
    };
    let world = World::begin(GIENG, |launch| launch);
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở Nội vụ,department,province,member\n",
    );
    world.import(
        "contact",
        "organization,role,name,starts_on,ends_on\nU,it-officer,Lê Văn Mạng,2026-01-01,2026-01-31\n",
    );
    let verdict = "/compliance/vinh-long-26-2019/17.2.c/U";
    let breached = || {
        let page = world.admin.get(verdict).body;
        page.contains("\"verdict is-breached\"").then_some(())
    };
    eventually("nobody took over", breached);
    let base = world.program.url().to_owned();
    browser.sign_in_as(&base, &world.admin).await;

    // The draft asks an officer of the department alone.
    let pack = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../policy/regulations/vinh-long-26-2019.yaml");
    let text = std::fs::read_to_string(pack).expect("it is there");
    let from = text
        .find("  - cite: \"17.2.c\"\n")
        .expect("the clause is there");
    let to = from + 1 + text[from + 1..].find("  - cite: ").expect("others follow");
    let clause = &text[from..to];
    let draft = text.replace(
        clause,
        &clause.replace("bearer: member-unit", "bearer: so-tttt"),
    );
    assert_ne!(draft, text);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("vinh-long-26-2019.yaml");
    std::fs::write(&file, draft).expect("the folder is ours");
    browser.open(&format!("{base}/compliance")).await;
    browser.click("a[href='/compliance/what-if']").await;
    browser.fill("#draft", &file.display().to_string()).await;
    browser.click("main form .btn-primary").await;
    browser.wait_text("#turned tbody", "17.2.c").await;
    browser.wait_text("#turned tbody", "Sở Nội vụ").await;
    // Nothing was adopted.
    assert!(
        world
            .admin
            .get(verdict)
            .body
            .contains("verdict is-breached")
    );

    // A draft with a mistake is told to its line.
    std::fs::write(&file, text.replacen("kind: obligation", "kind: wish", 1)).expect("it is ours");
    browser.open(&format!("{base}/compliance/what-if")).await;
    browser.fill("#draft", &file.display().to_string()).await;
    browser.click("main form .btn-primary").await;
    browser
        .wait_text("[role=alert]", "vinh-long-26-2019.yaml:")
        .await;
    drop(browser);
    world.program.stop();
}
