//! The program, with what other programs see in its files: poppler's tools and LibreOffice.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use domain::paper::{Block, Column, Form, Head, Job, Paper, Run, Signature, Written};

const SENTENCE: &str = "Thực hiện Quy chế quản lý, vận hành, khai thác và bảo đảm an toàn thông tin mạng \
    Truyền số liệu chuyên dùng của các cơ quan Đảng, Nhà nước trên địa bàn tỉnh, đơn vị báo cáo như sau: đơn vị có ";

fn paragraph(note: usize) -> Block {
    Block::Paragraph {
        runs: vec![
            Run::plain(SENTENCE),
            Run {
                note: Some(note),
                ..Run::plain("12")
            },
            Run::plain(" điểm kết nối; nhật ký được duy trì thường xuyên, đầy đủ."),
        ],
    }
}

fn table(columns: usize, rows: usize) -> Block {
    Block::Table {
        columns: (0..columns)
            .map(|i| Column {
                title: format!("Cột thứ {i}"),
                width: 1,
                number: i == 0,
            })
            .collect(),
        rows: (0..rows)
            .map(|r| {
                vec![
                    format!("Thiết bị định tuyến số {r} tại điểm kết nối");
                    columns
                ]
            })
            .collect(),
    }
}

fn report() -> Paper {
    let mut body = vec![
        Block::Heading {
            text: "I. Tình hình sử dụng".into(),
        },
        paragraph(1),
        paragraph(2),
        table(4, 40),
    ];
    body.extend((0..6).map(paragraph));
    body.push(Block::List {
        items: vec![vec![Run::plain("Đề nghị nâng băng thông kênh truyền.")]; 4],
    });
    Paper {
        form: Form::State,
        head: Head {
            parent: "ỦY BAN NHÂN DÂN TỈNH VĨNH LONG".into(),
            body: "ỦY BAN NHÂN DÂN PHƯỜNG LONG CHÂU".into(),
            number: "Số: 05/BC-UBND".into(),
            place_and_date: "Vĩnh Long, ngày 05 tháng 01 năm 2027".into(),
        },
        kind: "BÁO CÁO".into(),
        subject: "Tình hình sử dụng mạng Truyền số liệu chuyên dùng năm 2026".into(),
        to: vec!["Sở Khoa học và Công nghệ".into()],
        body,
        signatures: vec![Signature {
            capacity: "TM. ỦY BAN NHÂN DÂN".into(),
            title: "CHỦ TỊCH".into(),
            name: "Nguyễn Thị Hạnh".into(),
        }],
        recipients: vec!["Như trên".into(), "Lưu: VT".into()],
        annex: vec![
            Block::Heading {
                text: "Nguồn số liệu".into(),
            },
            table(3, 5),
        ],
        foot: String::new(),
        dated: "2027-01-05".into(),
    }
}

fn minutes() -> Paper {
    let side = |title: &str| Signature {
        title: title.into(),
        ..Signature::default()
    };
    Paper {
        form: Form::Party,
        head: Head {
            parent: "TỈNH ỦY BÌNH THUẬN".into(),
            body: "VĂN PHÒNG".into(),
            number: "Số 05-BB/VPTU".into(),
            place_and_date: "Phan Thiết, ngày 05 tháng 01 năm 2027".into(),
        },
        kind: "BIÊN BẢN".into(),
        body: vec![paragraph(1), paragraph(1)],
        signatures: vec![side("BÊN GIAO"), side("BÊN NHẬN")],
        annex: Vec::new(),
        to: Vec::new(),
        ..report()
    }
}

fn book() -> Paper {
    Paper {
        form: Form::Book,
        kind: "SỔ THEO DÕI SỰ CỐ".into(),
        subject: "Năm 2026".into(),
        body: vec![table(8, 60)],
        foot: format!("SHA-256 {}", "ab".repeat(32)),
        dated: "2027-01-05".into(),
        ..Paper::default()
    }
}

/// Writes papers with the program and says what it said.
fn print(folder: &Path, papers: &[(&str, Paper)], docx: bool) -> (bool, Vec<Written>) {
    print_with(&[], folder, papers, docx)
}

fn print_with(
    args: &[&str],
    folder: &Path,
    papers: &[(&str, Paper)],
    docx: bool,
) -> (bool, Vec<Written>) {
    let path = |name: &str, end: &str| folder.join(format!("{name}.{end}")).display().to_string();
    let jobs: Vec<Job> = papers
        .iter()
        .map(|(name, paper)| Job {
            paper: paper.clone(),
            pdf: Some(path(name, "pdf")),
            docx: docx.then(|| path(name, "docx")),
        })
        .collect();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gieng-report"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let input = serde_json::to_vec(&jobs).expect("jobs are JSON");
    let mut stdin = child.stdin.take().expect("it was piped");
    stdin.write_all(&input).expect("it reads");
    drop(stdin);
    let out = child.wait_with_output().expect("it ends");
    let written = serde_json::from_slice(&out.stdout).expect("it answers in JSON");
    (out.status.success(), written)
}

#[test]
fn the_fonts_inside_the_program_know_vietnamese() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fine, written) = print_with(&["--own-fonts"], folder.path(), &[("own", report())], true);
    assert!(fine, "{written:?}");
    let fonts = told("pdffonts", &["own.pdf"], folder.path());
    assert!(fonts.contains("LibertinusSerif"), "{fonts}");
    let text = told("pdftotext", &["-layout", "own.pdf", "-"], folder.path());
    assert!(text.contains("bảo đảm an toàn"), "{text}");
}

