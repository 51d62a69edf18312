//! Why a file is not taken, in words, and what the journal says of it.

use domain::{
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
};
use examine::attachment::{Active, Refusal};

use super::keep::note;
use crate::{App, Ctx};

/// Notes in the journal, without name or content, that something dangerous or marked was
/// refused.
///
/// # Errors
/// Unavailable.
pub(super) async fn note_refusal(
    app: &App,
    ctx: &Ctx,
    organization: OrganizationId,
    refusal: &Refusal,
) -> Result<(), Problem> {
    let action = match refusal.root().0 {
        Refusal::Marked => "refused-as-secret",
        Refusal::Program(_) | Refusal::Macros | Refusal::Active(_) | Refusal::Polyglot => {
            "refused-as-program"
        }
        Refusal::Bomb => "refused-as-bomb",
        Refusal::Unknown | Refusal::Locked | Refusal::Broken | Refusal::Inside { .. } => {
            return Ok(());
        }
    };
    note(app, ctx, organization, action, None).await
}

/// What a person is told. The inner file is named where the reason lies in one; of what is
/// marked nothing is named.
pub(super) fn refused(refusal: &Refusal, name: &str) -> Problem {
    let (root, inner) = refusal.root();
    let (what, next) = words(root);
    let object = match (root, inner) {
        (Refusal::Marked, _) => String::new(),
        (_, Some(inner)) => format!("{name} / {inner}"),
        (_, None) => name.to_owned(),
    };
    Problem::new(ProblemKind::Invalid, what, object, next)
}

/// What happened, and what to do next.
fn words(refusal: &Refusal) -> (Label, Label) {
    let kinds = Label::new(
        "Nhận PDF, ảnh, văn bản, thư điện tử, chữ ký số, tài liệu Office, Visio và OpenDocument, tệp nén ZIP của các loại đó.",
        "PDF, pictures, text, mails, signatures, Office, Visio and OpenDocument files and ZIP archives of these are taken.",
    );
    match refusal {
        Refusal::Marked => (
            Label::new(
                "Tệp mang dấu độ mật, không được đưa lên mạng",
                "The file is marked as a state secret and must not be on the network",
            ),
            Label::new(
                "Không lưu nội dung nào. Xử lý theo quy định bảo vệ bí mật nhà nước.",
                "Nothing of it was kept. Follow the rules for state secrets.",
            ),
        ),
        Refusal::Program(what) => (
            Label::new(
                format!("Tệp là chương trình hoặc chứa chương trình ({what})"),
                format!("The file is a program or holds one ({what})"),
            ),
            kinds,
        ),
        Refusal::Macros => (
            Label::new("Tài liệu có macro", "The document carries macros"),
            Label::new(
                "Lưu lại dạng không có macro (.docx, .xlsx, .odt) rồi gửi.",
                "Save it without macros (.docx, .xlsx, .odt) and send that.",
            ),
        ),
        Refusal::Active(active) => acting(*active),
        Refusal::Polyglot => (
            Label::new(
                "Tệp là hai loại cùng lúc: mở bằng chương trình khác sẽ ra tệp khác",
                "The file is two kinds at once: another program would open another file",
            ),
            Label::new(
                "Mở tệp trên máy, lưu lại đúng một loại rồi gửi.",
                "Open it, save it again as one kind and send that.",
            ),
        ),
        Refusal::Locked => (
            Label::new(
                "Tệp đặt mật khẩu hoặc đã mã hóa",
                "The file is locked by a password or encrypted",
            ),
            Label::new(
                "Bỏ mật khẩu rồi gửi lại; tệp được mã hóa khi lưu ở đây.",
                "Remove the password and send it again; files are encrypted where they are kept here.",
            ),
        ),
        Refusal::Bomb => (
            Label::new(
                "Tệp bung ra quá lớn hoặc quá phức tạp",
                "The file unpacks to too much",
            ),
            Label::new(
                "Gửi các tệp bên trong riêng từng tệp.",
                "Send what is inside file by file.",
            ),
        ),
        Refusal::Broken => (
            Label::new("Tệp hỏng, không đọc được", "The file is damaged"),
            Label::new(
                "Mở tệp trên máy, lưu lại rồi gửi.",
                "Open it, save it again and send that.",
            ),
        ),
        Refusal::Unknown | Refusal::Inside { .. } => (
            Label::new("Loại tệp không được nhận", "This kind of file is not taken"),
            kinds,
        ),
    }
}

fn acting(active: Active) -> (Label, Label) {
    match active {
        Active::Dde => (
            Label::new(
                "Tài liệu có trường hoặc công thức tự gọi chương trình khác (DDE)",
                "The document has a field or formula that calls another program by itself (DDE)",
            ),
            Label::new(
                "Thay bằng giá trị (Dán giá trị, Ctrl+Shift+F9) rồi gửi.",
                "Replace it by its value (paste values, Ctrl+Shift+F9) and send that.",
            ),
        ),
        Active::Remote => (
            Label::new(
                "Tài liệu tự tải mẫu, ảnh hoặc đối tượng từ máy khác khi mở",
                "The document loads a template, picture or object from another machine when it is opened",
            ),
            Label::new(
                "Bỏ liên kết (Tệp › Thông tin › Sửa liên kết; mẫu: Normal) hoặc in ra PDF rồi gửi.",
                "Break the links (File › Info › Edit links; template: Normal) or print it to PDF and send that.",
            ),
        ),
        Active::Script => (
            Label::new(
                "Tệp có mã lệnh tự chạy (JavaScript)",
                "The file carries a script that runs by itself (JavaScript)",
            ),
            Label::new(
                "In ra PDF mới rồi gửi.",
                "Print it to a new PDF and send that.",
            ),
        ),
        Active::Form => (
            Label::new(
                "Tệp có biểu mẫu XML (XFA) không đọc được, không biết nó làm gì khi mở",
                "The file holds a form in XML (XFA) that cannot be read: what it does is unknown",
            ),
            Label::new(
                "In ra PDF mới rồi gửi.",
                "Print it to a new PDF and send that.",
            ),
        ),
        Active::Launch => (
            Label::new(
                "Tệp tự mở chương trình hoặc gửi dữ liệu đi",
                "The file starts a program or sends data by itself",
            ),
            Label::new(
                "In ra PDF mới rồi gửi.",
                "Print it to a new PDF and send that.",
            ),
        ),
        Active::Object => (
            Label::new(
                "Tệp có đối tượng nhúng do chương trình khác mở (OLE)",
                "The file holds an embedded object that another program opens (OLE)",
            ),
            Label::new(
                "Thay đối tượng bằng hình, gửi tệp gốc riêng.",
                "Replace the object by a picture and send its file apart.",
            ),
        ),
    }
}
