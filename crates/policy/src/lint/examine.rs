//! Reading all files and checking them against each other.

use std::collections::BTreeMap;

use domain::schema::Schema;

use super::{
    Problem, control, document, flow, law,
    parse::{self, Parsed},
    regulation, suggest, surroundings,
};
use crate::{
    calendar::Calendar,
    check::Check,
    control::{AwaitedFact, Control},
    document::{Figure, Template},
    facts::Views,
    fixture::Fixture,
    flow::Flow,
    hash,
    law::Laws,
    library::Library,
    reading::Reading,
    regulation::Regulation,
    role::RoleMap,
    source::File,
    words::Words,
};

/// The files of a policy, each in its type.
#[derive(Default)]
pub(super) struct Parts {
    pub regulations: Vec<Parsed<Regulation>>,
    pub controls: BTreeMap<String, Parsed<Control>>,
    pub checks: BTreeMap<String, Parsed<Check>>,
    pub registers: BTreeMap<String, Parsed<Schema>>,
    pub figures: BTreeMap<String, Parsed<Figure>>,
    pub documents: BTreeMap<String, Parsed<Template>>,
    pub flows: BTreeMap<String, Parsed<Flow>>,
    pub fixtures: Vec<Parsed<Fixture>>,
    pub readings: BTreeMap<String, Parsed<Vec<Reading>>>,
    pub roles: Option<Parsed<RoleMap>>,
    pub awaited: Option<Parsed<BTreeMap<String, AwaitedFact>>>,
    pub law: Option<Parsed<Laws>>,
    pub words: Option<Parsed<Words>>,
    pub calendars: Vec<Parsed<Calendar>>,
    /// What checks may read.
    pub views: Views,
    /// Files that exist but could not be read: what they hold is not "missing".
    pub unread: Vec<String>,
}

impl Parts {
    /// Whether `folder/id` exists, readable or not.
    pub fn is_unread(&self, folder: &str, id: &str) -> bool {
        self.unread
            .iter()
            .any(|path| path.starts_with(folder) && parse::stem(path) == id)
    }
}

const FILES: [&str; 4] = ["roles.yaml", "awaited.yaml", "law.yaml", "words.yaml"];

const FOLDERS: [&str; 10] = [
    "regulations",
    "controls",
    "checks",
    "registers",
    "figures",
    "documents",
    "flows",
    "fixtures",
    "readings",
    "calendar",
];

/// What changes no verdict.
const NO_MEANING: [&str; 3] = ["fixtures/", "readings/", "flows/"];

/// Reads the files; the library is whole when there are no problems.
pub(crate) fn examine(files: &[File]) -> (Option<Library>, Vec<Problem>) {
    let mut parts = Parts::default();
    let mut problems = Vec::new();
    let (books, others): (Vec<&File>, Vec<&File>) = files
        .iter()
        .partition(|file| file.path.starts_with("registers/"));
    // Checks read the books, so the books come first.
    for files in [books, others] {
        for file in files {
            if let Err(problem) = read(&mut parts, file, &mut problems) {
                parts.unread.push(file.path.clone());
                problems.push(problem);
            }
        }
        let books: Vec<Schema> = parts
            .registers
            .values()
            .map(|book| book.value.clone().as_book())
            .collect();
        parts.views = Views::with_books(&books);
    }
    regulation::check(&parts, &mut problems);
    control::check(&parts, &mut problems);
    law::check(&parts, &mut problems);
    surroundings::check(&parts, &mut problems);
    document::check(&mut parts, &mut problems);
    flow::check(&parts, &mut problems);
    problems.sort_by(|a, b| {
        (&a.file, a.line, a.column, &a.what).cmp(&(&b.file, b.line, b.column, &b.what))
    });
    problems.dedup();
    (library(parts, files), problems)
}

