//! What Rust does for flows, by name ([`policy::flow::CALLS`]).

use domain::{claim::ClaimKind, label::Label, problem::Problem};
use store::Tx;

use super::ground::Ground;
use crate::{
    App, Work,
    claim::{self, Decision, Heard},
};

/// What a call will do something to, for who approves it.
///
/// # Errors
/// Unavailable.
pub(super) async fn shown(
    tx: &mut Tx,
    ground: &Ground,
    name: &str,
) -> Result<Vec<String>, Problem> {
    match name {
        "grant-claims" => {
            let claims = waiting(tx, ground).await?;
            Ok(claims.into_iter().map(|(_, value)| value).collect())
        }
        // A flow that began with another version of the program may name what this one does not know.
        _ => Err(Problem::not_found(&Label::new("việc", "call"), name)),
    }
}

/// The claims of the flow's record that are not in force.
async fn waiting(tx: &mut Tx, ground: &Ground) -> Result<Vec<(ClaimKind, String)>, Problem> {
    let Some(record) = ground.row.subject else {
        return Ok(Vec::new());
    };
    let unit = ground.row.organization;
    Ok(store::claim::open_of_record(tx, record, unit).await?)
}

/// Does it, in the transaction of the step.
///
/// # Errors
/// What it refuses; unavailable.
pub(super) async fn call(
    app: &App,
    work: &mut Work,
    ground: &Ground,
    name: &str,
    heard: &Heard,
) -> Result<(), Problem> {
    match name {
        "grant-claims" => {
            for (kind, value) in waiting(work, ground).await? {
                let unit = ground.row.organization;
                let decision = (Decision::Grant, None);
                claim::decide_in(app, work, (kind, &value), unit, decision, heard).await?;
            }
            Ok(())
        }
        _ => Err(Problem::internal(name)),
    }
}

#[cfg(test)]
mod tests {
    /// A call that lint knows and nobody does would stop a flow for ever.
    #[test]
    fn each_call_that_a_flow_may_name_is_done_here() {
        let text = include_str!("call.rs");
        for call in policy::flow::CALLS {
            let arm = format!("\"{}\" => {{", call.name);
            assert_eq!(text.matches(&arm).count(), 2, "{}", call.name);
        }
    }
}
