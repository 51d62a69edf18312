//! How many of each verdict: as a bar and as numbers with their shapes.

use std::fmt::Write as _;

use askama::filters::Safe;

use crate::{cx::Cx, mark::Mark};

/// Counts by mark, in the order of [`Mark::VERDICTS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u32; Mark::VERDICTS.len()]);

impl Counts {
    /// Adds `n` of one verdict; the states of targets have no place here.
    pub fn add(&mut self, mark: Mark, n: u32) {
        if let Some(at) = Mark::VERDICTS.iter().position(|each| *each == mark) {
            self.0[at] += n;
        }
    }

    /// How many there are of one verdict.
    pub fn of(&self, mark: Mark) -> u32 {
        Mark::VERDICTS
            .iter()
            .zip(self.0)
            .find(|(each, _)| **each == mark)
            .map_or(0, |(_, n)| n)
    }

    /// All that count for a share: what does not apply is left out.
    pub fn judged(&self) -> u32 {
        self.0.iter().sum::<u32>() - self.of(Mark::NotApplicable)
    }

    /// The verdict that asks for attention most.
    pub fn worst(&self) -> Mark {
        Mark::VERDICTS
            .into_iter()
            .filter(|mark| self.of(*mark) > 0)
            .max_by_key(|mark| mark.urgency())
            .unwrap_or(Mark::NotApplicable)
    }

    /// A stacked bar; its widths are shares of what applies.
    pub fn bar(&self, cx: &Cx) -> Safe<String> {
        let total = f64::from(self.judged()).max(1.0);
        let mut out = format!(
            "<svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">",
            self.spoken(cx)
        );
        let mut x = 0.0;
        for (mark, n) in self.shown() {
            let width = f64::from(n) / total * 100.0;
            // Writing to a String does not fail.
            let _ = write!(
                out,
                "<rect class=\"is-{}\" x=\"{x:.3}\" width=\"{width:.3}\" height=\"1\"/>",
                mark.name()
            );
            x += width;
        }
        out.push_str("</svg>");
        Safe(out)
    }

    /// The numbers, each with its shape.
    pub fn words(&self, cx: &Cx) -> Safe<String> {
        let mut out = String::from("<span class=\"counts\">");
        for (mark, n) in self.shown() {
            let _ = write!(out, "<span>{}{}</span>", mark.shape(cx.lang).0, cx.n(n));
        }
        out.push_str("</span>");
        Safe(out)
    }

    fn spoken(&self, cx: &Cx) -> String {
        let parts: Vec<String> = self
            .shown()
            .map(|(mark, n)| format!("{} {}", cx.n(n), mark.word(cx.lang)))
            .collect();
        parts.join(", ")
    }

    fn shown(&self) -> impl Iterator<Item = (Mark, u32)> {
        Mark::VERDICTS
            .into_iter()
            .zip(self.0)
            .filter(|(mark, n)| *n > 0 && *mark != Mark::NotApplicable)
    }
}

impl FromIterator<Mark> for Counts {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Self {
        let mut counts = Self::default();
        for mark in marks {
            counts.add(mark, 1);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_apply_is_no_part_of_the_share() {
        let counts: Counts = [Mark::Met, Mark::Met, Mark::Breached, Mark::NotApplicable]
            .into_iter()
            .collect();
        assert_eq!(counts.judged(), 3);
        assert_eq!(counts.worst(), Mark::Breached);
        assert_eq!(Counts::default().worst(), Mark::NotApplicable);
    }
}
