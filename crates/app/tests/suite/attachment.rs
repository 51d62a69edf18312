//! Files: whose they are, what is refused, how they lie on disk, and what is said of a refusal.

use std::{
    io::{Cursor, Write as _},
    process::{Child, Command, Stdio},
};

use app::{attachment, setting};
use domain::{
    authority::Role,
    id::OrganizationId,
    problem::{
        Problem,
        ProblemKind::{Denied, Invalid, NotFound},
    },
};
use examine::attachment::{Marking, Refusal, examine};
use proptest::prelude::*;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{Province, refused};

const EICAR: &str = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

/// A ZIP of these parts.
fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn docx(body: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let document = format!("<w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", document.as_bytes()),
    ];
    parts.extend(more);
    zip(&parts)
}

/// Why a file is not taken, wherever in it the reason lies.
fn why(bytes: &[u8]) -> Refusal {
    examine(bytes).unwrap_err().root().0.clone()
}

const PLAIN: &str = "<w:p><w:r><w:t>Bi\u{ea}n bản họp quý</w:t></w:r></w:p>";
const MARKED: &str = "<w:p><w:r><w:t>TỐI </w:t></w:r><w:r><w:t>MẬT</w:t></w:r></w:p>";

async fn keep(
    p: &Province,
    unit: domain::id::Id,
    name: &str,
    bytes: &[u8],
) -> Result<String, Problem> {
    attachment::keep(&p.app, &p.ctx(), OrganizationId(unit), name, bytes.to_vec()).await
}

#[tokio::test]
async fn a_file_is_its_units() {
    let p = Province::new().await;
    let (a, b) = (p.unit("A", None).await, p.unit("B", None).await);
    let of_a = p.as_role(Role::Officer, Some(a));
    let of_b = p.as_role(Role::Officer, Some(b));
    let viewer = p.as_role(Role::Viewer, Some(a));
    let pdf = b"%PDF-1.7 content".to_vec();
    let keep = async |ctx, unit, name: &str| {
        attachment::keep(&p.app, ctx, OrganizationId(unit), name, pdf.clone()).await
    };
    let hash = keep(&of_a, a, "bien\nban.pdf").await.unwrap();
    let (stored, bytes) = attachment::get(&p.app, &of_a, &hash, None).await.unwrap();
    assert_eq!((stored.name.as_str(), bytes), ("bienban.pdf", pdf.clone()));
    assert_eq!(stored.media_type, "application/pdf");
    // Nothing could be read in it, and nobody scanned it: neither is said to be in order.
    assert_eq!(
        (stored.marking.as_str(), stored.scan.as_str()),
        ("unread", "not-scanned")
    );
    assert_eq!(
        refused(attachment::get(&p.app, &of_b, &hash, None).await),
        NotFound
    );
    assert_eq!(refused(keep(&of_b, a, "x.pdf").await), Denied);
    assert_eq!(refused(keep(&viewer, a, "x.pdf").await), Denied);
    // The same content from another unit is its own.
    assert_eq!(keep(&of_b, b, "cua-b.pdf").await.unwrap(), hash);
    assert_eq!(
        attachment::get(&p.app, &of_b, &hash, None)
            .await
            .unwrap()
            .0
            .name,
        "cua-b.pdf"
    );
    assert_eq!(
        attachment::get(&p.app, &of_a, &hash, None)
            .await
            .unwrap()
            .0
            .name,
        "bienban.pdf"
    );
    for key in ["", "../../records.db", "zz", &"0".repeat(64)] {
        assert_eq!(
            refused(attachment::get(&p.app, &p.ctx(), key, None).await),
            NotFound,
            "{key}"
        );
    }
}

/// Every file under a folder.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else {
            out.push(path);
        }
    }
    out
}

