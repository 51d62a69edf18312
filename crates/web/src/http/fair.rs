//! Who is not signed in gets so many answers a second, by address; who is, is not counted.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use app::{
    allowance::{Bounds, Grant},
    seats::network,
};
use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};

use super::{asked::Asked, fault::Fault, reader::SESSION};
use crate::server::Web;

/// Requests a second of one address without anybody signed in; ten seconds' worth at once.
pub const UNSIGNED: Bounds = Bounds::each(200);

/// The addresses that asked are forgotten so often; else ten thousand of them would leave the
/// next ones one account together.
const FORGOTTEN_MS: i64 = 60_000;

/// Set once a request has shown to come from somebody who is signed in.
#[derive(Clone, Debug, Default)]
pub struct Signed(Arc<AtomicBool>);

impl Signed {
    /// Somebody is.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Refuses an address that asks too much without signing in. Who shows a session or a token
/// is heard first: an address may be shared.
pub async fn fair(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let remote = request.extensions().get::<Asked>();
    let remote: Option<IpAddr> = remote.and_then(|asked| asked.remote.parse().ok());
    let Some(remote) = remote else {
        return next.run(request).await;
    };
    let headers = request.headers();
    let shows = headers.contains_key(header::AUTHORIZATION)
        || CookieJar::from_headers(headers).get(SESSION).is_some();
    // An address of IPv6 stands for its /64; who was seen long ago is forgotten.
    let (remote, now) = (network(remote), web.app.clock.now_ms());
    let turn = now.div_euclid(FORGOTTEN_MS);
    let charge = |n| web.unsigned.charge(remote, n, 0, Instant::now(), turn);
    if !shows && let Grant::After(wait) = charge(0) {
        return too_many(&remote.to_string(), wait.as_secs() + 1);
    }
    let signed = Signed::default();
    request.extensions_mut().insert(signed.clone());
    let response = next.run(request).await;
    // Nobody owes more than the bound: who stops is heard again soon.
    if !signed.0.load(Ordering::Relaxed) && !matches!(charge(0), Grant::After(_)) {
        charge(1);
    }
    response
}

fn too_many(remote: &str, seconds: u64) -> Response {
    let problem = Problem::new(
        ProblemKind::Limit,
        Label::new(
            "Quá nhiều yêu cầu từ địa chỉ này",
            "Too many requests from this address",
        ),
        remote,
        Label::new(
            format!("Đợi {seconds} giây rồi thử lại; người đã đăng nhập không bị giới hạn này."),
            format!("Wait {seconds} seconds and try again; who is signed in is not bound by this."),
        ),
    );
    let wait = u32::try_from(seconds).unwrap_or(u32::MAX);
    Fault::from(problem.after(wait)).into_response()
}
