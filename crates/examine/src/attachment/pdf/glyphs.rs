//! The letters of a page in the lines and columns in which they stand.

use pdf_extract::{Dictionary, Document, MediaBox, Object, OutputDev, OutputError, Transform};

use super::resolve;

/// A letter: where it begins along its line and how far across, in points.
#[derive(Debug)]
struct Glyph {
    /// The direction of its line, degrees.
    angle: i32,
    across: f64,
    along: f64,
    width: f64,
    size: f64,
    text: String,
}

/// Collects what pages show.
#[derive(Debug, Default)]
pub(super) struct Glyphs {
    page: Vec<Glyph>,
    /// Letters of the page beside which nothing stands.
    alone: Vec<Glyph>,
    count: usize,
    /// The lines of all pages; columns on a line are divided by a tab.
    pub lines: String,
}

/// Between two letters, in parts of their size: more than this is a blank.
const BLANK: f64 = 0.12;
/// The most letters of a page that are looked at for standing one below the other.
const MOST_ALONE: usize = 2_000;
/// More than this is another column.
const COLUMN: f64 = 0.75;

impl Glyphs {
    /// How many letters there were so far.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Puts the letters of a page into lines.
    pub fn finish_page(&mut self) {
        let mut glyphs = std::mem::take(&mut self.page);
        glyphs.sort_by(|a, b| {
            (a.angle, b.across)
                .partial_cmp(&(b.angle, a.across))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let mut line: Vec<Glyph> = Vec::new();
        for glyph in glyphs {
            let same = line.last().is_some_and(|last| {
                last.angle == glyph.angle
                    && (last.across - glyph.across).abs() < 0.4 * last.size.max(glyph.size)
            });
            if !same {
                self.finish_line(&mut line);
            }
            line.push(glyph);
        }
        self.finish_line(&mut line);
        self.finish_upright();
    }

    /// Letters one below the other, whatever else stands on their lines.
    fn finish_upright(&mut self) {
        let mut alone = std::mem::take(&mut self.alone);
        alone.truncate(MOST_ALONE);
        let mut columns: Vec<Vec<Glyph>> = Vec::new();
        for glyph in alone {
            let below = |column: &&mut Vec<Glyph>| {
                column.last().is_some_and(|last| {
                    let size = last.size.max(glyph.size);
                    let middle = |g: &Glyph| g.along + g.width / 2.0;
                    last.angle == glyph.angle
                        && (middle(last) - middle(&glyph)).abs() < 0.5 * size
                        && (0.4 * size..3.0 * size).contains(&(last.across - glyph.across))
                })
            };
            match columns.iter_mut().find(below) {
                Some(column) => column.push(glyph),
                None => columns.push(vec![glyph]),
            }
        }
        for column in columns.iter().filter(|column| column.len() > 2) {
            for glyph in column {
                self.lines.push_str(&glyph.text);
                self.lines.push('\n');
            }
        }
    }

    fn finish_line(&mut self, line: &mut Vec<Glyph>) {
        line.sort_by(|a, b| a.along.total_cmp(&b.along));
        let mut before: Option<&Glyph> = None;
        for glyph in line.iter() {
            if let Some(last) = before {
                // Bold is often made by printing twice.
                if last.text == glyph.text && glyph.along - last.along < 0.2 * glyph.size {
                    continue;
                }
                let gap =
                    (glyph.along - last.along - last.width) / glyph.size.max(last.size).max(0.1);
                if gap > COLUMN {
                    self.lines.push('\t');
                } else if gap > BLANK {
                    self.lines.push(' ');
                }
            }
            self.lines.push_str(&glyph.text);
            before = Some(glyph);
        }
        if !line.is_empty() {
            self.lines.push('\n');
        }
        let end = |g: &Glyph| g.along + g.width;
        let apart = |a: &Glyph, b: &Glyph| b.along - end(a) > COLUMN * a.size.max(b.size);
        let mut rest = line.drain(..).peekable();
        let mut free = true;
        while let Some(glyph) = rest.next() {
            let next = rest.peek().is_none_or(|next| apart(&glyph, next));
            if std::mem::replace(&mut free, next) && next {
                self.alone.push(glyph);
            }
        }
    }
}

impl OutputDev for Glyphs {
    fn begin_page(
        &mut self,
        _: u32,
        _: &MediaBox,
        _: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        self.finish_page();
        Ok(())
    }

    fn output_character(
        &mut self,
        trm: &Transform,
        width: f64,
        _: f64,
        font_size: f64,
        text: &str,
    ) -> Result<(), OutputError> {
        let scale = trm.m11.hypot(trm.m12);
        let size = font_size.abs() * scale;
        let (sin, cos) = if scale > 0.0 {
            (trm.m12 / scale, trm.m11 / scale)
        } else {
            (0.0, 1.0)
        };
        let (x, y) = (trm.m31, trm.m32);
        if ![size, x, y, width].iter().all(|v| v.is_finite()) {
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, reason = "an angle in degrees")]
        let angle = sin.atan2(cos).to_degrees().round() as i32;
        self.count += 1;
        self.page.push(Glyph {
            angle,
            across: y * cos - x * sin,
            along: x * cos + y * sin,
            width: width * size,
            size,
            text: text.to_owned(),
        });
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}

/// Whether a font does not say which letters its shapes are: what it shows cannot be read.
pub(super) fn is_unmapped(document: &Document, font: &Dictionary) -> bool {
    let name = |dictionary: &Dictionary, key: &[u8]| -> Vec<u8> {
        let value = dictionary
            .get(key)
            .ok()
            .and_then(|o| resolve(document, o)?.as_name().ok());
        value.unwrap_or_default().to_vec()
    };
    let subtype = name(font, b"Subtype");
    if font.has(b"ToUnicode") || subtype.starts_with(b"CIDFont") {
        return false;
    }
    let encoding = font
        .get(b"Encoding")
        .ok()
        .and_then(|o| resolve(document, o));
    match subtype.as_slice() {
        b"Type0" => !name(font, b"Encoding")
            .windows(3)
            .any(|w| w == b"UCS" || w == b"UTF"),
        b"Type3" => true,
        _ => match encoding {
            Some(Object::Dictionary(encoding)) => {
                let differences = encoding
                    .get(b"Differences")
                    .ok()
                    .and_then(|o| resolve(document, o)?.as_array().ok());
                differences.is_some_and(|names| {
                    names
                        .iter()
                        .any(|n| n.as_name().is_ok_and(is_number_of_glyph))
                })
            }
            Some(_) => false,
            // The order of the shapes in an embedded font is its own.
            None => {
                let descriptor = font
                    .get(b"FontDescriptor")
                    .ok()
                    .and_then(|o| resolve(document, o)?.as_dict().ok());
                descriptor.is_some_and(|d| d.has(b"FontFile2") || d.has(b"FontFile3"))
            }
        },
    }
}

/// `g12`, `cid34`, `glyph5`: a name that says nothing of the letter.
fn is_number_of_glyph(name: &[u8]) -> bool {
    let letters = name
        .iter()
        .take_while(|b| b.is_ascii_alphabetic() || **b == b'_')
        .count();
    let (word, digits) = name.split_at_checked(letters).unwrap_or((name, &[]));
    let word = word.to_ascii_lowercase();
    !digits.is_empty()
        && digits.iter().all(u8::is_ascii_digit)
        && matches!(
            word.as_slice(),
            b"g" | b"c" | b"a" | b"cid" | b"gid" | b"glyph" | b"index" | b"char"
        )
}
