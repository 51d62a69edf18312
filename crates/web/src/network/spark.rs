//! The delays of a day as a picture in a table's cell.

use std::fmt::Write as _;

/// Draws values from left to right; a missing one (no answer) is a mark over the whole height.
pub fn draw(values: &[Option<f64>]) -> String {
    let top = values.iter().flatten().copied().fold(0.001_f64, f64::max) * 1.15;
    #[expect(clippy::cast_precision_loss, reason = "a picture's width")]
    let (step, mut out) = (
        100.0 / values.len().max(1) as f64,
        String::from(
            "<svg class=\"spark\" viewBox=\"0 0 100 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        ),
    );
    let mut line = String::new();
    let (mut x, mut drawn) = (0.0, false);
    for value in values {
        if let Some(value) = value {
            let y = 19.0 - value / top * 18.0;
            let _ = write!(
                line,
                "{}{:.1} {y:.1}",
                if drawn { 'L' } else { 'M' },
                x + step / 2.0
            );
            drawn = true;
        } else {
            let _ = write!(
                out,
                "<rect x=\"{x:.1}\" width=\"{:.1}\" height=\"20\" fill=\"#d9622b\" fill-opacity=\".45\"/>",
                step.max(1.0)
            );
            drawn = false;
        }
        x += step;
    }
    let _ = write!(
        out,
        "<path d=\"{line}\" fill=\"none\" stroke=\"#3f8fc4\" stroke-width=\"1.25\" vector-effect=\"non-scaling-stroke\"/></svg>"
    );
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_gap_breaks_the_line() {
        let svg = super::draw(&[Some(1.0), None, Some(2.0), Some(1.0)]);
        assert_eq!(svg.matches('M').count(), 2);
        assert_eq!(svg.matches("<rect").count(), 1);
        assert!(super::draw(&[]).ends_with("</svg>"));
    }
}
