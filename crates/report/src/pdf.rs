//! PDF by the Typst compiler, which sees the document as data and never as code.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use domain::paper::Paper;
use serde_json::json;
use typst::{
    Library, LibraryExt, World, WorldExt,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::{font, style};

/// Fonts and layout, read once for many documents.
pub struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    layout: Source,
    data: FileId,
    paper: Bytes,
}

impl Press {
    /// A press with the fonts of these folders, of the system, and its own.
    pub fn new(folders: &[PathBuf], own_only: bool) -> Self {
        let (book, fonts) = font::load(folders, own_only);
        Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(book),
            fonts,
            layout: Source::new(id("/layout.typ"), include_str!("layout.typ").into()),
            data: id("/paper.json"),
            paper: Bytes::new(Vec::new()),
        }
    }

    /// The PDF (PDF/A-2b) and how many pages it has.
    pub fn print(&mut self, paper: &Paper) -> anyhow::Result<(Vec<u8>, usize)> {
        let data = json!({
            "paper": paper,
            "style": style::of(paper.form),
            "families": font::FAMILIES,
        });
        self.paper = Bytes::new(serde_json::to_vec(&data)?);
        let document: PagedDocument = typst::compile(self)
            .output
            .map_err(|errors| anyhow!("{}", self.told(&errors)))?;
        let options = PdfOptions {
            creator: Smart::Custom(Some("Giềng".into())),
            standards: PdfStandards::new(&[PdfStandard::A_2b])
                .map_err(|error| anyhow!("{}", error.message()))
                .context("PDF/A-2b")?,
            ..PdfOptions::default()
        };
        let bytes = typst_pdf::pdf(&document, &options)
            .map_err(|errors| anyhow!("{}", self.told(&errors)))?;
        // What was laid out for this document is of no use for the next.
        typst::comemo::evict(0);
        Ok((bytes, document.pages().len()))
    }

    fn told(&self, errors: &[SourceDiagnostic]) -> String {
        let lines: Vec<String> = errors
            .iter()
            .map(|error| {
                let at = self.range(error.span).map_or(0, |range| range.start);
                let line = self.layout.text()[..at.min(self.layout.text().len())]
                    .lines()
                    .count();
                format!("layout.typ:{line}: {}", error.message)
            })
            .collect();
        lines.join("; ")
    }
}

fn id(path: &str) -> FileId {
    #[expect(clippy::expect_used, reason = "the paths are our own")]
    let path = VirtualPath::new(path).expect("the paths are our own");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

impl World for Press {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.layout.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.layout.id() {
            Ok(self.layout.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data {
            Ok(self.paper.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    /// A document carries its own dates.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
