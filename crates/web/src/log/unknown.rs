//! Senders that belong to no device yet.

use std::collections::HashMap;

use app::{
    logs,
    registry::{self, RecordQuery},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{authority::Permission, id::Id, label::Label, problem::Problem};
use serde::Deserialize;

use super::page::{ClaimRow, Sender, Unknown};
use crate::{
    format,
    http::{self, Fault, Form, Param, Params, Reader, done, encode, redirect},
    paging::Pages,
    server::Web,
};

/// Rows of a page.
const SIZE: usize = 50;
/// How many devices are offered; the code of any other is typed.
const CANDIDATES: usize = 500;

/// `GET /logs/unknown`.
pub async fn list(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    let known = [
        Param::new(
            "offset",
            Form::Number(0, 1_000_000),
            "rows that are passed over",
        ),
        Param::new("done", Form::Text, ""),
    ];
    params.hold_filled(&known)?;
    let offset = params.number("offset");
    let senders = logs::unknown_senders(&web.app, &reader.ctx, offset, SIZE).await?;
    let total = logs::count_unknown(&web.app, &reader.ctx).await?;
    let every = RecordQuery {
        limit: 100_000,
        ..RecordQuery::default()
    };
    let devices = registry::list(&web.app, &reader.ctx, "device", &every)
        .await?
        .records;
    let names: HashMap<Id, &str> = devices.iter().map(|d| (d.id, d.text("name"))).collect();
    let claims = logs::claims(&web.app, &reader.ctx).await?;
    let cx = reader.cx;
    let claims = claims
        .into_iter()
        .map(|c| ClaimRow {
            id: c.id.to_string(),
            device: names.get(&c.device).copied().unwrap_or_default().to_owned(),
            time: format!(
                "{} – {}",
                format::datetime(c.from_at),
                format::datetime(c.to_at)
            ),
            lines: c.counted_at.map(|_| c.lines),
            by: format!("{} · {}", c.claimed_by, format::datetime(c.claimed_at)),
            peer: c.peer,
        })
        .collect();
    let senders = senders
        .into_iter()
        .map(|sender| Sender {
            peer: sender.peer,
            sample: sender.sample.chars().take(200).collect(),
            lines: sender.lines,
            last: sender.last_at,
        })
        .collect();
    // Once for all senders. A name in a line is the sender's own claim: it chooses nothing.
    let free = (devices.iter()).filter(|device| device.get("address").is_null());
    Ok(http::Page(Unknown {
        may_adopt: cx.may(Permission::Manage),
        senders,
        pages: Pages::new(&cx, "/logs/unknown", "", offset, SIZE, total),
        devices: (free.take(CANDIDATES))
            .map(|device| {
                (
                    device.text("code").to_owned(),
                    device.text("name").to_owned(),
                )
            })
            .collect(),
        claims,
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
    axum::Form(chosen): axum::Form<Adoption>,
) -> Result<Response, Fault> {
    let device = chosen.device.trim();
    if device.is_empty() {
        let peer = encode(&chosen.peer);
        return Ok(redirect(&format!(
            "/registry/device/new?address={peer}&back=/logs/unknown"
        )));
    }
    logs::adopt(&web.app, &reader.ctx, &chosen.peer, device).await?;
    Ok(done("/logs/unknown", "unknown-adopted"))
}

/// `POST /logs/claims/{id}/end`: the earlier lines of a sender are nobody's again.
pub async fn end_claim(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let missing = |()| Problem::not_found(&Label::new("việc nhận", "claim"), &id);
    let id: Id = id.parse().map_err(|_| missing(()))?;
    logs::end_claim(&web.app, &reader.ctx, id).await?;
    Ok(done("/logs/unknown", "log-claim-ended"))
}
