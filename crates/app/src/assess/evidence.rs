//! Why a verdict is as it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    label::{Label, Lang},
    problem::Problem,
};
use policy::{Control, Status, control::Value as Parameter, coverage::Basis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::assessment::Unit;

use super::{
    board::{Cell, ClauseKey},
    engine,
    view::BoardView,
};
use crate::App;

/// Rows kept with a verdict; a check that says more of one unit shows the worst ones.
pub(super) const MAX_ROWS: usize = 50;

/// What one control contributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlEvidence {
    /// The control's id.
    pub control: String,
    /// Its finding.
    pub status: Status,
    /// The code of the reason.
    pub reason: Option<String>,
    /// The parameters it was judged with.
    pub parameters: BTreeMap<String, Parameter>,
    /// How it was judged: `check`, `duty`, `attestation`, `awaited`.
    pub by: String,
    /// What the finding rests on; none in evidence of before this was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The facts, as rows with named columns.
    pub rows: Vec<BTreeMap<String, Value>>,
    /// How many rows there were in all.
    pub total: usize,
}

/// Why a verdict is as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Each control of the clause.
    pub controls: Vec<ControlEvidence>,
    /// The exemption that waives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

impl Evidence {
    /// The JSON of which the SHA-256 stands with the verdict.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The weakest that the verdict rests on; none where that was not told yet.
    pub fn basis(&self) -> Option<Basis> {
        self.controls.iter().filter_map(|c| c.basis).min()
    }
}

impl ControlEvidence {
    /// The reason in words, filled from the row that decided.
    pub fn explain(&self, control: &Control, lang: Lang) -> String {
        let Some(reason) = &self.reason else {
            return String::new();
        };
        let row = self
            .rows
            .iter()
            .find(|r| r.get("reason").and_then(Value::as_str) == Some(reason))
            .or_else(|| self.rows.first());
        let column = |name: &str| {
            let value = row.and_then(|r| r.get(name)).cloned().or_else(|| {
                self.parameters
                    .get(name)
                    .and_then(|p| serde_json::to_value(p).ok())
            })?;
            Some(word(lang, name, &value))
        };
        match common(reason).filter(|_| !control.reasons.contains_key(reason)) {
            Some(label) => policy::control::fill(label.get(lang), &column),
            None => control.explain(reason, lang, &column),
        }
    }
}

/// The reasons that the engine itself gives: of attestations and of duties.
fn common(reason: &str) -> Option<Label> {
    let (vi, en) = match reason {
        "attested" => (
            "Đơn vị đã xác nhận thực hiện",
            "The unit attests that it holds",
        ),
        "attested-not" => (
            "Đơn vị xác nhận chưa thực hiện",
            "The unit attests that it does not hold",
        ),
        "happened" => (
            "Có phát sinh, cần ghi vào sổ",
            "It did happen: enter it in the book",
        ),
        "attestation-expired" => ("Xác nhận đã hết giá trị", "The attestation has expired"),
        "question-changed" => (
            "Câu hỏi đã thay đổi sau lần xác nhận trước",
            "The question has changed since it was answered",
        ),
        "not-attested" => (
            "Chưa có xác nhận của đơn vị",
            "The unit has not attested yet",
        ),
        "done" => ("Đã thực hiện đúng hạn", "Done in time"),
        "late" => ("Đã thực hiện, nhưng trễ hạn", "Done, but late"),
        "pending" => ("Chưa đến hạn", "Not due yet"),
        "missed" => ("Quá hạn mà chưa thực hiện", "Past due and not done"),
        "awaits" => (
            "Chờ dữ kiện mà chương trình chưa quan sát được",
            "Awaits facts that nothing supplies yet",
        ),
        "not-kept" => (
            "Chương trình chỉ biết tình trạng hiện nay của dữ kiện này, không giữ theo ngày đã qua",
            "Only how these facts stand now is known; of a past day they are not kept",
        ),
        "changed-since" => (
            "Hồ sơ đã thay đổi sau ngày này, không còn biết khi đó thế nào",
            "The records were changed after that day; how they were then is not kept",
        ),
        "uncertain" => (
            "Chưa tính được hạn: lịch làm việc chưa có ngày nghỉ {holiday_vi}",
            "The deadline cannot be computed: the working calendar lacks the days off of {holiday_en}",
        ),
        "refused" => ("Đã từ chối", "It was refused"),
        "untimed" => (
            "Sổ ghi đã thực hiện nhưng không rõ lúc nào, cho kỳ nào hoặc có đúng việc đó không: chưa biết có kịp không. Sửa lại mục \
             trong sổ",
            "The book says that it was done, but not clearly when, for which period or whether it was that: nobody can say \
             whether in time. Put the entry right",
        ),
        "too-late" => (
            "Đã báo, nhưng không đủ thời gian báo trước",
            "Notified, but not far enough ahead",
        ),
        "not-owed" => (
            "Không tính: hạn ở ngoài thời gian quy chế áp dụng cho đơn vị, hoặc chưa đủ 30 ngày kể từ khi quy chế áp dụng \
             hay đơn vị có trong hệ thống",
            "Not counted: due outside the time in which the regulation binds the unit, or less than 30 days \
             after it began to bind it or the unit was entered",
        ),
        "no-event" => (
            "Chưa ghi nhận việc nào phải báo",
            "No event that had to be answered is recorded",
        ),
        _ => return None,
    };
    Some(Label::new(vi, en))
}

