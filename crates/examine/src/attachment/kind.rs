//! What a file is, by its content.

use serde::{Deserialize, Serialize};

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
    /// Word (Office Open XML).
    Docx,
    /// Excel (Office Open XML).
    Xlsx,
    /// PowerPoint (Office Open XML).
    Pptx,
    /// Text (OpenDocument).
    Odt,
    /// Spreadsheet (OpenDocument).
    Ods,
    /// Presentation (OpenDocument).
    Odp,
    /// Word, before 2007.
    Doc,
    /// Excel, before 2007.
    Xls,
    /// PowerPoint, before 2007.
    Ppt,
    /// Several files packed into one.
    Zip,
    /// UTF-8 text.
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
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Kind::Odt => "application/vnd.oasis.opendocument.text",
            Kind::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Kind::Odp => "application/vnd.oasis.opendocument.presentation",
            Kind::Doc => "application/msword",
            Kind::Xls => "application/vnd.ms-excel",
            Kind::Ppt => "application/vnd.ms-powerpoint",
            Kind::Zip => "application/zip",
            Kind::Text => "text/plain",
        }
    }

    /// The endings that fit it, the usual one first.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Kind::Pdf => &["pdf"],
            Kind::Png => &["png"],
            Kind::Jpeg => &["jpg", "jpeg", "jfif"],
            Kind::Gif => &["gif"],
            Kind::Tiff => &["tiff", "tif"],
            Kind::Docx => &["docx"],
            Kind::Xlsx => &["xlsx"],
            Kind::Pptx => &["pptx"],
            Kind::Odt => &["odt"],
            Kind::Ods => &["ods"],
            Kind::Odp => &["odp"],
            Kind::Doc => &["doc"],
            Kind::Xls => &["xls"],
            Kind::Ppt => &["ppt"],
            Kind::Zip => &["zip"],
            Kind::Text => &["txt", "csv", "log", "md", "eml"],
        }
    }

    /// The name under which a file of this kind is handed out again: an ending that does
    /// not fit the content (`bao-cao.bat`, which is text) gets the right one behind it.
    pub fn name(self, given: &str) -> String {
        let plain: String = given
            .chars()
            .filter(|c| !c.is_control() && !is_direction(*c))
            .take(200)
            .collect();
        let ending = plain.rsplit_once('.').map(|(_, e)| e.to_lowercase());
        let fits = ending.is_some_and(|e| self.endings().contains(&e.as_str()));
        if fits {
            plain
        } else {
            format!("{plain}.{}", self.endings()[0])
        }
    }
}

/// Characters that turn the direction of writing: with them `exe.fdp` reads as `pdf.exe`.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a program begins with, and how it is named.
const PROGRAMS: &[(&[u8], &str)] = &[
    (b"\x7fELF", "ELF"),
    (b"\xfe\xed\xfa\xce", "Mach-O"),
    (b"\xfe\xed\xfa\xcf", "Mach-O"),
    (b"\xce\xfa\xed\xfe", "Mach-O"),
    (b"\xcf\xfa\xed\xfe", "Mach-O"),
    (b"\xca\xfe\xba\xbe", "Mach-O, Java"),
    (b"dex\n", "Android"),
    (b"\0asm", "WebAssembly"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "Windows shortcut"),
    (b"ITSF", "compiled help"),
    (b"MSCF", "cabinet"),
    (b"!<arch>", "archive of programs"),
];

/// What a text begins with when a double click would run it, in lower case.
const SCRIPTS: &[(&str, &str)] = &[
    ("#!", "script"),
    ("@echo", "batch file"),
    ("<script", "web page"),
    ("<html", "web page"),
    ("<!doctype html", "web page"),
    ("<hta:", "HTA"),
    ("<job", "Windows script"),
    ("<package", "Windows script"),
    ("<svg", "web page"),
    ("[internetshortcut]", "Internet shortcut"),
    ("[autorun]", "autorun"),
    ("[desktop entry]", "desktop shortcut"),
    ("windows registry editor", "registry file"),
    ("regedit4", "registry file"),
];

