//! A row's cells as values: each read one way, or refused with what to write.

use domain::{
    id::Id,
    label::Label,
    noun,
    parse::{self, day},
    record::{Value, Values},
    schema::{Field, Kind},
    text,
};
use examine::table::{Cell, Line, MAX_IN_CELL};

use super::Planner;
use crate::{
    registry::{
        existing::Existing,
        export::unguard,
        names::{self, Found, plain_number},
        report::CellProblem,
    },
    secrecy,
};

/// A row's cells as values.
pub(super) struct Read {
    /// What is given; a cell that clears its field is null.
    pub given: Values,
    pub problems: Vec<CellProblem>,
    pub notes: Vec<Label>,
}

/// A cell that empties its field: a blank one leaves it as it is.
pub(in crate::registry) fn clears(cell: &str) -> bool {
    matches!(
        text::fold(cell).as_str(),
        "-" | "(xoa)" | "(clear)" | "(trong)"
    )
}

/// What spreadsheets write where a formula came to nothing.
pub(in crate::registry) fn fault_of(cell: &str) -> bool {
    const FAULTS: [&str; 11] = [
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#FIELD!",
    ];
    FAULTS.contains(&cell)
}

impl Planner<'_> {
    /// The value of a cell but for what it refers to; none for a blank cell.
    pub(super) fn value(&self, field: &Field, cell: &Cell) -> Result<Option<Value>, Label> {
        let read = |text: &str| parse::field(field, text).map(Some).map_err(|w| w.message);
        match cell {
            Cell::Blank => Ok(None),
            Cell::Unsolved => Err(Label::new(
                "Công thức chưa có giá trị trong tệp; mở bằng Excel rồi lưu lại, hoặc dán giá trị",
                "A formula whose value the file does not have; open and save it in Excel, or paste the value",
            )),
            Cell::Fault(fault) => Err(spreadsheet_fault(fault)),
            Cell::Boolean(yes) => read(if *yes { "true" } else { "false" }),
            Cell::Moment(text) => match field.kind {
                Kind::Date | Kind::Instant | Kind::Text | Kind::LongText => read(text),
                _ => Err(Label::new(
                    format!(
                        "Bảng tính đã đổi ô này thành ngày {text}; định dạng ô là văn bản rồi ghi lại"
                    ),
                    format!(
                        "The spreadsheet has made this cell the day {text}; make the cell text and write it again"
                    ),
                )),
            },
            Cell::Number(number) => match field.kind {
                Kind::Date => {
                    let shift = if self.table.counts_from_1904 {
                        1_462.0
                    } else {
                        0.0
                    };
                    match day::from_serial(number + shift) {
                        Some(day) => Ok(Some(day.to_string().into())),
                        None => read(&cell.shown()),
                    }
                }
                Kind::Instant if number.abs() < 1e11 => read(&cell.shown()),
                Kind::Boolean | Kind::Choice => read(&cell.shown()),
                Kind::Phone if lacks_its_zero(&cell.shown()) => read(&format!("0{}", cell.shown())),
                _ => parse::typed(field, *number)
                    .map(Some)
                    .map_err(|w| w.message),
            },
            Cell::Marked => Err(secrecy::words()),
            Cell::Long => Err(Label::new(
                format!("Ô dài quá {MAX_IN_CELL} ký tự; có dấu ngoặc kép chưa đóng?"),
                format!("The cell is longer than {MAX_IN_CELL} characters; is a quote not closed?"),
            )),
            Cell::Text(text) => {
                let (text, literal) = unguard(text);
                let text = text.as_ref();
                if !literal && clears(text) {
                    return Ok(Some(Value::Null));
                }
                if !literal && fault_of(text) {
                    return Err(spreadsheet_fault(text));
                }
                if text == "today" && field.kind == Kind::Date {
                    return Ok(Some(self.app.clock.today().to_string().into()));
                }
                if field.kind == Kind::Code && self.table.separator.is_some() {
                    self.is_whole(field, text)?;
                }
                read(text)
            }
        }
    }

    /// Refuses a code in a text file of which a spreadsheet has kept only the first digits
    /// (`1.23E+10`), unless a record has it.
    fn is_whole(&self, field: &Field, text: &str) -> Result<(), Label> {
        let shortened = (text.split_once(['E', 'e'])).is_some_and(|(base, power)| {
            base.contains(['.', ',']) && power.starts_with(['+', '-'])
        });
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_digit());
        if shortened && begins && !self.is_known(field, text) {
            return Err(Label::new(
                "Bảng tính đã rút gọn mã này; định dạng cột là văn bản rồi ghi lại",
                "The spreadsheet has shortened this code; make the column text and write it again",
            ));
        }
        Ok(())
    }

    fn is_known(&self, field: &Field, code: &str) -> bool {
        matches!(&self.existing, Existing::Unique(unique) if field.unique && unique.has(code))
    }

    pub(super) fn read(&self, line: &Line) -> Read {
        let mut read = Read {
            given: Values::new(),
            problems: Vec::new(),
            notes: Vec::new(),
        };
        for (index, field) in self.table.fields.iter().enumerate() {
            let Some(field) = field else { continue };
            let cell = line.cells.get(index).unwrap_or(&Cell::Blank);
            let message = match self.value(field, cell) {
                Ok(None) => match self.table.merged_over(index, line.number) {
                    Some(region) => Label::new(
                        format!("Ô này thuộc vùng ô gộp {region}; bỏ gộp rồi điền từng ô"),
                        format!("Lies in the merged cells {region}; unmerge them and fill in each"),
                    ),
                    None => continue,
                },
                Ok(Some(Value::Null)) if field.required => Label::new(
                    "Bắt buộc phải có, không xóa được",
                    "Required; it cannot be emptied",
                ),
                Ok(Some(Value::Text(text))) if field.kind == Kind::Reference => {
                    match self.refer(field, &text) {
                        Ok(id) => {
                            read.given.insert(field.name.clone(), id.into());
                            continue;
                        }
                        Err(message) => message,
                    }
                }
                Ok(Some(value)) => {
                    if let Some(swallowed) = self.swallows(cell) {
                        swallowed
                    } else {
                        self.note(index, field, cell, &value, &mut read.notes);
                        read.given.insert(field.name.clone(), value);
                        continue;
                    }
                }
                Err(message) => self.swallows(cell).unwrap_or(message),
            };
            read.problems.push(self.wrong(index, line, message));
        }
        let extra = line.cells.iter().enumerate().skip(self.table.fields.len());
        if let Some((index, cell)) = extra.into_iter().find(|(_, c)| !c.is_blank()) {
            read.problems.push(CellProblem {
                cell: self.table.address(index, line.number),
                position: index + 1,
                value: cell.shown(),
                write: Label::new(
                    "Đặt ô có dấu phân cách trong ngoặc kép, hoặc xóa ô thừa",
                    "Quote the cell that has a separator in it, or remove the surplus cell",
                ),
                ..CellProblem::of_row(Label::new(
                    "Nhiều ô hơn số cột; có dấu phân cách chưa đặt trong ngoặc kép?",
                    "More cells than columns; is a separator not quoted?",
                ))
            });
        }
        read
    }

    fn refer(&self, field: &Field, text: &str) -> Result<Id, Label> {
        let other = field.refers_to.as_deref().and_then(noun::get);
        let Some((other, names)) = other.and_then(|o| Some((o, self.names.get(&o.noun)?))) else {
            return Err(Label::same(text));
        };
        match names.find(text) {
            Found::One(id) => Ok(id),
            found => Err(names::refusal(other, text, &found)),
        }
    }

    /// A cell of a text file that looks as if it had swallowed rows.
    fn swallows(&self, cell: &Cell) -> Option<Label> {
        let (Cell::Text(text), Some(separator)) = (cell, self.table.separator) else {
            return None;
        };
        let enough = self.table.headers.len().saturating_sub(1).max(2);
        let mut lines = text.lines();
        (text.contains('\n') && lines.any(|l| l.matches(separator).count() >= enough)).then(|| {
            Label::new(
                "Ô này chứa cả những dòng khác; có dấu ngoặc kép chưa đóng?",
                "The cell holds other rows; is a quote not closed?",
            )
        })
    }

    /// How a cell was read that could be meant otherwise.
    fn note(
        &self,
        index: usize,
        field: &Field,
        cell: &Cell,
        value: &Value,
        notes: &mut Vec<Label>,
    ) {
        let day = || value.as_text().map(shown_day).unwrap_or_default();
        match cell {
            Cell::Text(text) if day::order(text) == Some(day::Order::Either) => {
                if let Some(line) = self.table.month_first.get(&index) {
                    let day = day();
                    notes.push(Label::new(
                        format!("“{text}” được đọc là ngày {day}; dòng {line} của cột này lại ghi tháng trước"),
                        format!("“{text}” is read as {day}; line {line} of this column has the month first"),
                    ));
                }
            }
            Cell::Number(number) if field.kind == Kind::Date => {
                let day = day();
                notes.push(Label::new(
                    format!("Số {number} được đọc là ngày {day}"),
                    format!("The number {number} is read as {day}"),
                ));
            }
            Cell::Moment(text) if matches!(field.kind, Kind::Text | Kind::LongText) => {
                notes.push(Label::new(
                    format!(
                        "Bảng tính lưu ô “{}” là ngày; được ghi thành chữ “{text}”",
                        field.label.vi
                    ),
                    format!(
                        "The spreadsheet keeps “{}” as a day; it is taken as the text “{text}”",
                        field.label.en
                    ),
                ));
            }
            Cell::Number(_) if field.kind == Kind::Phone && lacks_its_zero(&cell.shown()) => {
                let (number, read) = (cell.shown(), value.to_cell());
                notes.push(Label::new(
                    format!("Số {number} được đọc là số điện thoại {read}"),
                    format!("The number {number} is read as the telephone number {read}"),
                ));
            }
            Cell::Text(text) if field.kind == Kind::Phone && lacks_its_zero(text) => {
                notes.push(Label::new(
                    format!("Số điện thoại “{text}” có lẽ thiếu số 0 ở đầu"),
                    format!("The telephone number “{text}” seems to lack its first 0"),
                ));
            }
            Cell::Text(text)
                if field.kind == Kind::Code
                    && text.ends_with(".0")
                    && plain_number(text).is_some()
                    && !self.is_known(field, text) =>
            {
                notes.push(Label::new(
                    format!("Mã “{text}” được giữ nguyên; nếu bảng tính đã thêm “.0” thì xóa đi"),
                    format!("The code “{text}” is kept as it is; if a spreadsheet has added the “.0”, remove it"),
                ));
            }
            _ => {}
        }
    }
}

fn spreadsheet_fault(fault: &str) -> Label {
    Label::new(
        format!("Ô báo lỗi {fault} của bảng tính; sửa công thức hoặc ghi giá trị"),
        format!(
            "The cell has the spreadsheet's error {fault}; mend the formula or write the value"
        ),
    )
}

/// Whether a spreadsheet has dropped the zero before a telephone number of Vietnam: those of
/// places have 11 digits with it and begin with 02, mobile ones 10 (numbering plan, Circular
/// 22/2014/TT-BTTTT).
fn lacks_its_zero(digits: &str) -> bool {
    let begins = |with: &str| digits.starts_with(|c| with.contains(c));
    digits.bytes().all(|b| b.is_ascii_digit())
        && match digits.len() {
            10 => begins("2"),
            9 => begins("35789"),
            _ => false,
        }
}

fn shown_day(iso: &str) -> String {
    match iso.parse::<jiff::civil::Date>() {
        Ok(day) => day.strftime("%d/%m/%Y").to_string(),
        Err(_) => iso.to_owned(),
    }
}
