//! A unit's officer shares one incident with the police; their viewer sees that one alone.

use testkit::{
    browser::{self, Browser, Screen},
    client::{Client, PASSWORD, between},
    world::World,
};

use crate::{GIENG, sign_in};

/// Reports an incident and returns the address of its page.
fn report(officer: &Client, subject: &str) -> String {
    let entry = serde_json::json!({
        "organization": "U",
        "occurred_on": "2026-01-05",
        "subject": subject,
        "noticed_at": "2026-01-05T01:00:00Z",
        "result": "told",
        "details": format!("Diễn biến của {subject}"),
    });
    let kind = [("content-type", "application/json")];
    let path = "/api/v1/incident-report";
    let made = officer.send("POST", path, &kind, entry.to_string());
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().expect("it has an id").to_owned();
    format!("/registry/incident-report/{id}")
}

/// What a person reads who opens an address.
async fn read(browser: &Browser, base: &str, path: &str) -> String {
    browser.open(&format!("{base}{path}")).await;
    browser.wait("main h1").await;
    browser.text().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_police_viewer_sees_the_shared_entry_alone() {
    let Some(browser) = browser::open(Screen::Desk).await else {
        return;
    };
    let world = World::begin(GIENG, |launch| launch);
    world.import(
        "organization",
        "code,name,kind,level,membership\n\
         U,Sở Nội vụ,department,province,member\n\
         CA,Công an tỉnh,police,province,none\n",
    );
    let officer = world.account("can.bo", "officer", "U");
    world.account("canh.sat", "viewer", "CA");
    let told = report(&officer, "Máy kế toán nhiễm mã độc");
    let kept = report(&officer, "Mất thẻ ra vào");
    let base = world.program.url().to_owned();

    // The officer chooses the police from the list and shares.
    browser.sign_in_as(&base, &officer).await;
    browser.open(&format!("{base}{told}")).await;
    browser.wait("#l-receiver option[value='CA']").await;
    browser.fill("#f-receiver", "CA").await;
    browser.click("#sharing form[action$='/shares'] .btn").await;
    browser.wait_text("#sharing", "Công an tỉnh").await;

    browser
        .click("header details.menu:not(.burger) summary")
        .await;
    browser.click("form[action='/sign-out'] button").await;

    // The police viewer is told of it on the first page, and goes there by the links.
    sign_in(&browser, &base, "canh.sat", PASSWORD).await;
    browser.click("main a[href='/shares']").await;
    browser.wait_text("#shares", "Sở Nội vụ").await;
    assert!(!browser.text().await.contains("Mất thẻ ra vào"));
    browser.click("#shares tbody a").await;
    browser
        .wait_text("main", "Diễn biến của Máy kế toán nhiễm mã độc")
        .await;
    for css in [
        "#sharing",
        "a[href$='/edit']",
        "main a[href*='/organization/']",
    ] {
        assert_eq!(browser.shown(css).await, "", "{css}");
    }
    // Nothing else of the unit.
    for path in [
        kept.as_str(),
        "/units",
        "/units/U",
        "/registry/incident-report",
        "/registry/organization",
        "/network/alarms",
        "/search?q=nhiem",
    ] {
        let page = read(&browser, &base, path).await;
        for others in ["Mất thẻ ra vào", "Sở Nội vụ", "Máy kế toán"] {
            assert!(!page.contains(others), "{path} shows {others}: {page}");
        }
    }

    // Revoked by the network centre: the page is gone.
    let page = world.admin.get(&told).body;
    let share = between(&page, &format!("{told}/shares/"), "/end");
    assert!(!share.is_empty(), "{page}");
    let revoked = world.admin.form(&format!("{told}/shares/{share}/end"), &[]);
    assert_eq!(revoked.status, 303, "{}", revoked.body);
    assert!(
        !read(&browser, &base, "/shares")
            .await
            .contains("Máy kế toán")
    );
    assert!(!read(&browser, &base, &told).await.contains("Máy kế toán"));
    drop(browser);
    world.program.stop();
}
