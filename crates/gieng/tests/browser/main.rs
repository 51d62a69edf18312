//! The program as people meet it: Chromium driven through whole ways.
//!
//! With `GIENG_SCREENSHOTS=FOLDER` (or `1` for `docs/screenshots`) the demo's pages are
//! photographed; the demo then has thirty days behind it.

mod album;
mod demo;
mod first_day;
mod inspection;
mod report;
mod share;
mod typed;
mod what_if;

use testkit::{
    browser::Browser,
    client::{PASSWORD, code},
};

/// The program under test.
const GIENG: &str = env!("CARGO_BIN_EXE_gieng");

async fn first_sign_in(browser: &Browser, link: &str) {
    browser.open(link).await;
    browser.fill("#name", "quan.tri").await;
    browser.fill("#person", "Nguyễn Văn An").await;
    browser.fill("#new", PASSWORD).await;
    browser.fill("#again", PASSWORD).await;
    browser.click("form .btn-primary").await;
    let secret = browser.wait("p code").await.text().await;
    let secret = secret.expect("the secret is shown for typing it in");
    browser.wait(".qr svg").await;
    browser.fill("#code", &code(&secret)).await;
    browser.click("form .btn-primary").await;
    browser.wait("#part-tiles").await;
}

async fn sign_in(browser: &Browser, base: &str, name: &str, password: &str) {
    browser.open(&format!("{base}/sign-in")).await;
    browser.fill("#name", name).await;
    browser.fill("#password", password).await;
    browser.click("form .btn-primary").await;
    browser.wait("nav a[aria-current=page], main h1").await;
}
