//! What a part of an office document does by itself when the document is opened.

use super::Attribute;
use crate::attachment::{
    Active,
    address::{is_remote, is_share},
    formula::is_active_formula,
};

/// What an element does by itself when its document is opened.
pub(super) fn active(element: &str, attributes: &[Attribute]) -> Option<Active> {
    let get = |wanted: &str| {
        let found = attributes.iter().find(|(name, _)| name == wanted);
        found.map_or("", |(_, value)| value.as_str())
    };
    if matches!(
        element,
        "ddeLink" | "dde-connection-decl" | "dde-source" | "dde-link" | "dde-connection"
    ) {
        return Some(Active::Dde);
    }
    // A workbook that fetches from a database or a page; what Power Query keeps in the workbook
    // itself is asked for by hand.
    let on = |name: &str| matches!(get(name), "1" | "true" | "on");
    let own = "provider=microsoft.mashup.oledb";
    let connection = get("connection").trim_start().to_lowercase();
    let database = element == "dbPr" && !connection.starts_with(own);
    if database
        || element == "webPr"
        || (matches!(element, "connection" | "queryTable") && on("refreshOnLoad"))
    {
        return Some(Active::Remote);
    }
    // A letter that is merged with a table on a server.
    let servers = [
        "sqloledb",
        "sqlncli",
        "msoledbsql",
        "msdasql",
        "http:",
        "https:",
    ];
    let merged = || get("val").to_lowercase();
    if element == "connectString" && servers.iter().any(|server| merged().contains(server)) {
        return Some(Active::Remote);
    }
    let object = get("ProgID").to_lowercase();
    let hostile = [
        "shell.explorer",
        "htmlfile",
        "forms.html",
        "scriptletfile",
        "shockwaveflash",
        "otkloadr",
    ];
    if hostile.iter().any(|id| object.starts_with(id)) {
        return Some(Active::Object);
    }
    if get("action").starts_with("ppaction://program") || get("action") == "execute" {
        return Some(Active::Launch);
    }
    if get("action").starts_with("ppaction://macro")
        || attributes.iter().any(|(_, v)| {
            let start = v.get(..20).unwrap_or(v).to_ascii_lowercase();
            start.starts_with("vnd.sun.star.script:") || start.starts_with("macro:")
        })
    {
        return Some(Active::Script);
    }
    let target = get("Target");
    if element == "Relationship" {
        let external = get("TargetMode").eq_ignore_ascii_case("external");
        let kind = get("Type").rsplit('/').next().unwrap_or("").to_lowercase();
        // What is followed only by a click, and workbooks that are asked for their values.
        let asked = kind == "hyperlink"
            || kind.starts_with("externallink")
            || kind.starts_with("xlexternallink");
        // A workbook on another machine's share.
        let share = asked && kind != "hyperlink" && is_share(target);
        let loads = !asked && (is_scripted(target) || is_remote(target));
        return (external && (loads || share)).then_some(Active::Remote);
    }
    if element == "attachedTemplate" && is_remote(get("val")) {
        return Some(Active::Remote);
    }
    // What Word of 2003 keeps its macros in, and flat files their modules.
    if matches!(element, "library-embedded" | "library-linked")
        || get("name").ends_with("editdata.mso")
    {
        return Some(Active::Script);
    }
    attributes.iter().find_map(|(name, value)| {
        if is_formula(element, name) {
            return is_active_formula(value).then_some(Active::Dde);
        }
        loads(element, name, value).then_some(Active::Remote)
    })
}

/// Whether an attribute holds a formula: OpenDocument, Excel of 2003.
fn is_formula(element: &str, attribute: &str) -> bool {
    matches!(attribute, "formula" | "Formula" | "expression")
        || (attribute == "condition" || (attribute == "value" && element == "condition"))
}

/// Whether an attribute has something loaded from elsewhere when its document is opened. An
/// address that is only followed by a click does not: those of links, of shapes with one, of
/// buttons.
fn loads(element: &str, attribute: &str, address: &str) -> bool {
    match attribute {
        "src" | "image-data" => is_remote(address),
        // Where a picture in the document once came from.
        "href" if matches!(element, "imagedata" | "fill" | "stroke") => is_share(address),
        "href" => !is_clicked(element) && is_remote(address),
        "sourceFile" | "store" => is_share(address),
        "odcFile" | "base" => is_remote(address),
        _ => false,
    }
}

