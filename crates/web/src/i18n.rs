//! The words of the pages: Fluent bundles for both languages.

use std::{borrow::Cow, sync::LazyLock};

use domain::label::{Label, Lang};
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// The Fluent files, in the same order in both languages.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        /// (file, Vietnamese, English).
        const FILES: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../locales/vi/", $name, ".ftl")),
            include_str!(concat!("../locales/en/", $name, ".ftl")),
        )),+];
    };
}

files!(
    "shell",
    "states",
    "auth",
    "calendar",
    "overview",
    "unit",
    "compliance",
    "proof",
    "inspection",
    "flow",
    "network",
    "log",
    "registry",
    "claim",
    "share",
    "document",
    "admin",
    "error",
);

static VI: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Lang::Vi));
static EN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Lang::En));

/// The messages of one language.
///
/// # Panics
/// When a file of ours does not parse or names a message twice: a test renders all pages.
#[expect(clippy::expect_used, reason = "constants")]
fn bundle(lang: Lang) -> FluentBundle<FluentResource> {
    let locale: LanguageIdentifier = match lang {
        Lang::Vi => "vi-VN",
        Lang::En => "en-GB",
    }
    .parse()
    .expect("both are language identifiers");
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Both languages are written from left to right: the isolation marks would
    // only get into copied text.
    bundle.set_use_isolating(false);
    for (file, vi, en) in FILES {
        let source = match lang {
            Lang::Vi => vi,
            Lang::En => en,
        };
        let resource = FluentResource::try_new((*source).to_owned())
            .unwrap_or_else(|(_, errors)| panic!("locales/{}/{file}.ftl: {errors:?}", lang.code()));
        bundle
            .add_resource(resource)
            .unwrap_or_else(|errors| panic!("locales/{}/{file}.ftl: {errors:?}", lang.code()));
    }
    bundle
}

/// Whether a message exists (both languages have the same ones, see the tests).
pub fn has(key: &str) -> bool {
    VI.has_message(key)
}

/// The text of a message; an unknown key is shown as it is, so that a page still renders.
pub fn text(lang: Lang, key: &str, args: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
    let bundle: &'static FluentBundle<FluentResource> = match lang {
        Lang::Vi => &VI,
        Lang::En => &EN,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        tracing::error!(key, "a page asks for a message that no locale has");
        return Cow::Owned(key.to_owned());
    };
    let mut errors = Vec::new();
    let text = bundle
        .format_pattern(pattern, args, &mut errors)
        .into_owned();
    if !errors.is_empty() {
        tracing::error!(key, ?errors, "a message lacks an argument");
    }
    Cow::Owned(text)
}

/// A message without arguments in both languages.
pub fn label(key: &str) -> Label {
    let text = |lang| text(lang, key, None).into_owned();
    Label::new(text(Lang::Vi), text(Lang::En))
}

/// Arguments from pairs.
pub fn args<'a>(pairs: impl IntoIterator<Item = (&'a str, FluentValue<'a>)>) -> FluentArgs<'a> {
    pairs.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn keys(source: &str) -> BTreeSet<String> {
        source
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once('=').map(|(key, _)| key.trim().to_owned()))
            .collect()
    }

    #[test]
    fn every_task_has_words() {
        for name in app::task::names() {
            assert!(has(&format!("task-{name}")), "{name}");
        }
    }

    #[test]
    fn both_languages_say_the_same_things() {
        for (file, vi, en) in FILES {
            assert_eq!(keys(vi), keys(en), "locales/*/{file}.ftl");
            assert!(!keys(vi).is_empty(), "{file}");
        }
    }

    fn walk(dir: &Path, out: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else {
                out.push((
                    path.display().to_string(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }

    /// Every `…t("key"…)` of templates and sources names a message.
    #[test]
    fn every_key_in_use_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        walk(&root.join("templates"), &mut texts);
        walk(&root.join("src"), &mut texts);
        let mut seen = 0;
        for (file, text) in texts {
            for call in [".t(\"", ".tn(\"", ".tx(\""] {
                for rest in text.split(call).skip(1) {
                    let key = rest.split('"').next().unwrap();
                    if key.starts_with(|c: char| c.is_ascii_lowercase()) {
                        assert!(has(key), "{file} asks for the unknown message {key}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 100);
    }

    /// A message that no locale has is not shown, and nobody learns that it was done.
    #[test]
    fn whatever_was_done_is_said() {
        let mut texts = Vec::new();
        walk(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut texts,
        );
        let mut seen = 0;
        for (file, text) in texts {
            for rest in text.split("Ok(done(").skip(1) {
                let call = rest.split(';').next().unwrap_or_default();
                let call = call.split("=>").next().unwrap_or_default();
                let call = call.split("\n}").next().unwrap_or_default();
                let words = call.split('"').skip(1).step_by(2);
                let key = |word: &&str| {
                    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                };
                for word in words.filter(key) {
                    assert!(has(&format!("done-{word}")), "{file}: {word}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 20);
    }

    #[test]
    fn every_page_of_the_menu_has_words() {
        for page in crate::pages::ALL {
            if let Some(menu) = page.menu {
                assert!(has(menu.word), "{}", page.path);
                assert!(
                    menu.waits.is_none_or(|waits| has(waits.word)),
                    "{}",
                    page.path
                );
            }
        }
    }

    #[test]
    fn plurals_and_arguments_work() {
        let one = args([("n", 1.into()), ("shown", "1".into())]);
        let two = args([("n", 2.into()), ("shown", "2".into())]);
        assert_eq!(text(Lang::En, "ago-minutes", Some(&one)), "1 minute ago");
        assert_eq!(text(Lang::En, "ago-minutes", Some(&two)), "2 minutes ago");
        assert_eq!(text(Lang::Vi, "ago-minutes", Some(&two)), "2 phút trước");
    }
}
