//! Files as offices send them, cell by cell.

use std::io::{Cursor, Write as _};

use super::*;

fn lines(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
    let book = read(bytes).unwrap();
    let lines = book.sheets[0].lines.iter();
    lines
        .map(|l| (l.number, l.cells.iter().map(Cell::shown).collect()))
        .collect()
}

#[test]
fn excel_csv_is_understood() {
    let text = "\u{feff}Mã;Tên\r\n01;\"Sở A; B\"\r\n\r\n02;\"Sở \"\"C\"\"\ndòng hai\"\r\n3;Sở D";
    let read = lines(text.as_bytes());
    assert_eq!(read[0], (1, vec!["Mã".into(), "Tên".into()]));
    assert_eq!(read[1], (2, vec!["01".into(), "Sở A; B".into()]));
    assert_eq!(read[2], (4, vec!["02".into(), "Sở \"C\"\ndòng hai".into()]));
    assert_eq!(read[3].0, 6, "a line break within a cell counts");
    assert_eq!(lines(b"a,b\n1,5\" pipe\n")[1].1[1], "5\" pipe");
}

#[test]
fn the_separator_is_that_of_the_table_and_not_of_its_title() {
    for (text, cells) in [
        (
            "DANH SÁCH, (kèm theo, công văn)\nmã;tên\n1;Sở A\n2;Sở B\n",
            2,
        ),
        ("mã\ttên\n1\tSở A, B, C\n2\tSở D\n", 2),
        ("sep=;\nmã;tên,x\n1;Sở A\n", 2),
        ("mã\n1\n2\n", 1),
    ] {
        let read = lines(text.as_bytes());
        assert_eq!(read.last().unwrap().1.len(), cells, "{text}");
    }
    let named = lines(b"sep=;\na;b\n");
    assert_eq!(named[0].0, 2, "lines are counted as the file has them");
}

#[test]
fn encodings_of_old_and_new_windows_are_read() {
    let text = "mã,tên\n1,Sở Nội vụ\n2,Đường Ức\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe][..], &utf16].concat();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let expected = lines(text.as_bytes());
    for bytes in [&utf16, &marked, &[&[0xfe, 0xff][..], &big].concat()] {
        assert_eq!(lines(bytes), expected);
        assert_eq!(read(bytes).unwrap().encoding, Some(Encoding::Utf16));
    }
    // Windows-1258: ơ is F5, its hook D2, ô F4, the dot below F2, ư FD, the acute EC.
    let old =
        b"m\xe3,t\xean\n1,S\xf5\xd2 N\xf4\xf2i v\x75\xf2\n2,\xd0\xfd\xf5\xcc\x6eg \xdd\xecc\n";
    let book = read(old).unwrap();
    assert_eq!(book.encoding, Some(Encoding::Windows1258));
    assert_eq!(lines(old)[1].1[1], "Sở Nội vụ");
    assert_eq!(lines(old)[2].1[1], "Đường Ức");
}

#[test]
fn what_is_no_table_is_refused_by_name() {
    assert_eq!(read(b"").unwrap_err(), TableError::Empty);
    assert_eq!(read(b"\n,,\n \n").unwrap_err(), TableError::Empty);
    assert_eq!(
        read(b"a,b\n1,\xff\n").unwrap_err(),
        TableError::NotText { line: 2 }
    );
    let wide = "x,".repeat(1_000_000);
    assert!(matches!(
        read(wide.as_bytes()).unwrap_err(),
        TableError::TooLarge {
            what: Measure::Columns,
            found: 1_000_001,
            ..
        }
    ));
    assert!(matches!(
        read(b"PK\x03\x04junk").unwrap_err(),
        TableError::Workbook(_)
    ));
}

#[test]
fn a_quote_that_is_not_closed_is_told_with_its_line() {
    for (text, line) in [
        ("a,b\nQ2,\"Sở A,x\nQ3,Sở B\nQ4,Sở C\n", 2),
        ("a,b\n1,\"x\ny\"\nQ4,\"Sở A\nQ5,\"Sở B\"\n", 4),
        ("a,b\n1,\"x\" y\n", 2),
        ("\"", 1),
    ] {
        assert_eq!(
            read(text.as_bytes()).unwrap_err(),
            TableError::Unclosed { line },
            "{text}"
        );
    }
}

