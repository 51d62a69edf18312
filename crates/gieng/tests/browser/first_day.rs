//! From the one-time link to a unit officer at work.

use std::net::TcpListener;

use fantoccini::Locator;
use testkit::{
    browser::{self, Browser, Screen},
    client::PASSWORD,
    program::{eventually, run},
    world::World,
};

use crate::{GIENG, first_sign_in};

const VERDICT: &str = "/compliance/vinh-long-26-2019/17.1.a/U";

/// Three good rows and two bad ones, the way Excel writes them here.
const UNITS: &str = "\u{feff}code;name;kind;level;membership\r\n\
    U;Sở Nội vụ;department;province;member\r\n\
    X1;;department;province;member\r\n\
    W;Ủy ban nhân dân phường Long Châu;people-committee;commune;member\r\n\
    X2;Sở Sai;department;thon;member\r\n\
    V;Thanh tra tỉnh;department;province;member\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_sign_in_to_a_unit_officers_day() {
    let Some(browser) = browser::open(Screen::Desk).await else {
        return;
    };
    let mut world = World::empty(GIENG, |launch| launch);
    let base = world.program.url().to_owned();
    let link = world.program.first_link();
    first_sign_in(&browser, &format!("{base}{link}")).await;
    let session = browser.client.get_named_cookie("gieng_session").await;
    let session = session.expect("the browser has a session");
    world.admin.take_cookie("gieng_session", session.value());
    world.import(
        "adoption",
        "regulation,starts_on\nvinh-long-26-2019,2019-11-11\n",
    );
    import_with_errors(&browser, &base, &world).await;
    eventually("the first verdict", || {
        (world.admin.get(VERDICT).status == 200).then_some(())
    });
    let _answering = a_link_fails_and_recovers(&browser, &base, &world).await;
    a_changed_receipt_is_refused(&browser, &base, &world).await;
    english(&browser).await;
    an_officer_stays_at_home(&browser, &base, &world).await;
    drop(browser);
    world.program.stop();
}

async fn import_with_errors(browser: &Browser, base: &str, world: &World) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let table = folder.path().join("don-vi.csv");
    std::fs::write(&table, UNITS).expect("the folder is ours");
    browser
        .open(&format!("{base}/registry/organization/import"))
        .await;
    browser.fill("#file", &table.display().to_string()).await;
    browser.click("form.panel .btn-primary").await;
    browser.wait("#report").await;
    let rows: Vec<String> = browser
        .shown("#report tbody")
        .await
        .split_whitespace()
        .map(ToOwned::to_owned)
        .collect();
    let rows = rows.join(" ");
    // Line, column and reason of each bad row; nothing was written.
    for bad in [
        "3 Không nhận B3 name: Bắt buộc phải có",
        "5 Sở Sai Không nhận D5 level = “thon”: Phải là một trong",
    ] {
        assert!(rows.contains(bad), "{bad}:\n{rows}");
    }
    let total = || world.admin.get("/api/v1/organization").json()["total"].clone();
    assert_eq!(total(), 0, "the trial writes nothing");
    let bad = browser.wait("#report a[download]").await;
    let bad = bad
        .attr("href")
        .await
        .expect("it is there")
        .unwrap_or_default();
    browser.click("#report form button").await;
    browser
        .wait("#report a[href='/registry/organization']")
        .await;
    assert_eq!(total(), 3, "the good rows went in");
    let bad = world.admin.get(&bad);
    assert_eq!(bad.status, 200);
    assert!(
        bad.body.contains("X1") && bad.body.contains("X2"),
        "{}",
        bad.body
    );
    assert!(!bad.body.contains("Long Châu"), "{}", bad.body);
}

/// The receipt of the verdict is taken as it came, by the page and on a machine without the
/// database; with one byte changed by neither.
async fn a_changed_receipt_is_refused(browser: &Browser, base: &str, world: &World) {
    browser.open(&format!("{base}{VERDICT}")).await;
    let link = browser.wait("a[href$='/receipt'][download]").await;
    let link = link.attr("href").await.expect("it is there");
    let note = world.admin.get(&link.unwrap_or_default());
    assert_eq!(note.status, 200);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    browser.open(&format!("{base}/receipts")).await;
    let key = browser.shown("main pre").await;
    let changed = note
        .body
        .replacen("\"cite\": \"17.1.a\"", "\"cite\": \"17.1.b\"", 1);
    assert_ne!(changed, note.body);
    for (name, text, holds) in [("good", &note.body, true), ("changed", &changed, false)] {
        let file = folder.path().join(format!("{name}.txt"));
        std::fs::write(&file, text).expect("the folder is ours");
        let file = file.display().to_string();
        let (said, wanted) = if holds {
            (".note.is-met", "Biên nhận đúng")
        } else {
            (".note.is-breached", "Không chấp nhận")
        };
        browser.open(&format!("{base}/receipts")).await;
        browser.fill("#receipt", &file).await;
        browser.click("main form .btn-primary").await;
        browser.wait_text(said, wanted).await;
        let ran = run(
            GIENG,
            folder.path(),
            &["receipt", "verify", &file, "--key", key.trim()],
        );
        assert_eq!(ran.status.success(), holds, "{ran:?}");
    }
    browser.open(&format!("{base}{VERDICT}")).await;
}

