//! What becomes of each row of a table, in little memory: every row's outcome, and in words as
//! much as a person can use. A file of some megabytes may be wrong in millions of cells.

use domain::{label::Label, text::shorten};

use super::report::{CellProblem, FieldChange, Outcome, RowFate};

/// So many bad rows are told in words.
const BAD_ROWS: usize = 500;
/// What the words about bad rows take, bytes, and what those about others do.
const BAD_BYTES: usize = 1 << 20;
const OTHER_BYTES: usize = 4 << 20;
/// So many problems of one row are told.
const PROBLEMS: usize = 20;
/// So many characters of what stands in a cell are told, and of what is wrong with it.
const VALUE: usize = 200;
const MESSAGE: usize = 600;
/// So many characters of a field that changes are told.
const CHANGE: usize = 1_000;

/// The fate of one row.
pub(super) struct Fate {
    /// Its line in the file.
    pub line: u64,
    /// What happens.
    pub outcome: Outcome,
    /// The version of the record that is there.
    pub version: Option<i64>,
    /// Where it is told in words.
    told: Option<u32>,
}

/// The fates of all rows, in the order of the file.
#[derive(Default)]
pub(super) struct Fates {
    all: Vec<Fate>,
    told: Vec<RowFate>,
    bad: usize,
    /// Bytes told of bad rows, and of others.
    spent: [usize; 2],
}

impl Fates {
    /// Takes the next row's.
    pub fn push(&mut self, mut row: RowFate) {
        let (line, outcome, version) = (row.line, row.outcome, row.version);
        bound(&mut row);
        let told = self.tell(row);
        self.all.push(Fate {
            line,
            outcome,
            version,
            told,
        });
    }

    /// Tells a row in words if there is room for it; where.
    fn tell(&mut self, row: RowFate) -> Option<u32> {
        let bad = matches!(row.outcome, Outcome::Bad | Outcome::Asks);
        let most = if bad { BAD_BYTES } else { OTHER_BYTES };
        let spent = &mut self.spent[usize::from(bad)];
        let size = size(&row);
        if *spent + size > most || (bad && self.bad == BAD_ROWS) {
            return None;
        }
        *spent += size;
        self.bad += usize::from(bad);
        self.told.push(row);
        u32::try_from(self.told.len() - 1).ok()
    }

    /// All of them.
    pub fn all(&self) -> &[Fate] {
        &self.all
    }

    /// The row at that place.
    pub fn at(&self, at: usize) -> &Fate {
        &self.all[at]
    }

    /// What is told of a row.
    pub fn words(&self, fate: &Fate) -> Option<&RowFate> {
        self.told.get(fate.told? as usize)
    }

    /// A row has become something else.
    pub fn settle(&mut self, at: usize, outcome: Outcome) {
        self.all[at].outcome = outcome;
        if let Some(told) = self.all[at].told {
            self.told[told as usize].outcome = outcome;
        }
    }

    /// A row does not go in after all.
    pub fn refuse(&mut self, at: usize, problems: Vec<CellProblem>) {
        self.settle(at, Outcome::Bad);
        let fate = &self.all[at];
        if let Some(told) = fate.told {
            let row = &mut self.told[told as usize];
            if row.problems.len() <= PROBLEMS {
                row.problems.extend(problems);
                bound(row);
            }
            return;
        }
        let mut row = RowFate {
            line: fate.line,
            title: String::new(),
            outcome: Outcome::Bad,
            version: fate.version,
            changes: Vec::new(),
            problems,
            notes: Vec::new(),
        };
        bound(&mut row);
        self.all[at].told = self.tell(row);
    }

    /// What is told, in the order of the file.
    pub fn into_words(self) -> Vec<RowFate> {
        let mut told = self.told;
        told.sort_by_key(|row| row.line);
        told
    }
}

fn short(label: &mut Label, most: usize) {
    for text in [&mut label.vi, &mut label.en] {
        // No character takes more than four bytes.
        if text.len() > most {
            *text = shorten(text, most);
        }
    }
}

/// Leaves of a row's words what is of use.
fn bound(row: &mut RowFate) {
    row.title = shorten(&row.title, VALUE);
    let more = row.problems.len().saturating_sub(PROBLEMS);
    if more > 0 {
        row.problems.truncate(PROBLEMS);
        row.problems.push(CellProblem::of_row(Label::new(
            format!("Và {more} ô sai nữa"),
            format!("And {more} more cells"),
        )));
    }
    for problem in &mut row.problems {
        problem.value = shorten(&problem.value, VALUE);
        problem.column = shorten(&problem.column, VALUE);
        short(&mut problem.message, MESSAGE);
        short(&mut problem.write, MESSAGE);
    }
    for FieldChange { before, after, .. } in &mut row.changes {
        *before = shorten(before, CHANGE);
        *after = shorten(after, CHANGE);
    }
    for note in &mut row.notes {
        short(note, MESSAGE);
    }
}

/// About how much memory a row's words take, bytes.
fn size(row: &RowFate) -> usize {
    let label = |label: &Label| label.vi.len() + label.en.len();
    let problem = |p: &CellProblem| {
        let texts = p.cell.len() + p.column.len() + p.field.len() + p.value.len();
        size_of::<CellProblem>() + texts + label(&p.message) + label(&p.write)
    };
    let change =
        |c: &FieldChange| size_of::<FieldChange>() + c.field.len() + c.before.len() + c.after.len();
    size_of::<RowFate>()
        + row.title.len()
        + row.problems.iter().map(problem).sum::<usize>()
        + row.changes.iter().map(change).sum::<usize>()
        + row.notes.iter().map(label).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64, outcome: Outcome, problems: usize) -> RowFate {
        RowFate {
            line,
            title: "x".repeat(1_000),
            outcome,
            version: None,
            changes: Vec::new(),
            problems: vec![
                CellProblem {
                    value: "y".repeat(1_000),
                    ..CellProblem::of_row(Label::same("z".repeat(1_000)))
                };
                problems
            ],
            notes: Vec::new(),
        }
    }

    #[test]
    fn what_is_told_is_bounded_and_what_happens_is_not() {
        let mut fates = Fates::default();
        for line in 0..100_000 {
            fates.push(row(line, Outcome::Create, 0));
        }
        for line in 100_000..102_000 {
            fates.push(row(line, Outcome::Bad, 100));
        }
        fates.refuse(7, vec![CellProblem::of_row(Label::same("after all"))]);
        fates.refuse(99_999, vec![CellProblem::of_row(Label::same("unheard"))]);
        assert_eq!(fates.all().len(), 102_000);
        let bad = fates.all().iter().filter(|f| f.outcome == Outcome::Bad);
        assert_eq!(bad.count(), 2_002);
        let told = fates.into_words();
        assert_eq!(told[7].problems[0].message.en, "after all");
        let bytes: usize = told.iter().map(size).sum();
        assert!(bytes < 6 << 20, "{bytes}");
        let first = told.iter().find(|r| r.line == 100_000).unwrap();
        assert_eq!(first.problems.len(), PROBLEMS + 1);
        assert!(first.problems[PROBLEMS].message.en.contains("80 more"));
    }
}
