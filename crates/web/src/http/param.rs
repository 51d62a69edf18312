//! The parameters that an address declares: what it takes, what each holds, and the refusal
//! of everything else. The API's description is made of the same declarations.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::{FromRequestParts as _, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{
    clock::start_of_day_ms,
    label::Label,
    net, parse,
    problem::{FieldProblem, Problem, ProblemKind},
};
use percent_encoding::percent_decode;
use serde_json::{Value, json};

use super::{
    fault::Fault,
    params::Params,
    reader::Visitor,
    room::{self, Unread},
    upload::FORM,
};
use crate::server::Web;

/// A parameter of an address.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub form: Form,
    /// What it is for, in the description of the API.
    pub about: String,
}

/// What a parameter holds.
#[derive(Clone, Debug)]
pub enum Form {
    /// Any text.
    Text,
    /// Any text, as often as one likes.
    Texts,
    /// A date: ISO, or as it is typed on a page.
    Day,
    /// A moment: RFC 3339, or a local date with an optional time.
    Moment,
    /// `true` or `false`.
    Flag,
    /// A whole number from … to ….
    Number(u64, u64),
    /// One of these words.
    OneOf(Vec<String>),
    /// The name of a field, with `-` before it for downwards.
    Sort(Vec<String>),
    /// An address.
    Ip,
}

