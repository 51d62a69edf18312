//! One mapping from what went wrong to a page, or to a JSON problem (RFC 9457).

use askama::Template;
use axum::{
    Extension, Json,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use domain::{
    label::Label,
    noun,
    problem::{Problem, ProblemKind},
};
use serde_json::json;

use super::{asked::Asked, params::encode, reply::redirect};
use crate::cx::Cx;

/// What is asked too much may be asked again after so many seconds, where nothing better is known.
const SOME_WAIT: u32 = 60;

/// An error of a handler.
#[derive(Clone, Debug)]
pub struct Fault {
    problem: Problem,
    status: StatusCode,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let status = match problem.kind {
            ProblemKind::SignIn => StatusCode::UNAUTHORIZED,
            ProblemKind::Denied => StatusCode::FORBIDDEN,
            ProblemKind::NotFound => StatusCode::NOT_FOUND,
            ProblemKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            ProblemKind::Conflict => StatusCode::CONFLICT,
            ProblemKind::Limit => StatusCode::TOO_MANY_REQUESTS,
            ProblemKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ProblemKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { problem, status }
    }
}

impl Fault {
    /// A problem with a status of its own.
    pub fn with_status(problem: Problem, status: StatusCode) -> Self {
        Self { problem, status }
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// A page of its own that says it, with its status and, for what was asked too often, when
    /// to ask again.
    pub fn shown_on(&self, page: impl IntoResponse) -> Response {
        let mut response = (self.status, page).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            let wait = self.problem.wait.unwrap_or(SOME_WAIT);
            let wait = HeaderValue::from(wait);
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }

    /// Nobody is signed in.
    pub fn sign_in() -> Self {
        Problem::new(
            ProblemKind::SignIn,
            Label::new("Cần đăng nhập", "Sign in first"),
            "",
            Label::new(
                "Đăng nhập rồi mở lại trang này; chương trình khác dùng mã truy cập (Authorization: Bearer).",
                "Sign in and open this again; programs send a token (Authorization: Bearer).",
            ),
        )
        .into()
    }
}

impl IntoResponse for Fault {
    /// The bare status with the problem beside it: [`dress`] knows the reader and does the rest.
    fn into_response(self) -> Response {
        let mut response = self.shown_on(());
        response.extensions_mut().insert(self.problem);
        response
    }
}

/// What a JSON problem says beside the usual (RFC 9457, 3.2): an object.
#[derive(Clone, Debug)]
pub struct More(pub serde_json::Value);

/// The page that says what happened, to what, and what to do next.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// Context.
    pub cx: Cx,
    /// What happened.
    pub problem: Problem,
    /// The HTTP status.
    pub status: u16,
    /// The request, as it stands in the program's log.
    pub request: String,
    /// Where to go: address and text.
    pub ways: Vec<(String, String)>,
}

/// The same for somebody who is signed in: with the menu.
#[derive(Debug, Template)]
#[template(path = "error_within.html")]
pub struct ErrorWithin {
    /// Context.
    pub cx: Cx,
    /// What happened.
    pub problem: Problem,
    /// The HTTP status.
    pub status: u16,
    /// The request, as it stands in the program's log.
    pub request: String,
    /// Where to go: address and text.
    pub ways: Vec<(String, String)>,
}

/// What the framework's own refusals mean.
fn meaning(status: StatusCode, path: &str) -> Problem {
    let (kind, vi, en, next_vi, next_en) = match status {
        StatusCode::NOT_FOUND => (
            ProblemKind::NotFound,
            "Không có trang này",
            "There is no such page",
            "Kiểm tra lại địa chỉ, hoặc dùng ô tìm kiếm.",
            "Check the address, or use the search box.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            ProblemKind::Invalid,
            "Địa chỉ này không nhận thao tác đó",
            "This address does not take that method",
            "Quay lại trang trước và làm lại bằng nút trên trang.",
            "Go back and use the buttons of the page.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            ProblemKind::Invalid,
            "Không nhận dữ liệu kiểu này",
            "Content of this type is not taken",
            "Gửi đúng kiểu dữ liệu (Content-Type) của địa chỉ này.",
            "Send the type (Content-Type) that this address takes.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            ProblemKind::Limit,
            "Dữ liệu gửi lên quá lớn",
            "What was sent is too large",
            "Chia nhỏ dữ liệu rồi gửi lại.",
            "Send it in smaller parts.",
        ),
        status if status.is_server_error() => (
            ProblemKind::Internal,
            "Chương trình gặp lỗi",
            "The program met a fault",
            "Thử lại; nếu vẫn lỗi, gửi mã yêu cầu cho quản trị viên.",
            "Try again; if it persists, give the request id to an administrator.",
        ),
        _ => (
            ProblemKind::Invalid,
            "Yêu cầu không đọc được",
            "The request cannot be read",
            "Quay lại trang trước, kiểm tra các mục đã nhập rồi gửi lại.",
            "Go back, check what was entered and send it again.",
        ),
    };
    Problem::new(kind, Label::new(vi, en), path, Label::new(next_vi, next_en))
}

/// Turns the problems of handlers, and the framework's own refusals, into what the reader understands.
pub async fn dress(Extension(asked): Extension<Asked>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let from = page_before(request.headers());
    let mut response = next.run(request).await;
    let status = response.status();
    let problem = response.extensions_mut().remove::<Problem>();
    let more = response.extensions_mut().remove::<More>();
    let finished = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    if problem.is_none() && (finished || !(status.is_client_error() || status.is_server_error())) {
        return response;
    }
    let problem = problem.unwrap_or_else(|| meaning(status, &asked.path));
    if status.is_server_error() {
        tracing::warn!(request = asked.id, path = asked.path, %status, what = problem.what.en, "answered with a fault");
    }
    let mut dressed = if asked.api {
        json_problem(&asked, &problem, status, more)
    } else if problem.kind == ProblemKind::SignIn && !asked.fragment {
        // A form is not sent again by coming back: the page that it stood on keeps what was typed.
        let back = if method == Method::GET {
            here(&asked)
        } else {
            from.unwrap_or_else(|| "/".to_owned())
        };
        redirect(&format!("/sign-in?back={}", encode(&back)))
    } else {
        page(&asked, problem, status)
    };
    // Cookies and Retry-After of the answer stay.
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE
            && name != header::CONTENT_LENGTH
            && !dressed.headers().contains_key(name)
        {
            dressed.headers_mut().append(name, value.clone());
        }
    }
    dressed
}

