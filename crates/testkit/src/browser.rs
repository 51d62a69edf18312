//! Chromium, driven through chromedriver.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;

use crate::program::{PATIENCE, installed};

/// A browser with its driver; dropped, both end.
pub struct Browser {
    driver: Child,
    /// Where the driver is told to end the session.
    session: String,
    _profile: tempfile::TempDir,
    /// The session.
    pub client: Client,
}

/// What the browser shows pages on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// 1280 × 800 points.
    Desk,
    /// 390 × 844 points of two pixels, touched.
    Phone,
}

/// Starts Chromium; none where it is not installed.
///
/// # Panics
/// When it is there and does not start, and when it is missing under `CI=true`.
pub async fn open(screen: Screen) -> Option<Browser> {
    if !(installed("chromium", "chromium") && installed("chromedriver", "chromium-driver")) {
        return None;
    }
    // Two drivers that start at once may choose the same port; then one of them ends.
    let (driver, port) = tokio::task::spawn_blocking(|| (0..10).find_map(|_| driver()))
        .await
        .expect("the reader does not panic")
        .expect("chromedriver starts and says its port");
    let profile = tempfile::tempdir().expect("a temporary folder can be made");
    let user_data = format!("--user-data-dir={}", profile.path().display());
    let metrics = match screen {
        Screen::Desk => serde_json::json!({
            "width": 1280, "height": 800, "pixelRatio": 1, "mobile": false, "touch": false,
        }),
        Screen::Phone => serde_json::json!({
            "width": 390, "height": 844, "pixelRatio": 2, "mobile": true, "touch": true,
        }),
    };
    let capabilities = serde_json::json!({
        "goog:chromeOptions": {
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--disable-background-networking", "--no-first-run", "--hide-scrollbars",
                "--force-color-profile=srgb", "--lang=vi", user_data,
            ],
            "mobileEmulation": { "deviceMetrics": metrics },
        },
        "timeouts": { "pageLoad": 120_000, "script": 120_000, "implicit": 0 },
    });
    let serde_json::Value::Object(capabilities) = capabilities else {
        unreachable!("it is written as an object above")
    };
    let address = format!("http://127.0.0.1:{port}");
    let mut builder = ClientBuilder::new(HttpConnector::new());
    let session = builder.capabilities(capabilities).connect(&address);
    let client = tokio::time::timeout(Duration::from_secs(120), session)
        .await
        .expect("Chromium starts within two minutes")
        .expect("Chromium starts");
    let id = client.session_id().await.ok().flatten();
    Some(Browser {
        driver,
        session: format!("{address}/session/{}", id.unwrap_or_default()),
        _profile: profile,
        client,
    })
}

/// A driver and its port; none when it ends at once.
fn driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver can be run");
    let out = driver.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        let rest = line.split_once("successfully on port ")?.1;
        rest.trim_end_matches('.').parse().ok()
    });
    let Some(port) = port else {
        let _ = driver.kill();
        let _ = driver.wait();
        return None;
    };
    // What it says later is read and dropped, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}

impl Browser {
    /// Opens a page.
    ///
    /// # Panics
    /// When the browser does not.
    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.expect("the page opens");
    }

    /// Goes on as who is signed in with `client`.
    ///
    /// # Panics
    /// When nobody is.
    pub async fn sign_in_as(&self, base: &str, client: &crate::client::Client) {
        self.client.delete_all_cookies().await.expect("they go");
        self.open(&format!("{base}/sign-in")).await;
        let session = client.cookie("gieng_session").expect("it is signed in");
        let script = "document.cookie = `gieng_session=${arguments[0]}; path=/`; \
            document.cookie = 'lang=vi; path=/'";
        let set = self.client.execute(script, vec![session.into()]).await;
        set.expect("the browser keeps it");
    }

    /// Waits for an element.
    ///
    /// # Panics
    /// When it does not come; says what the page shows.
    pub async fn wait(&self, css: &str) -> Element {
        self.wait_for(Locator::Css(css)).await
    }

    /// Waits for an element by any locator.
    ///
    /// # Panics
    /// When it does not come; says what the page shows.
    pub async fn wait_for(&self, locator: Locator<'_>) -> Element {
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .every(Duration::from_millis(100));
        match found.for_element(locator).await {
            Ok(element) => element,
            Err(error) => panic!(
                "{locator:?}: {error}; the page says:\n{}",
                self.text().await
            ),
        }
    }

    /// Waits until what `css` selects shows `part`. The page is not loaded again.
    ///
    /// # Panics
    /// When it never does; says what it shows.
    pub async fn wait_text(&self, css: &str, part: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.shown(css).await;
            if shown.contains(part) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "`{css}` never showed `{part}`; it shows:\n{shown}\nthe page:\n{}",
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What all that `css` selects shows, now; empty where there is none.
    pub async fn shown(&self, css: &str) -> String {
        let script =
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('\\n')";
        let said = self.client.execute(script, vec![css.into()]).await;
        said.ok()
            .and_then(|s| s.as_str().map(ToOwned::to_owned))
            .unwrap_or_default()
    }

    /// What the page shows.
    pub async fn text(&self) -> String {
        self.shown("body").await
    }

    /// Types into a field.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.wait(css).await;
        field.send_keys(text).await.expect("the field takes text");
    }

    /// Gives a field its whole value, where typing depends on the browser's language (dates).
    ///
    /// # Panics
    /// When it does not come.
    pub async fn set(&self, css: &str, value: &str) {
        self.wait(css).await;
        let script = "const e = document.querySelector(arguments[0]); e.value = arguments[1]; \
            e.dispatchEvent(new Event('change', { bubbles: true })); return e.value";
        let set = self
            .client
            .execute(script, vec![css.into(), value.into()])
            .await;
        assert_eq!(set.ok(), Some(value.into()), "{css} takes {value}");
    }

    /// Clicks; where that sends a form, waits for the page that answers, so that what comes
    /// next is not done to the page that leaves.
    ///
    /// # Panics
    /// When there is nothing to click, and when no page answers.
    pub async fn click(&self, css: &str) {
        let element = self.wait(css).await;
        // At once: a page that still scrolls smoothly is clicked beside the place.
        let script = "const e = document.querySelector(arguments[0]); \
            e?.scrollIntoView({ block: 'center', behavior: 'instant' }); \
            return window.leaves = !!e?.form && e.type === 'submit'";
        let leaves = self.client.execute(script, vec![css.into()]).await;
        if let Err(error) = element.click().await {
            panic!("{css} cannot be clicked: {error}");
        }
        if leaves.is_ok_and(|leaves| leaves == true) {
            let deadline = Instant::now() + PATIENCE;
            let script = "return document.readyState !== 'loading' && !window.leaves";
            while self.client.execute(script, Vec::new()).await.ok() != Some(true.into()) {
                if Instant::now() >= deadline {
                    panic!("{css} leads nowhere:\n{}", self.text().await);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends Chromium with the session; it may be gone already.
        let _ = ureq::delete(&self.session).call();
        let _ = Command::new("kill")
            .args(["-TERM", &self.driver.id().to_string()])
            .status();
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline && !matches!(self.driver.try_wait(), Ok(Some(_))) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