/// The sites answer for as long as what is returned is kept.
async fn a_link_fails_and_recovers(
    browser: &Browser,
    base: &str,
    world: &World,
) -> [TcpListener; 2] {
    for (key, value) in [("probe.interval_seconds", "5"), ("probe.attempts", "1")] {
        let fields = [("key", key), ("value", value)];
        assert_eq!(world.admin.form("/settings", &fields).status, 303);
    }
    // U's connection is a service of this test; V's answers all the time.
    let service = TcpListener::bind("127.67.0.1:0").expect("127/8 is this machine");
    let witness = TcpListener::bind("127.67.0.2:0").expect("127/8 is this machine");
    let address = service.local_addr().expect("it is bound");
    let (port, other) = (
        address.port(),
        witness.local_addr().expect("it is bound").port(),
    );
    world.import(
        "site",
        &format!(
            "code,name,organization,address,probe\n\
             SU,Điểm Nội vụ,U,127.67.0.1,tcp:{port}\nSV,Điểm Thanh tra,V,127.67.0.2,tcp:{other}\n"
        ),
    );
    browser.open(&format!("{base}{VERDICT}")).await;
    browser.wait("#verdict .verdict.is-met").await;
    leave_mark(browser).await;
    drop(service);
    browser.wait("#verdict .verdict.is-breached").await;
    assert_mark(browser).await;

    browser.open(&format!("{base}/")).await;
    browser.wait_text("#part-alarms", "Điểm Nội vụ").await;
    leave_mark(browser).await;
    let service = TcpListener::bind(address).expect("the port is free again");
    browser.wait("#part-alarms .empty").await;
    assert_mark(browser).await;

    browser.open(&format!("{base}{VERDICT}")).await;
    browser.wait("#verdict .verdict.is-met").await;
    // The evidence of the verdict, and the question that was asked.
    browser.wait_text("#why tbody", "Điểm Nội vụ").await;
    assert!(!browser.shown("#why pre").await.contains("SELECT"));
    browser.click("#why details summary").await;
    browser.wait_text("#why pre", "FROM fact_target").await;
    // Breached and met again stand in the history.
    browser.wait_text("#history", "Không đạt").await;
    [service, witness]
}

/// Marks the page as it is loaded now.
async fn leave_mark(browser: &Browser) {
    let mark = "window.neverLoadedAgain = true";
    let done = browser.client.execute(mark, Vec::new()).await;
    done.expect("scripts run");
}

/// The page was not loaded again since.
async fn assert_mark(browser: &Browser) {
    let mark = "return window.neverLoadedAgain";
    let mark = browser.client.execute(mark, Vec::new()).await;
    assert_eq!(mark.ok(), Some(true.into()), "the page was loaded again");
}

async fn english(browser: &Browser) {
    assert!(browser.shown("main").await.contains("Đạt"));
    browser
        .wait_for(Locator::XPath(
            "//summary[../div/form[@action='/preferences']]",
        ))
        .await
        .click()
        .await
        .expect("the menu opens");
    browser.click("button[name=lang][value=en]").await;
    browser.wait("html[lang=en]").await;
    browser.wait_text("#verdict", "Met").await;
    let main = browser.shown("main").await;
    assert!(!main.contains("Đạt") && !main.contains("Căn cứ"), "{main}");
}

async fn an_officer_stays_at_home(browser: &Browser, base: &str, world: &World) {
    // Made by the administrator, who hands a one-time link over.
    world.account("can.bo", "officer", "U");
    let client = &browser.client;
    client.delete_all_cookies().await.expect("cookies can go");
    browser.open(&format!("{base}/units/U")).await;
    browser.fill("#name", "can.bo").await;
    browser.fill("#password", "sai hoan toan").await;
    browser.click("form .btn-primary").await;
    browser.wait("[role=alert]").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form .btn-primary").await;
    browser.wait_text("h1", "Sở Nội vụ").await;
    browser.open(&format!("{base}/units/V")).await;
    let refused = browser.text().await;
    assert!(!refused.contains("Thanh tra"), "{refused}");
    assert!(!refused.trim().is_empty(), "the refusal says something");
    browser.open(&format!("{base}/units")).await;
    browser.wait_text("main", "Sở Nội vụ").await;
    assert!(!browser.text().await.contains("Thanh tra"));
    // The API and the export, with the browser's own session.
    let fetch = "const done = arguments[arguments.length - 1]; \
        fetch(arguments[0]).then(async r => done([r.status, await r.text()]))";
    for (path, status, shows) in [
        ("/units/V", 404, ""),
        ("/api/v1/organization/V", 404, ""),
        ("/api/v1/organization/U", 200, "Sở Nội vụ"),
        ("/registry/organization/export.csv", 200, "Sở Nội vụ"),
        ("/registry/site/export.csv", 200, "Điểm Nội vụ"),
        ("/journal", 403, ""),
    ] {
        let answer = client.execute_async(fetch, vec![path.into()]).await;
        let answer = answer.expect("the page may ask its own server");
        assert_eq!(answer[0], status, "{path}: {answer}");
        let text = answer[1].as_str().unwrap_or_default();
        assert!(text.contains(shows), "{path}: {text}");
        assert!(!text.contains("Thanh tra"), "{path} shows the other unit");
    }
}