fn read(parts: &mut Parts, file: &File, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let (path, bytes) = (file.path.as_str(), file.bytes.as_ref());
    let folder = path.split_once('/').map_or("", |(folder, _)| folder);
    match folder {
        "regulations" => parts.regulations.push(parse::yaml(path, bytes)?),
        "controls" => {
            let mut control: Parsed<Control> = parse::yaml(path, bytes)?;
            control.value.id = control.stem().to_owned();
            parts.controls.insert(control.value.id.clone(), control);
        }
        "checks" => {
            let sql = parse::text(path, bytes)?;
            let id = parse::stem(path);
            let (check, faults) = Check::read(id, &sql, &parts.views);
            let found = faults.into_iter().map(|fault| Problem {
                file: path.to_owned(),
                line: fault.line,
                column: fault.column,
                what: fault.what,
                instead: fault.instead,
            });
            problems.extend(found);
            match check {
                Some(value) => {
                    let parsed = Parsed::new(path, sql, value);
                    parts.checks.insert(id.to_owned(), parsed);
                }
                None => parts.unread.push(path.to_owned()),
            }
        }
        "registers" => {
            let register: Parsed<Schema> = parse::yaml(path, bytes)?;
            parts.registers.insert(register.stem().to_owned(), register);
        }
        "figures" => {
            let mut figure: Parsed<Figure> = parse::yaml(path, bytes)?;
            figure.value.id = figure.stem().to_owned();
            parts.figures.insert(figure.value.id.clone(), figure);
        }
        "documents" => {
            let mut template: Parsed<Template> = parse::yaml(path, bytes)?;
            template.value.id = template.stem().to_owned();
            parts.documents.insert(template.value.id.clone(), template);
        }
        "flows" => {
            let mut flow: Parsed<Flow> = parse::yaml(path, bytes)?;
            flow.value.id = flow.stem().to_owned();
            parts.flows.insert(flow.value.id.clone(), flow);
        }
        "fixtures" => parts.fixtures.push(parse::yaml(path, bytes)?),
        "readings" => {
            let readings: Parsed<Vec<Reading>> = parse::yaml(path, bytes)?;
            parts.readings.insert(readings.stem().to_owned(), readings);
        }
        "calendar" => parts.calendars.push(parse::yaml(path, bytes)?),
        "" if path == "roles.yaml" => parts.roles = Some(parse::yaml(path, bytes)?),
        "" if path == "awaited.yaml" => parts.awaited = Some(parse::yaml(path, bytes)?),
        "" if path == "law.yaml" => parts.law = Some(parse::yaml(path, bytes)?),
        "" if path == "words.yaml" => parts.words = Some(parse::yaml(path, bytes)?),
        other => {
            let (word, known): (&str, &[&str]) = if other.is_empty() {
                (path, &FILES)
            } else {
                (other, &FOLDERS)
            };
            return Err(Problem {
                file: path.to_owned(),
                line: 1,
                column: 1,
                what: format!("`{word}` is no part of a policy"),
                instead: suggest(word, known.iter().copied()),
            });
        }
    }
    Ok(())
}

fn library(parts: Parts, files: &[File]) -> Option<Library> {
    let hashes: BTreeMap<String, String> = files
        .iter()
        .filter(|f| !NO_MEANING.iter().any(|folder| f.path.starts_with(folder)))
        .map(|f| (f.path.clone(), hash::of_bytes(&f.bytes)))
        .collect();
    let values = |parsed: Parsed<Regulation>| (parsed.value.id.clone(), parsed.value);
    Some(Library {
        regulations: parts.regulations.into_iter().map(values).collect(),
        controls: parts
            .controls
            .into_iter()
            .map(|(id, p)| (id, p.value))
            .collect(),
        checks: parts
            .checks
            .into_iter()
            .map(|(id, p)| (id, p.value))
            .collect(),
        registers: parts
            .registers
            .into_iter()
            .map(|(id, p)| (id, p.value.as_book()))
            .collect(),
        figures: parts
            .figures
            .into_iter()
            .map(|(id, p)| (id, p.value))
            .collect(),
        documents: parts
            .documents
            .into_iter()
            .map(|(id, p)| (id, p.value))
            .collect(),
        flows: parts
            .flows
            .into_iter()
            .map(|(id, p)| (id, p.value))
            .collect(),
        readings: parts
            .readings
            .into_iter()
            .map(|(id, p)| (id, p.value))
            .collect(),
        roles: parts.roles?.value,
        awaited: parts.awaited.map(|p| p.value).unwrap_or_default(),
        law: parts.law.map(|p| p.value).unwrap_or_default(),
        words: parts.words?.value,
        calendar: parts.calendars.into_iter().next()?.value,
        hash: hash::of_parts(
            hashes
                .iter()
                .map(|(path, hash)| (path.as_str(), hash.as_str())),
        ),
        hashes,
    })
}
