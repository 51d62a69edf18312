//! Files as programs of offices write them, in as few bytes as will do.

use std::io::{Cursor, Write as _};

use zip::{ZipWriter, write::SimpleFileOptions};

/// A ZIP of these parts.
pub fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An office document with a main part and others.
pub fn office(main: &str, text: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        (main, text.as_bytes()),
    ];
    parts.extend(more);
    zip(&parts)
}

pub fn docx(body: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    office(
        "word/document.xml",
        &format!(
            "<w:document><w:body><w:p><w:r><w:t>Biên bản</w:t></w:r></w:p>{body}</w:body></w:document>"
        ),
        more,
    )
}

pub fn xlsx(more: &[(&str, &[u8])]) -> Vec<u8> {
    office(
        "xl/workbook.xml",
        "<workbook><sheets><sheet name='Số liệu'/></sheets></workbook>",
        more,
    )
}

/// A compound file of these streams.
pub fn ole(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, content) in streams {
        if let Some((folder, _)) = path
            .rsplit_once('/')
            .filter(|(folder, _)| !folder.is_empty())
        {
            file.create_storage_all(folder).unwrap();
        }
        file.create_stream(path)
            .unwrap()
            .write_all(content)
            .unwrap();
    }
    file.into_inner().into_inner()
}

pub fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A file put into a document as an icon.
pub fn package(label: &str, file: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 0, 0, 2, 0];
    out.extend(label.bytes().chain([0]));
    out.extend(format!("C:\\{label}\0").bytes());
    out.extend([0, 0, 3, 0, 3, 0, 0, 0, b'C', b':', 0]);
    out.extend(u32::try_from(file.len()).unwrap().to_le_bytes());
    out.extend(file);
    out
}

/// A PDF of these objects, numbered from 1; the first is its catalogue.
pub fn pdf(objects: &[String]) -> Vec<u8> {
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

pub fn stream(head: &str, body: &str) -> String {
    format!(
        "<< {head} /Length {} >>\nstream\n{body}\nendstream",
        body.len()
    )
}

/// A PDF of one page: what it draws, its font, what the page and the catalogue have more,
/// other objects from 6 on.
pub fn page(
    draws: &str,
    font: &str,
    on_page: &str,
    in_catalogue: &str,
    more: &[String],
) -> Vec<u8> {
    let mut objects = vec![
        format!("<< /Type /Catalog /Pages 2 0 R {in_catalogue} >>"),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> /Contents 4 0 R {on_page} >>"
        ),
        stream("", draws),
        format!("<< /Type /Font {font} >>"),
    ];
    objects.extend(more.iter().cloned());
    pdf(&objects)
}

pub const PLAIN: &str = "BT /F1 14 Tf 72 700 Td (Bien ban kiem tra) Tj ET";
pub const HELVETICA: &str = "/Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding";

/// A font whose codes 1 to 3 show `MẬT`, and the objects 6 and 7 that it is made of.
pub fn font_of_marking() -> Vec<String> {
    let map = "begincmap 1 begincodespacerange <00> <FF> endcodespacerange 3 beginbfchar <01> <004D> <02> <1EAC> <03> <0054> endbfchar endcmap";
    vec![
        "<< /Type /Font /Subtype /Type1 /BaseFont /ABCDEF+X /FirstChar 1 /LastChar 3 /Widths [700 700 700] /ToUnicode 7 0 R /Encoding << /Differences [1 /g1 /g2 /g3] >> >>".into(),
        stream("", map),
    ]
}

/// The two headings of a program, without what it says to DOS.
pub fn pe() -> Vec<u8> {
    let mut bytes = b"MZ".to_vec();
    bytes.resize(60, 1);
    bytes.extend(64_u32.to_le_bytes());
    bytes.extend(b"PE\0\0\x4c\x01");
    bytes
}
