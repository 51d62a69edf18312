//! DOCX with the same distances as the PDF.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, BreakType, Docx, Footer, Header, LineSpacing, LineSpacingType, NumPages,
    PageMargin, PageNum, PageOrientationType, Paragraph, ParagraphBorder, ParagraphBorderPosition,
    ParagraphBorders, Run, RunFonts, SpecialIndentType, Table, TableAlignmentType, TableCell,
    TableCellMargins, TableLayoutType, TableRow, VAlignType, VertAlignType, WidthType,
};
use domain::paper::{Block, Column, Form, Paper, Run as Piece, Signature};

use crate::style::{self, MM, Size, Style};

/// What the decree asks for. Offices have it; elsewhere a font of the same widths stands in.
const FONT: &str = "Times New Roman";

/// The bytes of the file.
pub fn write(paper: &Paper) -> anyhow::Result<Vec<u8>> {
    let style = style::of(paper.form);
    let mut writer = Writer {
        heads: Vec::new(),
        style,
    };
    let mut docx = page(Docx::new(), paper, &style);
    if paper.form != Form::Book {
        docx = docx.add_table(writer.head(paper)).add_paragraph(gap(14.0));
    }
    if !paper.kind.is_empty() {
        docx = docx.add_paragraph(centred(style.title, &paper.kind, true, false));
        if !paper.subject.is_empty() {
            docx = docx.add_paragraph(centred(style.title, &paper.subject, true, false));
        }
        if paper.form != Form::Book {
            docx = docx.add_paragraph(rule(style.width(), style.width() * 0.25));
        }
        docx = docx.add_paragraph(gap(10.0));
    }
    docx = to(docx, &style, &paper.to);
    let signs = !paper.signatures.is_empty() || !paper.recipients.is_empty();
    docx = writer.blocks(docx, &paper.body, signs);
    docx = writer.signed(docx, paper);
    for annex in &paper.annexes {
        let title = style.title;
        docx = docx
            .add_paragraph(gap(1.0).add_run(Run::new().add_text(SECTION)))
            .add_paragraph(centred(title, &annex.label, true, false))
            .add_paragraph(centred(title, &annex.title, true, false))
            .add_paragraph(centred(title, &annex.belongs_to, false, true))
            .add_paragraph(gap(10.0));
        docx = writer.blocks(docx, &annex.body, false);
    }
    let mut package = docx.build();
    let document = String::from_utf8_lossy(&package.document);
    package.document = cut_sections(&repeat_heads(&document, &writer.heads)).into_bytes();
    let mut out = Cursor::new(Vec::new());
    package.pack(&mut out)?;
    Ok(out.into_inner())
}

fn twips(points: f64) -> i32 {
    // A page is 17,000 twips high.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "lengths on a page are small"
    )]
    let twips = (points * 20.0).round() as i32;
    twips
}

fn width(points: f64) -> usize {
    usize::try_from(twips(points)).unwrap_or(0)
}

