//! Sizes and distances of each form, the same for PDF and DOCX.
//!
//! Lengths are in points (1/72 inch) unless the name says millimetres. Lines have exact
//! heights, so that both files break into the same pages whatever a font says of itself.

use domain::paper::Form;
use serde::Serialize;

/// A form in numbers.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Style {
    /// Margins in millimetres: top, bottom, left, right.
    pub margin_mm: [f64; 4],
    /// Whether the page lies on its side.
    pub landscape: bool,
    /// Size and height of a line of the text.
    pub body: Size,
    /// Of tables.
    pub table: Size,
    /// Of the names of the State and of the bodies in the heading, and of `Nơi nhận`.
    pub small: Size,
    /// Of the motto, of number and date.
    pub number: Size,
    /// The rule below the motto, as wide as its words.
    pub motto_rule: f64,
    /// Of type and subject.
    pub title: Size,
    /// Indent of a paragraph's first line.
    pub indent: f64,
    /// Distance after a paragraph.
    pub after: f64,
    /// Distance between the border of a cell and its text: left and right, above and below.
    pub cell: [f64; 2],
    /// The left column of the heading, as a share of the width.
    pub left: f64,
}

/// The size of letters and the height of their line.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// Letters.
    pub letters: f64,
    /// A line.
    pub line: f64,
}

const fn size(letters: f64, line: f64) -> Size {
    Size { letters, line }
}

/// A4, its shorter and its longer side in millimetres.
pub const A4_MM: [f64; 2] = [210.0, 297.0];

/// Points in a millimetre.
pub const MM: f64 = 72.0 / 25.4;

/// Decree 30/2020, appendix I: margins 20–25, 20–25, 30–35, 15–20 mm; text 13–14 points with
/// an indent of 1 or 1.27 cm and at least 6 points between paragraphs. Guide 05-HD/VPTW:
/// 20, 20, 30, 15 mm. In the heading: names 12–13, motto 13–14, number 13, place and date
/// 13–14 points. The motto is as wide in every font of Times' widths.
pub fn of(form: Form) -> Style {
    let state = Style {
        margin_mm: [20.0, 20.0, 30.0, 15.0],
        landscape: false,
        body: size(14.0, 19.0),
        table: size(12.0, 15.0),
        small: size(12.0, 15.0),
        number: size(13.0, 16.0),
        motto_rule: 159.0,
        title: size(14.0, 18.0),
        indent: 36.0,
        after: 6.0,
        cell: [4.0, 2.0],
        left: 0.42,
    };
    match form {
        Form::State => state,
        Form::Party => Style {
            motto_rule: 193.0,
            ..state
        },
        Form::Book => Style {
            margin_mm: [20.0, 20.0, 20.0, 15.0],
            landscape: true,
            table: size(10.0, 13.0),
            ..state
        },
    }
}

impl Style {
    /// The width between the margins.
    pub fn width(&self) -> f64 {
        let sheet = A4_MM[usize::from(self.landscape)];
        (sheet - self.margin_mm[2] - self.margin_mm[3]) * MM
    }
}
