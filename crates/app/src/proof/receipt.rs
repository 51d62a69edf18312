//! A receipt: one verdict with all that it rests on, signed, verifiable without a database.
//!
//! It is a C2SP signed note: the line `gieng receipt v1`, the [`Receipt`] as JSON, an empty
//! line, and the installation's Ed25519 signature, so that any tool for signed notes can
//! check it too.

use domain::{
    clock,
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
};
use policy::Status;
use serde::{Deserialize, Serialize};
use vault::note::{NoteError, Verifier};

use crate::{
    App, Ctx,
    assess::{self, BoardView, Evidence, Known, VerdictView},
};

const TITLE: &str = "gieng receipt v1";

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The statement itself.
    pub statement: Statement,
    /// The entry of the change journal that records that the statement was made.
    pub journal: Position,
    /// The public key that signs, as a C2SP verifier key.
    pub key: String,
}

/// What is stated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The account that asked for it.
    pub made_by: String,
    /// The moment it speaks of, RFC 3339.
    pub as_of: String,
    /// Of a moment that had passed: as it was known then, or by what was known when the
    /// receipt was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// About whom.
    pub organization: Organization,
    /// The text.
    pub regulation: Text,
    /// The clause.
    pub clause: ClauseText,
    /// The verdict.
    pub verdict: Verdict,
    /// The checks that judged; none where another text of the packs judged then.
    pub checks: Vec<CheckText>,
    /// The evidence as it was kept when the verdict began, JSON, or as it is of the moment that
    /// was judged anew; its SHA-256 is the `evidence_hash` beside the verdict.
    pub evidence: String,
    /// The newest signed checkpoint of the log vault when it was made.
    pub checkpoint: Option<String>,
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its identifier.
    pub id: OrganizationId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A regulation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Its id.
    pub id: String,
    /// The official number.
    pub number: String,
    /// Its title.
    pub title: Label,
}

/// A clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseText {
    /// `16.8`.
    pub cite: String,
    /// What it asks, in the pack's words.
    pub summary: Label,
    /// Lower-case hex SHA-256 of the clause as the pack has it, JSON.
    pub sha256: String,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The interval's identifier; of what was judged anew, one made of what it is about.
    pub id: String,
    /// `met`, `breached`, `no_data`, …
    pub status: Status,
    /// The code of the reason.
    pub reason: Option<String>,
    /// Since when it holds, RFC 3339; of what was judged anew, the moment it speaks of.
    pub since: String,
    /// When it was written down, RFC 3339; of what was judged anew, when the receipt was made.
    pub recorded_at: String,
    /// What judged: the hash over controls, checks and parameters.
    pub basis: String,
    /// Lower-case hex SHA-256 of the evidence.
    pub evidence_hash: String,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckText {
    /// Its id.
    pub id: String,
    /// Lower-case hex SHA-256 of its SQL.
    pub sha256: String,
}

/// An entry of the change journal. Its `after` holds the SHA-256 of the statement, JSON
/// without blanks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Its number.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// Makes a receipt for one verdict, as the board `view` has it. The journal notes who asked.
///
/// # Errors
/// Not found when the clause does not bind the unit, denied, unavailable.
pub async fn make(
    app: &App,
    ctx: &Ctx,
    view: &BoardView,
    regulation: &str,
    cite: &str,
    unit: &str,
) -> Result<String, Problem> {
    let verdict = assess::verdict(app, ctx, view, regulation, cite, unit).await?;
    let signer = app.logs.signer().ok_or_else(|| {
        Problem::new(
            ProblemKind::Unavailable,
            Label::new("Chưa có khóa ký", "There is no signing key yet"),
            "vault.key",
            Label::new(
                "Khởi động chương trình một lần (gieng serve) để tạo khóa.",
                "Start the program once (gieng serve): that makes the key.",
            ),
        )
    })?;
    let statement = statement(app, ctx, view, &verdict).await?;
    let body = serde_json::to_string(&statement).map_err(|_| Problem::internal("receipt"))?;
    let asked = serde_json::json!({
        "regulation": regulation,
        "clause": cite,
        "statement_sha256": policy::hash::of_bytes(body.as_bytes()),
    });
    let (id, unit) = (&statement.verdict.id, Some(verdict.unit.id));
    let mut work = app.begin_own(ctx).await?;
    work.event(
        "verdict",
        id,
        unit,
        "receipt",
        None,
        Some(asked.to_string()),
    );
    let (seq, hash) = store::journal::head(&mut work).await?;
    work.commit().await?;
    let receipt = Receipt {
        statement,
        journal: Position { seq, hash },
        key: signer.verifier().to_vkey(),
    };
    let json = serde_json::to_string_pretty(&receipt).map_err(|_| Problem::internal("receipt"))?;
    signer
        .sign_text(&format!("{TITLE}\n{json}\n"))
        .map_err(|_| Problem::internal("receipt"))
}

