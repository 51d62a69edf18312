//! No English on Vietnamese pages, and no Vietnamese on English ones.

use std::{collections::BTreeSet, path::Path};

use crate::world::{World, walk};

/// Common English words that are no Vietnamese ones, and no names.
const ENGLISH: &[&str] = &[
    "the", "of", "and", "is", "are", "not", "with", "this", "that", "from", "was", "were", "have",
    "been", "which", "will", "must", "should", "by", "its", "their", "your", "you", "for", "has",
    "unit", "units", "record", "records", "address", "search", "save", "cancel", "delete", "page",
    "found", "due", "overdue", "unknown", "error", "required", "state", "since", "before", "after",
    "until", "days", "hours", "minutes", "never", "nothing", "every", "each", "when", "where",
    "cannot", "line", "lines", "value", "field", "column", "row", "rows", "account", "password",
    "signed", "closed", "open", "down", "up", "network", "report", "plan", "yearly", "quarter",
    "created", "changed", "updated", "deleted", "missing", "invalid", "denied",
];

/// Letters that English does not have.
fn vietnamese(word: &str) -> bool {
    word.chars().any(|c| {
        matches!(
            c,
            'ă' | 'â' | 'đ' | 'ê' | 'ô' | 'ơ' | 'ư' | 'Ă' | 'Â' | 'Đ' | 'Ê' | 'Ô' | 'Ơ' | 'Ư'
        ) || ('\u{1ea0}'..='\u{1ef9}').contains(&c)
            || "àáãèéìíòóõùúýÀÁÃÈÉÌÍÒÓÕÙÚÝĩũĨŨ".contains(c)
    })
}

/// Names of places and bodies (as the regulations' summaries name them), the currency, the letter
/// of a point: written alike in both languages.
const NAMES: &[&str] = &[
    "Bình", "Thuận", "Sở", "đồng", "đ", "giềng", "mật", "Giềng", "Vĩnh", "Huế", "Đà", "Nẵng", "Cà",
    "Hậu", "Trà", "Bến", "Cần", "Thơ", "QĐ", "NĐ", "TTĐT", "Việt", "Hồ", "Chí", "Sóc", "Trăng",
    "Bạc", "Liêu", "Thừa", "Thiên",
];

/// Said alike in both: a command, the marks of state secrets as they stand on paper.
const PHRASES: &[&str] = &["make report", "GIENG_REPORT", "MẬT, TỐI MẬT, TUYỆT MẬT"];

/// What a reader reads of a page: its text, and what is read aloud; without what is marked as of
/// another language, and without what machines wrote.
fn read(html: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        out.push(text.to_owned());
        let Some((tag, inner)) = after.split_once('>') else {
            break;
        };
        rest = inner;
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        let machine = matches!(
            name,
            "script" | "style" | "code" | "pre" | "kbd" | "ins" | "del"
        ) || tag.contains("class=\"mono")
            || tag.contains("mono\"")
            || (tag.contains(" lang=\"") && name != "html");
        if machine && !name.is_empty() && !tag.ends_with('/') {
            let end = format!("</{name}>");
            rest = rest.split_once(end.as_str()).map_or("", |(_, after)| after);
            continue;
        }
        for attribute in ["title", "aria-label", "placeholder", "alt", "data-confirm"] {
            if let Some((_, value)) = tag.split_once(&format!(" {attribute}=\"")) {
                out.push(value.split('"').next().unwrap_or_default().to_owned());
            }
        }
    }
    out.retain(|text| !text.trim().is_empty());
    out
}

/// The words of a text that are of the other language.
fn strange(text: &str, lang: &str, own: &[&str]) -> Vec<String> {
    let names = own.iter().chain(PHRASES);
    let text = names.fold(text.to_owned(), |text, name| text.replace(name, " "));
    let text = text
        .replace("&#38;", "&")
        .replace("&#39;", "'")
        .replace("&#34;", "\"");
    // Addresses, codes and names of fields are no words.
    let code = |token: &&str| {
        (lang == "en" || !token.contains('-')) && !token.contains(['/', '_', '@', '=', '\\', '.'])
            || token.ends_with('.')
    };
    text.split_whitespace()
        .filter(code)
        .flat_map(|token| token.split(|c: char| !c.is_alphabetic()))
        .filter(|word| match lang {
            "vi" => ENGLISH.contains(&word.to_lowercase().as_str()),
            _ => vietnamese(word) && !NAMES.contains(word),
        })
        .map(ToOwned::to_owned)
        .collect()
}