/// The page of ours that a form was sent from, as the browser says; `same_site` has let only our
/// own pages through.
pub(super) fn page_before(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name)?.to_str().ok();
    let referer = text(header::REFERER)?.split_once("://")?.1;
    let path = referer.strip_prefix(text(header::HOST)?)?;
    path.starts_with('/').then(|| path.to_owned())
}

fn here(asked: &Asked) -> String {
    if asked.query.is_empty() {
        asked.path.clone()
    } else {
        format!("{}?{}", asked.path, asked.query)
    }
}

fn json_problem(
    asked: &Asked,
    problem: &Problem,
    status: StatusCode,
    more: Option<More>,
) -> Response {
    let fields: Vec<_> = problem
        .fields
        .iter()
        .map(|field| json!({ "field": field.field, "message": field.message.get(asked.lang) }))
        .collect();
    let mut body = json!({
        "type": "about:blank",
        "title": problem.what.get(asked.lang),
        "status": status.as_u16(),
        "detail": problem.next.get(asked.lang),
        "subject": problem.subject,
        "instance": asked.path,
        "request": asked.id,
        "errors": fields,
    });
    if let (Some(body), Some(More(serde_json::Value::Object(more)))) = (body.as_object_mut(), more)
    {
        body.extend(more);
    }
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// Where a page that cannot be shown leads on: to the list that it would be in, the part of the
/// menu that it belongs to, the overview.
fn ways_on(cx: &Cx, path: &str) -> Vec<(String, String)> {
    let mut ways = Vec::new();
    let part = cx.menu().into_iter().find(|item| {
        let rest = path.strip_prefix(item.href);
        item.href != "/" && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let noun = path.strip_prefix("/registry/");
    let noun = noun.and_then(|rest| noun::get(rest.split('/').next()?));
    if let Some(schema) = noun.filter(|_| part.is_some()) {
        ways.push((format!("/registry/{}", schema.noun), cx.l(&schema.plural)));
    }
    if let Some(part) = part.filter(|part| path != part.href) {
        ways.push((part.href.to_owned(), part.text));
    }
    ways.push(("/".to_owned(), cx.t("error-home")));
    ways
}

fn page(asked: &Asked, mut problem: Problem, status: StatusCode) -> Response {
    // What nobody may do is named by a word of the program's own.
    if problem.kind == ProblemKind::Denied
        && problem.subject.bytes().all(|b| b.is_ascii_lowercase())
    {
        problem.subject.clear();
    }
    let cx = Cx {
        lang: asked.lang,
        theme: asked.theme,
        now: asked.now,
        actor: asked.reader.get().cloned(),
        path: asked.path.clone(),
        query: asked.query.clone(),
        page: asked.page.clone(),
        done: None,
        unjudged: None,
    };
    let mut ways = ways_on(&cx, &asked.path);
    if problem.kind == ProblemKind::SignIn {
        ways.insert(0, ("/sign-in".to_owned(), cx.t("error-sign-in")));
    }
    let (request, number) = (asked.id.clone(), status.as_u16());
    let rendered = if cx.actor.is_some() && !asked.fragment {
        ErrorWithin {
            request,
            status: number,
            problem,
            ways,
            cx,
        }
        .render()
    } else {
        ErrorPage {
            request,
            status: number,
            problem,
            ways,
            cx,
        }
        .render()
    };
    match rendered {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the error page did not render");
            (status, Body::empty()).into_response()
        }
    }
}
