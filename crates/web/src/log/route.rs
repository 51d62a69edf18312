//! The addresses of the logs.

use std::collections::HashMap;

use app::{
    App, Ctx, evidence,
    logs::{self, Flags, LogClaim, LogQuery, Record},
    registry::{self, RecordQuery},
};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    authority::Permission,
    id::Id,
    label::Label,
    net::Prefix,
    parse,
    problem::{FieldProblem, Problem},
    text,
};

use super::{
    page::{Check, FlagTag, Index, Line, LineRow},
    unknown,
};
use crate::{
    cx::Cx,
    format,
    http::{self, Fault, Form, Param, Params, Reader},
    journal,
    page::Routes,
    server::Web,
};

const SIZE: usize = 100;
/// How lines are asked for that tell no severity.
const NO_SEVERITY: &str = "none";
const SEVERITIES: [&str; 9] = ["0", "1", "2", "3", "4", "5", "6", "7", NO_SEVERITY];

/// The routes of the logs.
pub fn routes() -> Routes {
    Routes::new()
        .get("/logs", index)
        .get("/logs/unknown", unknown::list)
        .post("/logs/unknown/adopt", unknown::adopt)
        .post("/logs/claims/{id}/end", unknown::end_claim)
        .get("/logs/{index}", line)
        .get("/logs/{index}/proof", proof)
}

/// A device as it is shown and asked for.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// All devices in the reader's reach.
pub async fn devices(app: &App, ctx: &Ctx) -> Result<HashMap<Id, Device>, Problem> {
    let every = RecordQuery {
        limit: 100_000,
        ..RecordQuery::default()
    };
    let page = registry::list(app, ctx, "device", &every).await?;
    Ok(page
        .records
        .iter()
        .map(|r| {
            let text = |field| r.text(field).to_owned();
            let device = Device {
                code: text("code"),
                name: text("name"),
            };
            (r.id, device)
        })
        .collect())
}

/// What the page and the API take.
pub fn declared() -> Vec<Param> {
    vec![
        Param::new("q", Form::Text, "words or a part of the line"),
        Param::new(
            "source",
            Form::Text,
            "a device's code or a part of its name, or an address or prefix",
        ),
        Param::new("unit", Form::Text, "a unit, by id or code"),
        Param::one_of(
            "severity",
            SEVERITIES,
            "this severe or worse (RFC 5424), or those that tell none",
        ),
        Param::one_of(
            "flag",
            Flags::ALL.map(|(_, name)| name),
            "lines with which this is amiss",
        ),
        Param::new("from", Form::Moment, "received from this moment on"),
        Param::new("to", Form::Moment, "received before this moment"),
        Param::limit(u64::try_from(logs::PAGE).unwrap_or(u64::MAX)),
        Param::new(
            "cursor",
            Form::Number(0, u64::MAX),
            "`next` of the page before",
        ),
    ]
}

/// What the parameters of the page or of the API ask for. `source` is an address, a prefix, the
/// code of a device, or a part of the name of one or more.
///
/// # Errors
/// Invalid for a source that is none of these.
pub fn query(params: &Params, devices: &HashMap<Id, Device>) -> Result<LogQuery, Fault> {
    let asked = params.get("source");
    let peer = Prefix::or_address(asked);
    let mut found: Vec<Id> = Vec::new();
    let mut wrong = Vec::new();
    // Blanks are no source either; a form's empty field is not among what is `filled`.
    let given = params.all("source").any(|given| !given.is_empty());
    if peer.is_none() && given {
        let source = text::fold(asked);
        let with = |fits: &dyn Fn(&Device) -> bool| -> Vec<Id> {
            let fitting = devices.iter().filter(|(_, device)| fits(device));
            fitting.map(|(id, _)| *id).collect()
        };
        found = with(&|d| text::fold(&d.code) == source);
        if found.is_empty() && !source.is_empty() {
            found = with(&|d| text::fold(&d.name).contains(&source));
        }
        if found.is_empty() {
            let shown: String = asked.chars().take(60).collect();
            wrong.push(FieldProblem::new(
                "source",
                format!("“{shown}” không phải địa chỉ, dải địa chỉ, mã hay tên thiết bị nào"),
                format!("“{shown}” is no address, no prefix and no device's code or name"),
            ));
        }
    }
    let (from, to) = (
        parse::instant(params.get("from")),
        parse::instant(params.get("to")),
    );
    if !wrong.is_empty() {
        return Err(crate::http::misasked(wrong));
    }
    Ok(LogQuery {
        from,
        to,
        devices: found,
        peer,
        unit: None,
        max_severity: params.get("severity").parse().ok().filter(|n| *n <= 7),
        no_severity: params.get("severity") == NO_SEVERITY,
        flags: Flags::named(params.get("flag")).unwrap_or_default(),
        text: params.get("q").to_owned(),
        limit: match params.number("limit") {
            0 => SIZE,
            n => n,
        },
        cursor: params.get("cursor").parse().ok(),
    })
}

