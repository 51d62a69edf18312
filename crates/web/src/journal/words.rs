//! What a change says, in words: no code, no number of milliseconds.

use std::collections::HashMap;

use app::{attachment, setting};
use domain::{
    authority::{Permission, Role},
    claim::{ClaimKind, Why},
    document::State,
    id::Id,
    label::Label,
    noun,
    record::Value,
    schema::Schema,
};
use policy::Library;
use serde_json::Value as Json;

use crate::{compliance::words, cx::Cx, format, i18n, registry::cell};

/// The fields of a change.
pub(super) type Fields = serde_json::Map<String, Json>;

/// The name under which a value stands that is no object.
pub(super) const VALUE: &str = "value";

/// The most characters of a value.
const LONGEST: usize = 160;

/// Later than any count of ours, in milliseconds: September 2001.
const FIRST_MOMENT: i64 = 1_000_000_000_000;

/// One entry's ground: what its record is.
pub(super) struct Told<'a> {
    pub(super) cx: &'a Cx,
    pub(super) library: &'a Library,
    /// `document`, `site`, …
    pub(super) noun: &'a str,
    pub(super) record_id: &'a str,
    /// None for what is no noun of the registry and no book.
    pub(super) schema: Option<&'a Schema>,
    /// All fields as they are after the change; before it where there is nothing after.
    pub(super) values: &'a Fields,
    /// Names of records.
    pub(super) titles: &'a HashMap<Id, String>,
}

/// The records that a change of what is no noun of the registry names: of which noun, and which.
pub(super) fn named(fields: &Fields) -> Vec<(&'static str, Id)> {
    let mut all = Vec::new();
    for (name, value) in fields {
        let of = match name.as_str() {
            "organization" | "as_organization" | "receiver" => "organization",
            "device" | "as_device" => "device",
            "grants" => {
                let grants = value.as_array().into_iter().flatten();
                all.extend(
                    grants.filter_map(|grant| Some(("organization", id(&grant["organization"])?))),
                );
                continue;
            }
            _ => continue,
        };
        all.extend(id(value).map(|id| (of, id)));
    }
    all
}

fn id(value: &Json) -> Option<Id> {
    value.as_str()?.parse().ok()
}

