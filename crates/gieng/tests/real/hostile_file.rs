//! Files that end their reader, sent by an officer to the built program under a memory
//! limit: each is refused with words, and nobody else notices.

use std::{
    io::{Cursor, Write as _},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use testkit::{client::Client, program::eventually, world::World};

use crate::GIENG;

const MIB: u64 = 1 << 20;

/// Form 0 draws what the first says, and so on; without the last one they have no end.
fn pdf(forms: &[String]) -> Vec<u8> {
    let names: String = (0..forms.len())
        .map(|n| format!("/F{n} {} 0 R ", n + 5))
        .collect();
    let resources = format!("/Resources << /XObject << {names}>> >>");
    let stream = |head: &str, body: &str| {
        let length = body.len();
        format!("<< {head} /Length {length} >>\nstream\n{body}\nendstream")
    };
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] {resources} /Contents 4 0 R >>"),
        stream("", "/F0 Do"),
    ];
    let form = format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] {resources}");
    objects.extend(forms.iter().map(|draws| stream(&form, draws)));
    let mut out = "%PDF-1.7\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (n, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", n + 1));
    }
    let (at, size) = (out.len(), objects.len() + 1);
    out.push_str(&table);
    out.push_str(&format!(
        "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n"
    ));
    out.into_bytes()
}

