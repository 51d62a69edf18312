//! What running flows began with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};
use policy::flow::Flow;
use store::Tx;

use crate::App;

/// So many are remembered.
const MOST: usize = 1_000;

/// By the flow's id and the definition's hash.
type Known = HashMap<(String, String), Arc<Flow>>;

/// Definitions that were read. What a hash names never changes, and its guards need not be compiled
/// for each page.
#[derive(Debug, Default)]
pub(crate) struct Definitions(Mutex<Known>);

impl Definitions {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The definition of a flow by its hash.
///
/// # Errors
/// Unavailable where this version of the program does not read it.
pub(super) async fn definition(
    app: &App,
    tx: &mut Tx,
    id: &str,
    hash: &str,
) -> Result<Arc<Flow>, Problem> {
    let key = (id.to_owned(), hash.to_owned());
    if let Some(flow) = app.definitions.lock().get(&key) {
        return Ok(Arc::clone(flow));
    }
    let text = store::flow::definition(tx, hash).await?;
    let text = text.ok_or_else(|| gone(id, hash))?;
    let flow = Arc::new(Flow::read(id, &text).map_err(|error| {
        tracing::error!(%error, flow = id, "a running flow began with a definition that is not read");
        Problem::new(
            ProblemKind::Unavailable,
            Label::new(
                "Phiên bản chương trình này không đọc được quy trình đã bắt đầu",
                "This version of the program does not read what the request began with",
            ),
            id,
            Label::new(
                "Báo quản trị viên; chạy lại phiên bản trước để kết thúc.",
                "Tell an administrator; the version before can bring it to its end.",
            ),
        )
    })?);
    let mut known = app.definitions.lock();
    if known.len() >= MOST {
        known.clear();
    }
    known.insert(key, Arc::clone(&flow));
    Ok(flow)
}

/// What is said where the definition with which a flow began is not there.
fn gone(id: &str, hash: &str) -> Problem {
    tracing::error!(
        flow = id,
        definition = hash,
        "the definition with which a flow began is gone"
    );
    Problem::new(
        ProblemKind::Conflict,
        Label::new(
            "Quy trình mà đề nghị đã bắt đầu không còn trong cơ sở dữ liệu",
            "The definition with which the request began is gone from the database",
        ),
        id,
        Label::new(
            "Báo quản trị viên: chạy gieng journal verify và khôi phục từ bản sao lưu.",
            "Tell an administrator: run gieng journal verify and restore it from a backup.",
        ),
    )
}
