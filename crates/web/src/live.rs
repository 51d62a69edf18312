//! Live updates: the names of what changed, as server-sent events.
//!
//! A page fetches again what shows it; nothing but names is sent, so authority is
//! decided where it always is, and a lost event costs nothing.

use std::{
    collections::{BTreeSet, HashMap},
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::{account, seats::Seat};
use axum::{
    Extension,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::{
    http::Reader,
    page::{Need, Page, Routes},
    server::Web,
};

/// The stream.
pub static PAGE: Page = Page {
    path: "/live",
    menu: None,
    need: Need::SignIn,
    topics: &[],
    routes: || Routes::new().get("/live", stream),
};

/// Changes within this time go out together.
const GATHER: Duration = Duration::from_millis(400);

/// Streams of one session at the same time: so many tabs stay live.
const TABS: usize = 12;
/// Streams of one account, whatever sessions it has.
const OF_ACCOUNT: usize = 3 * TABS;

/// How many streams each session and each account has.
#[derive(Debug, Default)]
pub struct Streams(Mutex<HashMap<String, usize>>);

/// One of them, counted out when dropped.
struct Open {
    streams: Arc<Streams>,
    counted: [String; 2],
}

impl Streams {
    fn open(self: &Arc<Self>, session: &str, account: &str) -> Option<Open> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = [format!("session {session}"), format!("account {account}")];
        let has = |who: &String| table.get(who).copied().unwrap_or_default();
        if has(&counted[0]) >= TABS || has(&counted[1]) >= OF_ACCOUNT {
            return None;
        }
        for who in &counted {
            *table.entry(who.clone()).or_default() += 1;
        }
        Some(Open {
            streams: Arc::clone(self),
            counted,
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut table = (self.streams.0.lock()).unwrap_or_else(PoisonError::into_inner);
        for who in &self.counted {
            if let Some(count) = table.get_mut(who) {
                *count -= 1;
                if *count == 0 {
                    table.remove(who);
                }
            }
        }
    }
}

/// `GET /live`; 204, after which a browser does not ask again, when the session or the account
/// has enough. A stream gives its seat up to who comes when there is no other: the browser comes
/// back by itself.
async fn stream(State(web): State<Web>, seat: Option<Extension<Seat>>, reader: Reader) -> Response {
    let me = &reader.me;
    let account = me.account.to_string();
    let session = match me.session.as_str() {
        "" => &account,
        session => session,
    };
    let Some(open) = web.streams.open(session, &account) else {
        return StatusCode::NO_CONTENT.into_response();
    };
    if let Some(Extension(seat)) = seat {
        seat.waiting(true);
    }
    let topics = web.app.live.listen();
    let state = (topics, web, reader.me, open);
    let events = stream::unfold(state, |(mut topics, web, me, open)| async move {
        let stop = web.stop.clone();
        let first = tokio::select! {
            () = stop.cancelled() => return None,
            topic = topics.recv() => topic,
        };
        let mut names = BTreeSet::new();
        let mut missed = false;
        match first {
            Ok(topic) => {
                names.insert(topic.name());
            }
            Err(RecvError::Lagged(_)) => missed = true,
            Err(RecvError::Closed) => return None,
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(GATHER) => {}
        }
        loop {
            match topics.try_recv() {
                Ok(topic) => {
                    names.insert(topic.name());
                }
                Err(TryRecvError::Lagged(_)) => missed = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        // The stream outlives the request: who was signed out meanwhile hears no more.
        if !matches!(account::goes_on(&web.app, &me).await, Ok(true)) {
            return None;
        }
        let event = if missed {
            Event::default().event("all").data("all")
        } else {
            let names: Vec<&str> = names.into_iter().collect();
            Event::default().data(names.join(" "))
        };
        Some((Ok::<_, Infallible>(event), (topics, web, me, open)))
    });
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
        .into_response();
    // A proxy in between must not gather what should go out at once.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