/// The last verifications; what is wrong is for those who read the journal.
async fn checks(app: &App, ctx: &Ctx, cx: &Cx) -> Result<Vec<Check>, Fault> {
    let checks = evidence::checks(app, ctx).await?;
    let check = |c: evidence::EvidenceCheck| {
        let key = match (c.subject.as_str(), c.sound) {
            ("vault", true) => "vault-sound",
            ("vault", false) => "vault-unsound",
            (_, true) => "journal-sound",
            (_, false) => "journal-unsound",
        };
        let mut said = cx.tn(key, c.size);
        if !c.sound && cx.may(Permission::Journal) {
            let reason = c.reason().map(|reason| cx.l(reason));
            said = format!("{said} {}", reason.unwrap_or_default());
        }
        Check {
            sound: c.sound,
            said,
            at: c.checked_at,
        }
    };
    Ok(checks.into_iter().map(check).collect())
}

async fn index(State(web): State<Web>, reader: Reader, params: Params) -> Result<Response, Fault> {
    let mut known = declared();
    known.push(Param::new("done", Form::Text, ""));
    params.hold_filled(&known)?;
    let (app, ctx, cx) = (&web.app, &reader.ctx, reader.cx);
    let names = devices(app, ctx).await?;
    let mut asked = query(&params.filled(), &names)?;
    asked.unit = journal::unit(app, ctx, &params, "unit").await?;
    let first_page = asked.cursor.is_none();
    let live = first_page && asked.to.is_none();
    let page = logs::search(app, ctx, asked).await?;
    let claims = logs::claims(app, ctx).await?;
    let unknown = if cx.may(Permission::Manage) {
        logs::count_unknown(app, ctx).await.unwrap_or_default()
    } else {
        0
    };
    let others = params.without(&["cursor", "done"]);
    let older = page.next.map(|cursor| {
        let joint = if others.is_empty() { "" } else { "&" };
        format!("/logs?{others}{joint}cursor={cursor}")
    });
    let key = if older.is_some() {
        "logs-found-more"
    } else {
        "logs-found"
    };
    Ok(http::Page(Index {
        here: format!("/logs?{others}"),
        unknown,
        checks: checks(app, ctx, &cx).await?,
        q: params.get("q").to_owned(),
        source: params.get("source").to_owned(),
        severities: SEVERITIES
            .map(|code| {
                let word = cx.t(format!("severity-{code}"));
                let word = if matches!(code, "7" | NO_SEVERITY) {
                    word
                } else {
                    cx.tx("severity-at-least", word)
                };
                (code.to_owned(), word, params.get("severity") == code)
            })
            .to_vec(),
        flags: Flags::ALL
            .map(|(_, name)| {
                let word = cx.t(format!("log-flag-{name}"));
                (name.to_owned(), word, params.get("flag") == name)
            })
            .to_vec(),
        from: params.get("from").to_owned(),
        to: params.get("to").to_owned(),
        found: cx.tn(key, page.rows.len()),
        live,
        lines: page
            .rows
            .iter()
            .map(|record| row(&cx, record, &names, &claims, params.get("q")))
            .collect(),
        older,
        cx,
    })
    .into_response())
}

/// The device that a line is of: whose it was when it arrived, or was said to be later.
pub fn device(record: &Record, claims: &[LogClaim]) -> Id {
    let claim = logs::claim_of(claims, record);
    claim.map_or_else(|| Id::from_bytes(record.source), |claim| claim.device)
}

fn source(record: &Record, names: &HashMap<Id, Device>, claims: &[LogClaim]) -> String {
    let known = names.get(&device(record, claims));
    known.map_or_else(|| record.peer.to_string(), |device| device.name.clone())
}

fn row(
    cx: &Cx,
    record: &Record,
    names: &HashMap<Id, Device>,
    claims: &[LogClaim],
    q: &str,
) -> LineRow {
    LineRow {
        index: record.index,
        at: record.received_at_ms,
        severity: record.severity.map(|n| n.min(7)),
        severity_word: severity(cx, record),
        flags: flags(cx, record),
        source: source(record, names, claims),
        text: highlight(&record.text(), q),
    }
}

/// The severity as a word; empty where the line tells none.
fn severity(cx: &Cx, record: &Record) -> String {
    let word = |n: u8| cx.t(format!("severity-{}", n.min(7)));
    record.severity.map(word).unwrap_or_default()
}