/// The installation's public key as a C2SP verifier key; none before its first start.
pub fn key(app: &App) -> Option<String> {
    Some(app.logs.signer()?.verifier().to_vkey())
}

async fn statement(
    app: &App,
    ctx: &Ctx,
    view: &BoardView,
    verdict: &VerdictView,
) -> Result<Statement, Problem> {
    let now = app.clock.now_ms();
    let cell = &verdict.cell;
    let (recorded_at, evidence) = match &verdict.interval {
        Some(row) => {
            let kept = assess::kept_body(app, &cell.evidence_hash).await?;
            (row.recorded_at, kept)
        }
        None if view.is_anew() => (now, verdict.evidence.json()),
        None => return Err(Problem::internal("verdict")),
    };
    // The texts of checks that judged otherwise then are not kept.
    let same = assess::is_judged_so(app, view, verdict);
    let clause = serde_json::to_string(&verdict.clause).map_err(|_| Problem::internal("clause"))?;
    Ok(Statement {
        made_at: stamp(now),
        made_by: ctx.actor.name.clone(),
        as_of: stamp(view.as_of.map_or(now, |as_of| as_of.at)),
        known: view.as_of.map(|as_of| as_of.known),
        organization: Organization {
            id: verdict.unit.id,
            code: verdict.unit.code.clone(),
            name: verdict.unit.name.clone(),
        },
        regulation: Text {
            id: verdict.regulation.id.clone(),
            number: verdict.regulation.number.clone(),
            title: verdict.regulation.title.clone(),
        },
        clause: ClauseText {
            cite: verdict.clause.cite.clone(),
            summary: verdict.clause.summary.clone(),
            sha256: policy::hash::of_bytes(clause.as_bytes()),
        },
        verdict: Verdict {
            id: cell.id.clone(),
            status: cell.status,
            reason: cell.reason.clone(),
            since: stamp(cell.since),
            recorded_at: stamp(recorded_at),
            basis: cell.basis.to_string(),
            evidence_hash: cell.evidence_hash.clone(),
        },
        checks: verdict
            .checks
            .iter()
            .filter(|_| same)
            .map(|(id, sql)| CheckText {
                id: id.clone(),
                sha256: policy::hash::of_bytes(sql.as_bytes()),
            })
            .collect(),
        evidence,
        checkpoint: app
            .logs
            .reader()
            .and_then(vault::Reader::latest_checkpoint)
            .map(|c| c.note),
    })
}

fn stamp(ms: i64) -> String {
    clock::from_ms(ms).to_string()
}

/// A receipt that holds.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What it says.
    pub receipt: Receipt,
    /// The evidence, read.
    pub evidence: Evidence,
    /// The key was given by the caller; otherwise it is only the one in the receipt itself,
    /// which must be compared with the installation's.
    pub trusted: bool,
}

/// A receipt that does not hold, or is none.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It is not written as a receipt is.
    #[error("not a receipt: {0}")]
    Form(String),
    /// The signature does not fit the text: something was changed, or another signed it.
    #[error("the receipt does not hold: {0}")]
    Signature(#[from] NoteError),
    /// It is signed, but by another key than the one that was given.
    #[error("it is signed by another key: {0}")]
    Key(String),
    /// The evidence in it is not that of its hash.
    #[error("the evidence does not fit its hash")]
    Evidence,
}

/// Verifies a receipt with the key given (a C2SP verifier key), or with the one it carries.
///
/// # Errors
/// [`ReceiptError`] says what does not hold.
pub fn verify(note: &str, key: Option<&str>) -> Result<Verified, ReceiptError> {
    let form = |what: &str| ReceiptError::Form(what.to_owned());
    let json = note
        .strip_prefix(TITLE)
        .and_then(|rest| rest.strip_prefix('\n'))
        .ok_or_else(|| form("its first line is another"))?;
    let (json, _) = json
        .split_once("\n\n")
        .ok_or_else(|| form("there is no signature"))?;
    let receipt: Receipt =
        serde_json::from_str(json).map_err(|e| ReceiptError::Form(e.to_string()))?;
    let given = key.map(str::trim);
    if given.is_some_and(|key| key != receipt.key) {
        return Err(ReceiptError::Key(receipt.key));
    }
    let verifier = Verifier::from_vkey(&receipt.key)?;
    verifier.open_text(note)?;
    let hash = policy::hash::of_bytes(receipt.statement.evidence.as_bytes());
    if hash != receipt.statement.verdict.evidence_hash {
        return Err(ReceiptError::Evidence);
    }
    if let Some(checkpoint) = &receipt.statement.checkpoint {
        verifier.open(checkpoint)?;
    }
    let evidence = serde_json::from_str(&receipt.statement.evidence)
        .map_err(|e| ReceiptError::Form(e.to_string()))?;
    Ok(Verified {
        receipt,
        evidence,
        trusted: given.is_some(),
    })
}
