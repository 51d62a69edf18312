//! Which column of a table is which field.

use std::collections::HashMap;

use domain::{
    label::{Label, Lang},
    schema::{Field, Kind, Schema, Volume},
    text,
};
use serde::Serialize;

/// One column of a table and what it is taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnUse {
    /// The header's cell: `C1`.
    pub cell: String,
    /// The header as written; empty where a column has none.
    pub header: String,
    /// The field that it gives; none when it is not used.
    pub field: Option<String>,
    /// The field whose name comes nearest to that of a column that is not used.
    pub nearest: Option<String>,
}

/// A header without what offices add to it: stars, line breaks, what stands in brackets.
fn plain(header: &str) -> String {
    let mut out = String::new();
    let mut depth = 0u32;
    for c in text::fold(header).chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '*' | ':' | '_' => out.push(' '),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names under which a field is known, folded.
fn names(schema: &Schema, field: &Field) -> Vec<String> {
    let mut names = vec![plain(&field.name)];
    for lang in Lang::ALL {
        let label = plain(field.label.get(lang));
        let noun = plain(schema.label.get(lang));
        // "Tên đơn vị", "Mã thiết bị", "Device name".
        names.push(format!("{label} {noun}"));
        names.push(format!("{noun} {label}"));
        names.push(label);
    }
    let more: &[&str] = match field.kind {
        Kind::Latitude => &["lat"],
        Kind::Longitude => &["lon", "lng", "long"],
        _ => &[],
    };
    names.extend(more.iter().map(|name| (*name).to_owned()));
    names
}

/// A header longer than this, bytes, names no field.
const LONGEST: usize = 300;

/// The fields of a noun by what names them in a header, best first.
pub(super) struct Known<'a>([HashMap<String, &'a Field>; 5]);

impl<'a> Known<'a> {
    pub fn of(schema: &'a Schema) -> Self {
        let mut ways: [HashMap<String, &Field>; 5] = Default::default();
        for field in &schema.fields {
            let labels = || Lang::ALL.iter().map(|lang| field.label.get(*lang));
            let named: [Vec<String>; 5] = [
                vec![field.name.clone()],
                labels().map(ToOwned::to_owned).collect(),
                vec![field.name.clone()],
                labels().map(text::fold).collect(),
                // Without what stands in brackets.
                names(schema, field),
            ];
            for (way, names) in ways.iter_mut().zip(named) {
                for name in names {
                    way.entry(name).or_insert(field);
                }
            }
        }
        Self(ways)
    }

    /// The field that a header names: by its name or its label in either language. What is
    /// written exactly as one of them goes before what is it only in another case, and a name
    /// before another field's label: so a table that we gave out is read as it was meant.
    pub fn named(&self, header: &str) -> Option<&'a Field> {
        if header.len() > LONGEST {
            return None;
        }
        let wanted = plain(header);
        if wanted.is_empty() {
            return None;
        }
        let (written, whole) = (text::nfc(header), text::fold(header));
        let keys = [&written, &written, &whole, &whole, &wanted];
        let mut ways = self.0.iter().zip(keys);
        ways.find_map(|(way, key)| way.get(key.as_str()).copied())
    }
}

/// The field whose name comes nearest to a header that names none.
pub(super) fn nearest<'a>(schema: &'a Schema, header: &str) -> Option<&'a Field> {
    if header.len() > LONGEST {
        return None;
    }
    let wanted = plain(header);
    let near = |field: &'a Field| {
        let best = names(schema, field)
            .iter()
            .map(|name| strsim::jaro_winkler(name, &wanted))
            .fold(0.0, f64::max);
        (best, field)
    };
    let (best, field) = schema
        .fields
        .iter()
        .map(near)
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best >= 0.85 && !wanted.is_empty()).then_some(field)
}