fn flags(cx: &Cx, record: &Record) -> Vec<FlagTag> {
    let tag = |name| FlagTag {
        word: cx.t(format!("log-flag-{name}")),
        about: cx.t(format!("log-flag-{name}-about")),
    };
    record.flags.names().map(tag).collect()
}

/// The line as HTML with what was searched for marked. Diacritics do not matter to
/// the search; only what is written alike is marked.
fn highlight(text: &str, q: &str) -> String {
    let clean: String = text
        .chars()
        .take(2_000)
        .map(|c| {
            if c.is_control() && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    let (needle, folded) = (q.to_lowercase(), clean.to_lowercase());
    // Lower case may be longer or shorter than what is written: then nothing is marked.
    if needle.is_empty() || folded.len() != clean.len() {
        return escape(&clean);
    }
    let (mut out, mut at) = (String::with_capacity(clean.len() + 32), 0);
    while let Some(found) = folded[at..].find(&needle) {
        let (start, end) = (at + found, at + found + needle.len());
        if !clean.is_char_boundary(start) || !clean.is_char_boundary(end) {
            break;
        }
        out.push_str(&escape(&clean[at..start]));
        out.push_str("<mark>");
        out.push_str(&escape(&clean[start..end]));
        out.push_str("</mark>");
        at = end;
    }
    out.push_str(&escape(&clean[at..]));
    out
}

fn escape(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html)
        .map_or_else(|_| String::new(), |safe| safe.to_string())
}

async fn line(
    State(web): State<Web>,
    reader: Reader,
    Path(index): Path<String>,
) -> Result<Response, Fault> {
    let (app, ctx, cx) = (&web.app, &reader.ctx, reader.cx);
    let number = place(&index)?;
    let record = logs::line(app, ctx, number).await?;
    let names = devices(app, ctx).await?;
    let claims = logs::claims(app, ctx).await?;
    let claim = logs::claim_of(&claims, &record);
    let unit = claim.map_or_else(|| Id::from_bytes(record.unit), |c| c.organization.0);
    let unit = registry::get(app, ctx, "organization", &unit.to_string()).await;
    let mut fields = vec![(
        cx.t("log-received"),
        format::datetime_seconds(record.received_at_ms),
    )];
    if let Some(sent) = record.sent_at_ms {
        fields.push((cx.t("log-sent"), format::datetime_seconds(sent)));
    }
    fields.extend((flags(&cx, &record).into_iter()).map(|flag| (flag.word, flag.about)));
    fields.push((cx.t("logs-severity"), severity(&cx, &record)));
    let facility = record.facility.map(|n| n.to_string());
    fields.push((cx.t("log-facility"), facility.unwrap_or_default()));
    fields.push((cx.t("log-device"), source(&record, &names, &claims)));
    if let Some(claim) = claim {
        let at = format::datetime(claim.claimed_at);
        fields.push((cx.t("log-claimed"), format!("{at} · {}", claim.claimed_by)));
    }
    if let Ok(unit) = unit {
        fields.push((cx.t("log-unit"), unit.text("name").to_owned()));
    }
    fields.push((cx.t("log-peer"), record.peer.to_string()));
    fields.push((cx.t("log-host"), record.host.clone()));
    fields.push((cx.t("log-application"), record.application.clone()));
    fields.retain(|(_, value)| !value.is_empty());
    let raw = record.text().into_owned();
    Ok(http::Page(Line {
        cx,
        index: number,
        raw,
        fields,
    })
    .into_response())
}

fn place(index: &str) -> Result<u64, Problem> {
    index
        .parse()
        .map_err(|_| Problem::not_found(&Label::new("dòng nhật ký", "log line"), index))
}

/// The proof as a file that others verify (C2SP tlog-proof).
async fn proof(
    State(web): State<Web>,
    reader: Reader,
    Path(index): Path<String>,
) -> Result<Response, Fault> {
    let number = place(&index)?;
    let proof = logs::prove(&web.app, &reader.ctx, number).await?;
    let disposition = format!("attachment; filename=\"gieng-log-{number}.tlog-proof\"");
    Ok((
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        proof.to_text(),
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::highlight;

    #[test]
    fn marks_are_put_around_escaped_text() {
        assert_eq!(
            highlight("a <b> Login x", "login"),
            "a &#60;b&#62; <mark>Login</mark> x"
        );
        assert_eq!(highlight("no\u{7}bell", ""), "no\u{fffd}bell");
        assert_eq!(highlight("Đăng nhập", "NHẬP"), "Đăng <mark>nhập</mark>");
    }
}
