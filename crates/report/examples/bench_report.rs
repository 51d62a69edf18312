//! 200 unit reports as PDF and as DOCX by one run of the program, timed.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Instant,
};

use domain::paper::{Annex, Block, Column, Head, Job, Paper, Run, Signature, Written};

/// A unit's yearly report: two pages of text and tables, and its sources.
fn report(unit: usize) -> Paper {
    let sentence = "Đơn vị có 12 điểm kết nối, 14 kênh truyền; 96 thiết bị đang sử dụng. Tỷ lệ thời gian thông suốt \
        trong kỳ là 99,95%; trong kỳ ghi nhận 7 sự cố, trong đó không có sự cố chưa khắc phục xong.";
    let table = |rows: usize| Block::Table {
        columns: ["STT", "Chỉ tiêu", "Số liệu", "Nguồn"]
            .map(|title| Column {
                title: title.into(),
                width: 2,
                number: false,
            })
            .into(),
        rows: (0..rows)
            .map(|row| {
                [
                    row.to_string(),
                    "Số điểm kết nối".into(),
                    "12".into(),
                    "[1]".into(),
                ]
                .into()
            })
            .collect(),
    };
    let paragraph = || Block::Paragraph {
        runs: vec![Run {
            note: Some(1),
            ..Run::plain(sentence)
        }],
    };
    let mut body: Vec<Block> = (0..8).map(|_| paragraph()).collect();
    body.push(table(20));
    Paper {
        head: Head {
            parent: "ỦY BAN NHÂN DÂN TỈNH VĨNH LONG".into(),
            body: format!("ỦY BAN NHÂN DÂN XÃ SỐ {unit}"),
            number: "Số: 05/BC-UBND".into(),
            place_and_date: "Vĩnh Long, ngày 05 tháng 01 năm 2027".into(),
        },
        kind: "BÁO CÁO".into(),
        subject: "Tình hình sử dụng mạng Truyền số liệu chuyên dùng năm 2026".into(),
        body,
        signatures: vec![Signature {
            title: "CHỦ TỊCH".into(),
            ..Signature::default()
        }],
        recipients: vec!["Như trên".into(), "Lưu: VT".into()],
        annexes: vec![Annex {
            label: "Phụ lục".into(),
            title: "NGUỒN SỐ LIỆU".into(),
            belongs_to: "(Kèm theo Báo cáo số 05/BC-UBND)".into(),
            body: vec![table(15)],
        }],
        dated: "2027-01-05".into(),
        ..Paper::default()
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |i: usize, end: &str| {
        folder
            .path()
            .join(format!("{i}.{end}"))
            .display()
            .to_string()
    };
    let jobs: Vec<Job> = (0..200)
        .map(|i| Job {
            paper: report(i),
            pdf: Some(path(i, "pdf")),
            docx: Some(path(i, "docx")),
        })
        .collect();
    let own = std::env::current_exe().expect("this program lies somewhere");
    let program = own
        .ancestors()
        .nth(2)
        .map(|folder| folder.join("gieng-report"))
        .expect("beside the examples' folder");
    let started = Instant::now();
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gieng-report is built");
    let mut stdin = child.stdin.take().expect("it was piped");
    let input = serde_json::to_vec(&jobs).expect("jobs are JSON");
    stdin.write_all(&input).expect("it reads");
    drop(stdin);
    let out = child.wait_with_output().expect("it ends");
    let took = started.elapsed();
    let written: Vec<Written> = serde_json::from_slice(&out.stdout).expect("it answers");
    let failed = written.iter().filter(|w| w.error.is_some()).count();
    let pages: usize = written.iter().map(|w| w.pages).sum();
    println!(
        "200 reports, {pages} pages, PDF and DOCX: {took:.1?} (promised: 60 s); {failed} failed"
    );
    assert!(out.status.success() && failed == 0);
}