#[tokio::test]
async fn on_disk_it_is_sealed() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let text = "Danh sách mật khẩu dự phòng, dòng thứ nhất";
    let hash = keep(&p, a, "danh sach.txt", text.as_bytes()).await.unwrap();
    let kept = files(&p.app.data.join("attachments"));
    assert_eq!(kept.len(), 1);
    let sealed = std::fs::read(&kept[0]).unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("dự phòng"));
    let (about, read) = attachment::get(&p.app, &p.ctx(), &hash, None)
        .await
        .unwrap();
    assert_eq!(read, text.as_bytes());
    assert_eq!(about.marking, "none");
    // One byte changed on disk: it is not handed out.
    let mut changed = sealed.clone();
    changed[40] ^= 1;
    std::fs::write(&kept[0], &changed).unwrap();
    assert_eq!(
        refused(attachment::get(&p.app, &p.ctx(), &hash, None).await),
        NotFound
    );
    let named = || async {
        let report = app::journal::verify(&p.app, &p.ctx()).await.unwrap();
        let file = app::journal::JournalFinding::File(hash.clone());
        report.findings.contains(&file)
    };
    assert!(named().await, "changed");
    std::fs::write(&kept[0], &sealed).unwrap();
    assert!(!named().await);
    // What an earlier version kept as it is gets sealed at the start.
    std::fs::remove_file(&kept[0]).unwrap();
    assert!(named().await, "gone");
    let plain = kept[0].with_extension("");
    std::fs::write(&plain, text).unwrap();
    assert_eq!(attachment::seal_old(&p.app.data, &p.app.keys).unwrap(), 1);
    assert!(!plain.exists());
    let (_, read) = attachment::get(&p.app, &p.ctx(), &hash, None)
        .await
        .unwrap();
    assert_eq!(read, text.as_bytes());
    assert_eq!(attachment::seal_old(&p.app.data, &p.app.keys).unwrap(), 0);
}

#[test]
fn programs_are_refused_wherever_they_hide() {
    let exe: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";
    let elf: &[u8] = b"\x7fELF\x02\x01\x01\0";
    let inner = zip(&[("anh.png", elf)]);
    for (case, bytes) in [
        ("renamed", exe.to_vec()),
        ("in an archive", zip(&[("bao cao.pdf", exe)])),
        ("in an archive in an archive", zip(&[("a.zip", &inner)])),
        (
            "shortcut",
            zip(&[("tai lieu.lnk", b"L\0\0\0\x01\x14\x02\0\0\0")]),
        ),
        ("script", zip(&[("a.txt", b"#!/bin/sh\n")])),
        ("web page", b"<!DOCTYPE html><script>1</script>".to_vec()),
        (
            "in a document",
            docx(PLAIN, &[("word/media/image1.png", exe)]),
        ),
    ] {
        assert!(
            matches!(why(&bytes), Refusal::Program(_)),
            "{case}: {:?}",
            examine(&bytes)
        );
    }
    let macros = docx(PLAIN, &[("word/vbaProject.bin", b"\xd0\xcf\x11\xe0")]);
    assert_eq!(examine(&macros), Err(Refusal::Macros));
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let ole = |streams: &[&str]| {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(512, 0);
        for name in streams {
            bytes.extend(utf16(name));
            bytes.extend([0, 0]);
        }
        bytes
    };
    assert_eq!(
        examine(&ole(&["WordDocument", "_VBA_PROJECT"])),
        Err(Refusal::Macros)
    );
    assert_eq!(examine(&ole(&["EncryptedPackage"])), Err(Refusal::Locked));
    assert_eq!(examine(&ole(&["MsiDatabase"])), Err(Refusal::Unknown));
    assert!(examine(&ole(&["WordDocument"])).is_ok());
    assert_eq!(
        examine(&ole(&["WordDocument", "\rTUYỆT MẬT\r"])),
        Err(Refusal::Marked)
    );
    for unknown in [
        &b"Rar!\x1a\x07\x01\0"[..],
        b"7z\xbc\xaf\x27\x1c",
        b"\0\x01\x02",
    ] {
        assert_eq!(examine(unknown), Err(Refusal::Unknown));
    }
}