/// What a tool prints; it must be there (scripts/test-deps).
fn told(program: &str, args: &[&str], folder: &Path) -> String {
    let out = Command::new(program)
        .args(args)
        .current_dir(folder)
        .env("HOME", folder)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; run scripts/test-deps"));
    assert!(
        out.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn pages(folder: &Path, file: &str) -> usize {
    let info = told("pdfinfo", &[file], folder);
    let line = info
        .lines()
        .find(|l| l.starts_with("Pages:"))
        .expect("pdfinfo counts pages");
    line[6..].trim().parse().expect("a number")
}

#[test]
fn the_text_is_vietnamese_and_the_fonts_are_inside() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fine, written) = print(
        folder.path(),
        &[("report", report()), ("book", book())],
        false,
    );
    assert!(fine, "{written:?}");
    assert_eq!(written[0].pages, pages(folder.path(), "report.pdf"));
    let text = told("pdftotext", &["-layout", "report.pdf", "-"], folder.path());
    for words in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 05/BC-UBND",
        "Vĩnh Long, ngày 05 tháng 01 năm 2027",
        "Kính gửi: Sở Khoa học và Công nghệ",
        "TM. ỦY BAN NHÂN DÂN",
        "Nguyễn Thị Hạnh",
        "- Lưu: VT.",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    assert!(told("pdftotext", &["book.pdf", "-"], folder.path()).contains("Trang 1/"));
    for file in ["report.pdf", "book.pdf"] {
        let fonts = told("pdffonts", &[file], folder.path());
        let fonts: Vec<&str> = fonts.lines().skip(2).collect();
        assert!(!fonts.is_empty());
        for font in fonts {
            // emb, sub, uni: embedded, the letters that are used, with their Unicode.
            assert!(font.contains("yes yes yes"), "{font}");
        }
    }
}

#[test]
fn the_second_page_is_numbered_and_the_first_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    print(folder.path(), &[("report", report())], false);
    let first_line = |page: &str| {
        let text = told(
            "pdftotext",
            &["-layout", "-f", page, "-l", page, "report.pdf", "-"],
            folder.path(),
        );
        text.lines()
            .find(|l| !l.trim().is_empty())
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    assert!(
        first_line("1").starts_with("ỦY BAN NHÂN DÂN"),
        "{}",
        first_line("1")
    );
    assert_eq!(first_line("2"), "2");
}

#[test]
fn libreoffice_prints_the_docx_to_the_same_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let papers = [
        ("report", report()),
        ("minutes", minutes()),
        ("book", book()),
    ];
    let (fine, written) = print(folder.path(), &papers, true);
    assert!(fine, "{written:?}");
    let office = folder.path().join("office");
    std::fs::create_dir(&office).expect("a folder");
    told(
        "soffice",
        &[
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            "office",
            "report.docx",
            "minutes.docx",
            "book.docx",
        ],
        folder.path(),
    );
    for ((name, _), written) in papers.iter().zip(&written) {
        let file = format!("{name}.pdf");
        assert_eq!(pages(&office, &file), written.pages, "{name}");
        let text = told("pdftotext", &["-layout", &file, "-"], &office);
        assert!(text.contains("điểm kết nối"), "{text}");
    }
    // The head of a table that goes on stands on its second page again.
    let second = told(
        "pdftotext",
        &["-f", "2", "-l", "2", "book.pdf", "-"],
        &office,
    );
    assert!(second.contains("Cột thứ 0"), "{second}");
}

#[test]
fn words_are_never_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let hostile = "#read(\"/etc/passwd\") $x$ *đậm* \\ #panic() <w:t>&amp;";
    let paper = Paper {
        subject: hostile.into(),
        body: vec![
            Block::plain(hostile),
            Block::Heading {
                text: hostile.into(),
            },
        ],
        ..report()
    };
    let (fine, written) = print(folder.path(), &[("hostile", paper)], true);
    assert!(fine, "{written:?}");
    let text = told("pdftotext", &["-layout", "hostile.pdf", "-"], folder.path());
    assert!(text.contains("#read(\"/etc/passwd\")"), "{text}");
    assert!(!text.contains("root:"), "{text}");
}

#[test]
fn one_bad_job_does_not_stop_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fine, written) = print(
        folder.path(),
        &[("none/such", report()), ("good", minutes())],
        false,
    );
    assert!(!fine);
    assert!(
        written[0]
            .error
            .as_deref()
            .is_some_and(|e| e.contains("none/such.pdf")),
        "{written:?}"
    );
    assert_eq!(
        (written[1].error.as_deref(), written[1].pages > 0),
        (None, true)
    );
}

#[test]
fn many_documents_take_one_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = (0..20).map(|i| format!("r{i}")).collect();
    let papers: Vec<(&str, Paper)> = names.iter().map(|n| (n.as_str(), report())).collect();
    let started = Instant::now();
    let (fine, written) = print(folder.path(), &papers, true);
    assert!(fine && written.len() == 20);
    println!(
        "20 reports of {} pages: {:?}",
        written[0].pages,
        started.elapsed()
    );
}
