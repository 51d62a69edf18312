//! How many of each verdict: as a bar and as numbers with their shapes.

use std::fmt::Write as _;

use askama::filters::Safe;
use policy::{Status, Tally};

use crate::{cx::Cx, mark::Mark};

/// The verdicts in the order of a bar: good, undecided, bad. What does not apply is no part of it.
const ORDER: [Status; 6] = [
    Status::Met,
    Status::Waived,
    Status::Pending,
    Status::NoData,
    Status::Error,
    Status::Breached,
];

/// How a [`Tally`] is shown.
pub trait Shown {
    /// A stacked bar; its widths are shares of what applies.
    fn bar(&self, cx: &Cx) -> Safe<String>;
    /// The numbers, each with its shape.
    fn words(&self, cx: &Cx) -> Safe<String>;
    /// The heaviest verdict.
    fn worst(&self) -> Mark;
    /// All that applies.
    fn judged(&self) -> u64;
}

fn present(tally: &Tally) -> impl Iterator<Item = (Mark, u64)> {
    ORDER
        .into_iter()
        .map(|status| (Mark::from(status), tally.of(status)))
        .filter(|(_, n)| *n > 0)
}

impl Shown for Tally {
    fn bar(&self, cx: &Cx) -> Safe<String> {
        #[expect(clippy::cast_precision_loss, reason = "a picture's width")]
        let share = |n: u64| n as f64 / self.judged().max(1) as f64 * 100.0;
        let spoken: Vec<String> = present(self)
            .map(|(mark, n)| format!("{} {}", cx.n(n), mark.word(cx.lang)))
            .collect();
        let mut out = format!(
            "<svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">",
            spoken.join(", ")
        );
        let mut x = 0.0;
        for (mark, n) in present(self) {
            // Writing to a String does not fail.
            let _ = write!(
                out,
                "<rect class=\"is-{}\" x=\"{x:.3}\" width=\"{:.3}\" height=\"1\"/>",
                mark.name(),
                share(n)
            );
            x += share(n);
        }
        out.push_str("</svg>");
        Safe(out)
    }

    fn words(&self, cx: &Cx) -> Safe<String> {
        let mut out = String::from("<span class=\"counts\">");
        for (mark, n) in present(self) {
            let _ = write!(out, "<span>{}{}</span>", mark.shape(cx.lang).0, cx.n(n));
        }
        out.push_str("</span>");
        Safe(out)
    }

    fn worst(&self) -> Mark {
        Status::ALL
            .into_iter()
            .filter(|status| self.of(*status) > 0)
            .max()
            .map_or(Mark::NotApplicable, Mark::from)
    }

    fn judged(&self) -> u64 {
        self.total() - self.of(Status::NotApplicable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_apply_is_no_part_of_the_share() {
        let mut tally = Tally::default();
        for status in [
            Status::Met,
            Status::Met,
            Status::Breached,
            Status::NotApplicable,
        ] {
            tally.count(status);
        }
        assert_eq!(tally.judged(), 3);
        assert_eq!(tally.worst(), Mark::Breached);
        assert_eq!(Tally::default().worst(), Mark::NotApplicable);
        let cx = crate::gallery::cx(domain::label::Lang::Vi, crate::cx::Theme::Auto, "/");
        assert!(tally.bar(&cx).0.contains("width=\"66.667\""));
    }
}
