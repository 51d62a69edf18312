//! Who is not signed in gets so many answers a second, by address; who is, is not counted. A
//! session or a token that is shown for the first time is looked up within a share of its own: it
//! may be made up.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Instant,
};

use app::{
    allowance::{Allowances, Bounds, Grant},
    seats::network,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
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

/// So many are remembered that showed to be somebody's.
const PROVEN: usize = 50_000;

/// What strangers may ask, and who is none.
pub struct Strangers {
    /// Who shows nothing.
    plain: Allowances,
    /// Who shows something that nobody has seen yet.
    showing: Allowances,
    proven: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

impl Default for Strangers {
    fn default() -> Self {
        Self {
            plain: Allowances::new(UNSIGNED),
            showing: Allowances::new(UNSIGNED),
            proven: Mutex::default(),
            hasher: RandomState::new(),
        }
    }
}

impl Strangers {
    /// The session or token of a request, as it is remembered.
    fn shown(&self, headers: &HeaderMap) -> Option<u64> {
        if let Some(token) = headers.get(header::AUTHORIZATION) {
            return Some(self.hasher.hash_one(token.as_bytes()));
        }
        let jar = CookieJar::from_headers(headers);
        let session = jar.get(SESSION)?;
        Some(self.hasher.hash_one(session.value()))
    }

    fn proven(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prove(&self, shown: u64) {
        let mut proven = self.proven();
        if proven.len() >= PROVEN && !proven.contains(&shown) {
            // Each is proven again by its next request.
            proven.clear();
        }
        proven.insert(shown);
    }
}

/// Whose a request is, as far as that was asked.
#[derive(Clone, Debug, Default)]
pub struct Signed(Arc<OnceLock<bool>>);

impl Signed {
    /// It is somebody's who is signed in, or nobody's.
    pub fn found(&self, somebody: bool) {
        // It stays what it was first.
        let _ = self.0.set(somebody);
    }
}

/// Refuses an address that asks too much without signing in. Whose session or token was seen to
/// be good is heard always: an address may be shared.
pub async fn fair(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let remote = request.extensions().get::<Asked>();
    let remote: Option<IpAddr> = remote.and_then(|asked| asked.remote.parse().ok());
    let Some(remote) = remote else {
        return next.run(request).await;
    };
    let strangers = &web.strangers;
    let shown = strangers.shown(request.headers());
    let proven = shown.is_some_and(|shown| strangers.proven().contains(&shown));
    // An address of IPv6 stands for its /64.
    let remote = network(remote);
    let allowance = match shown {
        Some(_) => &strangers.showing,
        None => &strangers.plain,
    };
    let charge = |n| allowance.charge(remote, n, 0, Instant::now(), 0);
    if !proven && let Grant::After(wait) = charge(0) {
        return too_many(&remote.to_string(), wait.as_secs() + 1);
    }
    let signed = Signed::default();
    request.extensions_mut().insert(signed.clone());
    let response = next.run(request).await;
    let found = signed.0.get().copied();
    match (shown, found) {
        (Some(shown), Some(true)) => strangers.prove(shown),
        // A session that has ended.
        (Some(shown), Some(false)) if proven => {
            strangers.proven().remove(&shown);
        }
        _ => {}
    }
    // Nobody owes more than the bound: who stops is heard again soon.
    let somebody = found.unwrap_or(proven);
    if !somebody && !matches!(charge(0), Grant::After(_)) {
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
