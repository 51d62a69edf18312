//! What a file is, by its content.

use domain::text::is_direction;
use serde::{Deserialize, Serialize};

use super::{program::runs, signature, text};

/// A kind of file that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Portable Document Format.
    Pdf,
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// TIFF, as scanners write it.
    Tiff,
    /// WebP.
    Webp,
    /// Bitmap of Windows.
    Bmp,
    /// HEIC or AVIF, as telephones write it.
    Heic,
    /// Word (Office Open XML).
    Docx,
    /// Excel (Office Open XML).
    Xlsx,
    /// PowerPoint (Office Open XML).
    Pptx,
    /// Visio (Office Open XML).
    Vsdx,
    /// Text (OpenDocument).
    Odt,
    /// Spreadsheet (OpenDocument).
    Ods,
    /// Presentation (OpenDocument).
    Odp,
    /// Drawing (OpenDocument).
    Odg,
    /// Word, before 2007.
    Doc,
    /// Excel, before 2007.
    Xls,
    /// PowerPoint, before 2007.
    Ppt,
    /// Visio, before 2013.
    Vsd,
    /// A mail as Outlook saves it.
    Msg,
    /// A compound file that lies in another document: an equation, a drawing.
    Ole,
    /// Rich Text Format.
    Rtf,
    /// A mail as it was sent (RFC 5322).
    Mail,
    /// A signature with or without what is signed (RFC 5652).
    Signature,
    /// Several files packed into one.
    Zip,
    /// Text in any encoding.
    Text,
}

impl Kind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Pdf => "application/pdf",
            Kind::Png => "image/png",
            Kind::Jpeg => "image/jpeg",
            Kind::Gif => "image/gif",
            Kind::Tiff => "image/tiff",
            Kind::Webp => "image/webp",
            Kind::Bmp => "image/bmp",
            Kind::Heic => "image/heic",
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Kind::Vsdx => "application/vnd.ms-visio.drawing",
            Kind::Odt => "application/vnd.oasis.opendocument.text",
            Kind::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Kind::Odp => "application/vnd.oasis.opendocument.presentation",
            Kind::Odg => "application/vnd.oasis.opendocument.graphics",
            Kind::Doc => "application/msword",
            Kind::Xls => "application/vnd.ms-excel",
            Kind::Ppt => "application/vnd.ms-powerpoint",
            Kind::Vsd => "application/vnd.visio",
            Kind::Msg => "application/vnd.ms-outlook",
            Kind::Ole => "application/octet-stream",
            Kind::Rtf => "application/rtf",
            Kind::Mail => "message/rfc822",
            Kind::Signature => "application/pkcs7-signature",
            Kind::Zip => "application/zip",
            Kind::Text => "text/plain",
        }
    }

    /// The endings that fit it, the usual one first; any that means nothing else fits a text.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Kind::Pdf => &["pdf"],
            Kind::Png => &["png"],
            Kind::Jpeg => &["jpg", "jpeg", "jfif", "jpe"],
            Kind::Gif => &["gif"],
            Kind::Tiff => &["tiff", "tif"],
            Kind::Webp => &["webp"],
            Kind::Bmp => &["bmp", "dib"],
            Kind::Heic => &["heic", "heif", "avif", "hif"],
            Kind::Docx => &["docx", "dotx"],
            Kind::Xlsx => &["xlsx", "xltx"],
            Kind::Pptx => &["pptx", "ppsx", "potx"],
            Kind::Vsdx => &["vsdx", "vstx", "vssx"],
            Kind::Odt => &["odt", "ott"],
            Kind::Ods => &["ods", "ots"],
            Kind::Odp => &["odp", "otp"],
            Kind::Odg => &["odg", "otg"],
            Kind::Doc => &["doc", "dot"],
            Kind::Xls => &["xls", "xlt", "et"],
            Kind::Ppt => &["ppt", "pps", "pot"],
            Kind::Vsd => &["vsd", "vst", "vss"],
            Kind::Msg => &["msg", "oft"],
            Kind::Ole => &["bin"],
            // Word opens a text that is named `.doc` all the same.
            Kind::Rtf => &["rtf", "doc"],
            Kind::Mail => &["eml", "txt"],
            Kind::Signature => &["p7s", "p7m", "p7b", "sig", "p7c", "pem"],
            Kind::Zip => &["zip", "kmz"],
            Kind::Text => &["txt"],
        }
    }

    const ALL: [Self; 26] = [
        Kind::Pdf,
        Kind::Png,
        Kind::Jpeg,
        Kind::Gif,
        Kind::Tiff,
        Kind::Webp,
        Kind::Bmp,
        Kind::Heic,
        Kind::Docx,
        Kind::Xlsx,
        Kind::Pptx,
        Kind::Vsdx,
        Kind::Odt,
        Kind::Ods,
        Kind::Odp,
        Kind::Odg,
        Kind::Doc,
        Kind::Xls,
        Kind::Ppt,
        Kind::Vsd,
        Kind::Msg,
        Kind::Rtf,
        Kind::Mail,
        Kind::Signature,
        Kind::Zip,
        Kind::Text,
    ];

    /// The name under which a file of this kind is handed out again: its own. An ending that
    /// promises something else (`bao-cao.bat`, which is text) gets the right one behind it.
    pub fn name(self, given: &str) -> String {
        let plain: String = given
            .chars()
            .filter(|c| !c.is_control() && !is_direction(*c))
            .take(200)
            .collect();
        let ending = plain
            .rsplit_once('.')
            .map(|(_, e)| e.to_lowercase())
            .filter(|e| !e.is_empty() && e.len() < 12 && !e.contains([' ', '/', '\\']));
        let fits = ending.is_some_and(|e| {
            let own = self.endings().contains(&e.as_str());
            let others = || Self::ALL.iter().any(|k| k.endings().contains(&e.as_str()));
            own || (self == Kind::Text && !others() && runs(&plain).is_none() && !is_page(&e))
        });
        if fits {
            plain
        } else {
            let usual = self.endings().first().copied().unwrap_or("bin");
            format!("{plain}.{usual}")
        }
    }
}

