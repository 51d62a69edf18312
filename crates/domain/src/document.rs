//! The way of a document: draft, reviewed, signed, sent.

use serde::{Deserialize, Serialize};

use crate::{
    label::Label,
    problem::{Problem, ProblemKind},
};

/// How far a document has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is being written; its numbers may be taken again.
    Draft,
    /// It was read through: words and numbers stand.
    Reviewed,
    /// The signed file is here.
    Signed,
    /// It went out; nothing about it changes any more.
    Sent,
}

/// What moves a document on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Words or numbers are changed.
    Write,
    /// It is found good.
    Review,
    /// It goes back to be written on.
    Reopen,
    /// The signed file is handed in.
    Sign,
    /// It goes out.
    Send,
}

impl State {
    /// All, in order.
    pub const ALL: [State; 4] = [State::Draft, State::Reviewed, State::Signed, State::Sent];

    /// Its code in the database and in the API.
    pub fn code(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Reviewed => "reviewed",
            State::Signed => "signed",
            State::Sent => "sent",
        }
    }

    /// The state of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// Its name on the page.
    pub fn label(self) -> Label {
        match self {
            State::Draft => Label::new("Dự thảo", "Draft"),
            State::Reviewed => Label::new("Đã soát", "Reviewed"),
            State::Signed => Label::new("Đã ký", "Signed"),
            State::Sent => Label::new("Đã gửi", "Sent"),
        }
    }

    /// Where a step leads.
    ///
    /// # Errors
    /// Conflict, with what to do instead, when the step does not begin here.
    pub fn after(self, step: Step) -> Result<Self, Problem> {
        match (self, step) {
            (State::Draft, Step::Write) => Ok(State::Draft),
            (State::Draft, Step::Review) => Ok(State::Reviewed),
            (State::Reviewed | State::Signed, Step::Reopen) => Ok(State::Draft),
            (State::Reviewed, Step::Sign) => Ok(State::Signed),
            (State::Signed, Step::Send) => Ok(State::Sent),
            (State::Sent, _) => Err(refused(
                self,
                Label::new(
                    "Lập văn bản mới để bổ sung hoặc đính chính.",
                    "Begin a new document to add or correct.",
                ),
            )),
            (State::Reviewed | State::Signed, Step::Write) => Err(refused(
                self,
                Label::new(
                    "Trả về dự thảo rồi sửa.",
                    "Take it back to draft, then change it.",
                ),
            )),
            _ => Err(refused(
                self,
                Label::new(
                    "Làm lần lượt: dự thảo, soát, ký, gửi.",
                    "One after the other: draft, review, sign, send.",
                ),
            )),
        }
    }
}

fn refused(state: State, next: Label) -> Problem {
    let name = state.label();
    Problem::new(
        ProblemKind::Conflict,
        Label::new(
            format!("Văn bản đang ở bước “{}”, không làm được việc này", name.vi),
            format!(
                "The document is {}; this cannot be done now",
                name.en.to_lowercase()
            ),
        ),
        state.code(),
        next,
    )
}

#[cfg(test)]
mod tests {
    use super::{State::*, Step::*, *};

    #[test]
    fn only_one_way_leads_to_sent() {
        let mut reached = Vec::new();
        for state in State::ALL {
            for step in [Write, Review, Reopen, Sign, Send] {
                if let Ok(next) = state.after(step) {
                    reached.push((state, step, next));
                }
            }
        }
        assert_eq!(
            reached,
            [
                (Draft, Write, Draft),
                (Draft, Review, Reviewed),
                (Reviewed, Reopen, Draft),
                (Reviewed, Sign, Signed),
                (Signed, Reopen, Draft),
                (Signed, Send, Sent),
            ]
        );
    }
}