fn page(docx: Docx, paper: &Paper, style: &Style) -> Docx {
    let [short, long] = style::A4_MM.map(|mm| u32::try_from(twips(mm * MM)).unwrap_or(0));
    let [top, bottom, left, right] = style.margin_mm.map(|mm| twips(mm * MM));
    let margin = PageMargin::new()
        .top(top)
        .bottom(bottom)
        .left(left)
        .right(right)
        .header(twips(10.0 * MM))
        .footer(twips(9.0 * MM));
    let docx = docx
        .default_fonts(
            RunFonts::new()
                .ascii(FONT)
                .hi_ansi(FONT)
                .cs(FONT)
                .east_asia(FONT),
        )
        .default_size(half_points(style.body))
        .page_margin(margin);
    let docx = if style.landscape {
        docx.page_size(long, short)
            .page_orient(PageOrientationType::Landscape)
    } else {
        docx.page_size(short, long)
    };
    let foot_size = Size {
        letters: 9.0,
        line: 11.0,
    };
    if paper.form == Form::Book {
        let foot = line(foot_size, AlignmentType::Right)
            .add_run(run(foot_size, &format!("{}   Trang ", paper.foot)))
            .add_page_num(PageNum::new())
            .add_run(run(foot_size, "/"))
            .add_num_pages(NumPages::new())
            .size(half_points(foot_size));
        return docx.footer(Footer::new().add_paragraph(foot));
    }
    let number = Size {
        letters: 13.0,
        line: 15.0,
    };
    let head = line(number, AlignmentType::Center).add_page_num(PageNum::new());
    let foot = centred(foot_size, &paper.foot, false, false);
    docx.header(Header::new().add_paragraph(head))
        .first_header(Header::new().add_paragraph(line(number, AlignmentType::Center)))
        .footer(Footer::new().add_paragraph(foot.clone()))
        .first_footer(Footer::new().add_paragraph(foot))
}

fn half_points(size: Size) -> usize {
    width(size.letters) / 10
}

/// An empty paragraph with lines of an exact height.
fn line(size: Size, align: AlignmentType) -> Paragraph {
    let spacing = LineSpacing::new()
        .line_rule(LineSpacingType::Exact)
        .line(twips(size.line))
        .before(0)
        .after(0);
    Paragraph::new()
        .align(align)
        .widow_control(false)
        .line_spacing(spacing)
}

fn after(mut paragraph: Paragraph, size: Size, points: f64) -> Paragraph {
    let spacing = LineSpacing::new()
        .line_rule(LineSpacingType::Exact)
        .line(twips(size.line))
        .before(0)
        .after(u32::try_from(twips(points)).unwrap_or(0));
    paragraph = paragraph.line_spacing(spacing);
    paragraph
}

fn run(size: Size, text: &str) -> Run {
    let mut run = Run::new().size(half_points(size));
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            run = run.add_break(BreakType::TextWrapping);
        }
        run = run.add_text(line);
    }
    run
}

/// `Kính gửi`: one on the same line, several each on its own with a dash.
fn to(docx: Docx, style: &Style, to: &[String]) -> Docx {
    let docx = match to {
        [] => return docx,
        [one] => {
            let text = format!("Kính gửi: {one}");
            docx.add_paragraph(centred(style.body, &text, false, false))
        }
        several => {
            let side = Some(twips(style.width() * style.left));
            let each = dashed(several).map(|text| {
                aligned(AlignmentType::Left, style.body, &text, false, false)
                    .indent(side, None, None, None)
            });
            each.fold(
                docx.add_paragraph(centred(style.body, "Kính gửi:", false, false)),
                Docx::add_paragraph,
            )
        }
    };
    docx.add_paragraph(gap(8.0))
}

/// Lines of a list: a semicolon after each, after the last a full stop.
fn dashed(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().enumerate().map(|(i, words)| {
        let end = if i + 1 == lines.len() { "." } else { ";" };
        format!("- {words}{end}")
    })
}

fn centred(size: Size, text: &str, bold: bool, italic: bool) -> Paragraph {
    aligned(AlignmentType::Center, size, text, bold, italic)
}

fn aligned(align: AlignmentType, size: Size, text: &str, bold: bool, italic: bool) -> Paragraph {
    let piece = Piece {
        text: text.into(),
        bold,
        italic,
        note: None,
    };
    pieces(line(size, align), size, &[piece])
}

fn pieces(mut paragraph: Paragraph, size: Size, runs: &[Piece]) -> Paragraph {
    for piece in runs {
        let mut words = run(size, &piece.text);
        if piece.bold {
            words = words.bold();
        }
        if piece.italic {
            words = words.italic();
        }
        paragraph = paragraph.add_run(words);
        if let Some(note) = piece.note {
            let mut mark = run(size, &format!("[{note}]"));
            mark.run_property = mark.run_property.vert_align(VertAlignType::SuperScript);
            paragraph = paragraph.add_run(mark);
        }
    }
    paragraph
}

