//! What runs: told by its content and by its name.

use memchr::memmem;

use super::{
    kind::{self, Kind},
    text,
};

/// What a program or a disk image begins with, and how it is named.
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
    (b"conectix", "disk image"),
    (b"vhdxfile", "disk image"),
    (b"KDMV", "disk image"),
    (b"QFI\xfb", "disk image"),
    (b"\xed\xab\xee\xdb", "package of programs"),
    (b"ActiveMime", "macros"),
];

/// What a text begins with when a double click would run it, in lower case.
const SCRIPTS: &[(&str, &str)] = &[
    ("#!", "script"),
    ("@echo", "batch file"),
    ("<script", "web page"),
    ("<hta:", "HTA"),
    ("[internetshortcut]", "Internet shortcut"),
    ("[autorun]", "autorun"),
    ("[desktop entry]", "desktop shortcut"),
    ("windows registry editor", "registry file"),
    ("regedit4", "registry file"),
    ("<!doctype html", "web page"),
    ("web\r\n1\r\nhttp", "web query"),
    ("web\n1\nhttp", "web query"),
];

/// Roots of markup that a program runs, in lower case.
const ROOTS: &[(&str, &str)] = &[
    ("html", "web page"),
    ("head", "web page"),
    ("body", "web page"),
    ("script", "web page"),
    ("svg", "web page"),
    ("hta:application", "HTA"),
    ("job", "Windows script"),
    ("package", "Windows script"),
    ("scriptlet", "Windows script"),
    ("component", "Windows script"),
    ("pcsettings", "Windows shortcut"),
    ("librarydescription", "Windows shortcut"),
    ("persistedquery", "Windows shortcut"),
];

/// What makes a page run something when it is shown, in lower case.
pub(super) const ROOTS_OF_PAGES: &[&str] = &[
    "<script",
    "javascript:",
    "vbscript:",
    "<object",
    "<embed",
    "<iframe",
    "<applet",
];

/// Endings that the usual desktops run or mount on a double click.
const ENDINGS: &str = " exe com scr pif bat cmd vb vbs vbe js jse mjs ws wsf wsh wsc sct shb hta ps1 psm1 psd1 ps1xml psc1 \
    lnk url website cpl msi msp mst msc jar jnlp class reg inf chm hlp dll ocx sys drv xll gadget application \
    appref-ms appx appxbundle msix msixbundle settingcontent-ms library-ms search-ms searchconnector-ms scf \
    iso img vhd vhdx vmdk udf dmg pkg deb rpm apk xapk ipa sh bash ksh zsh csh command py pyw pyc pyz pl rb php \
    asp aspx jsp iqy rqy oqy dqy slk rdp diagcab ppkg theme themepack workflow scpt applescript desktop \
    docm dotm xlsm xltm xlam xla wll pptm potm ppsm ppam sldm vsdm vstm mde ade accde cab swf air \
    appimage efi so dylib ";

/// What a file of this name is when its ending alone makes it run.
pub fn runs(name: &str) -> Option<String> {
    let name: String = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(name)
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'))
        .collect();
    // Windows leaves out blanks and dots at the end, and a stream's name after a colon.
    let name = name.split(':').next().unwrap_or_default();
    let name = name
        .trim_end_matches([' ', '.', '\u{a0}', '\u{3000}'])
        .to_lowercase();
    if matches!(name.as_str(), "autorun.inf" | "desktop.ini") {
        return (name == "autorun.inf").then(|| "autorun".to_owned());
    }
    let (_, ending) = name.rsplit_once('.')?;
    let known = !ending.is_empty()
        && !ending.contains(' ')
        && ENDINGS.split(' ').any(|e| !e.is_empty() && e == ending);
    known.then(|| format!(".{ending}"))
}