impl Told<'_> {
    /// The name of a field.
    pub(super) fn field(&self, name: &str) -> String {
        let field = self.schema.and_then(|schema| schema.field(name));
        if let Some(field) = field {
            return self.cx.l(&field.label);
        }
        if name == VALUE {
            return self.cx.t("journal-value");
        }
        if let Some(part) = name.strip_prefix("text.") {
            let label = self.draft(part);
            let words = label.map_or_else(|| part.to_owned(), |label| self.cx.l(label));
            return self.cx.tx("journal-field-text", words);
        }
        let key = format!("journal-field-{}", name.replace('_', "-"));
        if i18n::has(&key) {
            return self.cx.t(key);
        }
        name.replace('_', " ")
    }

    /// What a draft of a document, or a line of its letterhead, is called on its form.
    fn draft(&self, part: &str) -> Option<&Label> {
        if let Some(line) = part.strip_prefix("head.") {
            return Some(&noun::get("letterhead")?.field(line)?.label);
        }
        let template = self.values.get("template")?.as_str()?;
        let mut drafts = self.library.documents.get(template)?.drafts();
        Some(&drafts.find(|draft| draft.id == part)?.label)
    }

    /// A value as it is read; empty for none.
    pub(super) fn value(&self, name: &str, value: Option<&Json>) -> String {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return String::new();
        };
        let field = self.schema.and_then(|schema| schema.field(name));
        let text = match (field, serde_json::from_value::<Value>(value.clone())) {
            (Some(field), Ok(value)) => cell::text(self.cx, field, &value, self.titles),
            _ => self.words(name, value),
        };
        if text.chars().count() > LONGEST {
            text.chars().take(LONGEST).chain(['…']).collect()
        } else {
            text
        }
    }

    fn words(&self, name: &str, value: &Json) -> String {
        let cx = self.cx;
        let join = |parts: Vec<String>, between: &str| parts.join(between);
        match value {
            Json::Null => String::new(),
            Json::Bool(yes) => cx.t(if *yes { "yes" } else { "no" }),
            Json::Number(n) => match n.as_i64() {
                Some(ms) if ms >= FIRST_MOMENT => format::datetime(ms),
                Some(bytes) if (self.noun, name) == ("attachment", "size") => {
                    format::bytes(cx.lang, bytes.unsigned_abs())
                }
                Some(n) => format::integer(cx.lang, n),
                None => n.to_string(),
            },
            Json::String(text) => self.text(name, text),
            Json::Array(parts) => join(
                parts.iter().map(|each| self.words(name, each)).collect(),
                "; ",
            ),
            Json::Object(grant) if name == "grants" => {
                let role = grant.get("role").and_then(Json::as_str).unwrap_or_default();
                let role =
                    Role::from_code(role).map_or_else(|| role.to_owned(), |r| cx.l(r.label()));
                let reach = match grant.get("organization").filter(|unit| !unit.is_null()) {
                    Some(unit) => self.words("organization", unit),
                    None => cx.t("account-province"),
                };
                format!("{role} ({reach})")
            }
            Json::Object(parts) => {
                let part = |(name, value): (&String, &Json)| {
                    format!("{}: {}", self.field(name), self.words(name, value))
                };
                join(parts.iter().map(part).collect(), "; ")
            }
        }
    }

    /// What a code stands for where it is one; else the text.
    fn text(&self, name: &str, text: &str) -> String {
        let (cx, library) = (self.cx, self.library);
        let known = match (self.noun, name) {
            ("document", "state") => State::from_code(text).map(|state| cx.l(state.label())),
            ("document", "template") => library.documents.get(text).map(|t| cx.l(&t.title)),
            ("claim", "kind") => text.parse().ok().map(|kind: ClaimKind| cx.l(kind.label())),
            ("claim", "why") => text.parse().ok().map(|why: Why| cx.l(why.label())),
            ("claim", "state") => Some(cx.t(format!("claim-state-{text}"))),
            ("account", "kind") => Some(cx.t(format!("account-kind-{text}"))),
            ("share", "subject_kind") => Some(cx.t("journal-entry-of-book")),
            ("setting", VALUE) => self.setting(text),
            ("attachment", "scan") => Some(cx.t(match text {
                "clean" => "scan-clean",
                "infected" => "scan-infected",
                _ => "scan-none",
            })),
            ("attachment", "marking") => {
                let part = |name: &str| self.values.get(name).and_then(Json::as_str).unwrap_or("");
                Some(cx.l(attachment::looked_at(text, part("unread"), "")))
            }
            // Said with the marking.
            ("attachment", "unread") => Some(String::new()),
            (_, "scopes") => Some(listed(text, |code| {
                Permission::from_code(code).map(|scope| cx.l(scope.label()))
            })),
            (_, "control") => library.controls.get(text).map(|c| cx.l(&c.title)),
            (_, "regulation") => library.regulations.get(text).map(|r| cx.l(&r.short)),
            (_, "clause") => Some(words::cite(cx, text)),
            (_, name) if name.starts_with("text.") => Some(text.to_owned()),
            _ => None,
        };
        known.unwrap_or_else(|| self.plain(text))
    }

    fn setting(&self, text: &str) -> Option<String> {
        let mut specs = setting::SETTINGS.iter();
        let spec = specs.find(|spec| spec.key == self.record_id)?;
        let cx = self.cx;
        match spec.kind {
            setting::SettingKind::Boolean => Some(cx.t(if text == "true" { "yes" } else { "no" })),
            setting::SettingKind::Roles => Some(listed(text, |code| {
                Role::from_code(code).map(|role| cx.l(role.label()))
            })),
            setting::SettingKind::ContactRoles => {
                let roles = &noun::get("contact")?.field("role")?.choices;
                Some(listed(text, |code| {
                    roles.get(code).map(|label| cx.l(label))
                }))
            }
            _ => None,
        }
    }

    /// A text that is no code: names, dates; what only machines compare is short.
    fn plain(&self, text: &str) -> String {
        let is_hex = |c: char| c.is_ascii_hexdigit();
        if let Ok(id) = text.parse::<Id>() {
            let title = self.titles.get(&id).cloned();
            let short = || text.chars().rev().take(8).collect::<Vec<_>>();
            return title.unwrap_or_else(|| {
                let short: String = short().into_iter().rev().collect();
                self.cx.tx("journal-record", short)
            });
        }
        if text.len() == 64 && text.chars().all(is_hex) {
            return text.chars().take(12).chain(['…']).collect();
        }
        format::iso_date(text)
    }
}

