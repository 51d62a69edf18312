//! The addresses of receipts and of OSCAL.

use app::{
    assess::{self, Known},
    proof,
};
use axum::{
    Json,
    extract::{Path, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::label::Lang;
use policy::Library;

use super::page::{Receipts, Verified};
use crate::{
    compliance::{day_params, moment, words},
    cx::Cx,
    format,
    http::{self, Fault, Form, Param, Params, Reader, receive},
    mark::Mark,
    operation::{self, Operation},
    page::Routes,
    server::Web,
};

/// Receipts are a few kilobytes; the evidence in one is at most some hundred.
const MOST: usize = 4 << 20;

/// The routes of proof.
pub fn routes() -> Routes {
    Routes::new()
        .get("/receipts", page)
        .files("/receipts", verify)
        .get("/compliance/{regulation}/{cite}/{unit}/receipt", make)
        .get("/api/v1/oscal/catalog/{regulation}", catalog)
        .says(|_| {
            Operation::new(
                "A regulation as an OSCAL catalog",
                "the catalog",
                operation::anything(),
            )
        })
        .get("/api/v1/oscal/profile", profile)
        .says(|_| {
            Operation::new(
                "What is adopted, as an OSCAL profile",
                "the profile",
                operation::anything(),
            )
        })
        .get("/api/v1/oscal/results", results)
        .says(|library| {
            let summary = "Verdicts as OSCAL assessment results";
            Operation::new(summary, "the results", operation::anything()).takes(of_results(library))
        })
}

async fn make(
    State(web): State<Web>,
    reader: Reader,
    Path((regulation, cite, unit)): Path<(String, String, String)>,
    params: Params,
) -> Result<Response, Fault> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let view = assess::board(app, ctx, moment(&params)?).await?;
    let note = proof::make(app, ctx, &view, &regulation, &cite, &unit).await?;
    let code: String = unit.chars().filter(|c| c.is_alphanumeric()).collect();
    let name = format!("attachment; filename=\"receipt-{code}.txt\"");
    Ok((
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        note,
    )
        .into_response())
}

fn show(web: &Web, cx: Cx, verified: Option<Verified>) -> Response {
    let key = proof::key(&web.app).unwrap_or_default();
    http::Page(Receipts { cx, key, verified }).into_response()
}

async fn page(State(web): State<Web>, reader: Reader) -> Response {
    show(&web, reader.cx, None)
}

async fn verify(
    State(web): State<Web>,
    reader: Reader,
    request: Request,
) -> Result<Response, Fault> {
    let upload = receive(request, MOST).await?;
    let cx = reader.cx;
    let verified = upload.files.first().map(|file| {
        let note = String::from_utf8_lossy(&file.bytes);
        let key = proof::key(&web.app);
        match proof::verify(&note, key.as_deref()) {
            Ok(verified) => told(&cx, &web, &verified),
            Err(error) => Verified {
                good: false,
                text: cx.tx(refusal(&error), error.to_string()),
                mark: None,
                href: String::new(),
                fields: Vec::new(),
            },
        }
    });
    Ok(show(&web, cx, verified))
}

fn refusal(error: &proof::ReceiptError) -> &'static str {
    match error {
        proof::ReceiptError::Form(_) => "receipt-not-one",
        proof::ReceiptError::Key(_) => "receipt-other-key",
        proof::ReceiptError::Signature(_) | proof::ReceiptError::Evidence => "receipt-changed",
    }
}

fn told(cx: &Cx, web: &Web, verified: &proof::Verified) -> Verified {
    let (receipt, s) = (&verified.receipt, &verified.receipt.statement);
    let library = web.app.library();
    let status = s.verdict.status;
    let field = |key: &str, value: String| (cx.t(key), value);
    let as_of = match s.known {
        None => local(&s.as_of),
        Some(Known::Then) => format!("{} · {}", local(&s.as_of), cx.t("as-of-then")),
        Some(Known::Now) => format!("{} · {}", local(&s.as_of), cx.t("as-of-now")),
    };
    Verified {
        good: true,
        text: cx.t("receipt-holds"),
        mark: Some(Mark::from(status)),
        href: format!(
            "/compliance/{}/{}/{}{}",
            s.regulation.id,
            s.clause.cite,
            s.organization.code,
            day(s).unwrap_or_default()
        ),
        fields: vec![
            field("receipt-unit", s.organization.name.clone()),
            field(
                "receipt-clause",
                format!(
                    "{} · {}",
                    s.regulation.number,
                    words::cite(cx, &s.clause.cite)
                ),
            ),
            field("verdict-clause", cx.l(&s.clause.summary)),
            field(
                "receipt-why",
                words::why(cx, &library, status, &verified.evidence),
            ),
            field("verdict-since", local(&s.verdict.since)),
            field("as-of", as_of),
            field(
                "receipt-made",
                format!("{} · {}", local(&s.made_at), s.made_by),
            ),
            field(
                "receipt-journal",
                format!("{} · {}", receipt.journal.seq, receipt.journal.hash),
            ),
            field("verdict-evidence-hash", s.verdict.evidence_hash.clone()),
        ],
    }
}

/// The day that a receipt looks back at, as a query for links; none where it is of its own.
fn day(s: &proof::Statement) -> Option<String> {
    let at = domain::parse::instant(&s.as_of)?;
    let day = domain::clock::local_date(domain::clock::from_ms(at));
    Some(format!("?as_of={day}&known={}", s.known?.code()))
}

/// An instant of a receipt in local time; what is none stays as it is.
fn local(text: &str) -> String {
    domain::parse::instant(text).map_or_else(|| text.to_owned(), format::datetime_seconds)
}

fn language(params: &Params, cx: &Cx) -> Lang {
    match params.get("lang") {
        "" => cx.lang,
        code => Lang::from_code(code),
    }
}

async fn catalog(
    State(web): State<Web>,
    reader: Reader,
    Path(regulation): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    let lang = language(&params, &reader.cx);
    let document = proof::oscal::catalog(&web.app, &reader.ctx, &regulation, lang)?;
    Ok(Json(document).into_response())
}

async fn profile(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let view = assess::board(&web.app, &reader.ctx, None).await?;
    let title = match params.get("title") {
        "" => "Giềng",
        title => title,
    };
    Ok(Json(proof::oscal::profile(&web.app, &view, title)).into_response())
}

/// What the results take.
fn of_results(library: &Library) -> Vec<Param> {
    let regulations = library.regulations.keys().map(String::as_str);
    let mut taken = vec![
        Param::one_of("regulation", regulations, "a regulation's id"),
        Param::new("unit", Form::Text, "a unit's code"),
        Param::one_of("lang", ["vi", "en"], "the language of the texts"),
    ];
    taken.extend(day_params());
    taken
}

async fn results(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    params.hold(&of_results(&web.app.library()))?;
    let view = assess::board(&web.app, &reader.ctx, moment(&params)?).await?;
    let given = |name: &str| {
        Some(params.get(name))
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
    };
    let lang = language(&params, &reader.cx);
    let (regulation, unit) = (given("regulation"), given("unit"));
    let (regulation, unit) = (regulation.as_deref(), unit.as_deref());
    let _turn = web.app.turn(&reader.ctx).await?;
    // Seconds of work for a whole province: other requests go on beside it.
    tokio::task::block_in_place(|| {
        let document = proof::oscal::results(&web.app, &view, regulation, unit, lang)?;
        Ok(Json(document).into_response())
    })
}
