//! What a person is told when something cannot be done.

use crate::label::Label;

/// The class of a problem; each outer layer maps it once (HTTP status, exit code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Not signed in.
    SignIn,
    /// Signed in, but not allowed.
    Denied,
    /// It does not exist, or not for this actor.
    NotFound,
    /// The input is wrong.
    Invalid,
    /// Somebody else changed it meanwhile, or it exists already.
    Conflict,
    /// Too much, too often.
    Limit,
    /// Something outside (disk, database, network) does not answer now.
    Unavailable,
    /// A fault of the program.
    Internal,
}

/// What happened, to what, and what to do next, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {} ({})", what.en, subject, next.en)]
pub struct Problem {
    /// Its class.
    pub kind: ProblemKind,
    /// What happened.
    pub what: Label,
    /// To what: a name, a code, a file and line.
    pub subject: String,
    /// What to do next.
    pub next: Label,
    /// The fields that are wrong, for a form.
    pub fields: Vec<FieldProblem>,
    /// After how many seconds it is worth trying again, where that is known.
    pub wait: Option<u32>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldProblem {
    /// The field's name.
    pub field: String,
    /// What is wrong and what is expected.
    pub message: Label,
}

impl FieldProblem {
    /// A problem of `field` in both languages.
    pub fn new(field: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: Label::new(vi, en),
        }
    }
}

impl Problem {
    /// Whether a form is shown again with what was typed: not to who is not signed in, and not
    /// for what is not there.
    pub fn keeps_text(&self) -> bool {
        !matches!(self.kind, ProblemKind::SignIn | ProblemKind::NotFound)
    }

    /// A problem without field details.
    pub fn new(kind: ProblemKind, what: Label, subject: impl Into<String>, next: Label) -> Self {
        Self {
            kind,
            what,
            subject: subject.into(),
            next,
            fields: Vec::new(),
            wait: None,
        }
    }

    /// The same, worth trying again after so many seconds.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        Self {
            wait: Some(seconds),
            ..self
        }
    }

    /// `noun` `key` is not there, or not for this actor.
    pub fn not_found(noun: &Label, key: &str) -> Self {
        Self::new(
            ProblemKind::NotFound,
            Label::new(
                format!("Không tìm thấy: {}", noun.vi),
                format!("Not found: {}", noun.en),
            ),
            key,
            Label::new(
                "Kiểm tra lại mã, hoặc tìm trong danh sách.",
                "Check the code, or look it up in the list.",
            ),
        )
    }

    /// The actor may not do this.
    pub fn denied(what: Label, subject: impl Into<String>) -> Self {
        Self::new(
            ProblemKind::Denied,
            what,
            subject,
            Label::new(
                "Nếu công việc của bạn cần quyền này, hãy đề nghị quản trị viên cấp.",
                "If your work needs this, ask an administrator for the role.",
            ),
        )
    }

    /// The input has these wrong fields.
    pub fn invalid(subject: impl Into<String>, fields: Vec<FieldProblem>) -> Self {
        Self {
            fields,
            ..Self::new(
                ProblemKind::Invalid,
                Label::new("Dữ liệu chưa đúng", "Some values are not right"),
                subject,
                Label::new(
                    "Sửa các mục được đánh dấu rồi gửi lại.",
                    "Mend the marked fields and send again.",
                ),
            )
        }
    }

    /// A fault whose cause goes to the log, not to the person.
    pub fn internal(subject: impl Into<String>) -> Self {
        Self::new(
            ProblemKind::Internal,
            Label::new("Chương trình gặp lỗi", "The program met a fault"),
            subject,
            Label::new(
                "Thử lại; nếu vẫn lỗi, gửi mã yêu cầu cho quản trị viên.",
                "Try again; if it persists, give the request id to an administrator.",
            ),
        )
    }
}
