//! Answers.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use domain::problem::Problem;

use super::{fault::Fault, own::own_path};

/// A page or a fragment.
#[derive(Debug)]
pub struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page did not render");
                Fault::from(Problem::internal("")).into_response()
            }
        }
    }
}

/// Sends the browser to another page of ours with GET; never elsewhere, whoever wrote `to`.
pub fn redirect(to: &str) -> Response {
    let to = HeaderValue::from_str(&own_path(to)).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// As [`redirect`], with the message `done-…` about what was done.
pub fn done(to: &str, message: &'static str) -> Response {
    let (path, fragment) = to
        .split_once('#')
        .map_or((to, None), |(path, fragment)| (path, Some(fragment)));
    let joint = if path.contains('?') { '&' } else { '?' };
    let tail = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
    redirect(&format!("{path}{joint}done={message}{tail}"))
}
