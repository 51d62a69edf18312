//! Files from forms, read piece by piece up to a limit.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Multipart, Request},
    http::{StatusCode, header},
};
use domain::{
    label::{Label, Lang},
    problem::{Problem, ProblemKind},
};

use super::{fault::Fault, params::Params};
use crate::format;

/// A form with its files.
#[derive(Debug, Default)]
pub struct Upload {
    /// The other fields.
    pub fields: Params,
    /// The files that were chosen.
    pub files: Vec<FilePart>,
}

/// A file of a form.
#[derive(Debug)]
pub struct FilePart {
    /// The field.
    pub field: String,
    /// The file's name as the browser gave it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The most that a field which is no file may hold.
const FIELD: usize = 64 << 10;

/// The most that a form without files may hold.
pub const FORM: usize = 256 << 10;

/// Reads a form. Files that together exceed `limit` bytes are read to their end but not kept, so that
/// the browser gets its answer instead of a broken connection, and a file of any size
/// takes no more memory than `limit`.
///
/// # Errors
/// 413 when the file or a field is too large, 400 when it is no form.
pub async fn receive(request: Request, limit: usize) -> Result<Upload, Fault> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data")) {
        let body = to_bytes(request.into_body(), FORM)
            .await
            .map_err(|_| too_large("", FORM))?;
        return Ok(Upload {
            fields: Params(form_urlencoded::parse(&body).into_owned().collect()),
            files: Vec::new(),
        });
    }
    let announced: Option<usize> = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|refusal| broken(refusal.body_text()))?;
    let mut upload = Upload::default();
    // The rest of a form is small beside its files: so much more cannot fit.
    let hopeless = announced.is_some_and(|length| length > limit + FORM);
    let (mut exceeded, mut kept) = (hopeless.then(String::new), 0);
    while let Some(mut field) = form.next_field().await.map_err(|e| broken(e.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(ToOwned::to_owned);
        let most = if file.is_some() { limit - kept } else { FIELD };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|e| broken(e.body_text()))? {
            if bytes.len() + chunk.len() > most {
                exceeded = Some(file.clone().unwrap_or_else(|| name.clone()));
                bytes = Vec::new();
            }
            if exceeded.is_none() {
                bytes.extend_from_slice(&chunk);
            }
        }
        match file {
            // A field for a file that was left empty.
            Some(_) if bytes.is_empty() => {}
            Some(file) => {
                kept += bytes.len();
                upload.files.push(FilePart {
                    field: name,
                    name: file,
                    bytes,
                });
            }
            None => {
                let text = String::from_utf8(bytes);
                let text = text.map_err(|_| broken(format!("{name}: UTF-8")))?;
                upload.fields.0.push((name, text));
            }
        }
    }
    match exceeded {
        Some(name) => Err(too_large(&name, limit)),
        None => Ok(upload),
    }
}

fn too_large(name: &str, limit: usize) -> Fault {
    let size = |lang: Lang| format::bytes(lang, limit as u64);
    Fault::with_status(
        Problem::new(
            ProblemKind::Limit,
            Label::new("Tệp gửi lên quá lớn", "The file is too large"),
            name,
            Label::new(
                format!(
                    "Chỉ nhận tối đa {}. Chia nhỏ hoặc nén tệp rồi gửi lại.",
                    size(Lang::Vi)
                ),
                format!(
                    "At most {} is taken. Split or compress the file and send it again.",
                    size(Lang::En)
                ),
            ),
        ),
        StatusCode::PAYLOAD_TOO_LARGE,
    )
}

fn broken(what: String) -> Fault {
    Fault::with_status(
        Problem::new(
            ProblemKind::Invalid,
            Label::new(
                "Biểu mẫu gửi lên bị đứt hoặc hỏng",
                "The form broke off or is damaged",
            ),
            what,
            Label::new(
                "Gửi lại; nếu mạng chậm, chờ cho tệp tải xong.",
                "Send it again; on a slow network, wait for the upload to end.",
            ),
        ),
        StatusCode::BAD_REQUEST,
    )
}
