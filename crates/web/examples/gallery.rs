//! Serves a sample of every page, to be looked at: `cargo run -p web --example gallery`.

use axum::{
    Router,
    extract::{Path, Query},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use domain::label::Lang;
use web::{cx::Theme, gallery};

#[derive(serde::Deserialize)]
struct Look {
    lang: Option<String>,
    theme: Option<String>,
}

async fn index() -> Html<String> {
    let items: String = gallery::ALL
        .iter()
        .map(|(name, _)| format!("<li><a href=\"/sample/{name}\">{name}</a></li>"))
        .collect();
    Html(format!("<ul>{items}</ul>"))
}

async fn sample(Path(name): Path<String>, Query(look): Query<Look>) -> Response {
    let Some((name, render)) = gallery::ALL.iter().find(|(each, _)| *each == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cx = gallery::cx(
        Lang::from_code(look.lang.as_deref().unwrap_or("vi")),
        Theme::from_code(look.theme.as_deref().unwrap_or("auto")),
        &format!("/{name}"),
    );
    match render(&cx) {
        Ok(page) => Html(page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/", get(index))
        .route("/sample/{name}", get(sample))
        .route("/assets/{file}", get(web::assets::serve));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8790").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
