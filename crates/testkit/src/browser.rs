//! Chromium, driven through chromedriver.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder};

use crate::program::installed;

/// A browser with its driver; dropped, both end.
pub struct Browser {
    driver: Child,
    profile: tempfile::TempDir,
    /// The session.
    pub client: Client,
}

/// Starts Chromium, 1280 × 800 without borders; none where it is not installed.
///
/// # Panics
/// When it is there and does not start, and when it is missing under `CI=true`.
pub async fn open() -> Option<Browser> {
    if !(installed("chromium", "chromium") && installed("chromedriver", "chromium-driver")) {
        return None;
    }
    // A group of its own, so that Chromium ends with its driver.
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts");
    let out = driver.stdout.take().expect("it is piped");
    let port = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let rest = line.split_once("successfully on port ")?.1;
            rest.trim_end_matches('.').parse::<u16>().ok()
        });
        // What it says later is read and dropped, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        port
    })
    .await
    .expect("the reader does not panic")
    .expect("chromedriver says its port");
    let profile = tempfile::tempdir().expect("a temporary folder can be made");
    let user_data = format!("--user-data-dir={}", profile.path().display());
    let capabilities = serde_json::json!({
        "goog:chromeOptions": {
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--disable-background-networking", "--no-first-run", "--hide-scrollbars",
                "--force-color-profile=srgb", "--lang=vi", "--window-size=1280,800", user_data,
            ],
            "prefs": { "download.default_directory": profile.path().join("downloads") },
        },
        "timeouts": { "pageLoad": 120_000, "script": 120_000, "implicit": 0 },
    });
    let serde_json::Value::Object(capabilities) = capabilities else {
        unreachable!("it is written as an object above")
    };
    let session = ClientBuilder::new(hyper_connector())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{port}"));
    let client = tokio::time::timeout(Duration::from_secs(120), session)
        .await
        .expect("Chromium starts within two minutes")
        .expect("Chromium starts");
    Some(Browser {
        driver,
        profile,
        client,
    })
}
