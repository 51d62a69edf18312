//! The demo province on every page, photographed on demand.

use std::path::{Path, PathBuf};

use fantoccini::Locator;
use testkit::{
    browser::{self, Browser, Screen},
    program::{Launch, run},
};

use crate::{GIENG, sign_in};

/// Where pictures go, when any are asked for.
fn album() -> Option<PathBuf> {
    let folder = match std::env::var("GIENG_SCREENSHOTS").ok()?.as_str() {
        "" | "0" => return None,
        "1" => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots"),
        folder => PathBuf::from(folder),
    };
    std::fs::create_dir_all(&folder).expect("the folder for pictures can be made");
    Some(folder)
}

async fn photograph(browser: &Browser, name: &str) {
    let Some(album) = album() else { return };
    let picture = browser.client.screenshot().await.expect("it can be seen");
    assert!(picture.len() < 300 << 10, "{name}: {} bytes", picture.len());
    std::fs::write(album.join(format!("{name}.png")), picture).expect("the folder is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_province_opens_on_every_page() {
    let Some(desk) = browser::open(Screen::Desk).await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let data = folder.path().join("demo");
    let days = if album().is_some() { "30" } else { "2" };
    let made = run(GIENG, &data, &["demo", "--prepare", "--days", days]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let mut demo = Launch::demo(GIENG, &data)
        .arg("--syslog", "127.0.0.1:0")
        .flag("--still")
        .start();
    let base = demo.url().to_owned();
    let mut password = |login: &str| {
        let line = demo.says(&format!("    {login} "));
        line.split_whitespace()
            .nth(1)
            .unwrap_or_default()
            .to_owned()
    };
    let (manager, officer) = (password("quantri"), password("canbo"));
    sign_in(&desk, &base, "quantri", &manager).await;
    // Nothing answers for the sites that fail in the demo: beside the alarm of the history one
    // names what hangs behind it, once all are probed.
    desk.wait("#part-alarms li + li").await;
    for (name, path, css) in [
        ("overview", "/", "#part-map svg.province"),
        ("unit", "/units/29551", "#part-todo"),
        (
            "compliance",
            "/compliance/vinh-long-26-2019/heatmap",
            "main h1",
        ),
        (
            "verdict",
            "/compliance/vinh-long-26-2019/13.3/29551",
            "#verdict",
        ),
        ("logs", "/logs", "main a[href^='/logs/']"),
        ("network", "/network", "main h1"),
    ] {
        desk.open(&format!("{base}{path}")).await;
        desk.wait(css).await;
        photograph(&desk, name).await;
    }
    for path in [
        "/compliance",
        "/compliance/vinh-long-26-2019",
        "/journal",
        "/accounts",
        "/settings",
        "/registry",
        "/network/alarms",
        "/logs/unknown",
    ] {
        desk.open(&format!("{base}{path}")).await;
        desk.wait("main h1").await;
    }
    let outside = "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin))";
    desk.open(&format!("{base}/")).await;
    desk.wait("#part-map svg.province").await;
    let outside = desk.client.execute(outside, Vec::new()).await;
    assert_eq!(
        outside.ok(),
        Some(serde_json::json!([])),
        "nothing is loaded from elsewhere"
    );
    desk.wait_for(Locator::XPath(
        "//summary[../div/form[@action='/preferences']]",
    ))
    .await
    .click()
    .await
    .expect("the menu opens");
    desk.click("button[name=theme][value=dark]").await;
    desk.wait("html[data-bs-theme=dark]").await;
    desk.wait("#part-map svg.province").await;
    photograph(&desk, "dark").await;
    drop(desk);

    let phone = browser::open(Screen::Phone).await.expect("as before");
    sign_in(&phone, &base, "canbo", &officer).await;
    phone.open(&format!("{base}/units/29551")).await;
    phone.wait("#part-todo").await;
    let wider =
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    let wider = phone.client.execute(wider, Vec::new()).await;
    assert_eq!(
        wider.ok(),
        Some(0.into()),
        "a phone need not scroll sideways"
    );
    photograph(&phone, "phone").await;
    drop(phone);
    demo.stop();
}
