//! The history of one verdict as a strip of intervals.

use std::fmt::Write as _;

use crate::{cx::Cx, format, mark::Mark};

/// A time during which one verdict held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The verdict.
    pub mark: Mark,
    /// Unix milliseconds.
    pub from: i64,
    /// Unix milliseconds; none while it holds.
    pub to: Option<i64>,
}

impl Span {
    /// How long it held until `now`, milliseconds.
    pub fn length(&self, now: &i64) -> i64 {
        self.to.unwrap_or(*now) - self.from
    }
}

/// Draws the last `days` days, oldest at the left.
pub fn draw(cx: &Cx, spans: &[Span], days: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a picture's width")]
    let share = |ms: i64| ms as f64 / (days * 86_400_000) as f64 * 100.0;
    let first = cx.now - days * 86_400_000;
    let mut out = format!(
        "<svg class=\"spans\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">",
        cx.t("verdict-history")
    );
    for span in spans {
        let (from, to) = (span.from.max(first), span.to.unwrap_or(cx.now).min(cx.now));
        if to <= from {
            continue;
        }
        // Short breaches must not vanish: nothing is drawn thinner than a hair.
        let width = share(to - from).max(0.35);
        let _ = write!(
            out,
            "<rect class=\"is-{}\" x=\"{:.3}\" width=\"{width:.3}\" height=\"1\"><title>{} {} – {}</title></rect>",
            span.mark.name(),
            share(from - first).min(99.65),
            span.mark.word(cx.lang),
            format::datetime(span.from),
            span.to
                .map_or_else(|| cx.t("verdict-now"), format::datetime),
        );
    }
    let _ = write!(
        out,
        "</svg><div class=\"spans-axis\"><span>{}</span><span>{}</span></div>",
        format::date(first),
        format::date(cx.now)
    );
    out
}
