//! The reader of files: what it may do, what becomes of files that fight it.

use std::{
    io::{Cursor, Write as _},
    time::{Duration, Instant},
};

use app::{
    attachment,
    registry::{self, ImportMode, ImportReport},
};
use domain::{
    id::OrganizationId,
    problem::{
        Problem,
        ProblemKind::{Invalid, Unavailable},
    },
};
use examine::ask::{Held, Tried};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::Province;

/// A PDF of these objects, numbered from 1; the first is its catalogue.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).bytes());
    }
    let table = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    out.extend(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
            objects.len() + 1
        )
        .bytes(),
    );
    out
}

/// A PDF of one page that draws the first of these forms; each says what it draws itself.
fn forms(forms: &[String]) -> Vec<u8> {
    let stream = |head: &str, body: &str| {
        format!(
            "<< {head} /Length {} >>\nstream\n{body}\nendstream",
            body.len()
        )
    };
    let names: Vec<String> = (0..forms.len())
        .map(|n| format!("/F{n} {} 0 R", n + 5))
        .collect();
    let resources = format!("/Resources << /XObject << {} >> >>", names.join(" "));
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] {resources} /Contents 4 0 R >>"
        ),
        stream("", "/F0 Do"),
    ];
    objects.extend(forms.iter().map(|draws| {
        let head = format!("/Type /XObject /Subtype /Form /BBox [0 0 100 100] {resources}");
        stream(&head, draws)
    }));
    pdf(&objects)
}

/// Forms of which each draws the next one twice, by a name that begins so.
fn doubling(name: &str) -> Vec<String> {
    (1..=24)
        .map(|n| format!("/{name}{n} Do /{name}{n} Do"))
        .chain(["BT ET".to_owned()])
        .collect()
}

/// A workbook whose one sheet has these rows, and these shared texts.
pub(crate) fn workbook(rows: &str, shared: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    for (name, text) in [
        ("[Content_Types].xml", "<Types/>".to_owned()),
        ("_rels/.rels", format!("<Relationships><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")),
        ("xl/workbook.xml", "<workbook xmlns:r=\"r\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>".to_owned()),
        ("xl/_rels/workbook.xml.rels", format!("<Relationships><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>")),
        ("xl/sharedStrings.xml", format!("<sst>{shared}</sst>")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn import(p: &Province, bytes: &[u8]) -> Result<ImportReport, Problem> {
    registry::import(&p.app, &p.ctx(), "organization", bytes, ImportMode::DryRun).await
}

#[tokio::test]
async fn it_can_open_nothing_start_nothing_and_take_no_more_than_its_memory() {
    let p = Province::begun().await;
    let (confined, tried) = p.app.examiner.trial().await.unwrap();
    assert_eq!(tried, Tried::default());
    // Debian 12 and later have both; CI runs there.
    if std::env::var_os("CI").is_some() {
        assert_ne!(confined.files, Held::Not);
        assert!(confined.calls);
    }
}

#[tokio::test]
async fn a_pdf_that_fights_its_reader_is_refused_with_words() {
    let p = Province::new().await;
    let a = OrganizationId(p.unit("A", None).await);
    for (what, bytes, noted) in [
        (
            "draws itself",
            forms(&["/F0 Do".to_owned()]),
            "refused-as-bomb",
        ),
        ("doubles", forms(&doubling("F")), "refused-as-bomb"),
        // Where the count of what is drawn is led astray, the child is the limit.
        (
            "draws itself under another name",
            forms(&["/#460 Do".to_owned()]),
            "\\\"why\\\":\\\"died\\\"",
        ),
        (
            "doubles under other names",
            forms(&doubling("#46")),
            "\\\"why\\\":\\\"slow\\\"",
        ),
    ] {
        let begun = Instant::now();
        let told = attachment::keep(&p.app, &p.ctx(), a, "bao-cao.pdf", bytes).await;
        let told = told.expect_err(what);
        assert_eq!((told.kind, told.subject.as_str()), (Invalid, "bao-cao.pdf"));
        assert!(!told.what.vi.is_empty() && !told.next.vi.is_empty());
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        let journal = p.journal().await;
        assert!(journal.contains(noted), "{what}: {journal}");
        assert!(!journal.contains("bao-cao.pdf"));
    }
    // Nothing is left, and the next file is read as ever.
    assert!(!p.app.data.join("attachments").exists());
    let text = "Biên bản họp quý".as_bytes().to_vec();
    assert!(
        attachment::keep(&p.app, &p.ctx(), a, "b.txt", text)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_workbook_that_unpacks_without_end_is_refused_with_words() {
    let p = Province::new().await;
    let cell =
        |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let far = format!(
        "<row r=\"1\">{}</row><row r=\"1048576\">{}</row>",
        cell("A1", "code"),
        cell("XFD1048576", "x")
    );
    let begun = Instant::now();
    let told = import(&p, &workbook(&far, "")).await.unwrap_err();
    assert_eq!(told.kind, Invalid);
    assert!(told.what.en.contains("16384 columns"), "{told}");
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );

    // One text of 1 MiB in 2,000 cells.
    let long = format!("<si><t>{}</t></si>", "x".repeat(1 << 20));
    let many: String = (1..=2_000)
        .map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>"))
        .collect();
    let told = import(&p, &workbook(&many, &long)).await.unwrap_err();
    assert!(told.what.en.contains("bytes of text"), "{told}");

    // Elements within elements within elements.
    let deep = format!("{}{}", "<row>".repeat(1 << 20), "</row>".repeat(1 << 20));
    let told = import(&p, &workbook(&deep, "")).await.unwrap_err();
    assert_eq!(told.kind, Invalid, "{told}");

    let good = import(
        &p,
        b"code,name,kind,level,membership\nA,A,department,province,member\n",
    );
    assert_eq!(good.await.unwrap().created, 1);
}

#[tokio::test]
async fn one_person_holds_no_more_than_their_turns() {
    let p = Province::new().await;
    let bytes = forms(&doubling("#46"));
    let unit = OrganizationId(p.unit("A", None).await);
    let officer = p.as_role(domain::authority::Role::Officer, Some(unit.0));
    // One is read, three wait, and one is too many: it is answered before all others.
    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (app, officer, bytes) = (p.app.clone(), officer.clone(), bytes.clone());
        sent.spawn(async move { attachment::keep(&app, &officer, unit, "x.pdf", bytes).await });
    }
    let first = sent.join_next().await.unwrap().unwrap();
    assert_eq!(first.unwrap_err().kind, Unavailable);
    // Somebody else does not wait for them.
    let text = "Biên bản".as_bytes().to_vec();
    let other = attachment::keep(&p.app, &p.ctx(), unit, "b.txt", text).await;
    assert!(other.is_ok(), "{other:?}");
    assert_eq!(sent.len(), 4, "they are not read yet");
    assert!(sent.try_join_next().is_none());
    sent.shutdown().await;
}
