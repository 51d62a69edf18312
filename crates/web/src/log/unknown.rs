//! Senders that belong to no device yet.

use app::{
    logs,
    registry::{self, RecordQuery},
};
use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::authority::Permission;
use serde::Deserialize;

use super::page::{Sender, Unknown};
use crate::{
    http::{self, Fault, Reader, done, encode, redirect},
    server::Web,
};

/// How many devices are offered for a sender; more are found on the page of devices.
const CANDIDATES: usize = 200;

/// `GET /logs/unknown`.
pub async fn list(State(web): State<Web>, reader: Reader) -> Result<Response, Fault> {
    let senders = logs::unknown_senders(&web.app, &reader.ctx).await?;
    let every = RecordQuery {
        limit: 100_000,
        ..RecordQuery::default()
    };
    let devices = registry::list(&web.app, &reader.ctx, "device", &every)
        .await?
        .records;
    let cx = reader.cx;
    let senders = senders
        .into_iter()
        .map(|sender| {
            // The likely ones first: whose name the line carries, then those without an address.
            let mut candidates: Vec<(bool, bool, &domain::record::Record)> = devices
                .iter()
                .map(|device| {
                    let name = device.text("name");
                    let named = name.len() > 2 && sender.sample.contains(name);
                    (named, device.get("address").is_null(), device)
                })
                .collect();
            candidates.sort_by_key(|(named, free, _)| (!named, !free));
            Sender {
                candidates: candidates
                    .into_iter()
                    .take(CANDIDATES)
                    .map(|(named, _, device)| {
                        (device.id.to_string(), device.text("name").to_owned(), named)
                    })
                    .collect(),
                peer: sender.peer,
                sample: sender.sample.chars().take(200).collect(),
                lines: sender.lines,
                last: sender.last_at,
            }
        })
        .collect();
    Ok(http::Page(Unknown {
        may_adopt: cx.may(Permission::Manage),
        senders,
        cx,
    })
    .into_response())
}

#[derive(Deserialize)]
pub struct Adoption {
    peer: String,
    #[serde(default)]
    device: String,
}

/// `POST /logs/unknown/adopt`: gives the address to a device, or leads to the form of a new one.
pub async fn adopt(
    State(web): State<Web>,
    reader: Reader,
    Form(chosen): Form<Adoption>,
) -> Result<Response, Fault> {
    if chosen.device.is_empty() {
        let peer = encode(&chosen.peer);
        return Ok(redirect(&format!(
            "/registry/device/new?address={peer}&back=/logs/unknown"
        )));
    }
    logs::adopt(&web.app, &reader.ctx, &chosen.peer, &chosen.device).await?;
    Ok(done("/logs/unknown", "unknown-adopted"))
}
