//! What every page needs to know about its reader: language, theme, clock, rights.

use std::{collections::HashSet, sync::LazyLock};

use app::assess::Unjudged;
use askama::filters::Safe;
use domain::{
    authority::{Actor, Permission},
    label::{Label, Lang},
};

use crate::{assets, format, i18n, mark::Marked, pages};

/// How the page is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the machine is set.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The name in the cookie and in `data-bs-theme`.
    pub const fn code(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Reads a cookie's value; what is unknown is automatic.
    pub fn from_code(code: &str) -> Self {
        match code {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }
}

/// The context of one page.
#[derive(Clone, Debug)]
pub struct Cx {
    /// The reader's language.
    pub lang: Lang,
    /// The reader's theme.
    pub theme: Theme,
    /// The instant the page is made, unix milliseconds.
    pub now: i64,
    /// Who is signed in.
    pub actor: Option<Actor>,
    /// The path of the request, for the menu and for coming back.
    pub path: String,
    /// What was asked of it, without the `?`.
    pub query: String,
    /// The page that is shown, where the request went to another address: of a form that was refused.
    pub page: Option<String>,
    /// The key of a message about what was just done, `done-…`, shown once at the top.
    pub done: Option<String>,
    /// That the verdicts were not judged lately, for who is signed in.
    pub unjudged: Option<Unjudged>,
}

/// A whole number of any width, owned or borrowed, as templates hand it over.
pub trait Number {
    /// Its value.
    fn value(&self) -> i64;
}

/// A label, owned or borrowed, as templates hand it over.
pub trait Labelled {
    /// The label.
    fn label(&self) -> &Label;
}

impl Labelled for Label {
    fn label(&self) -> &Label {
        self
    }
}

impl<T: Labelled> Labelled for &T {
    fn label(&self) -> &Label {
        (**self).label()
    }
}

macro_rules! numbers {
    ($($t:ty),+) => {$(
        impl Number for $t {
            fn value(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        }
    )+};
}
numbers!(i64, i32, u8, u16, u32, u64, usize);

impl<T: Number> Number for &T {
    fn value(&self) -> i64 {
        (**self).value()
    }
}

/// The ids in the sprite, for icons that are named by data.
static ICONS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    assets::text("icons.svg")
        .split("id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
});

impl Cx {
    /// The text of a message without arguments.
    pub fn t(&self, key: impl AsRef<str>) -> String {
        i18n::text(self.lang, key.as_ref(), None).into_owned()
    }

    /// The text of a message with a number `$n`.
    pub fn tn(&self, key: impl AsRef<str>, n: impl Number) -> String {
        let n = n.value();
        let args = i18n::args([
            ("n", n.into()),
            ("shown", format::integer(self.lang, n).into()),
        ]);
        i18n::text(self.lang, key.as_ref(), Some(&args)).into_owned()
    }

    /// The text of a message with a text `$x`.
    pub fn tx(&self, key: impl AsRef<str>, x: impl AsRef<str>) -> String {
        let args = i18n::args([("x", x.as_ref().into())]);
        i18n::text(self.lang, key.as_ref(), Some(&args)).into_owned()
    }

    /// A label of the domain or of a pack in the reader's language.
    pub fn l(&self, label: impl Labelled) -> String {
        let label = label.label();
        let text = label.get(self.lang);
        if text.is_empty() {
            // A pack may have left one language out: the other one tells more than nothing.
            return if self.lang == Lang::Vi {
                &label.en
            } else {
                &label.vi
            }
            .clone();
        }
        text.to_owned()
    }

    /// Says that the verdicts were not judged lately.
    pub fn unjudged(&self) -> Option<String> {
        Some(match self.unjudged? {
            Unjudged::Yet => self.t("unjudged-yet"),
            Unjudged::Since(at) => self.tx("unjudged-since", format::datetime(at)),
        })
    }

    /// A whole number.
    pub fn n(&self, n: impl Number) -> String {
        format::integer(self.lang, n.value())
    }

    /// A number with one decimal.
    pub fn decimal(&self, x: &f64) -> String {
        format::decimal(self.lang, *x, 1)
    }

    /// A share (0 to 1) as a percentage.
    pub fn percent(&self, share: &f64) -> String {
        format::percent(self.lang, *share)
    }

    /// A delay in milliseconds.
    pub fn delay(&self, ms: &f64) -> String {
        format!(
            "{} ms",
            format::decimal(self.lang, *ms, if *ms < 10.0 { 2 } else { 0 })
        )
    }

    /// A size.
    pub fn bytes(&self, n: &u64) -> String {
        format::bytes(self.lang, *n)
    }

    /// `21/11/2026` of an instant.
    pub fn date(&self, ms: impl Number) -> String {
        format::date(ms.value())
    }

    /// `21/11/2026` of an ISO date.
    pub fn iso(&self, text: impl AsRef<str>) -> String {
        format::iso_date(text.as_ref())
    }

    /// `21/11/2026 14:05` of an instant, as an element that machines can read.
    pub fn at(&self, ms: impl Number) -> Safe<String> {
        let ms = ms.value();
        Safe(format!(
            "<time datetime=\"{}\">{}</time>",
            format::rfc3339(ms),
            format::datetime(ms)
        ))
    }

    /// `21/11/2026 14:05:09` of an instant.
    pub fn at_seconds(&self, ms: impl Number) -> Safe<String> {
        let ms = ms.value();
        Safe(format!(
            "<time datetime=\"{}\">{}</time>",
            format::rfc3339(ms),
            format::datetime_seconds(ms)
        ))
    }

    /// "12 phút trước", with the exact time for a reader who points at it; the
    /// page's script keeps it true.
    pub fn ago(&self, ms: impl Number) -> Safe<String> {
        let ms = ms.value();
        Safe(format!(
            "<time datetime=\"{}\" title=\"{}\" data-ago>{}</time>",
            format::rfc3339(ms),
            format::datetime_seconds(ms),
            self.relative(ms)
        ))
    }

    /// "12 phút trước" or "sau 3 ngày" as plain text.
    pub fn relative(&self, ms: i64) -> String {
        let (unit, n) = format::coarse(ms - self.now);
        let key = if ms <= self.now {
            format!("ago-{unit}")
        } else {
            format!("in-{unit}")
        };
        self.tn(key, n)
    }

    /// "3 giờ": a span of milliseconds.
    pub fn span(&self, ms: impl Number) -> String {
        let (unit, n) = format::coarse(ms.value());
        self.tn(format!("span-{unit}"), n)
    }

    /// The address of a front-end file.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }

    /// An icon of the sprite; one that a pack names and the sprite lacks is a book.
    pub fn icon(&self, name: impl AsRef<str>) -> Safe<String> {
        let name = name.as_ref();
        let name = if ICONS.contains(name) {
            name
        } else {
            "notebook"
        };
        let sprite = assets::path("icons.svg");
        Safe(format!(
            "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"/></svg>"
        ))
    }

    /// A mark's shape.
    pub fn shape(&self, mark: impl Marked) -> Safe<String> {
        mark.mark().shape(self.lang)
    }

    /// A mark's shape and word.
    pub fn badge(&self, mark: impl Marked) -> Safe<String> {
        mark.mark().badge(self.lang)
    }

    /// A mark's word.
    pub fn word(&self, mark: impl Marked) -> String {
        mark.mark().word(self.lang)
    }

    /// Whether the reader may do something somewhere, so that a page hides what would be refused.
    pub fn may(&self, permission: Permission) -> bool {
        self.actor
            .as_ref()
            .is_some_and(|actor| actor.may(permission))
    }

    /// The account that reads, as the page's script tells one from another; empty for none.
    pub fn who(&self) -> String {
        let account = self.actor.as_ref().and_then(|actor| actor.account);
        account.map_or_else(String::new, |account| account.to_string())
    }

    /// The address of the page, for coming back to it.
    pub fn here(&self) -> String {
        if let Some(page) = &self.page {
            return page.clone();
        }
        if self.query.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, self.query)
    }

    /// The menu: only what the reader may open.
    pub fn menu(&self) -> Vec<MenuItem> {
        let entries = pages::ALL
            .iter()
            .filter_map(|page| Some((page, page.menu?)));
        entries
            .filter(|(page, _)| page.opens_for(self.actor.as_ref()))
            .map(|(page, menu)| MenuItem {
                href: page.path,
                icon: self.icon(menu.icon),
                text: self.t(menu.word),
                current: self.path == page.path
                    || (page.path != "/"
                        && self
                            .path
                            .strip_prefix(page.path)
                            .is_some_and(|rest| rest.starts_with('/'))),
                waits: menu
                    .waits
                    .map(|waits| (waits.path, self.t(waits.word), page.live())),
            })
            .collect()
    }
}

/// One entry of the menu.
pub struct MenuItem {
    /// Where it leads.
    pub href: &'static str,
    /// Its icon.
    pub icon: Safe<String>,
    /// Its word.
    pub text: String,
    /// Whether the reader is there.
    pub current: bool,
    /// What says how much waits there: its address, its words, what makes it ask again.
    pub waits: Option<(&'static str, String, String)>,
}
