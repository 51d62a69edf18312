//! A table as an `.xlsx` that spreadsheets open and the import reads (ECMA-376).

use std::io::{Cursor, Write as _};

use zip::{ZipWriter, result::ZipError, write::SimpleFileOptions};

/// A cell of a workbook.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text; never read as a formula.
    Text(String),
    /// A number.
    Number(f64),
}

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const PARTS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
/// Style 0 is plain, style 1 the bold of the header.
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>"#;

/// A workbook of one sheet: the header in bold and fixed, then the rows.
///
/// # Errors
/// When the ZIP cannot be written, which in memory it always can.
pub fn workbook(name: &str, header: &[String], rows: &[Vec<Cell>]) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |path: &str, body: &str| -> Result<(), ZipError> {
        zip.start_file(path, SimpleFileOptions::default())?;
        zip.write_all(body.as_bytes())?;
        Ok(())
    };
    // A sheet's name has at most 31 characters, and none of these.
    let name: String = name
        .chars()
        .filter(|c| !"[]:*?/\\'".contains(*c))
        .take(31)
        .collect();
    part("[Content_Types].xml", TYPES)?;
    part("_rels/.rels", RELATIONS)?;
    part(
        "xl/workbook.xml",
        &format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"{}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
            escape(&name)
        ),
    )?;
    part("xl/_rels/workbook.xml.rels", PARTS)?;
    part("xl/styles.xml", STYLES)?;
    let mut sheet = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><sheetData><row>",
    );
    for text in header {
        sheet.push_str("<c t=\"inlineStr\" s=\"1\">");
        inline(text, &mut sheet);
        sheet.push_str("</c>");
    }
    sheet.push_str("</row>");
    for row in rows {
        sheet.push_str("<row>");
        for cell in row {
            match cell {
                Cell::Text(text) if text.is_empty() => sheet.push_str("<c/>"),
                Cell::Text(text) => {
                    sheet.push_str("<c t=\"inlineStr\">");
                    inline(text, &mut sheet);
                    sheet.push_str("</c>");
                }
                Cell::Number(number) => sheet.push_str(&format!("<c><v>{number}</v></c>")),
            }
        }
        sheet.push_str("</row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    part("xl/worksheets/sheet1.xml", &sheet)?;
    Ok(zip.finish()?.into_inner())
}

fn inline(text: &str, out: &mut String) {
    out.push_str("<is><t xml:space=\"preserve\">");
    out.push_str(&escape(text));
    out.push_str("</t></is>");
}

/// Text in XML 1.0, which has no other control characters than these three.
fn escape(text: &str) -> String {
    let allowed: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        .collect();
    quick_xml::escape::escape(allowed.as_str()).into_owned()
}
