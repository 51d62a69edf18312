//! The delays of a day as a picture in a table's cell.

use std::fmt::Write as _;

/// What was measured in one part of the day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// The mean delay, milliseconds.
    Delay(f64),
    /// Nothing answered.
    Lost,
    /// Nothing was measured.
    Nothing,
}

/// Draws readings from left to right: delays as a line, no answer as a mark over the
/// whole height, and nothing where nothing was measured.
pub fn draw(readings: &[Reading]) -> String {
    let top = readings
        .iter()
        .fold(0.001_f64, |top, reading| match reading {
            Reading::Delay(ms) => top.max(*ms),
            Reading::Lost | Reading::Nothing => top,
        })
        * 1.15;
    #[expect(clippy::cast_precision_loss, reason = "a picture's width")]
    let step = 100.0 / readings.len().max(1) as f64;
    // A picture of its own knows nothing of the page's theme: these colours do on both.
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 20\" width=\"104\" height=\"20\" preserveAspectRatio=\"none\">",
    );
    let mut line = String::new();
    let (mut x, mut drawn) = (0.0, false);
    for reading in readings {
        match reading {
            Reading::Delay(ms) => {
                let y = 19.0 - ms / top * 18.0;
                let pen = if drawn { 'L' } else { 'M' };
                let _ = write!(line, "{pen}{:.1} {y:.1}", x + step / 2.0);
            }
            Reading::Lost => {
                let wide = step.max(1.0);
                let _ = write!(
                    out,
                    "<rect x=\"{x:.1}\" width=\"{wide:.1}\" height=\"20\" fill=\"#d9622b\" fill-opacity=\".45\"/>"
                );
            }
            Reading::Nothing => {}
        }
        drawn = matches!(reading, Reading::Delay(_));
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
    use super::{Reading::*, draw};

    #[test]
    fn a_gap_breaks_the_line_and_only_a_loss_is_marked() {
        let svg = draw(&[Delay(1.0), Lost, Delay(2.0), Nothing, Delay(1.0)]);
        assert_eq!(svg.matches('M').count(), 3);
        assert_eq!(svg.matches("<rect").count(), 1);
        assert!(draw(&[]).ends_with("</svg>"));
    }
}