#[test]
fn markings_are_found_in_documents() {
    let odt = |body: &str| {
        let content = format!("<office:text>{body}</office:text>");
        zip(&[
            ("mimetype", b"application/vnd.oasis.opendocument.text"),
            ("content.xml", content.as_bytes()),
        ])
    };
    let xlsx = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.xml", b"<workbook/>"),
        (
            "xl/sharedStrings.xml",
            "<sst><si><t>MẬT</t></si></sst>".as_bytes(),
        ),
    ]);
    let header = docx(
        PLAIN,
        &[("word/header1.xml", "<w:p><w:t>MẬT</w:t></w:p>".as_bytes())],
    );
    for (case, bytes) in [
        ("text", "UBND TỈNH\r\nTỐI MẬT\r\nSố 5".as_bytes().to_vec()),
        ("docx", docx(MARKED, &[])),
        ("header of docx", header),
        ("odt", odt("<text:p>TUYỆT<text:s/>MẬT</text:p>")),
        ("xlsx", xlsx),
        ("docx in zip", zip(&[("a.docx", &docx(MARKED, &[]))])),
    ] {
        assert_eq!(examine(&bytes), Err(Refusal::Marked), "{case}");
    }
    for (case, bytes) in [
        ("docx", docx(PLAIN, &[])),
        ("odt", odt("<text:p>Quy chế bảo mật</text:p>")),
        ("docx in zip", zip(&[("a.docx", &docx(PLAIN, &[]))])),
    ] {
        assert_eq!(examine(&bytes).unwrap().marking, Marking::None, "{case}");
    }
    let scan = zip(&[("a.jpg", b"\xff\xd8\xff\xe0")]);
    assert_eq!(examine(&scan).unwrap().marking, Marking::Unread);
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let mut zeros = b"\x89PNG\r\n\x1a\n".to_vec();
    zeros.resize(40 << 20, 0);
    let one = zip(&[("1.png", &zeros)]);
    assert!(examine(&one).is_ok());
    // The same packed part four times over.
    let mut source = zip::ZipArchive::new(Cursor::new(&one)).unwrap();
    let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["1.png", "2.png", "3.png", "4.png"] {
        let part = source.by_index_raw(0).unwrap();
        bomb.raw_copy_file_rename(part, name).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert_eq!(examine(&bomb), Err(Refusal::Bomb));
    let nested = zip(&[
        ("a.zip", &one),
        ("b.zip", &one),
        ("c.zip", &one),
        ("d.zip", &one),
    ]);
    assert_eq!(examine(&nested), Err(Refusal::Bomb));
    let deep = (0..6).fold(zip(&[("a.txt", b"a")]), |inner, _| {
        zip(&[("a.zip", &inner)])
    });
    assert_eq!(examine(&deep), Err(Refusal::Bomb));
    let names: Vec<String> = (0..6_000).map(|i| format!("{i}.txt")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"a"[..])).collect();
    assert_eq!(examine(&zip(&many)), Err(Refusal::Bomb));
    // The same in a PDF: a stream that unpacks to more than its words may.
    let mut stream = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..3 {
        stream.write_all(&zeros).unwrap();
    }
    let stream = stream.finish().unwrap();
    let mut pdf = b"%PDF-1.7\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n".to_vec();
    pdf.extend(&stream);
    pdf.extend(b"\nendstream\nendobj\n");
    assert_eq!(examine(&pdf), Err(Refusal::Bomb));
    let twice =
        b"%PDF-1.7\n1 0 obj\n<< /Filter [/FlateDecode /Fl#61teDecode] >>\nstream\nx\nendstream";
    assert_eq!(examine(twice), Err(Refusal::Bomb));
}

/// A PDF as a browser prints it.
fn printed(folder: &std::path::Path, name: &str, html: &str) -> Vec<u8> {
    let (page, pdf) = (
        folder.join(format!("{name}.html")),
        folder.join(format!("{name}.pdf")),
    );
    std::fs::write(&page, format!("<!doctype html><meta charset=utf-8>{html}")).unwrap();
    let done = Command::new("chromium")
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(format!("file://{}", page.display()))
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(done.success());
    std::fs::read(pdf).unwrap()
}

#[test]
fn markings_are_found_in_a_printed_pdf() {
    if !testkit::installed("chromium", "chromium") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let plain =
        "<p>Biên bản kiểm tra, quy chế bảo mật</p><p>Không soạn tài liệu MẬT trên máy này.</p>";
    let free = printed(folder.path(), "free", plain);
    assert_eq!(examine(&free).unwrap().marking, Marking::None);
    let marked = format!(
        "<table width=100%><tr><td>UBND TỈNH<br>Số: 05<td>CỘNG HÒA</table><p>TỐI MẬT</p>{plain}"
    );
    let marked = printed(folder.path(), "marked", &marked);
    assert_eq!(examine(&marked), Err(Refusal::Marked));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..600), head in 0..6usize) {
        let heads: [&[u8]; 6] = [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<w:p>", b"MZ"];
        let _ = examine(&[heads[head], &bytes].concat());
    }

    #[test]
    fn a_damaged_document_is_answered(at in 0..10_000usize, byte in any::<u8>(), cut in 0..10_000usize) {
        let mut bytes = docx(MARKED, &[("word/media/a.png", b"\x89PNG\r\n\x1a\n")]);
        let length = bytes.len();
        bytes[at % length] = byte;
        let _ = examine(&bytes[..length - cut % length]);
    }
}