/// The same for what only machines read: no text is one.
pub fn binary(bytes: &[u8]) -> Option<&'static str> {
    let named = PROGRAMS.iter().find(|(magic, _)| bytes.starts_with(magic));
    if let Some((_, name)) = named {
        return Some(name);
    }
    // "MZ" may begin a text, but a program for DOS or Windows holds bytes that no text has.
    (bytes.starts_with(b"MZ") && !text::is_text(bytes)).then_some("Windows")
}

/// Which program the bytes are, if they are one.
pub fn program(bytes: &[u8]) -> Option<&'static str> {
    if let Some(name) = binary(bytes) {
        return Some(name);
    }
    // The volume of a disc begins at its 17th sector; a disk of VirtualPC ends with its name.
    let disc = [0x8001, 0x8801, 0x9001]
        .iter()
        .any(|at| bytes.get(*at..at + 5) == Some(b"CD001"));
    let disk = bytes.len() > 512 && end(bytes, 512).starts_with(b"conectix");
    if disc || disk {
        return Some("disk image");
    }
    let begin = text::beginning(bytes);
    if let Some((_, name)) = SCRIPTS.iter().find(|(script, _)| begin.starts_with(script)) {
        return Some(name);
    }
    // A table as programs of the eighties have it; spreadsheets still run its formulas.
    if begin.starts_with("id;p")
        && ["\nc;", "\nb;", "\np;", "\no;"]
            .iter()
            .any(|line| begin.contains(line))
    {
        return Some("SYLK table");
    }
    let root = root(&begin)?;
    ROOTS
        .iter()
        .find(|(tag, _)| *tag == root)
        .map(|(_, name)| *name)
}

/// The name of the first element of a text in lower case, after heading and comments.
fn root(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let tag = rest.strip_prefix('<')?;
        let end = if tag.starts_with("!--") {
            tag.find("-->")? + 3
        } else if tag.starts_with('?') || tag.starts_with('!') {
            tag.find('>')? + 1
        } else {
            let end = tag.find(|c: char| c.is_whitespace() || c == '>' || c == '/')?;
            return Some(&tag[..end]);
        };
        rest = &tag[end..];
    }
}

/// Whether a file of one kind is another one at the same time: a picture that is an archive,
/// a PDF that is a disk.
pub fn is_two(bytes: &[u8], kind: Kind) -> bool {
    let has = |what: &[u8]| memmem::find(bytes, what).is_some();
    let picture = matches!(
        kind,
        Kind::Png | Kind::Jpeg | Kind::Gif | Kind::Tiff | Kind::Webp | Kind::Bmp | Kind::Heic
    );
    if picture {
        let pdf = kind::pdf_heading(bytes).is_some() && (has(b"startxref") || has(b"%%EOF"));
        return pdf
            || holds_archive(bytes, false)
            || holds_page(bytes.get(..4_096).unwrap_or(bytes))
            || holds_page(end(bytes, 66_000))
            || holds_program(bytes);
    }
    match kind {
        Kind::Text => false,
        // Files that lie in these are looked at one by one.
        _ => holds_archive(bytes, true),
    }
}

/// The last so many bytes, or all where there are fewer.
fn end(bytes: &[u8], most: usize) -> &[u8] {
    let from = bytes.len().saturating_sub(most);
    bytes.get(from..).unwrap_or(bytes)
}

/// Whether an archive ends in these bytes; `exactly` when nothing may follow its end.
fn holds_archive(bytes: &[u8], exactly: bool) -> bool {
    let end = end(bytes, 66_000);
    memmem::find_iter(end, b"PK\x05\x06").any(|at| {
        let at = bytes.len() - end.len() + at;
        let field = |offset: usize, length: usize| {
            bytes.get(at + offset..at + offset + length).map(|b| {
                b.iter()
                    .rev()
                    .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
            })
        };
        let (Some(size), Some(comment)) = (field(12, 4), field(20, 2)) else {
            return false;
        };
        let directory = at
            .checked_sub(size)
            .and_then(|start| bytes.get(start..start + 4));
        let ends = at + 22 + comment;
        directory == Some(b"PK\x01\x02") && (!exactly || ends == bytes.len())
    })
}