/// Elements whose address is followed by a click.
fn is_clicked(element: &str) -> bool {
    matches!(
        element,
        "a" | "hyperlink"
            | "area-rectangle"
            | "area-circle"
            | "area-polygon"
            | "event-listener"
            | "event"
            | "button"
            | "shape"
            | "shapetype"
            | "group"
            | "rect"
            | "roundrect"
            | "oval"
            | "line"
            | "polyline"
            | "arc"
            | "curve"
    )
}

fn is_scripted(address: &str) -> bool {
    let address = address.trim().to_lowercase();
    [
        "mhtml:",
        "script:",
        "javascript:",
        "vbscript:",
        "ms-",
        "search-ms:",
        "x-usc:",
    ]
    .iter()
    .any(|s| address.starts_with(s))
        || address.contains("!x-usc:")
}

/// What the code of a field of Word does when it is updated.
pub fn active_field(code: &str) -> Option<Active> {
    let code = code.trim_start();
    let mut words = code.split_whitespace();
    let name = words.next()?.to_uppercase();
    match name.as_str() {
        "DDE" | "DDEAUTO" => Some(Active::Dde),
        "INCLUDETEXT" | "INCLUDEPICTURE" | "IMPORT" | "LINK" | "RD" | "DATABASE" => {
            let mut addresses =
                words.map(|w| w.trim_matches(['"', '“', '”']).replace("\\\\", "\\"));
            // Two backslashes in a code are one.
            let remote = code.contains("\\\\\\\\")
                || addresses.any(|a| (a.contains(':') || a.starts_with("//")) && is_remote(&a));
            remote.then_some(Active::Remote)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Styles, read},
        *,
    };

    fn does(xml: &str) -> Option<Active> {
        read(xml, &mut Styles::default()).unwrap().active
    }

    #[test]
    fn what_acts_by_itself_is_told() {
        let relation = |kind: &str, target: &str| {
            format!(
                "<Relationships><Relationship Type='http://s/{kind}' Target='{target}' TargetMode='External'/></Relationships>"
            )
        };
        for (kind, target, found) in [
            (
                "attachedTemplate",
                "http://10.0.0.1/evil.dotm",
                Some(Active::Remote),
            ),
            (
                "attachedTemplate",
                r"\\10.0.0.1\share\evil.dotm",
                Some(Active::Remote),
            ),
            (
                "attachedTemplate",
                "file://10.0.0.1/share/evil.dotm",
                Some(Active::Remote),
            ),
            (
                "attachedTemplate",
                r"file:///\\10.0.0.1\share\evil.dotm",
                Some(Active::Remote),
            ),
            (
                "attachedTemplate",
                r"file:///C:\Users\a\AppData\Roaming\Microsoft\Templates\ND30.dotx",
                None,
            ),
            ("attachedTemplate", "ND30.dotx", None),
            (
                "oleObject",
                "mhtml:http://x/a!x-usc:http://x/a",
                Some(Active::Remote),
            ),
            ("frame", "http://x/", Some(Active::Remote)),
            ("image", "https://x/a.png", Some(Active::Remote)),
            ("image", "file:///D:/anh.png", None),
            ("hyperlink", "https://vinhlong.gov.vn/", None),
            ("hyperlink", "mailto:a@b.vn", None),
            ("externalLinkPath", "https://sp/so-lieu.xlsx", None),
            ("externalLinkPath", "file:///D:/so-lieu.xlsx", None),
            ("externalLinkPath", "/so-lieu.xlsx", None),
            (
                "externalLinkPath",
                r"file:///\\10.0.0.1\share\a.xlsx",
                Some(Active::Remote),
            ),
            (
                "externalLinkPath",
                r"\\10.0.0.1\share\a.xlsx",
                Some(Active::Remote),
            ),
        ] {
            assert_eq!(does(&relation(kind, target)), found, "{kind} {target}");
        }
        for (xml, found) in [
            (
                "<w:p><w:r><w:instrText>DDE</w:instrText></w:r><w:r><w:instrText>AUTO c:\\\\cmd.exe \"/k calc\"</w:instrText></w:r></w:p>",
                Some(Active::Dde),
            ),
            (
                "<w:fldSimple w:instr=' DDEAUTO cmd \"/k\" '/>",
                Some(Active::Dde),
            ),
            (
                "<w:p><w:r><w:instrText>INCLUDETEXT \"http://x/a\"</w:instrText></w:r></w:p>",
                Some(Active::Remote),
            ),
            (
                "<w:p><w:r><w:instrText>INCLUDEPICTURE \"D:\\\\anh.png\" \\d</w:instrText></w:r></w:p>",
                None,
            ),
            (
                "<w:p><w:r><w:instrText>HYPERLINK \"http://x/a\"</w:instrText></w:r></w:p>",
                None,
            ),
            (
                "<w:p><w:r><w:t>DDEAUTO là trường tự chạy</w:t></w:r></w:p>",
                None,
            ),
            ("<c><f>cmd|'/c calc'!A0</f></c>", Some(Active::Dde)),
            (
                "<dbPr connection='Provider=SQLOLEDB;App=Microsoft.Mashup.'/>",
                Some(Active::Remote),
            ),
            (
                "<w:connectString w:val='Provider=SQLOLEDB.1;Data Source=10.0.0.1'/>",
                Some(Active::Remote),
            ),
            (
                "<w:p><w:r><w:instrText>INCLUDEPICTURE \"//10.0.0.1/s/a.png\" \\d</w:instrText></w:r></w:p>",
                Some(Active::Remote),
            ),
            ("<a script='VND.SUN.STAR.SCRIPT:x'/>", Some(Active::Script)),
            (
                "<c><f>_xlfn.WEBSERVICE(\"http://x\")</f></c>",
                Some(Active::Dde),
            ),
            ("<c><f>SUM(A1:B2)</f></c>", None),
            ("<c><f>WEBSERVICE (\"http://x\")</f></c>", Some(Active::Dde)),
            (
                "<c><f>_xlfn.IMAGE(\"http://x/a.png\")</f></c>",
                Some(Active::Dde),
            ),
            ("<c><f>1+RTD(\"a.b\",,\"x\")</f></c>", Some(Active::Dde)),
            (
                "<c><f>'\\\\10.0.0.1\\s\\[a.xlsx]S'!A1</f></c>",
                Some(Active::Dde),
            ),
            ("<c><f>HYPERLINK(\"\\\\10.0.0.1\\s\\a.xlsx\")</f></c>", None),
            ("<c><f>IF(A1=\"CALL(x)\",\"RTD(\",RECALL(1))</f></c>", None),
            ("<c><f>'D:\\a\\[b.xlsx]S'!A1</f></c>", None),
            (
                "<definedNames><definedName name='x'>WEBSERVICE(\"http://x\")</definedName></definedNames>",
                Some(Active::Dde),
            ),
            (
                "<definedNames><definedName name='x'>S!$A$1</definedName></definedNames>",
                None,
            ),
            (
                "<cfRule><formula>WEBSERVICE(\"http://x\")=1</formula></cfRule>",
                Some(Active::Dde),
            ),
            (
                "<dataValidation><formula1>cmd|'/c calc'!A0</formula1></dataValidation>",
                Some(Active::Dde),
            ),
            (
                "<dataValidation><formula1>\"a,b\"</formula1></dataValidation>",
                None,
            ),
            (
                "<table:table-cell table:formula='of:=DDE(\"soffice\";\"x\";\"a\")'/>",
                Some(Active::Dde),
            ),
            (
                "<table:table-cell table:formula='of:=WEBSERVICE(\"http://x\")'/>",
                Some(Active::Dde),
            ),
            (
                "<table:table-cell table:formula='of:=SUM([.A1:.B2])'/>",
                None,
            ),
            (
                "<Cell ss:Formula=\"=cmd|'/c calc'!A0\"/>",
                Some(Active::Dde),
            ),
            (
                "<table:cell-range-source xlink:href='http://x/a.html'/>",
                Some(Active::Remote),
            ),
            (
                "<table:table-source xlink:href='file://10.0.0.1/a.ods'/>",
                Some(Active::Remote),
            ),
            (
                "<text:list-level-style-image xlink:href='http://x/a.png'/>",
                Some(Active::Remote),
            ),
            (
                "<svg:font-face-uri xlink:href='http://x/a.ttf'/>",
                Some(Active::Remote),
            ),
            (
                "<meta:template xlink:href='http://x/a.ott'/>",
                Some(Active::Remote),
            ),
            ("<meta:template xlink:href='/C:/Users/a/ND30.ott'/>", None),
            (
                "<meta:auto-reload xlink:href='http://x/b.odt'/>",
                Some(Active::Remote),
            ),
            (
                "<presentation:sound xlink:href='http://x/a.wav'/>",
                Some(Active::Remote),
            ),
            (
                "<anim:audio xlink:href='http://x/a.wav'/>",
                Some(Active::Remote),
            ),
            (
                "<form:image-frame form:image-data='http://x/a.png'/>",
                Some(Active::Remote),
            ),
            ("<form:button xlink:href='http://x/'/>", None),
            (
                "<draw:a xlink:href='http://x/'><draw:image xlink:href='Pictures/a.png'/></draw:a>",
                None,
            ),
            (
                "<v:shape href='http://x/'><v:imagedata src='wordml://a.png' o:href='http://x/a.png'/></v:shape>",
                None,
            ),
            ("<v:imagedata src='http://x/a.png'/>", Some(Active::Remote)),
            (
                "<w:attachedTemplate w:val='http://x/a.dot'/>",
                Some(Active::Remote),
            ),
            ("<w:attachedTemplate w:val='C:\\a.dot'/>", None),
            ("<w:binData w:name='editdata.mso'/>", Some(Active::Script)),
            (
                "<textPr sourceFile='\\\\10.0.0.1\\a.csv'/>",
                Some(Active::Remote),
            ),
            (
                "<w:p><w:fldChar w:fldCharType='begin'/><w:fldChar w:fldCharType='begin'/><w:instrText>QUOTE 68 68 69 65 85 84 79</w:instrText><w:fldChar w:fldCharType='separate'/><w:t>x</w:t><w:fldChar w:fldCharType='end'/><w:instrText> c:\\cmd.exe</w:instrText><w:fldChar w:fldCharType='end'/></w:p>",
                Some(Active::Dde),
            ),
            (
                "<connections><connection id='1' refreshOnLoad='1'/></connections>",
                Some(Active::Remote),
            ),
            (
                "<connections><connection id='1'><webPr url='http://x/'/></connection></connections>",
                Some(Active::Remote),
            ),
            (
                "<connections><connection id='1'><dbPr connection='Provider=SQLOLEDB;Data Source=10.0.0.1' command='x'/></connection></connections>",
                Some(Active::Remote),
            ),
            (
                "<connections><connection id='1' refreshOnLoad='0'><dbPr connection='Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$'/></connection></connections>",
                None,
            ),
            (
                "<connections><connection id='1'><textPr sourceFile='D:\\a.csv'/></connection></connections>",
                None,
            ),
            (
                "<pivotCacheDefinition refreshOnLoad='1'><worksheetSource ref='A1:B2'/></pivotCacheDefinition>",
                None,
            ),
            ("<c><f>IF(A1=\"a|b\",\"c!\",1)</f></c>", None),
            (
                "<externalLink><ddeLink ddeService='cmd'/></externalLink>",
                Some(Active::Dde),
            ),
            (
                "<o:OLEObject ProgID='Shell.Explorer.1'/>",
                Some(Active::Object),
            ),
            ("<o:OLEObject ProgID='Equation.DSMT4'/>", None),
            (
                "<draw:image xlink:href='http://x/a.png'/>",
                Some(Active::Remote),
            ),
            ("<draw:image xlink:href='Pictures/a.png'/>", None),
            ("<text:a xlink:href='http://x/'>x</text:a>", None),
            (
                "<script:event-listener xlink:href='vnd.sun.star.script:x?language=Python'/>",
                Some(Active::Script),
            ),
            (
                "<a:hlinkClick action='ppaction://program'/>",
                Some(Active::Launch),
            ),
        ] {
            assert_eq!(does(xml), found, "{xml}");
        }
    }
}
