//! Every page, in both languages: what a reader reads, and what no page may do.

use domain::label::Lang;
use web::{cx::Theme, gallery};

/// What a reader reads: the text of a page, one block a line, links with their
/// targets, pictures by their names. Drawings and addresses with hashes are left out.
fn outline(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html.split_once("<main").map_or(html, |(_, main)| main);
    rest = rest.split_once('>').map_or(rest, |(_, inner)| inner);
    let mut link = String::new();
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        let attribute = |name: &str| {
            tag.split_once(&format!("{name}=\""))
                .and_then(|(_, value)| value.split('"').next())
        };
        match tag.split([' ', '>', '/']).find(|part| !part.is_empty()) {
            Some("svg") if !tag.starts_with('/') => {
                if let Some(label) = attribute("aria-label").filter(|_| !tag.contains("province")) {
                    out.push_str(&format!("[{label}] "));
                }
                if let Some((_, after)) = rest.split_once("</svg>") {
                    rest = after;
                }
            }
            Some("a") if tag.starts_with('/') => out.push_str(&format!(" <{link}>")),
            Some("a") => link = attribute("href").unwrap_or_default().to_owned(),
            Some("input" | "select" | "textarea" | "button") if !tag.starts_with('/') => {
                if let Some(name) =
                    attribute("name").filter(|_| attribute("type") != Some("hidden"))
                {
                    out.push_str(&format!(
                        "\n({name}: {}) ",
                        attribute("value").unwrap_or("")
                    ));
                }
            }
            Some(
                "span" | "b" | "strong" | "time" | "code" | "mark" | "i" | "details" | "td" | "th"
                | "dd",
            ) => {
                out.push(' ');
            }
            _ => out.push('\n'),
        }
    }
    let lines: Vec<String> = out
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}

#[test]
fn every_page_reads_well_in_both_languages() {
    for lang in Lang::ALL {
        for (name, render) in gallery::ALL {
            let html = render(&gallery::cx(lang, Theme::Auto, "/")).expect(name);
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("{name}.{}", lang.code()), outline(&html));
            });
        }
    }
}

#[test]
fn no_page_needs_more_than_the_content_security_policy_allows() {
    for (name, render) in gallery::ALL {
        let html = render(&gallery::cx(Lang::Vi, Theme::Dark, "/")).expect(name);
        assert!(!html.contains(" style=\""), "{name} has an inline style");
        assert!(!html.contains("<style"), "{name} has an inline style sheet");
        for event in [
            " onclick=",
            " onchange=",
            " onload=",
            " hx-on",
            "javascript:",
        ] {
            assert!(!html.contains(event), "{name} has {event}");
        }
        for script in html.split("<script").skip(1) {
            assert!(
                script.starts_with(" src=\"/assets/"),
                "{name} has an inline script"
            );
        }
        for address in html.split("href=\"").chain(html.split("src=\"")).skip(1) {
            assert!(!address.starts_with("http"), "{name} leads outside");
        }
    }
}

#[test]
fn every_page_can_be_walked_with_the_keyboard_and_read_aloud() {
    for (name, render) in gallery::ALL {
        let html = render(&gallery::cx(Lang::Vi, Theme::Auto, "/")).expect(name);
        assert!(html.contains("id=\"main\""), "{name} has no main part");
        assert_eq!(html.matches("<h1").count(), 1, "{name} has not one title");
        for image in html.split("<img ").skip(1) {
            assert!(image.split('>').next().unwrap().contains("alt="), "{name}");
        }
        // Every field that is filled in has a name that is read.
        for field in html.split("<input ").skip(1) {
            let tag = field.split('>').next().unwrap();
            let attribute = |key: &str| {
                tag.split_once(&format!("{key}=\""))
                    .and_then(|(_, v)| v.split('"').next())
            };
            if matches!(attribute("type"), Some("hidden" | "radio" | "checkbox")) {
                continue;
            }
            let labelled = attribute("aria-label").is_some()
                || attribute("id").is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
            assert!(labelled, "{name}: a field without a label: {tag}");
        }
        let mut ids: Vec<&str> = html
            .split(" id=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "{name} uses an id twice");
    }
}
