//! Walking from page to page as a reader does: by the links.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::Browser;

/// Pages that differ only in ids and in what is asked are looked at so often.
const ALIKE: usize = 2;
/// What is no page: files, pictures, other programs' answers.
const FILES: [&str; 9] = [
    ".csv", ".pdf", ".docx", ".svg", ".ics", "/proof", "/receipt", ".xlsx", ".json",
];

/// Every page that links lead to from the first one, by its address.
pub fn pages(browser: &Browser) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut waiting = VecDeque::from(["/".to_owned()]);
    while let Some(path) = waiting.pop_front() {
        let answer = browser.get(&path);
        if answer.status == 303 {
            waiting.push_back(answer.location);
            continue;
        }
        assert_eq!(
            answer.status, 200,
            "a link leads to {path}: {}",
            answer.body
        );
        for link in links(&answer.body) {
            let times = seen.entry(shape(&link)).or_default();
            if *times < ALIKE && !found.contains_key(&link) && !waiting.contains(&link) {
                *times += 1;
                waiting.push_back(link);
            }
        }
        found.insert(path, answer.body);
    }
    assert!(found.len() > 60, "only {} pages were found", found.len());
    found
}

/// Where a page leads within the program.
fn links(html: &str) -> Vec<String> {
    html.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
        .map(|link| link.split('#').next().unwrap_or_default().to_owned())
        .filter(|link| link.starts_with('/') && !link.starts_with("/assets/"))
        .filter(|link| !link.starts_with("/api/") && !link.starts_with("/attachments/"))
        .filter(|link| {
            let path = link.split('?').next().unwrap_or_default();
            !FILES.iter().any(|end| path.ends_with(end))
        })
        .collect()
}

/// An address without what differs from record to record.
fn shape(link: &str) -> String {
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let digits = |part: &str| part.chars().any(|c| c.is_ascii_digit());
    let parts = path
        .split('/')
        .map(|part| if digits(part) { "*" } else { part });
    let keys = query.split('&').filter_map(|pair| pair.split('=').next());
    format!(
        "{}?{}",
        parts.collect::<Vec<_>>().join("/"),
        keys.collect::<Vec<_>>().join("&")
    )
}
