//! Live updates: the names of what changed, as server-sent events.
//!
//! A page fetches again what shows it; nothing but names is sent, so authority is
//! decided where it always is, and a lost event costs nothing.

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::{http::Reader, server::Web};

/// Changes within this time go out together.
const GATHER: Duration = Duration::from_millis(400);

/// `GET /live`.
pub async fn stream(State(web): State<Web>, _: Reader) -> Response {
    let topics = web.app.live.listen();
    let stop = web.stop.clone();
    let events = stream::unfold((topics, stop), |(mut topics, stop)| async move {
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
        let event = if missed {
            Event::default().event("all").data("all")
        } else {
            let names: Vec<&str> = names.into_iter().collect();
            Event::default().data(names.join(" "))
        };
        Some((Ok::<_, Infallible>(event), (topics, stop)))
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