/// A list of codes in words; what is no code stays.
fn listed(codes: &str, word: impl Fn(&str) -> Option<String>) -> String {
    let words = codes.split(',').map(|code| {
        let code = code.trim();
        word(code).unwrap_or_else(|| code.to_owned())
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use domain::label::Lang;
    use serde_json::json;

    use super::*;
    use crate::{cx::Theme, gallery};

    fn told(noun: &str, record_id: &str, values: &Json, lang: Lang) -> Vec<String> {
        let library = Library::load(&policy::Embedded).unwrap();
        let titles = HashMap::from([(
            "019acb00-0000-7000-8000-000000000001".parse().unwrap(),
            "Sở Nội vụ".to_owned(),
        )]);
        let values = values.as_object().unwrap();
        let told = Told {
            cx: &gallery::cx(lang, Theme::Auto, "/journal"),
            library: &library,
            noun,
            record_id,
            schema: None,
            values,
            titles: &titles,
        };
        let line = |(name, value): (&String, &Json)| {
            format!("{}: {}", told.field(name), told.value(name, Some(value)))
        };
        values.iter().map(line).collect()
    }

    const UNIT: &str = "019acb00-0000-7000-8000-000000000001";

    #[test]
    fn codes_and_milliseconds_are_words_and_dates() {
        let vi = |noun: &str, values: Json| told(noun, "remind.to", &values, Lang::Vi);
        assert_eq!(
            vi(
                "document",
                json!({ "template": "unit-usage-report", "state": "reviewed",
                "filled_at": 1_795_842_063_518_i64, "signed_on": "2026-11-28",
                "text.applications": "Một\nHai", "text.head.recipients": "Lưu: VT" })
            ),
            [
                "mẫu văn bản: Báo cáo sử dụng mạng của đơn vị",
                "trạng thái: Đã soát",
                "lấy số liệu lúc: 28/11/2026 12:01",
                "ngày ký: 28/11/2026",
                "nội dung: Ứng dụng, dịch vụ đang dùng trên mạng: Một\nHai",
                "nội dung: Nơi nhận thường lệ: Lưu: VT",
            ]
        );
        assert_eq!(
            vi(
                "account",
                json!({ "kind": "personal", "enabled": true, "organization": UNIT,
                "grants": [{ "role": "viewer", "organization": UNIT }, { "role": "administrator", "organization": null }] })
            ),
            [
                "loại: Của một người",
                "được dùng: Có",
                "đơn vị: Sở Nội vụ",
                "quyền: Người xem (Sở Nội vụ); Quản trị viên (Toàn tỉnh)",
            ]
        );
        assert_eq!(
            vi(
                "claim",
                json!({ "kind": "log-name", "state": "waiting", "why": "name" })
            )[..2],
            ["loại: Tên trong nhật ký", "trạng thái: chờ duyệt"]
        );
        let roles = vi("setting", json!({ "value": "it-officer,leader" }));
        assert!(!roles[0].contains('-'), "{roles:?}");
        let file = vi(
            "attachment",
            json!({ "size": 1_540_000, "scan": "not-scanned",
            "marking": "none", "sha256": "ab".repeat(32), "record_id": "019acb00-0000-7000-8000-0000000000ff" }),
        );
        assert!(file.contains(&"độ lớn: 1,5 MB".to_owned()), "{file:?}");
        assert!(
            file.contains(&"thuộc bản ghi: bản ghi …000000ff".to_owned()),
            "{file:?}"
        );
        assert!(
            file.iter().all(|line| line.chars().count() < 80),
            "{file:?}"
        );
    }

    /// The fields of what is no noun of the registry, as the program tells them.
    const TOLD: &[&str] = &[
        "account",
        "agent",
        "as_device",
        "as_organization",
        "asked_at",
        "asked_by",
        "at",
        "attachment",
        "claimed_at",
        "claimed_by",
        "continues",
        "control",
        "count",
        "counted_at",
        "created_at",
        "created_by",
        "decided_at",
        "decided_by",
        "detail",
        "device",
        "email",
        "enabled",
        "ended_at",
        "ended_by",
        "ends_on",
        "entries",
        "entry",
        "expires_at",
        "file",
        "filled",
        "filled_at",
        "fingerprint",
        "first_at",
        "folder",
        "from_at",
        "grants",
        "hash",
        "head",
        "holds",
        "host",
        "id",
        "key",
        "kind",
        "last_at",
        "lines",
        "login",
        "made_at",
        "made_by",
        "marking",
        "media_type",
        "name",
        "note",
        "number",
        "organization",
        "password",
        "peer",
        "period",
        "place",
        "question",
        "reason",
        "receiver",
        "record_id",
        "replaces",
        "revoked_at",
        "revoked_by",
        "role",
        "root",
        "scan",
        "scan_detail",
        "scanned_at",
        "scopes",
        "sent_on",
        "seq",
        "sha256",
        "shared",
        "shared_at",
        "shared_by",
        "signature",
        "signed_on",
        "signer",
        "signers",
        "size",
        "state",
        "statement",
        "subject",
        "subject_kind",
        "template",
        "title",
        "to_at",
        "totp",
        "unread",
        "unsealed",
        "uploaded_at",
        "uploaded_by",
        "valid_until",
        "why",
    ];

    #[test]
    fn every_field_has_its_word() {
        for name in TOLD {
            let key = format!("journal-field-{}", name.replace('_', "-"));
            assert!(i18n::has(&key), "{key}");
        }
        for noun in app::journal::OTHERS {
            assert!(i18n::has(&format!("journal-{noun}")), "{noun}");
        }
    }
}