/// A workbook of these sheets: name, state, and the XML within its worksheet.
fn workbook(properties: &str, sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let number = |i: usize| i + 1;
    let listed: String = (sheets.iter().enumerate())
        .map(|(i, (name, state, _))| {
            format!(
                "<sheet name=\"{name}\" sheetId=\"{0}\" state=\"{state}\" r:id=\"rId{0}\"/>",
                number(i)
            )
        })
        .collect();
    let related: String = (0..sheets.len())
        .map(|i| {
            format!("<Relationship Id=\"rId{0}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{0}.xml\"/>", number(i))
        })
        .collect();
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), "<Types/>".to_owned()),
        (
            "_rels/.rels".into(),
            "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>".into(),
        ),
        (
            "xl/workbook.xml".into(),
            format!("<workbook xmlns:r=\"r\">{properties}<sheets>{listed}</sheets></workbook>"),
        ),
        (
            "xl/_rels/workbook.xml.rels".into(),
            format!("<Relationships>{related}</Relationships>"),
        ),
        (
            "xl/styles.xml".into(),
            "<styleSheet><numFmts count=\"2\"><numFmt numFmtId=\"170\" formatCode=\"00000\"/><numFmt numFmtId=\"171\" formatCode=\"dd/mm/yyyy\"/></numFmts><cellXfs count=\"3\"><xf numFmtId=\"0\"/><xf numFmtId=\"170\"/><xf numFmtId=\"171\"/></cellXfs></styleSheet>".into(),
        ),
    ];
    for (i, (_, _, inside)) in sheets.iter().enumerate() {
        parts.push((
            format!("xl/worksheets/sheet{}.xml", number(i)),
            format!("<worksheet>{inside}</worksheet>"),
        ));
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn inline(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

#[test]
fn a_workbook_is_as_large_as_its_cells_and_not_as_the_farthest() {
    let one = |second: &str| {
        let rows = format!(
            "<sheetData><row r=\"2\">{}{}</row><row>{second}</row></sheetData>",
            inline("B2", "Mã"),
            inline("C2", "Tên"),
        );
        workbook("", &[("A", "visible", &rows)])
    };
    // Far away rows count as one; empty cells, which styles leave behind, as none.
    let far = inline("C1048576", "Sở A") + "<c r=\"XFD1048576\" s=\"1\"><v></v></c>";
    let book = read(&one(&far)).unwrap();
    let grid = &book.sheets[0];
    assert_eq!(grid.address(0, 2), "B2");
    let last = &grid.lines[1];
    assert_eq!(
        (last.number, &last.cells[..]),
        (1_048_576, &[Cell::Blank, Cell::text("Sở A")][..])
    );
    let wide = read(&one(&inline("XFD1048576", "x"))).unwrap_err();
    let TableError::TooLarge { what, found, .. } = wide else {
        panic!("{wide}");
    };
    assert_eq!((what, found), (Measure::Columns, 16_383));
}

#[test]
fn what_a_workbook_knows_of_its_cells_is_kept() {
    let rows = format!(
        "<cols><col min=\"5\" max=\"6\" width=\"0.0\"/><col min=\"7\" max=\"7\" width=\"9.1\"/></cols>\
         <sheetData><row r=\"1\">{}</row>\
         <row r=\"2\" hidden=\"1\"><c r=\"A2\" s=\"1\"><v>4</v></c><c r=\"B2\"><v>2.5</v></c><c r=\"C2\" s=\"2\"><v>44377</v></c></row>\
         <row r=\"3\"><c r=\"A3\"><f>A1&amp;1</f><v/></c><c r=\"B3\" t=\"e\"><f>NA()</f><v>#N/A</v></c><c r=\"C3\" t=\"b\"><v>1</v></c></row>\
         <row r=\"4\" ht=\"0\"><c r=\"A4\" t=\"str\"><f>A1</f><v>mã</v></c><c r=\"B4\" t=\"str\"><f>A9</f><v></v></c></row>\
         </sheetData><mergeCells count=\"1\"><mergeCell ref=\"B3:C4\"/></mergeCells>",
        inline("A1", "x")
    );
    let mac = "<workbookPr date1904=\"1\"/>";
    let hidden = format!(
        "<sheetData><row r=\"1\">{}</row></sheetData>",
        inline("A1", "y")
    );
    let book = read(&workbook(
        mac,
        &[
            ("Ẩn", "hidden", &hidden),
            ("Đơn vị &amp; sở", "visible", &rows),
            ("Trống", "visible", "<sheetData/>"),
        ],
    ))
    .unwrap();
    let names: Vec<_> = book
        .sheets
        .iter()
        .map(|s| (s.name.as_str(), s.hidden))
        .collect();
    assert_eq!(names, [("Ẩn", true), ("Đơn vị & sở", false)]);
    assert!(book.counts_from_1904);
    let grid = &book.sheets[1];
    let cells = |line: usize| &grid.lines[line].cells[..];
    assert!(grid.lines[1].hidden && !grid.lines[2].hidden && grid.lines[3].hidden);
    assert_eq!(grid.hidden_columns, [(5, 6)]);
    assert_eq!(
        cells(1),
        [
            Cell::text("00004"),
            Cell::Number(2.5),
            Cell::Moment("2025-07-01".into())
        ]
    );
    assert_eq!(
        cells(2),
        [
            Cell::Unsolved,
            Cell::Fault("#N/A".into()),
            Cell::Boolean(true)
        ]
    );
    assert_eq!(cells(3)[0], Cell::text("mã"));
    assert_eq!(
        grid.merged,
        [Merged {
            rows: (3, 4),
            columns: (2, 3)
        }]
    );
}