/// What to write into a cell of a field.
pub(super) fn expected(field: &Field) -> Label {
    let same = |vi: &str, en: &str| Label::new(vi, en);
    match field.kind {
        Kind::Text => same(
            "Chữ, một dòng, tối đa 300 ký tự",
            "One line of text, at most 300 characters",
        ),
        Kind::LongText => same(
            "Chữ, tối đa 20.000 ký tự",
            "Text, at most 20,000 characters",
        ),
        Kind::Code => same(
            "Mã gồm chữ, số, - _ . /, ví dụ H61.12",
            "A code of letters, digits, - _ . /, e.g. H61.12",
        ),
        Kind::Integer => same(
            "Số nguyên từ 0 trở lên, viết liền, ví dụ 1000",
            "A whole number, 0 or more, without separators, e.g. 1000",
        ),
        Kind::Decimal => same(
            "Số từ 0 trở lên, ví dụ 12,5",
            "A number, 0 or more, e.g. 12.5",
        ),
        Kind::Boolean => same("có hoặc không", "yes or no"),
        Kind::Date => same(
            "Ngày/tháng/năm đủ bốn chữ số, ví dụ 21/11/2026",
            "Day/month/year with four digits, e.g. 21/11/2026",
        ),
        Kind::Instant => same("Ví dụ 21/11/2026 08:30", "E.g. 21/11/2026 08:30"),
        Kind::Choice => {
            let list = |lang: Lang| {
                let labels = field.choices.values().map(|l| l.get(lang));
                labels.collect::<Vec<_>>().join("; ")
            };
            Label::new(
                format!("Một trong: {}", list(Lang::Vi)),
                format!("One of: {}", list(Lang::En)),
            )
        }
        Kind::Period => match field.length {
            Some(Volume::Month) => same("Tháng, ví dụ 2026-11", "A month, e.g. 2026-11"),
            Some(Volume::Quarter) => same("Quý, ví dụ 2026-Q3", "A quarter, e.g. 2026-Q3"),
            Some(Volume::HalfYear) => same("Nửa năm, ví dụ 2026-H1", "A half-year, e.g. 2026-H1"),
            Some(Volume::Year) => same("Năm, ví dụ 2026", "A year, e.g. 2026"),
            None => same(
                "Kỳ, ví dụ 2026, 2026-H1, 2026-Q3 hoặc 2026-11",
                "A period: 2026, 2026-H1, 2026-Q3 or 2026-11",
            ),
        },
        Kind::Clause => same("Điều khoản, ví dụ 12.2", "A clause, e.g. 12.2"),
        Kind::Clauses => same(
            "Các điều khoản cách nhau bằng dấu phẩy, ví dụ 13, 16.8",
            "Clauses with commas between, e.g. 13, 16.8",
        ),
        Kind::Reference => same(
            "Mã, hoặc tên đúng từng chữ và dấu thanh",
            "The code, or the name exactly with its tone marks",
        ),
        Kind::Ip => same(
            "Địa chỉ IP, ví dụ 10.1.2.3",
            "An IP address such as 10.1.2.3",
        ),
        Kind::Prefix => same(
            "Dải địa chỉ, ví dụ 10.1.0.0/16",
            "A prefix such as 10.1.0.0/16",
        ),
        Kind::Email => same("Ví dụ a@vinhlong.gov.vn", "E.g. a@vinhlong.gov.vn"),
        Kind::Phone => same("Ví dụ 0270 3999999", "E.g. 0270 3999999"),
        Kind::Latitude => same("Độ thập phân, ví dụ 10,25", "Decimal degrees, e.g. 10.25"),
        Kind::Longitude => same("Độ thập phân, ví dụ 105,97", "Decimal degrees, e.g. 105.97"),
        Kind::Probe => same("icmp hoặc tcp:CỔNG", "icmp or tcp:PORT"),
        Kind::TimeZone => same(
            "Tên như Asia/Ho_Chi_Minh, hoặc độ lệch như +07:00",
            "A name such as Asia/Ho_Chi_Minh, or an offset such as +07:00",
        ),
        Kind::File => same(
            "Để trống; tệp được tải lên ở trang của bản ghi",
            "Blank; a file is uploaded on the record's page",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(noun: &str, header: &str) -> Option<String> {
        let known = Known::of(domain::noun::get(noun).unwrap());
        known.named(header).map(|f| f.name.clone())
    }

    #[test]
    fn headers_are_read_as_offices_write_them() {
        for (noun, header, name) in [
            ("organization", "Mã ", "code"),
            ("organization", "Tên\nđơn vị", "name"),
            ("organization", "TÊN ĐƠN VỊ (*)", "name"),
            ("organization", "Loại *", "kind"),
            ("organization", "Cấp (*)", "level"),
            ("organization", "lat", "latitude"),
            ("organization", "Ma\u{303} đơn vị", "code"),
            ("circuit", "Băng thông", "bandwidth_mbps"),
            ("circuit", "Băng thông (Mbit/s)", "bandwidth_mbps"),
            ("circuit", "bandwidth mbps", "bandwidth_mbps"),
            ("circuit", "Đầu A (đơn vị)", "a_site"),
            ("device", "Device name", "name"),
        ] {
            assert_eq!(field(noun, header).as_deref(), Some(name), "{header}");
        }
        for header in ["STT", "", "  ", "(*)", "Ghi gì đó"] {
            assert_eq!(field("organization", header), None, "{header}");
        }
        let organization = domain::noun::get("organization").unwrap();
        assert_eq!(
            nearest(organization, "Điện thọai cq").unwrap().name,
            "phone"
        );
        assert!(nearest(organization, "STT").is_none());
    }

    #[test]
    fn every_label_names_its_own_field() {
        for schema in domain::noun::all() {
            let known = Known::of(schema);
            for f in &schema.fields {
                for header in [&f.name, &f.label.vi, &f.label.en] {
                    let found = known.named(header).map(|f| &f.name);
                    assert_eq!(found, Some(&f.name), "{}: {header}", schema.noun);
                }
            }
        }
    }
}
