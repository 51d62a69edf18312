//! The contrast of text on every ground of the pages, computed from the tokens of the style
//! sheets (WCAG 2.1, 1.4.3: at least 4.5).

use std::collections::HashMap;

const THEME: &str = include_str!("../assets/css/1-theme.css");
const OTHERS: [&str; 3] = [
    include_str!("../assets/css/2-shell.css"),
    include_str!("../assets/css/3-parts.css"),
    include_str!("../assets/css/4-pages.css"),
];

/// Red, green, blue, 0 to 1.
type Colour = [f64; 3];
type Tokens = HashMap<String, Colour>;

/// What text is written in.
const INKS: [&str; 10] = [
    "ink",
    "soft",
    "muted",
    "accent",
    "up",
    "down",
    "unreachable",
    "unknown",
    "isolated",
    "pending",
];

/// What lies under it.
const GROUNDS: [&str; 5] = ["bg", "panel", "raised", "sunken", "accent-soft"];

/// Colours of states: in a cell of the heat map each is written on its own tint.
const STATES: [&str; 6] = [
    "up",
    "down",
    "unreachable",
    "unknown",
    "isolated",
    "pending",
];

fn tokens(block: &str) -> Tokens {
    let lines = block.lines().filter_map(|line| {
        let (name, value) = line.trim().strip_prefix("--g-")?.split_once(": #")?;
        let hex = value.trim_end_matches(';');
        let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        let colour = [part(0)?, part(2)?, part(4)?];
        Some((name.to_owned(), colour.map(|part| f64::from(part) / 255.0)))
    });
    lines.collect()
}

/// The tokens of both themes; what dark does not say is as in light.
fn themes() -> [(&'static str, Tokens); 2] {
    let (light, rest) = THEME.split_once("[data-bs-theme=dark] {").unwrap();
    let (dark, _) = rest.split_once('}').unwrap();
    let light = tokens(light);
    let mut all = light.clone();
    all.extend(tokens(dark));
    [("light", light), ("dark", all)]
}

fn luminance(colour: Colour) -> f64 {
    let [r, g, b] = colour.map(|part| match part {
        low if low <= 0.04045 => low / 12.92,
        high => ((high + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: Colour, b: Colour) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// `color-mix(in srgb, a share, b)`.
fn mixed(a: Colour, share: f64, b: Colour) -> Colour {
    std::array::from_fn(|i| a[i] * share + b[i] * (1.0 - share))
}

#[test]
fn text_can_be_read_on_every_ground_in_light_and_in_dark() {
    let mut pale = Vec::new();
    for (theme, t) in themes() {
        let mut look = |what: String, ink: Colour, ground: Colour| {
            let contrast = contrast(ink, ground);
            if contrast < 4.5 {
                pale.push(format!("{theme}: {what}: {contrast:.2}"));
            }
        };
        for ink in INKS {
            for ground in GROUNDS {
                look(format!("{ink} on {ground}"), t[ink], t[ground]);
            }
        }
        for state in STATES {
            let tint = mixed(t[state], 0.17, t["panel"]);
            look(format!("{state} on its tint"), t[state], tint);
        }
        for ink in ["ink", "soft"] {
            look(format!("{ink} on the map"), t[ink], t["land"]);
        }
        for ground in ["panel", "sunken"] {
            let marked = mixed(t["pending"], 0.3, t[ground]);
            look(format!("found in {ground}"), t["ink"], marked);
        }
        let pointed = mixed(t["accent"], 0.92, t["ink"]);
        look("a button".into(), t["on-accent"], t["accent"]);
        look("a button pointed at".into(), t["on-accent"], pointed);
    }
    assert!(pale.is_empty(), "{pale:#?}");
}

/// Else a colour could be written that nobody computes.
#[test]
fn text_is_written_in_those_colours_alone() {
    // Signs that stand beside their word.
    const SIGNS: [&str; 1] = [".empty .icon"];
    for css in OTHERS.into_iter().chain([THEME]) {
        for rule in css.lines().filter(|line| line.contains('{')) {
            let (selector, declarations) = rule.split_once('{').unwrap();
            for declaration in declarations.split(';') {
                let Some(("color", value)) = declaration.trim().split_once(": ") else {
                    continue;
                };
                let value = value.trim_end_matches([' ', '}']);
                let known = ["inherit", "var(--c)", "var(--c, currentColor)"].contains(&value)
                    || INKS.iter().chain(&["on-accent"]).any(|ink| {
                        value == format!("var(--g-{ink})")
                            || value == format!("var(--c, var(--g-{ink}))")
                    });
                assert!(
                    known || SIGNS.contains(&selector.trim()),
                    "{selector}: {value}"
                );
            }
            // A share of the drawing, not of words.
            let drawn = ["rect", ".bar", ".strip", ".spans", ".link", ".site"];
            assert!(
                !declarations.contains(" opacity:") || drawn.iter().any(|d| selector.contains(d)),
                "{selector} makes its text paler"
            );
        }
    }
}