/// One of everything that has a page.
async fn with_everything() -> World {
    let world = World::with_units().await;
    world
        .import("device", "code,name,organization,role,address\nD1,FW-01,X1,firewall,127.10.1.1\nD2,SW-02,X2,switch,\n")
        .await;
    world
        .import(
            "contact",
            "organization,role,name,phone,starts_on\nX1,it-officer,An,0270 3822 111,2026-01-01\n",
        )
        .await;
    world
        .import(
            "inspection-round",
            "code,name,organization,starts_on\nK1,K1,X1,2026-11-02\n",
        )
        .await;
    world
        .import(
            "inspection-item",
            "code,inspection,organization,regulation,clause\nI1,K1,X1,vinh-long-26-2019,13.3\n",
        )
        .await;
    world
        .import("finding", "code,inspection,organization,regulation,clause,summary,action,action_owner,due_on\nF1,K1,X1,vinh-long-26-2019,13.3,S,A,An,2026-12-20\n")
        .await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_speaks_one_language() {
    let world = with_everything().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let unit = world.id("organization", "X1").await;
    let begun = centre.post(
        "/documents",
        &format!("template=unit-usage-report&organization={unit}&period=2026"),
    );
    assert_eq!(begun.status, 303, "{}", begun.body);
    let own = ["Trụ sở xã số 1", "Xã số X1", "Xã số X2"];
    let mut wrong = BTreeSet::new();
    let mut all = Vec::new();
    for lang in ["vi", "en"] {
        let pages = walk::pages(&centre.in_language(lang));
        for (path, html) in &pages {
            for text in read(html) {
                let words = strange(&text, lang, &own);
                // Names of laws are of their language: "Quyết định số 26/2019/QĐ-UBND …".
                if !words.is_empty() {
                    wrong.insert((lang, words.join(" "), path.clone(), text.trim().to_owned()));
                }
            }
        }
        all.push(pages);
    }
    let told: Vec<String> = wrong
        .iter()
        .map(|(lang, words, path, text)| format!("{lang} {path}: [{words}] {text}"))
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// The texts between quotation marks.
fn literals(source: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = source;
    while let Some((_, after)) = rest.split_once('"') {
        let mut text = String::new();
        let mut chars = after.char_indices();
        let mut end = after.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    if let Some((_, next)) = chars.next()
                        && next != '\n'
                    {
                        text.push(next);
                    }
                }
                '"' => {
                    end = at + 1;
                    break;
                }
                c => text.push(c),
            }
        }
        out.push(text);
        rest = &after[end..];
    }
    out
}

/// A text without what is put into it, and without what is written as code.
fn said_of(text: &str) -> String {
    let code = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let parts = code
        .split('{')
        .map(|part| part.split_once('}').map_or(part, |(_, after)| after));
    parts.collect::<Vec<_>>().join(" ")
}

/// Where the bracket that is open at the start closes, as far as texts hold none that is not closed.
fn inside(source: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for (at, c) in source.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &source[..at];
        }
    }
    source
}

fn sources(folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "ftl") {
            out.push((
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            ));
        }
    }
}

#[test]
fn every_problem_is_told_in_both_languages() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for name in ["domain", "policy", "examine", "app", "web", "gieng"] {
        let mut files = Vec::new();
        sources(&crates.join(name).join("src"), &mut files);
        for (file, text) in files {
            if file.contains("/demo/") || file.contains("/gallery/") {
                continue;
            }
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (call, skipped) in [("Label::new(", 0), ("FieldProblem::new(", 1)] {
                for rest in text.split(call).skip(1) {
                    let said = literals(inside(rest));
                    let Some([vi, en]) = said.get(skipped..).filter(|two| two.len() == 2) else {
                        continue;
                    };
                    seen += 1;
                    let mut report =
                        |why: String| wrong.push(format!("{file}: {why}: “{vi}” / “{en}”"));
                    if vi.trim().is_empty() != en.trim().is_empty() {
                        report("said in one language only".into());
                    }
                    let (a, b) = (
                        strange(&said_of(vi), "vi", &[]),
                        strange(&said_of(en), "en", &[]),
                    );
                    if !a.is_empty() || !b.is_empty() {
                        report(format!("{} {}", a.join(" "), b.join(" ")));
                    }
                    if vi == en && vi.split_whitespace().count() > 2 {
                        report("the same in both".into());
                    }
                }
            }
        }
    }
    assert!(seen > 300, "only {seen} texts were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_message_is_of_its_language() {
    let locales = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales");
    let mut wrong = Vec::new();
    for lang in ["vi", "en"] {
        let mut files = Vec::new();
        sources(&locales.join(lang), &mut files);
        for (file, text) in files {
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let said = line.split_once('=').map_or(line, |(_, said)| said);
                // `{ $shown }`, `[one]`, `*[other]`.
                let said = said.split_once(']').map_or(said, |(_, after)| after);
                let words: Vec<String> = said
                    .split('\n')
                    .flat_map(|part| strange(&said_of(part), lang, &[]))
                    .collect();
                if !words.is_empty() {
                    wrong.push(format!("{file}: {words:?}: {line}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