/// A value of evidence as people read it: a moment (`…_at`) as local date and time.
pub fn word(lang: Lang, name: &str, value: &Value) -> String {
    match value {
        Value::Number(n) if name.ends_with("_at") => n.as_i64().map_or_else(
            || n.to_string(),
            |ms| {
                domain::clock::from_ms(ms)
                    .to_zoned(domain::clock::local_zone())
                    .strftime("%d/%m/%Y %H:%M")
                    .to_string()
            },
        ),
        // A number of four digits may be a year.
        Value::Number(n) => match n.as_i64() {
            Some(whole) if whole.unsigned_abs() > 9_999 => lang.integer(whole),
            _ => n.to_string(),
        },
        Value::String(s) if name.ends_with("_on") => s
            .parse::<jiff::civil::Date>()
            .map_or_else(|_| s.clone(), |d| d.strftime("%d/%m/%Y").to_string()),
        Value::String(s) => s.clone(),
        Value::Null => "–".into(),
        other => other.to_string(),
    }
}

/// The evidence that was kept when an interval began.
///
/// # Errors
/// Unavailable.
pub async fn kept_evidence(app: &App, hash: &str) -> Result<Evidence, Problem> {
    Ok(serde_json::from_str(&kept_body(app, hash).await?).unwrap_or_default())
}

/// The same as the JSON of which `hash` is the SHA-256; empty when it was not kept.
pub(crate) async fn kept_body(app: &App, hash: &str) -> Result<String, Problem> {
    let body = store::assessment::evidence(&app.db, hash).await?;
    Ok(body.unwrap_or_default())
}

/// The same of several hashes; one that is not kept is left out.
///
/// # Errors
/// Unavailable.
pub async fn evidence_of(app: &App, hashes: &[&str]) -> Result<HashMap<String, Evidence>, Problem> {
    let bodies = store::assessment::evidence_of(&app.db, hashes).await?;
    let read = |(hash, body): (String, String)| Some((hash, serde_json::from_str(&body).ok()?));
    Ok(bodies.into_iter().filter_map(read).collect())
}

/// The evidence behind verdicts of a board on one clause, by the hash that they name.
///
/// # Errors
/// Unavailable.
pub async fn evidence_behind(
    app: &App,
    view: &BoardView,
    key: &ClauseKey,
    verdicts: &[(&Unit, &Cell)],
) -> Result<HashMap<String, Evidence>, Problem> {
    if let Some(found) = &view.anew {
        let told = |(unit, cell): &(&Unit, &Cell)| {
            let evidence = engine::evidence(&view.library, found, key, unit, cell.status);
            (cell.evidence_hash.clone(), evidence)
        };
        return Ok(verdicts.iter().map(told).collect());
    }
    let hashes: BTreeSet<&str> = verdicts
        .iter()
        .map(|(_, cell)| cell.evidence_hash.as_str())
        .collect();
    let hashes: Vec<&str> = hashes.into_iter().collect();
    evidence_of(app, &hashes).await
}