/// Empty room of a height.
fn gap(points: f64) -> Paragraph {
    let size = Size {
        letters: 1.0,
        line: points,
    };
    line(size, AlignmentType::Left)
}

/// A rule in the middle of `room` points, in six points of height.
fn rule(room: f64, wide: f64) -> Paragraph {
    let side = twips((room - wide) / 2.0);
    let mut paragraph = gap(6.0).indent(Some(side), None, Some(side), None);
    let border = ParagraphBorder::new(ParagraphBorderPosition::Top).size(5);
    paragraph.property = paragraph
        .property
        .set_borders(ParagraphBorders::with_empty().set(border));
    paragraph
}

struct Writer {
    /// For each row that may not be split, in order: whether it is a table's head.
    heads: Vec<bool>,
    style: Style,
}

impl Writer {
    fn head(&mut self, paper: &Paper) -> Table {
        let (small, number, title) = (self.style.small, self.style.number, self.style.title);
        let all = self.style.width();
        let (left, right) = (all * self.style.left, all * (1.0 - self.style.left));
        let party = paper.form == Form::Party;
        let mut issuer = TableCell::new();
        if !paper.head.parent.is_empty() {
            issuer = issuer.add_paragraph(centred(small, &paper.head.parent, false, false));
        }
        issuer = issuer.add_paragraph(centred(small, &paper.head.body, true, false));
        issuer = issuer.add_paragraph(if party {
            centred(small, "*", false, false)
        } else {
            rule(left, left * 0.35)
        });
        issuer = issuer.add_paragraph(centred(number, &paper.head.number, false, false));
        if paper.kind.is_empty() && !paper.subject.is_empty() {
            let about = format!("V/v {}", paper.subject);
            issuer = issuer.add_paragraph(centred(small, &about, false, false));
        }
        let mut motto = TableCell::new();
        if party {
            let party = centred(title, "ĐẢNG CỘNG SẢN VIỆT NAM", true, false);
            motto = motto.add_paragraph(party);
        } else {
            let state = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
            motto = motto
                .add_paragraph(centred(small, state, true, false))
                .add_paragraph(centred(number, "Độc lập - Tự do - Hạnh phúc", true, false));
        }
        motto = motto
            .add_paragraph(rule(right, self.style.motto_rule))
            .add_paragraph(centred(number, &paper.head.place_and_date, false, true));
        self.bare(&[left, right], vec![issuer, motto])
    }

    /// One row without borders.
    fn bare(&mut self, widths: &[f64], cells: Vec<TableCell>) -> Table {
        self.heads.push(false);
        let widths: Vec<usize> = widths.iter().map(|w| width(*w)).collect();
        let cells = cells
            .into_iter()
            .zip(&widths)
            .map(|(cell, w)| cell.width(*w, WidthType::Dxa))
            .collect();
        Table::without_borders(vec![TableRow::new(cells).cant_split()])
            .set_grid(widths.clone())
            .width(widths.iter().sum(), WidthType::Dxa)
            .layout(TableLayoutType::Fixed)
            .align(TableAlignmentType::Left)
            .margins(TableCellMargins::new().margin(0, 0, 0, 0))
    }

