//! The program, with what other programs see in its files: poppler's tools and LibreOffice.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use domain::paper::{Annex, Block, Column, Form, Head, Job, Paper, Run, Signature, Written};

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

fn annex(label: &str, title: &str, rows: usize) -> Annex {
    Annex {
        label: label.into(),
        title: title.into(),
        belongs_to: "(Kèm theo Báo cáo số 05/BC-UBND ngày 05 tháng 01 năm 2027 của Ủy ban nhân dân phường Long Châu)".into(),
        body: vec![table(3, rows)],
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
        annexes: vec![
            annex("Phụ lục I", "TUÂN THỦ THEO ĐƠN VỊ", 50),
            annex("Phụ lục II", "NGUỒN SỐ LIỆU", 5),
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
        annexes: Vec::new(),
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
    assert!(fonts.contains("Tinos"), "{fonts}");
    let text = told("pdftotext", &["-layout", "own.pdf", "-"], folder.path());
    assert!(text.contains("bảo đảm an toàn"), "{text}");
}

/// What a person may have in a text: bullets of Word, Khmer of Trà Vinh, signs and emoji,
/// line breaks of Word, a tab, and in old records what no font knows.
const ODD: &str = "\u{f0b7} Đạt ✓ ☑ ➢ ① Ⅳ\u{b}ខេត្តត្រាវិញ 🙂 → ≥ ½\tm² \u{1}\u{4e2d}\u{e123}";

#[test]
fn every_character_prints() {
    let folder = tempfile::tempdir().expect("a folder");
    let runs = [false, true].map(|bold| Run {
        bold,
        italic: bold,
        ..Run::plain(ODD)
    });
    let mut wide = table(3, 2);
    if let Block::Table { columns, rows } = &mut wide {
        columns[0].title = ODD.into();
        rows[0][1] = ODD.into();
    }
    let paper = Paper {
        subject: ODD.into(),
        body: vec![
            Block::Paragraph {
                runs: runs.to_vec(),
            },
            Block::List {
                items: vec![vec![Run::plain(ODD)]],
            },
            wide,
        ],
        foot: ODD.into(),
        ..report()
    };
    let (fine, written) = print_with(&["--own-fonts"], folder.path(), &[("odd", paper)], true);
    assert!(fine, "{written:?}");
    let text = told("pdftotext", &["-layout", "odd.pdf", "-"], folder.path());
    for words in [
        "• Đạt ✓ ☑ ➢ ① Ⅳ",
        "- • Đạt",
        "🙂 → ≥ ½ m²",
        "[U+4E2D][U+E123]",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    // Khmer comes back as its letters, in whatever order the shaping left them.
    assert!(text.contains('ខ') && text.contains('វ'), "{text}");
    told(
        "soffice",
        &[
            "--headless",
            "--convert-to",
            "txt:Text (encoded):UTF8",
            "odd.docx",
        ],
        folder.path(),
    );
    let text = std::fs::read_to_string(folder.path().join("odd.txt")).expect("it is UTF-8");
    assert!(text.contains("• Đạt ✓ ☑ ➢ ① Ⅳ\nខេត្តត្រាវិញ 🙂"), "{text}");
}

#[test]
fn a_long_word_stays_in_its_cell_and_a_row_on_its_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut long = table(4, 30);
    if let Block::Table { rows, .. } = &mut long {
        for (i, row) in rows.iter_mut().enumerate() {
            row[1] = format!(
                "BEGIN{i} https://vi-du.gov.vn/{} END{i}",
                "0123456789abcdef".repeat(4)
            );
        }
    }
    let paper = Paper {
        body: vec![long],
        ..report()
    };
    let (fine, written) = print(folder.path(), &[("long", paper)], false);
    assert!(fine, "{written:?}");
    let mut seen = 0;
    for page in 1..=written[0].pages {
        let page = page.to_string();
        let text = told(
            "pdftotext",
            &["-f", &page, "-l", &page, "long.pdf", "-"],
            folder.path(),
        );
        for i in 0..30 {
            let [begins, ends] = ["BEGIN", "END"].map(|word| {
                text.contains(&format!("{word}{i} ")) || text.contains(&format!("{word}{i}\n"))
            });
            assert_eq!(begins, ends, "row {i} is split on page {page}\n{text}");
            seen += usize::from(begins);
        }
    }
    assert_eq!(seen, 30);
    // Nothing stands right of the margin: 15 mm of 210, at 72 dots an inch.
    let boxes = told("pdftotext", &["-bbox", "long.pdf", "-"], folder.path());
    let rightmost = boxes
        .lines()
        .filter_map(|line| {
            line.split("xMax=\"")
                .nth(1)?
                .split('"')
                .next()?
                .parse::<f64>()
                .ok()
        })
        .fold(0.0, f64::max);
    assert!(rightmost < 553.5, "{rightmost}");
}

#[test]
fn a_signature_takes_text_with_it() {
    signed_below(&|n| {
        let mut body: Vec<Block> = (0..n).map(|_| Block::plain("Một đoạn ngắn.")).collect();
        body.push(Block::plain("Đoạn cuối cùng."));
        body
    });
}

#[test]
fn a_signature_takes_the_last_row_of_a_table_with_it() {
    signed_below(&|n| {
        let columns = ["Việc", "Kết quả"].map(|title| Column {
            title: title.into(),
            width: 1,
            number: false,
        });
        let row = |text: &str| vec![text.to_owned(), "Đạt".to_owned()];
        let mut rows: Vec<_> = (0..n).map(|_| row("Một dòng")).collect();
        rows.push(row("Đoạn cuối cùng."));
        vec![Block::Table {
            columns: columns.into(),
            rows,
        }]
    });
}

fn signed_below(body: &dyn Fn(usize) -> Vec<Block>) {
    let folder = tempfile::tempdir().expect("a folder");
    // One of these lengths leaves too little room on the first page for the signatures.
    let papers: Vec<(String, Paper)> = (12..30)
        .map(|n| {
            let body = body(n);
            let paper = Paper {
                body,
                annexes: Vec::new(),
                ..report()
            };
            (format!("s{n}"), paper)
        })
        .collect();
    let named: Vec<(&str, Paper)> = papers
        .iter()
        .map(|(n, p)| (n.as_str(), p.clone()))
        .collect();
    let (fine, written) = print(folder.path(), &named, false);
    assert!(fine, "{written:?}");
    assert!(written.iter().any(|w| w.pages == 2) && written.iter().any(|w| w.pages == 1));
    for ((name, _), written) in papers.iter().zip(&written) {
        let last = written.pages.to_string();
        let file = format!("{name}.pdf");
        let text = told(
            "pdftotext",
            &["-f", &last, "-l", &last, &file, "-"],
            folder.path(),
        );
        assert!(
            text.contains("Nguyễn Thị Hạnh") && text.contains("Đoạn cuối cùng."),
            "{name}: {text}"
        );
    }
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
        "- Đề nghị nâng băng thông",
        "Phụ lục II",
        "(Kèm theo Báo cáo số 05/BC-UBND",
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
    // Each annex has a heading and numbers of its own.
    let text = told("pdftotext", &["-layout", "report.pdf", "-"], folder.path());
    let pages: Vec<&str> = text.split('\u{c}').collect();
    let begins = |label: &str| {
        pages
            .iter()
            .position(|page| page.trim_start().starts_with(label))
    };
    let (one, two) = (begins("Phụ lục I\n"), begins("Phụ lục II\n"));
    assert!(one.is_some() && two > one.map(|page| page + 1), "{text}");
    assert!(
        pages[one.unwrap_or(0) + 1].trim_start().starts_with("2\n"),
        "{text}"
    );
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