/// A workbook of one sheet.
fn workbook(rows: &str, shared: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    for (name, text) in [
        ("[Content_Types].xml", "<Types/>".to_owned()),
        (
            "_rels/.rels",
            format!(
                "<Relationships><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns:r=\"r\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>".to_owned(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        ("xl/sharedStrings.xml", format!("<sst>{shared}</sst>")),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("in memory");
        zip.write_all(text.as_bytes()).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}

/// The processes that the program has started and that still live.
fn children(pid: u32) -> usize {
    // Each thread has its own.
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let all = threads.filter_map(|thread| {
        let path = thread.ok()?.path().join("children");
        Some(
            std::fs::read_to_string(path)
                .ok()?
                .split_whitespace()
                .count(),
        )
    });
    all.sum()
}

/// Posts a file as a browser does.
fn upload(client: &Client, path: &str, name: &str, bytes: &[u8]) -> (u16, String) {
    let mut body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend(bytes);
    body.extend(b"\r\n--b--\r\n");
    let kind = [("Content-Type", "multipart/form-data; boundary=b")];
    let answer = client.send("POST", path, &kind, body);
    (answer.status, answer.body)
}

#[test]
fn files_that_end_their_reader_are_refused_and_nobody_notices() {
    let world = World::begin(GIENG, |launch| launch.flag("--no-probe"));
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    let officer = world.account("can.bo", "officer", "U");
    let pid = world.program.pid();
    // What it may take at most: a file that is read in the program itself ends it here.
    let limit = Command::new("prlimit")
        .args([format!("--pid={pid}"), format!("--data={}", 1 << 30)])
        .status()
        .expect("prlimit of util-linux can be run");
    assert!(limit.success());
    let before = world.program.resident();

    let doubling: Vec<String> = (0..24)
        .map(|n| format!("/#46{m} Do /#46{m} Do", m = n + 1))
        .chain(["BT ET".to_owned()])
        .collect();
    let far = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    let long = format!("<si><t>{}</t></si>", "x".repeat(1 << 20));
    let many: String = (1..=2_000)
        .map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>"))
        .collect();
    let tables = [
        ("two far cells", workbook(far, "")),
        ("one text in many cells", workbook(&many, &long)),
        (
            "deep",
            workbook(
                &format!("{}{}", "<row>".repeat(1 << 20), "</row>".repeat(1 << 20)),
                "",
            ),
        ),
    ];
    for (what, bytes) in &tables {
        let begun = Instant::now();
        let path = "/api/v1/device/import?mode=good-rows";
        let answer = officer.send("POST", path, &[], bytes.clone());
        assert_eq!(answer.status, 422, "{what}: {}", answer.body);
        let told = answer.json();
        assert!(told["title"].is_string(), "{what}: {told}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
    }
    let path = "/registry/device/import";
    let (status, page) = upload(&officer, path, "thiet-bi.xlsx", &tables[0].1);
    assert!(status == 422 && page.contains("16384"), "{status} {page}");

    // A form that draws itself, by a name that the count of drawings does not see, goes
    // down the reader's stack, and no other.
    let path = "/compliance/vinh-long-26-2019/17.2.c/U/attest";
    let (status, page) = upload(&officer, path, "a.pdf", &pdf(&["/#460 Do".to_owned()]));
    assert!(
        status == 422 && page.contains("Không đọc được tệp"),
        "{status} {page}"
    );

    // While a file that takes its whole time is read, pages answer as ever.
    let doubling = pdf(&doubling);
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| upload(&officer, path, "b.pdf", &doubling));
        eventually("the reader to begin", || (children(pid) > 0).then_some(()));
        let begun = Instant::now();
        for path in ["/", "/units/U", "/healthz", "/compliance"] {
            assert_eq!(world.admin.get(path).status, 200, "{path}");
        }
        let taken = begun.elapsed();
        assert!(taken < Duration::from_secs(10), "{taken:?}");
        assert!(!sent.is_finished(), "it was still being read");
        let (status, page) = sent.join().expect("it is answered");
        assert!(
            status == 422 && page.contains("lâu quá mức"),
            "{status} {page}"
        );
    });
    let journal = world.admin.get("/journal").body;
    assert!(
        journal.contains("không đọc được trong giới hạn"),
        "{journal}"
    );
    let grown = world.program.resident().saturating_sub(before);
    assert!(grown < 200 * MIB, "{} MiB more", grown / MIB);
    eventually("the readers to be gone", || {
        (children(pid) == 0).then_some(())
    });
    assert_eq!(world.admin.get("/healthz").status, 200);
}

/// What is wrong with a table is told within bounds, and a table that is long to read keeps no
/// page waiting.
#[test]
fn a_table_that_is_all_wrong_costs_no_more_than_a_good_one() {
    let world = World::begin(GIENG, |launch| launch.flag("--no-probe"));
    world.import(
        "organization",
        "code,name,kind,level,membership\nU,Sở U,department,province,member\n",
    );
    let officer = world.account("can.bo", "officer", "U");
    let limit = Command::new("prlimit")
        .args([
            format!("--pid={}", world.program.pid()),
            format!("--data={}", 768 * MIB),
        ])
        .status()
        .expect("prlimit of util-linux can be run");
    assert!(limit.success());
    let columns = "organization,code,name,role,address,site,status,in_service_on,inspected_on,inspection_result,probe,relay,time_zone,log_name";
    let row = vec!["zz"; columns.split(',').count()].join(",") + "\n";
    let table = format!("{columns}\n{}", row.repeat(40_000)).into_bytes();
    std::thread::scope(|scope| {
        let path = "/api/v1/device/import?mode=dry-run";
        let sent = scope.spawn(|| officer.send("POST", path, &[], table.clone()));
        while !sent.is_finished() {
            let begun = Instant::now();
            assert_eq!(world.admin.get("/healthz").status, 200);
            let taken = begun.elapsed();
            assert!(taken < Duration::from_secs(5), "{taken:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
        let answer = sent.join().expect("it is answered");
        assert_eq!(answer.status, 200, "{}", &answer.body[..300]);
        let size = answer.body.len() as u64;
        assert!(size < 8 * MIB, "{} MiB", size / MIB);
        let told = answer.json();
        assert_eq!(told["bad"], 40_000);
        let rows = told["rows"].as_array().expect("rows").len() as u64;
        assert_eq!(told["untold"], 40_000 - rows);
    });
    // Kept for the pages of several files.
    let short = format!("{columns}\n{}", row.repeat(2_000)).into_bytes();
    for n in 0..4 {
        let (status, page) = upload(&officer, "/registry/device/import", "a.csv", &short);
        assert_eq!(status, 200, "{n}: {page}");
    }
    let cell = "M\nẬ\n".repeat(100_000);
    let letters = format!("organization,code,name,role,note\nU,Z1,z,router,\"{cell}\"\n");
    let begun = Instant::now();
    let path = "/api/v1/device/import?mode=dry-run";
    let answer = officer.send("POST", path, &[], letters.into_bytes());
    assert_eq!(answer.json()["bad"], 1, "{}", answer.body);
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_reader_that_waits_is_confined() {
    let mut child = Command::new(GIENG)
        .args(["examine", "table", "1000"])
        .env("MAT_KHAU", "x")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let of = |file: &str| {
        std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default()
    };
    // It says so by its own limits before it reads a byte.
    let line = |text: &str, name: &str| {
        let found = text
            .lines()
            .find(|l| l.starts_with(name))
            .unwrap_or_default();
        found[name.len().min(found.len())..]
            .split_whitespace()
            .next()
            .map(ToOwned::to_owned)
    };
    let status = eventually("the child to be confined", || {
        let status = of("status");
        (line(&status, "Seccomp:").as_deref() == Some("2")).then_some(status)
    });
    assert_eq!(line(&status, "NoNewPrivs:").as_deref(), Some("1"));
    assert_eq!(line(&status, "Threads:").as_deref(), Some("1"));
    let limits = of("limits");
    for (name, most) in [
        ("Max cpu time", "10"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
        ("Max processes", "0"),
        ("Max open files", "3"),
        ("Max stack size", "8388608"),
        ("Max address space", "536872912"),
    ] {
        assert_eq!(
            line(&limits, name).as_deref(),
            Some(most),
            "{name}\n{limits}"
        );
    }
    drop(child.stdin.take());
    let out = child.wait_with_output().expect("it ends");
    assert!(out.status.success());
    let told = String::from_utf8(out.stdout).expect("JSON");
    assert!(told.contains("\"found\":{\"Err\":\"Empty\"}"), "{told}");
}