#[tokio::test]
async fn a_refusal_is_noted_without_its_content() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    for bytes in [&b"MZ\x90\x00"[..], b"#!/bin/sh\nrm", b"\x00\x01\x02", b""] {
        assert_eq!(refused(keep(&p, a, "kế hoạch.txt", bytes).await), Invalid);
    }
    setting::set(&p.app, &p.ctx(), "attachment.max_mb", "1")
        .await
        .unwrap();
    let large = vec![b'a'; (1 << 20) + 1];
    assert_eq!(refused(keep(&p, a, "x.txt", &large).await), Invalid);
    assert!(keep(&p, a, "x.txt", &large[1..]).await.is_ok());
    let marked = "UBND TỈNH\nTỐI MẬT\nkế hoạch bố trí lực lượng";
    assert_eq!(
        refused(keep(&p, a, "kế hoạch.txt", marked.as_bytes()).await),
        Invalid
    );
    let journal = p.journal().await;
    assert!(journal.contains("refused-as-secret") && journal.contains("refused-as-program"));
    assert!(
        !journal.contains("bố trí lực lượng") && !journal.contains("kế hoạch"),
        "{journal}"
    );
    // Nothing of it lies in the data folder either.
    assert_eq!(files(&p.app.data.join("attachments")).len(), 1);
    assert!(
        keep(&p, a, "a.txt", "Đổi MẬT khẩu định kỳ".as_bytes())
            .await
            .is_ok()
    );
}

/// ClamAV's daemon with one signature of our own.
struct Clamd {
    child: Child,
    folder: tempfile::TempDir,
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Clamd {
    fn address(&self) -> String {
        self.folder.path().join("socket").display().to_string()
    }

    /// None where it is not installed.
    fn start() -> Option<Self> {
        if !testkit::installed("clamd", "clamav-daemon") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (database, socket) = (folder.path().join("db"), folder.path().join("socket"));
        std::fs::create_dir(&database).unwrap();
        // Signatures cannot be downloaded here: the test file of EICAR is known by its hash.
        std::fs::write(
            database.join("own.hdb"),
            "44d88612fea8a8f36de82e1278abb02f:68:Gieng.Test.EICAR\n",
        )
        .unwrap();
        let config = folder.path().join("clamd.conf");
        std::fs::write(
            &config,
            format!(
                "Foreground yes\nDatabaseDirectory {}\nLocalSocket {}\nStreamMaxLength 1M\n",
                database.display(),
                socket.display()
            ),
        )
        .unwrap();
        let program = ["/usr/sbin/clamd", "/usr/bin/clamd"]
            .into_iter()
            .find(|p| std::path::Path::new(p).exists())
            .unwrap_or("clamd");
        let child = Command::new(program)
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let clamd = Self { child, folder };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(
                std::time::Instant::now() < deadline,
                "clamd does not begin to listen"
            );
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Some(clamd)
    }
}

#[tokio::test]
async fn a_scanner_that_answers_is_believed_and_no_other() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let scan = async |hash: &str| {
        let about = attachment::about(&p.app, &p.ctx(), hash, None)
            .await
            .unwrap();
        (about.scan, about.scan_detail)
    };
    let missing = p.app.data.join("no-such-socket").display().to_string();
    setting::set(&p.app, &p.ctx(), "attachment.clamd", &missing)
        .await
        .unwrap();
    let early = keep(&p, a, "eicar.txt", EICAR.as_bytes()).await.unwrap();
    let late = keep(&p, a, "a.txt", b"harmless").await.unwrap();
    let (state, why) = scan(&early).await;
    assert_eq!(state, "not-scanned");
    assert!(why.is_some());
    app::attachment::rescan(&p.app).await.unwrap();
    assert_eq!(scan(&late).await.0, "not-scanned", "silence is never clean");

    let Some(clamd) = Clamd::start() else {
        return;
    };
    setting::set(&p.app, &p.ctx(), "attachment.clamd", &clamd.address())
        .await
        .unwrap();
    // What was kept while nobody scanned is scanned now; what is bad is handed out no more.
    app::attachment::rescan(&p.app).await.unwrap();
    assert_eq!(scan(&late).await, ("clean".into(), None));
    // The daemon says of a signature that is not ClamAV's own that it is unofficial.
    assert_eq!(
        scan(&early).await,
        (
            "infected".into(),
            Some("Gieng.Test.EICAR.UNOFFICIAL".into())
        )
    );
    assert_eq!(
        refused(attachment::get(&p.app, &p.ctx(), &early, None).await),
        Denied
    );
    let refusal = keep(&p, a, "again.txt", EICAR.as_bytes())
        .await
        .unwrap_err();
    assert_eq!(refusal.kind, Invalid);
    assert!(refusal.what.en.contains("Gieng.Test.EICAR"), "{refusal}");
    let fresh = keep(&p, a, "b.txt", b"also harmless").await.unwrap();
    assert_eq!(scan(&fresh).await.0, "clean");
    // Beyond the daemon's own limit there is no answer, and so it is not clean.
    let large = vec![b'a'; 3 << 20];
    let large = keep(&p, a, "c.txt", &large).await.unwrap();
    assert_eq!(scan(&large).await.0, "not-scanned");
    let journal = p.journal().await;
    assert!(journal.contains("found-infected") && journal.contains("refused-as-infected"));
}
