//! What a person is told of the store's errors.

use domain::{
    label::Label,
    problem::{FieldProblem, Problem, ProblemKind},
    schema::MOST_DEPTH,
};

use crate::StoreError;

impl From<StoreError> for Problem {
    /// Says what a person can do; the chain of an error of the engine is logged.
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Duplicate { noun } => Problem::new(
                ProblemKind::Conflict,
                Label::new("Giá trị này đã có", "This value exists already"),
                noun,
                Label::new(
                    "Chọn giá trị khác, hoặc sửa bản ghi đã có.",
                    "Choose another, or edit the existing record.",
                ),
            ),
            StoreError::Reference { noun } => Problem::new(
                ProblemKind::Conflict,
                Label::new(
                    "Bản ghi còn được nơi khác dùng",
                    "The record is still in use elsewhere",
                ),
                noun,
                Label::new(
                    "Chuyển sang trạng thái ngừng dùng, hoặc xóa những bản ghi tham chiếu trước.",
                    "Retire it, or remove the records that refer to it first.",
                ),
            ),
            StoreError::Stale { noun } => Problem::new(
                ProblemKind::Conflict,
                Label::new(
                    "Người khác vừa sửa bản ghi này",
                    "Somebody else has just changed this record",
                ),
                noun,
                Label::new(
                    "Mở lại, xem thay đổi rồi sửa tiếp.",
                    "Open it again, look at the change, then edit.",
                ),
            ),
            StoreError::Circle { noun, names } => {
                let names = names.join(" → ");
                placed(
                    noun,
                    format!("Tạo thành vòng: {names}"),
                    format!("Makes a circle: {names}"),
                )
            }
            StoreError::TooDeep { noun, name } => placed(
                noun,
                format!(
                    "“{name}” sẽ có cấp dưới cùng sâu quá {MOST_DEPTH} cấp; chọn cấp trên cao hơn"
                ),
                format!(
                    "“{name}” would reach deeper than {MOST_DEPTH} levels; choose a higher parent"
                ),
            ),
            StoreError::Nul { operation } => Problem::new(
                ProblemKind::Invalid,
                Label::new(
                    "Nội dung có ký tự NUL, không lưu và không tìm được",
                    "The text has a NUL character, which can neither be kept nor searched",
                ),
                operation,
                Label::new("Xóa ký tự đó rồi gửi lại.", "Remove it and send it again."),
            ),
            StoreError::Closed { noun, period } => Problem::new(
                ProblemKind::Denied,
                Label::new(
                    format!("Sổ đã khóa cho kỳ {period}"),
                    format!("The book is closed for {period}"),
                ),
                noun,
                Label::new(
                    "Đề nghị đơn vị quản lý mạng mở lại sổ, nêu lý do; hoặc ghi vào kỳ khác.",
                    "Ask the network centre to open it again, with the reason; or write for another period.",
                ),
            ),
            _ if error.is_unavailable() => {
                log(&error);
                Problem::new(
                    ProblemKind::Unavailable,
                    Label::new(
                        "Cơ sở dữ liệu không trả lời",
                        "The database does not answer",
                    ),
                    "",
                    Label::new(
                        "Dữ liệu chưa được lưu. Thử lại sau ít phút; kiểm tra dung lượng đĩa và dịch vụ cơ sở dữ liệu.",
                        "Nothing was saved. Try again in a few minutes; check disk space and the database service.",
                    ),
                )
            }
            _ => {
                log(&error);
                Problem::internal("")
            }
        }
    }
}

/// A record that cannot stand where it was put.
fn placed(noun: &str, vi: String, en: String) -> Problem {
    let field = match noun {
        "circuit" => "z_site",
        _ => "parent",
    };
    Problem::invalid(noun, vec![FieldProblem::new(field, vi, en)])
}

fn log(error: &dyn std::error::Error) {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        source = cause.source();
    }
    tracing::error!(error = %chain, "the records failed");
}