    /// Draws blocks; the last paragraph stays with what follows when `kept`.
    fn blocks(&mut self, mut docx: Docx, blocks: &[Block], kept: bool) -> Docx {
        let style = self.style;
        let first = Some(SpecialIndentType::FirstLine(twips(style.indent)));
        let text = |align, runs: &[Piece]| {
            let paragraph = after(line(style.body, align), style.body, style.after);
            pieces(paragraph, style.body, runs).indent(None, first, None, None)
        };
        for (i, block) in blocks.iter().enumerate() {
            let kept = kept && i + 1 == blocks.len();
            docx = match block {
                Block::Heading { text: words } => {
                    let piece = Piece {
                        bold: true,
                        ..Piece::plain(words)
                    };
                    docx.add_paragraph(text(AlignmentType::Left, &[piece]).keep_next(true))
                }
                Block::Paragraph { runs } => {
                    docx.add_paragraph(text(AlignmentType::Both, runs).keep_next(kept))
                }
                Block::List { items } => items.iter().enumerate().fold(docx, |docx, (j, item)| {
                    let mut runs = vec![Piece::plain("- ")];
                    runs.extend(item.iter().cloned());
                    let kept = kept && j + 1 == items.len();
                    docx.add_paragraph(text(AlignmentType::Both, &runs).keep_next(kept))
                }),
                Block::Table { columns, rows } => docx
                    .add_table(self.table(columns, rows, kept))
                    .add_paragraph(gap(style.after).keep_next(kept)),
            };
        }
        docx
    }

    /// A table, whose last row stays with what follows where it is `kept`.
    fn table(&mut self, columns: &[Column], rows: &[Vec<String>], kept: bool) -> Table {
        let size = self.style.table;
        let shares: u32 = columns.iter().map(|c| c.width).sum::<u32>().max(1);
        let widths: Vec<usize> = columns
            .iter()
            .map(|c| width(self.style.width() * f64::from(c.width) / f64::from(shares)))
            .collect();
        let cell = |i: usize, paragraph: Paragraph| {
            TableCell::new()
                .width(widths.get(i).copied().unwrap_or(0), WidthType::Dxa)
                .add_paragraph(paragraph)
        };
        self.heads.push(true);
        let head = columns.iter().enumerate().map(|(i, column)| {
            cell(i, centred(size, &column.title, true, false)).vertical_align(VAlignType::Center)
        });
        let mut all = vec![TableRow::new(head.collect()).cant_split()];
        for (n, row) in rows.iter().enumerate() {
            let kept = kept && n + 1 == rows.len();
            let cells = row.iter().enumerate().map(|(i, words)| {
                let align = if columns.get(i).is_some_and(|c| c.number) {
                    AlignmentType::Right
                } else {
                    AlignmentType::Left
                };
                cell(i, aligned(align, size, words, false, false).keep_next(kept))
            });
            self.heads.push(false);
            all.push(TableRow::new(cells.collect()).cant_split());
        }
        let [x, y] = self.style.cell.map(width);
        Table::new(all)
            .set_grid(widths.clone())
            .width(widths.iter().sum(), WidthType::Dxa)
            .layout(TableLayoutType::Fixed)
            .align(TableAlignmentType::Left)
            .margins(TableCellMargins::new().margin(y, x, y, x))
    }

    fn signed(&mut self, mut docx: Docx, paper: &Paper) -> Docx {
        let style = self.style;
        let room = style.width();
        let to: Vec<Paragraph> = recipients(&style, &paper.recipients);
        if paper.signatures.len() > 1 {
            let each = room / f64::from(u32::try_from(paper.signatures.len()).unwrap_or(1));
            let cells = paper
                .signatures
                .iter()
                .map(|s| filled(signature(&style, s)))
                .collect();
            let widths = vec![each; paper.signatures.len()];
            docx = docx
                .add_paragraph(gap(6.0).keep_next(true))
                .add_table(self.bare(&widths, cells));
            return to.into_iter().fold(docx, Docx::add_paragraph);
        }
        if paper.signatures.is_empty() && to.is_empty() {
            return docx;
        }
        let right = paper.signatures.first().map(|s| signature(&style, s));
        let cells = vec![filled(to), filled(right.unwrap_or_default())];
        docx.add_paragraph(gap(6.0).keep_next(true))
            .add_table(self.bare(&[room / 2.0, room / 2.0], cells))
    }
}

