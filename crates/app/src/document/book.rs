//! A book (sổ) on paper: its columns, its entries, numbered pages, its hash at the foot.

use domain::{
    paper::{Block, Column, Form, Paper, Signature},
    problem::Problem,
    record::Record,
    schema::{Kind, Schema},
};

use super::print::{self, Kind as File};
use crate::App;

/// What is printed.
pub struct Book<'a> {
    /// Its columns.
    pub schema: &'a Schema,
    /// Whose it is.
    pub unit: &'a str,
    /// `2026`, `2026-Q4`.
    pub span: &'a str,
    /// Its entries, in order.
    pub entries: &'a [Record],
    /// A field of an entry as words: references and choices by their names.
    pub words: &'a (dyn Fn(&Record, &str) -> String + Sync),
    /// SHA-256 of the closed book, hex.
    pub sha256: &'a str,
    /// The day it was closed, ISO.
    pub closed_on: &'a str,
}

/// The book as a PDF.
///
/// # Errors
/// Unavailable without the program that prints.
pub async fn print(app: &App, book: &Book<'_>) -> Result<Vec<u8>, Problem> {
    print::one(app, paper(book), File::Pdf).await
}

fn paper(book: &Book<'_>) -> Paper {
    let fields: Vec<_> = book
        .schema
        .fields
        .iter()
        .filter(|f| f.kind != Kind::File)
        .collect();
    let mut columns = vec![Column {
        title: "STT".into(),
        width: 2,
        number: true,
    }];
    columns.extend(fields.iter().map(|f| Column {
        title: f.label.vi.clone(),
        width: match f.kind {
            Kind::LongText => 8,
            Kind::Text | Kind::Reference => 5,
            _ => 3,
        },
        number: matches!(f.kind, Kind::Integer | Kind::Decimal),
    }));
    let rows: Vec<Vec<String>> = book
        .entries
        .iter()
        .enumerate()
        .map(|(i, entry)| {
            let mut row = vec![(i + 1).to_string()];
            row.extend(fields.iter().map(|f| (book.words)(entry, &f.name)));
            row
        })
        .collect();
    let body = if rows.is_empty() {
        vec![Block::plain("Trong kỳ không có mục nào.")]
    } else {
        vec![Block::Table { columns, rows }]
    };
    let place = |title: &str| Signature {
        title: title.into(),
        ..Signature::default()
    };
    Paper {
        form: Form::Book,
        kind: format!("SỔ {}", book.schema.plural.vi.to_uppercase()),
        subject: format!("{}; kỳ {}", book.unit, book.span),
        body,
        signatures: vec![place("NGƯỜI GIỮ SỔ"), place("THỦ TRƯỞNG ĐƠN VỊ")],
        foot: format!("SHA-256: {}", book.sha256),
        dated: book.closed_on.into(),
        ..Paper::default()
    }
}