impl Param {
    /// A parameter.
    pub fn new(name: impl Into<String>, form: Form, about: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            form,
            about: about.into(),
        }
    }

    /// One of a few words.
    pub fn one_of<'a>(
        name: &str,
        words: impl IntoIterator<Item = &'a str>,
        about: impl Into<String>,
    ) -> Self {
        let words = words.into_iter().map(ToOwned::to_owned).collect();
        Self::new(name, Form::OneOf(words), about)
    }

    /// `limit`, of at most so many.
    pub fn limit(most: u64) -> Self {
        Self::new("limit", Form::Number(1, most), "at most so many")
    }

    /// As the description of the API has it.
    pub fn described(&self) -> Value {
        let schema = match &self.form {
            Form::Text => json!({ "type": "string", "minLength": 1 }),
            Form::Texts => {
                json!({ "type": "array", "items": { "type": "string", "minLength": 1 } })
            }
            Form::Day => json!({ "type": "string", "format": "date" }),
            Form::Moment => json!({ "type": "string", "format": "date-time" }),
            Form::Flag => json!({ "type": "boolean" }),
            Form::Number(least, most) => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Form::OneOf(words) => json!({ "type": "string", "enum": words }),
            Form::Sort(fields) => {
                let both = fields.iter().flat_map(|f| [f.clone(), format!("-{f}")]);
                json!({ "type": "string", "enum": both.collect::<Vec<_>>() })
            }
            Form::Ip => {
                json!({ "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] })
            }
        };
        json!({ "name": self.name, "in": "query", "description": self.about, "schema": schema })
    }

    /// What is wrong with a value. An empty one would stand for every value there is.
    fn wrong(&self, value: &str) -> Option<FieldProblem> {
        if value.is_empty() && matches!(self.form, Form::Text | Form::Texts) {
            return Some(FieldProblem::new(
                &self.name,
                "Để trống; ghi giá trị, hoặc bỏ tham số này",
                "Is empty; write a value, or leave the parameter out",
            ));
        }
        let (good, vi, en) = match &self.form {
            Form::Text | Form::Texts => return None,
            Form::Day => (
                parse::date(value).is_some(),
                "không phải là ngày; viết như 2026-11-21".to_owned(),
                "is not a date; write it as 2026-11-21".to_owned(),
            ),
            Form::Moment => (
                parse::instant(value).is_some(),
                "không phải là thời điểm; viết như 2026-11-21T08:30:00+07:00 hoặc 21/11/2026 08:30"
                    .to_owned(),
                "is not a moment; write it as 2026-11-21T08:30:00+07:00 or 21/11/2026 08:30"
                    .to_owned(),
            ),
            Form::Flag => (
                matches!(value, "true" | "false"),
                "phải là true hoặc false".to_owned(),
                "must be true or false".to_owned(),
            ),
            Form::Number(least, most) => (
                value
                    .parse::<u64>()
                    .is_ok_and(|n| (least..=most).contains(&&n)),
                format!("phải là số nguyên từ {least} đến {most}"),
                format!("must be a whole number from {least} to {most}"),
            ),
            Form::OneOf(words) => (
                words.iter().any(|word| word == value),
                format!("phải là một trong: {}", words.join(", ")),
                format!("must be one of: {}", words.join(", ")),
            ),
            Form::Sort(fields) => {
                let name = value.strip_prefix('-').unwrap_or(value);
                (
                    fields.iter().any(|field| field == name),
                    format!(
                        "không sắp xếp được theo mục này; được: {} (đặt - ở trước để đảo chiều)",
                        fields.join(", ")
                    ),
                    format!(
                        "cannot be sorted by; there are: {} (- before it for downwards)",
                        fields.join(", ")
                    ),
                )
            }
            Form::Ip => (
                net::parse_address(value).is_ok(),
                "không phải địa chỉ IP".to_owned(),
                "is not an IP address".to_owned(),
            ),
        };
        let shown: String = value.chars().take(60).collect();
        (!good).then(|| {
            let (vi, en) = (format!("“{shown}” {vi}"), format!("“{shown}” {en}"));
            FieldProblem::new(&self.name, vi, en)
        })
    }
}

/// The parameters that bound a time: its first and its last day or moment.
const SPANS: [(&str, &str); 2] = [("from", "to"), ("since", "until")];

/// An address with parameters that it does not take, or that hold what they cannot: 400.
pub fn misasked(wrong: Vec<FieldProblem>) -> Fault {
    let problem = Problem {
        fields: wrong,
        ..Problem::new(
            ProblemKind::Invalid,
            Label::new(
                "Địa chỉ có tham số không hiểu được",
                "The address has parameters that are not understood",
            ),
            "",
            Label::new(
                "Sửa hoặc bỏ các tham số được nêu; không có gì được lọc theo chúng.",
                "Mend or leave out the parameters named here; nothing was narrowed by them.",
            ),
        )
    };
    Fault::with_status(problem, StatusCode::BAD_REQUEST)
}

impl Params {
    /// Refuses parameters that are not `declared`, and values that they cannot hold.
    ///
    /// # Errors
    /// 400 with every parameter that is wrong, and what is known.
    pub fn hold(&self, declared: &[Param]) -> Result<(), Fault> {
        let names: Vec<&str> = declared.iter().map(|p| p.name.as_str()).collect();
        let known = match names.as_slice() {
            [] => "–".to_owned(),
            names => names.join(", "),
        };
        let strange = self
            .0
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()));
        let strange = strange.map(|(name, _)| {
            let name: String = name.chars().take(60).collect();
            FieldProblem::new(
                &name,
                format!("Không có tham số này; có: {known}"),
                format!("There is no such parameter; there are: {known}"),
            )
        });
        self.refuse(strange.collect(), declared)
    }

    /// The same for a page: a form sends what was left empty, too.
    ///
    /// # Errors
    /// As [`Params::hold`].
    pub fn hold_filled(&self, declared: &[Param]) -> Result<(), Fault> {
        self.filled().hold(declared)
    }

    /// Refuses only values that `declared` parameters cannot hold; what else there is is left.
    ///
    /// # Errors
    /// As [`Params::hold`].
    pub fn can(&self, declared: &[Param]) -> Result<(), Fault> {
        self.filled().refuse(Vec::new(), declared)
    }

    /// Those that were not left empty.
    pub fn filled(&self) -> Params {
        let filled = self.0.iter().filter(|(_, value)| !value.trim().is_empty());
        Params(filled.cloned().collect())
    }

    /// Whether a time that two declared parameters bound has nothing in it.
    fn ends_before_it_begins(&self, declared: &[Param], first: &str, last: &str) -> bool {
        let at = |name: &str| {
            let param = declared.iter().find(|param| param.name == name)?;
            match param.form {
                Form::Day => parse::date(self.get(name)).map(start_of_day_ms),
                Form::Moment => parse::instant(self.get(name)),
                _ => None,
            }
        };
        at(first)
            .zip(at(last))
            .is_some_and(|(first, last)| last < first)
    }

    fn refuse(&self, mut wrong: Vec<FieldProblem>, declared: &[Param]) -> Result<(), Fault> {
        for (name, value) in &self.0 {
            if let Some(param) = declared.iter().find(|param| param.name == *name) {
                wrong.extend(param.wrong(value.trim()));
            }
        }
        for (first, last) in SPANS {
            if self.ends_before_it_begins(declared, first, last) {
                wrong.push(FieldProblem::new(
                    last,
                    format!("Phải từ “{first}” trở đi"),
                    format!("Must not be before “{first}”"),
                ));
            }
        }
        for param in declared {
            if !matches!(param.form, Form::Texts) && self.all(&param.name).count() > 1 {
                wrong.push(FieldProblem::new(
                    &param.name,
                    "Có nhiều lần; chỉ ghi một lần",
                    "Given more than once; give it once",
                ));
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(misasked(wrong))
        }
    }
}

