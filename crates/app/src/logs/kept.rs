//! Since when the lines of each source can still be read.

use std::collections::HashSet;

use domain::label::Label;
use store::{
    StoreError,
    log_source::{self, LogSource},
};
use vault::{Order, Query, Reader};

use crate::{App, application::LOG_SOURCES};

/// Moves the first arrival of each source to its oldest line that the vault still reads, so
/// that "kept since" never rests on a date alone.
///
/// # Errors
/// [`StoreError`] of the engine. What the vault cannot search now is left as it is.
pub async fn kept(app: &App) -> Result<Option<Label>, StoreError> {
    let Some(reader) = app.logs.reader() else {
        return Ok(None);
    };
    let mut moved = Vec::new();
    for source in log_source::all(&app.db).await? {
        match oldest(reader, &source).await {
            Ok(at) if at != source.first_received_at => moved.push((source.device, at)),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, device = %source.device, "the oldest line could not be looked for; it will be tried again");
            }
        }
    }
    if moved.is_empty() {
        return Ok(None);
    }
    let mut work = app.begin_batch().await?;
    work.touch(LOG_SOURCES);
    for (device, at) in &moved {
        log_source::kept_since(&mut work, *device, *at).await?;
    }
    work.commit().await?;
    let sources = moved.len();
    Ok(Some(Label::new(
        format!("{sources} nguồn không còn đọc được dòng đầu đã ghi nhận"),
        format!("{sources} sources whose first line can no longer be read"),
    )))
}

/// When the oldest readable line from the first on was received; the last where none is.
async fn oldest(reader: &Reader, source: &LogSource) -> Result<i64, vault::Error> {
    let first = source.first_received_at;
    // The first line itself is found without looking at what came after it.
    for to_ms in [Some(first + 1), None] {
        let mut query = Query {
            from_ms: Some(first),
            to_ms,
            sources: Some(HashSet::from([source.device.bytes()])),
            limit: 1,
            order: Order::OldestFirst,
            lenient: true,
            ..Query::default()
        };
        loop {
            let page = reader.search(query.clone()).await?;
            if let Some(line) = page.rows.first() {
                return Ok(line.received_at_ms);
            }
            query.cursor = page.next;
            if page.next.is_none() {
                break;
            }
        }
    }
    Ok(source.last_received_at)
}