/// A cell has at least one paragraph.
fn filled(paragraphs: Vec<Paragraph>) -> TableCell {
    if paragraphs.is_empty() {
        return TableCell::new().add_paragraph(gap(1.0));
    }
    paragraphs
        .into_iter()
        .fold(TableCell::new(), TableCell::add_paragraph)
}

fn recipients(style: &Style, lines: &[String]) -> Vec<Paragraph> {
    if lines.is_empty() {
        return Vec::new();
    }
    let list = Size {
        letters: 11.0,
        line: 14.0,
    };
    let head = aligned(AlignmentType::Left, style.small, "Nơi nhận:", true, true);
    let rest = dashed(lines).map(|line| aligned(AlignmentType::Left, list, &line, false, false));
    std::iter::once(head).chain(rest).collect()
}

fn signature(style: &Style, of: &Signature) -> Vec<Paragraph> {
    let mut all = Vec::new();
    if !of.capacity.is_empty() {
        all.push(centred(style.title, &of.capacity, true, false));
    }
    all.push(centred(style.title, &of.title, true, false));
    all.push(gap(72.0));
    all.push(centred(style.title, &of.name, true, false));
    all
}

/// The library does not write `w:tblHeader`, by which a table's head is repeated on each
/// page: it goes beside the `w:cantSplit` of the rows that are heads.
fn repeat_heads(document: &str, heads: &[bool]) -> String {
    const MARK: &str = "<w:cantSplit />";
    let mut out = String::with_capacity(document.len() + heads.len() * 16);
    for (i, part) in document.split(MARK).enumerate() {
        if i > 0 {
            out.push_str(MARK);
            if heads.get(i - 1).copied().unwrap_or(false) {
                out.push_str("<w:tblHeader />");
            }
        }
        out.push_str(part);
    }
    out
}

/// What stands in the paragraph before each annex; no text of a paper holds it (private use).
const SECTION: &str = "\u{e000}";

/// Each annex is a section, with pages numbered from 1: the marked paragraphs get the
/// properties of the section that they end, which are those of the document's last one. In
/// the library's own sections they would stand in an order that the schema does not know.
fn cut_sections(document: &str) -> String {
    let last = document
        .rsplit_once("<w:sectPr>")
        .and_then(|(text, rest)| Some((text, rest.split_once("</w:sectPr>")?)));
    let Some((text, (inner, after))) = last else {
        return document.to_owned();
    };
    let (first, next) = (section(inner, None), section(inner, Some(1)));
    let marked = text.matches(SECTION).count();
    let mut out = String::with_capacity(document.len());
    for (i, part) in text.split(SECTION).enumerate() {
        let properties = if i == 0 { &first } else { &next };
        if i == marked {
            out.push_str(part);
            out.push_str(properties);
            break;
        }
        // The marked paragraph begins where the last one of this part does.
        let start = part.rfind("<w:p ").unwrap_or(0);
        let end = part[start..].find("</w:pPr>").unwrap_or(0);
        let (before, rest) = part.split_at(start + end);
        out.push_str(before);
        out.push_str(properties);
        out.push_str(rest);
    }
    out.push_str(after);
    out
}

/// The properties of a section in the order of the schema, with the number of its first page.
fn section(inner: &str, number: Option<u32>) -> String {
    const ORDER: [&str; 7] = [
        "headerReference",
        "footerReference",
        "pgSz",
        "pgMar",
        "pgNumType",
        "cols",
        "titlePg",
    ];
    let number = number.map(|n| format!("<w:pgNumType w:start=\"{n}\" />"));
    let mut all: Vec<&str> = inner.split_inclusive("/>").collect();
    all.extend(number.as_deref());
    all.sort_by_key(|element| {
        let name = element.trim_start_matches("<w:").split(' ').next();
        ORDER
            .iter()
            .position(|known| Some(*known) == name)
            .unwrap_or(ORDER.len())
    });
    format!("<w:sectPr>{}</w:sectPr>", all.concat())
}