/// Whether a browser would find something to run in these bytes.
fn holds_page(bytes: &[u8]) -> bool {
    let lower = bytes.to_ascii_lowercase();
    ["<script", "<?php", "<hta:", "<html"]
        .iter()
        .any(|tag| memmem::find(&lower, tag.as_bytes()).is_some())
}

/// Whether a program for Windows lies anywhere in these bytes, unpacked: by what it says to DOS,
/// or by its two headings.
pub fn holds_program(bytes: &[u8]) -> bool {
    let headed = |at: usize| {
        let place = u32::from_le_bytes(*bytes.get(at + 60..)?.first_chunk()?);
        let second = at + usize::try_from(place).ok().filter(|p| *p < 4_096)?;
        Some(bytes.get(second..second + 4)? == b"PE\0\0")
    };
    let two = memmem::find_iter(bytes, b"MZ").any(|at| headed(at) == Some(true));
    two || memmem::find_iter(bytes, b"This program ").any(|at| {
        let rest = bytes.get(at + b"This program ".len()..).unwrap_or_default();
        rest.starts_with(b"cannot be run in DOS mode") || rest.starts_with(b"must be run under Win")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_whatever_their_name() {
        for bytes in [
            &b"MZ\x90\0\x03\0"[..],
            b"\x7fELF\x02",
            b"\xcf\xfa\xed\xfe\x07",
            b"\xca\xfe\xba\xbe\0\0",
            b"#!/bin/sh\nrm -rf /",
            b"\xef\xbb\xbf#!/usr/bin/env python3",
            b"\xff\xfe@\0e\0c\0h\0o\0 \0o\0f\0f\0",
            b"L\0\0\0\x01\x14\x02\0\0",
            b"  <HTA:APPLICATION id=x>",
            b"<HTML><body>",
            b"<!-- a --><!DOCTYPE svg><svg onload='x'>",
            b"<?xml version=\"1.0\"?><package><job id=\"a\"><script>",
            b"@ECHO OFF\r\ndel *",
            b"Windows Registry Editor Version 5.00",
            b"ID;PWXL;N;E\r\nC;Y1;X1;K0;ECALL()\r\nE\r\n",
        ] {
            assert!(program(bytes).is_some(), "{bytes:?}");
        }
        let mut disc = vec![0; 0x8001];
        disc.extend(b"CD001");
        assert_eq!(program(&disc), Some("disk image"));
        for bytes in [
            &b"<?xml version=\"1.0\"?><kml><description><![CDATA[<html><script>]]></description></kml>"[..],
            b"README: <script> runs JavaScript, powershell.exe and cmd.exe do not",
            b"MZ-01: a file number",
            b"{\"html\": \"<html>\"}",
            b"<config><interface/></config>",
            b"version 15.2\nhostname R1\n!",
            b"ID;Phong;Ten\n1;A;B\n",
        ] {
            assert_eq!(program(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn names_that_run_are_told() {
        for name in [
            "a.exe",
            "A.VBS",
            "d/bao-cao.pdf.js",
            "x.bat ",
            "x.cmd.",
            "x.lnk",
            "x.wsf",
            "hta/x.hta",
            "x.exe:stream",
            "AUTORUN.INF",
            "x.\u{202e}scr",
            "setup.msi",
            "x.iso",
            "x.jar",
            "x.apk",
        ] {
            assert!(runs(name).is_some(), "{name}");
        }
        for name in [
            "a.docx",
            "README",
            "js.txt",
            "a.js.txt",
            "bat",
            "running-config.cfg",
            "a.p7s",
            "desktop.ini",
            "Thumbs.db",
            "v1.0",
            "5. exe",
            "máy chủ.xml",
        ] {
            assert_eq!(runs(name), None, "{name}");
        }
    }
}