/// Endings that a browser or an office program would open as more than text.
fn is_page(ending: &str) -> bool {
    matches!(
        ending,
        "html"
            | "htm"
            | "xhtml"
            | "xht"
            | "svg"
            | "svgz"
            | "mht"
            | "mhtml"
            | "shtml"
            | "slk"
            | "iqy"
    )
}

/// Where the heading of a PDF stands, if there is one: printers and mail programs put bytes
/// before it, and readers look for it in the first kilobyte.
pub fn pdf_heading(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes.get(..1_024 + 5).unwrap_or(bytes), b"%PDF-")
}

/// The kind of what is neither a ZIP nor a program, by how it begins.
pub fn of(bytes: &[u8]) -> Option<Kind> {
    let known: [(&[u8], Kind); 9] = [
        (b"%PDF-", Kind::Pdf),
        (b"\x89PNG\r\n\x1a\n", Kind::Png),
        (b"\xff\xd8\xff", Kind::Jpeg),
        (b"GIF87a", Kind::Gif),
        (b"GIF89a", Kind::Gif),
        (b"II*\0", Kind::Tiff),
        (b"MM\0*", Kind::Tiff),
        // Word reads on after these three letters whatever follows.
        (b"{\\rt", Kind::Rtf),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Ole),
    ];
    let found = known.iter().find(|(magic, _)| bytes.starts_with(magic));
    if let Some((_, kind)) = found {
        return Some(*kind);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(Kind::Webp);
    }
    // The size of the heading that follows tells a bitmap from a text that begins with "BM".
    let heading = bytes.get(14..).and_then(|rest| rest.first_chunk());
    let heading = heading.map(|size| u32::from_le_bytes(*size));
    if bytes.starts_with(b"BM") && matches!(heading, Some(12 | 40 | 52 | 56 | 64 | 108 | 124)) {
        return Some(Kind::Bmp);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        let brand = bytes.get(8..12)?;
        let brands: [&[u8]; 9] = [
            b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif",
        ];
        return brands.contains(&brand).then_some(Kind::Heic);
    }
    if signature::is_signature(bytes) {
        return Some(Kind::Signature);
    }
    // Bytes before a PDF are no kind of their own.
    let before = pdf_heading(bytes).and_then(|at| bytes.get(..at));
    if before.is_some_and(|before| harmless_before_pdf(before, bytes)) {
        return Some(Kind::Pdf);
    }
    text::is_text(bytes).then_some(Kind::Text)
}

/// Line ends, a byte-order mark, a printer's job heading, lines of text; then all of the
/// rest must be a PDF.
fn harmless_before_pdf(before: &[u8], all: &[u8]) -> bool {
    text::is_text(before) && memchr::memmem::find(all, b"startxref").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_content() {
        for (bytes, kind) in [
            (&b"%PDF-1.7 x"[..], Some(Kind::Pdf)),
            (b"\r\n\r\n%PDF-1.7 x startxref", Some(Kind::Pdf)),
            (
                b"\x1b%-12345X@PJL JOB\r\n%PDF-1.7 x startxref",
                Some(Kind::Pdf),
            ),
            (b"A PDF begins with %PDF-1.7", Some(Kind::Text)),
            ("Biên bản".as_bytes(), Some(Kind::Text)),
            (b"MZ-01: a file number".as_slice(), Some(Kind::Text)),
            (b"BM 12, kho 4, phong ban", Some(Kind::Text)),
            (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Some(Kind::Bmp)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some(Kind::Webp)),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Some(Kind::Heic)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0", Some(Kind::Heic)),
            (b"\0\0\0\x18ftypisom\0\0\0\0", None),
            (b"{\\rtf1 a}", Some(Kind::Rtf)),
            (b"{\\rt1 a}", Some(Kind::Rtf)),
            (b"\xff\xd8\xff\xe0", Some(Kind::Jpeg)),
            (b"\x00\x01\x02", None),
            (b"Rar!\x1a\x07\x01\0", None),
        ] {
            assert_eq!(of(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn a_name_ends_as_its_content_is() {
        for (kind, given, name) in [
            (Kind::Text, "bao-cao.bat", "bao-cao.bat.txt"),
            (Kind::Text, "số liệu.CSV", "số liệu.CSV"),
            (Kind::Text, "running-config.cfg", "running-config.cfg"),
            (Kind::Text, "diem.kml", "diem.kml"),
            (Kind::Text, "switch.log.1", "switch.log.1"),
            (Kind::Text, "trang.html", "trang.html.txt"),
            (Kind::Text, "bao-cao.pdf", "bao-cao.pdf.txt"),
            (Kind::Text, "README", "README.txt"),
            (Kind::Rtf, "x.txt.rtf", "x.txt.rtf"),
            (Kind::Mail, "thu.eml", "thu.eml"),
            (Kind::Signature, "bao-cao.docx.p7s", "bao-cao.docx.p7s"),
            (Kind::Pdf, "bien\nban.pdf", "bienban.pdf"),
            (Kind::Png, "ảnh.jpg", "ảnh.jpg.png"),
            (Kind::Pdf, "bien-ban\u{202e}fdp.exe", "bien-banfdp.exe.pdf"),
            (Kind::Docx, "", ".docx"),
        ] {
            assert_eq!(kind.name(given), name);
        }
    }
}