/// Refuses an address, or a form without files, that is no text: bytes that are not UTF-8 would
/// be kept as something else than was sent. Nothing that is kept or searched has a NUL, which
/// in a form is said at its field.
pub async fn legible(State(web): State<Web>, request: Request, next: Next) -> Response {
    let decoded = |part: &[u8]| percent_decode(part).decode_utf8().ok().map(Cow::into_owned);
    let clean = |part: &str| decoded(part.as_bytes()).is_some_and(|text| !text.contains('\0'));
    let uri = request.uri();
    if !clean(uri.path()) || !uri.query().is_none_or(clean) {
        return illegible("Địa chỉ", "The address", uri.path());
    }
    let kind = request.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(FORM_TYPE)) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Whose room it takes: an address may be shared, and who is signed in does not wait for
    // the others there. The handler asks again, for a form may come slowly.
    let _ = Visitor::from_request_parts(&mut parts, &web).await;
    let bytes = match room::read_form(body, FORM, parts.extensions.get()).await {
        Ok(bytes) => bytes,
        Err(Unread::Crowded) => return Fault::from(room::crowded()).into_response(),
        Err(Unread::Long) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(Unread::Slow) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    if decoded(&bytes).is_none() {
        return illegible("Biểu mẫu", "The form", parts.uri.path());
    }
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

const FORM_TYPE: &[u8] = b"application/x-www-form-urlencoded";

fn illegible(vi: &str, en: &str, path: &str) -> Response {
    let problem = Problem::new(
        ProblemKind::Invalid,
        Label::new(
            format!("{vi} có ký tự không đọc được"),
            format!("{en} has characters that cannot be read"),
        ),
        path,
        Label::new(
            "Viết bằng UTF-8, không có ký tự NUL.",
            "Write it in UTF-8, without NUL characters.",
        ),
    );
    Fault::with_status(problem, StatusCode::BAD_REQUEST).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<(), Fault> {
        let declared = [
            Param::new("q", Form::Text, ""),
            Param::new("from", Form::Day, ""),
            Param::new("to", Form::Day, ""),
            Param::new("at", Form::Moment, ""),
            Param::new("open", Form::Flag, ""),
            Param::limit(1_000),
            Param::one_of("state", ["up", "down"], ""),
            Param::new("sort", Form::Sort(vec!["code".into()]), ""),
            Param::new("address", Form::Ip, ""),
        ];
        let pairs = pairs.iter().map(|(n, v)| ((*n).into(), (*v).into()));
        Params(pairs.collect()).hold(&declared)
    }

    #[test]
    fn what_is_not_understood_is_refused_and_named() {
        let good = [
            ("q", "bất kỳ <b>"),
            ("from", "2026-11-21"),
            ("to", "2026-11-21"),
            ("at", "2026-11-21T08:30:00Z"),
            ("open", "true"),
            ("limit", "1000"),
            ("state", "down"),
            ("sort", "-code"),
            ("address", "2001:db8::1"),
        ];
        assert!(asked(&good).is_ok());
        let empty = Params(vec![("state".into(), " ".into())]);
        let state = [Param::one_of("state", ["up"], "")];
        assert!(empty.hold_filled(&state).is_ok() && empty.can(&state).is_ok());
        for (name, value) in [
            ("stat", "up"),
            ("from", "2026-02-30"),
            ("at", "yesterday"),
            ("open", "yes"),
            ("limit", "0"),
            ("limit", "1001"),
            ("limit", "ten"),
            ("limit", "-1"),
            ("state", "UP"),
            ("state", ""),
            ("q", ""),
            ("q", " "),
            ("sort", "name"),
            ("sort", "--code"),
            ("address", "10.0.0"),
        ] {
            let refused = asked(&[(name, value)]).unwrap_err();
            assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{name}={value}");
            assert!(format!("{refused:?}").contains(name), "{refused:?}");
        }
        assert!(asked(&[("open", "true"), ("open", "false")]).is_err());
        assert!(asked(&[("from", "2026-11-21"), ("to", "2026-11-20")]).is_err());
    }
}
