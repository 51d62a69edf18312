//! Files that belong to records: kept once by their SHA-256, refused when they are
//! programs or carry a marking of secrecy.

use domain::{
    authority::Permission,
    id::OrganizationId,
    label::Label,
    problem::{Problem, ProblemKind},
};
use sha2::{Digest, Sha256};
use store::duty::Attachment;

use crate::{App, Ctx, fault::fault};

/// The largest attachment.
pub const MAX_BYTES: usize = 20 << 20;

fn refuse(what: Label, name: &str, next: Label) -> Problem {
    Problem::new(ProblemKind::Invalid, what, name, next)
}

/// What a file is, by its content.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 7] = [
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"PK\x03\x04", "application/zip"),
        (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
        (b"{\\rtf", "application/rtf"),
        (b"GIF8", "image/gif"),
    ];
    if let Some((_, kind)) = known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(kind);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let program = text.starts_with("#!")
        || text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'));
    (!program).then_some("text/plain")
}

/// Whether a text carries a marking of secrecy as a line of its own, as documents do.
fn is_marked(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines().any(|line| {
        let line = line.trim().trim_matches(|c: char| !c.is_alphabetic());
        matches!(line, "MẬT" | "TỐI MẬT" | "TUYỆT MẬT")
    })
}

/// Keeps a file for an organization and returns its SHA-256.
///
/// # Errors
/// Invalid when it is empty, too large, a program, of an unknown kind, or marked as a
/// state secret; the refusal of a marked file is journaled without its content.
pub async fn keep(
    app: &App,
    ctx: &Ctx,
    organization: OrganizationId,
    name: &str,
    bytes: Vec<u8>,
) -> Result<String, Problem> {
    let scope = ctx.actor.scope(Permission::Write)?;
    if bytes.is_empty() || bytes.len() > MAX_BYTES {
        return Err(refuse(
            Label::new(
                "Tệp rỗng hoặc lớn hơn 20 MB",
                "The file is empty or larger than 20 MB",
            ),
            name,
            Label::new(
                "Chọn tệp khác hoặc nén nhỏ lại.",
                "Choose another, or make it smaller.",
            ),
        ));
    }
    let Some(kind) = media_type(&bytes) else {
        return Err(refuse(
            Label::new("Loại tệp không được nhận", "This kind of file is not taken"),
            name,
            Label::new(
                "Nhận PDF, ảnh, văn bản, DOCX, XLSX, ODT; không nhận chương trình.",
                "PDF, pictures, text, DOCX, XLSX and ODT are taken; programs are not.",
            ),
        ));
    };
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await.map_err(fault)?;
    if !store::registry::covers(&mut tx, &scope, organization)
        .await
        .map_err(fault)?
    {
        return Err(Problem::denied(
            Label::new(
                "Bạn chỉ được gửi tệp cho đơn vị của mình",
                "You may upload only for your own unit",
            ),
            name,
        ));
    }
    if is_marked(&bytes) {
        let change = app.event(
            ctx,
            "attachment",
            "",
            Some(organization),
            "refused-as-secret",
            None,
            None,
        );
        store::journal::append(&mut tx, &[change])
            .await
            .map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        return Err(refuse(
            Label::new(
                "Tệp mang dấu độ mật, không được đưa lên mạng",
                "The file is marked as a state secret and must not be on the network",
            ),
            "",
            Label::new(
                "Không lưu nội dung nào. Xử lý theo quy định bảo vệ bí mật nhà nước.",
                "Nothing of it was kept. Follow the rules for state secrets.",
            ),
        ));
    }
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let attachment = Attachment {
        sha256: sha256.clone(),
        name: name.chars().filter(|c| !c.is_control()).take(200).collect(),
        media_type: kind.into(),
        size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        organization,
        uploaded_by: ctx.actor.name.clone(),
        uploaded_at: now,
    };
    let path = path(app, &sha256);
    write(&path, bytes).await.map_err(|error| {
        tracing::error!(%error, "an attachment could not be written");
        Problem::new(
            ProblemKind::Unavailable,
            Label::new("Không ghi được tệp", "The file could not be written"),
            name,
            Label::new(
                "Kiểm tra dung lượng đĩa rồi gửi lại.",
                "Check disk space and send it again.",
            ),
        )
    })?;
    store::duty::attach(&mut tx, &attachment)
        .await
        .map_err(fault)?;
    let after = serde_json::to_string(&attachment).unwrap_or_default();
    let change = app.event(
        ctx,
        "attachment",
        &sha256,
        Some(organization),
        "create",
        None,
        Some(after),
    );
    store::journal::append(&mut tx, &[change])
        .await
        .map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    Ok(sha256)
}

fn path(app: &App, sha256: &str) -> std::path::PathBuf {
    app.data.join("attachments").join(&sha256[..2]).join(sha256)
}

/// On disk before the record that names it: written aside, synced, renamed.
async fn write(path: &std::path::Path, bytes: Vec<u8>) -> std::io::Result<()> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || {
        if path.exists() {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&path);
        std::fs::create_dir_all(folder)?;
        let aside = path.with_extension("part");
        let mut file = std::fs::File::create(&aside)?;
        std::io::Write::write_all(&mut file, &bytes)?;
        file.sync_all()?;
        std::fs::rename(&aside, &path)?;
        std::fs::File::open(folder)?.sync_all()
    })
    .await?
}

/// An attachment that the actor may see, with its content.
///
/// # Errors
/// Not found also when it is another unit's.
pub async fn get(app: &App, ctx: &Ctx, sha256: &str) -> Result<(Attachment, Vec<u8>), Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let missing = || Problem::not_found(&Label::new("tệp đính kèm", "attachment"), sha256);
    let found = store::duty::attachment(&app.db, &scope, sha256)
        .await
        .map_err(fault)?;
    let attachment = found.ok_or_else(missing)?;
    let bytes = tokio::fs::read(path(app, sha256))
        .await
        .map_err(|_| missing())?;
    Ok((attachment, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_content() {
        assert_eq!(media_type(b"%PDF-1.7 x"), Some("application/pdf"));
        assert_eq!(media_type("Biên bản".as_bytes()), Some("text/plain"));
        assert_eq!(media_type(b"MZ\x90\0"), None);
        assert_eq!(media_type(b"\x7fELF\x02\0"), None);
        assert_eq!(media_type(b"#!/bin/sh\n"), None);
    }

    #[test]
    fn markings_are_lines_of_their_own() {
        assert!(is_marked("UBND TỈNH\nMẬT\nSố: 05".as_bytes()));
        assert!(is_marked("  [TUYỆT MẬT]  ".as_bytes()));
        assert!(!is_marked("Đổi MẬT khẩu".as_bytes()));
    }
}