/// Which program the bytes are, if they are one.
pub fn program(bytes: &[u8]) -> Option<&'static str> {
    let named = PROGRAMS.iter().find(|(magic, _)| bytes.starts_with(magic));
    if let Some((_, name)) = named {
        return Some(name);
    }
    // "MZ" may begin a text, but a program for DOS or Windows holds bytes that no text has.
    if bytes.starts_with(b"MZ") && plain_text(bytes).is_none() {
        return Some("Windows");
    }
    let head = &bytes[..bytes.len().min(2_048)];
    let text = String::from_utf8_lossy(head);
    let text = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .to_lowercase();
    if let Some((_, name)) = SCRIPTS.iter().find(|(begin, _)| text.starts_with(begin)) {
        return Some(name);
    }
    // An XML heading or a comment may stand before what runs.
    let marked_up = text.starts_with("<?xml") || text.starts_with("<!--");
    let inside = ["<script", "<html", "<hta:", "<job", "<package", "<svg"];
    (marked_up && inside.iter().any(|tag| text.contains(tag))).then_some("web page")
}

/// The text, if the bytes are one: UTF-8 without control characters.
pub fn plain_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    (!text.contains(odd)).then_some(text)
}

/// The kind of what is neither packed nor a program, by how it begins.
pub fn simple(bytes: &[u8]) -> Option<Kind> {
    let known: [(&[u8], Kind); 7] = [
        (b"%PDF-", Kind::Pdf),
        (b"\x89PNG\r\n\x1a\n", Kind::Png),
        (b"\xff\xd8\xff", Kind::Jpeg),
        (b"GIF87a", Kind::Gif),
        (b"GIF89a", Kind::Gif),
        (b"II*\0", Kind::Tiff),
        (b"MM\0*", Kind::Tiff),
    ];
    let found = known.iter().find(|(magic, _)| bytes.starts_with(magic));
    found
        .map(|(_, kind)| *kind)
        .or_else(|| plain_text(bytes).map(|_| Kind::Text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_content() {
        for (bytes, kind) in [
            (&b"%PDF-1.7 x"[..], Some(Kind::Pdf)),
            ("Biên bản".as_bytes(), Some(Kind::Text)),
            (b"MZ-01: a file number".as_slice(), Some(Kind::Text)),
            (b"\xff\xd8\xff\xe0", Some(Kind::Jpeg)),
            (b"\x00\x01\x02", None),
            (b"Rar!\x1a\x07\x01\0", None),
        ] {
            assert_eq!(simple(bytes), kind, "{bytes:?}");
            assert_eq!(program(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn programs_are_told_whatever_their_name() {
        for bytes in [
            &b"MZ\x90\0\x03\0"[..],
            b"\x7fELF\x02\x01",
            b"\xcf\xfa\xed\xfe\x07",
            b"\xca\xfe\xba\xbe\0\0",
            b"#!/bin/sh\nrm -rf /",
            b"\xef\xbb\xbf#!/usr/bin/env python3",
            b"L\0\0\0\x01\x14\x02\0\0",
            b"  <HTA:APPLICATION id=x>",
            b"<HTML><body>",
            b"<?xml version=\"1.0\"?><package><job id=\"a\"><script>",
            b"@ECHO OFF\r\ndel *",
            b"Windows Registry Editor Version 5.00",
        ] {
            assert!(program(bytes).is_some(), "{bytes:?}");
        }
    }

    #[test]
    fn a_name_ends_as_its_content_is() {
        assert_eq!(Kind::Text.name("bao-cao.bat"), "bao-cao.bat.txt");
        assert_eq!(Kind::Text.name("số liệu.CSV"), "số liệu.CSV");
        assert_eq!(Kind::Pdf.name("bien\nban.pdf"), "bienban.pdf");
        assert_eq!(Kind::Png.name("ảnh.jpg"), "ảnh.jpg.png");
        assert_eq!(
            Kind::Pdf.name("bien-ban\u{202e}fdp.exe"),
            "bien-banfdp.exe.pdf"
        );
        assert_eq!(Kind::Docx.name(""), ".docx");
    }
}
