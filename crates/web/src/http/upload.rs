//! Files from forms, read piece by piece up to a limit.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::{StatusCode, header},
};
use domain::{
    label::{Label, Lang},
    problem::{Problem, ProblemKind},
};
use tokio::time::timeout;

use super::{
    fault::Fault,
    params::Params,
    room::{self, Counted, FILES, FILES_OF_ONE, LONGEST, Share, Unread, caller, crowded},
};
use crate::format;

/// A form with its files.
#[derive(Debug, Default)]
pub struct Upload {
    /// The other fields.
    pub fields: Params,
    /// The files that were chosen.
    pub files: Vec<FilePart>,
    /// What of the room for all uploads it takes.
    held: Held,
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

/// The most that all fields of a form which are no files may hold, with their names.
const FIELDS: usize = 4 * FORM;
/// The most fields and files of a form.
const PARTS: usize = 10_000;
/// What may have come of a form and be no field yet: what stands before the first one, and the
/// heads of parts.
const UNREAD: usize = 8 << 20;

/// What one form holds, and what of it has come and was not read yet.
#[derive(Debug)]
struct Held {
    share: Share,
    unread: usize,
    /// Whether the room was full.
    busy: bool,
}

impl Default for Held {
    fn default() -> Self {
        Self::of(String::new())
    }
}

impl Held {
    fn of(caller: String) -> Self {
        Self {
            share: Share::new(&FILES, caller),
            unread: 0,
            busy: false,
        }
    }

    /// Whether so many more bytes, which have come, fit; those of one caller up to `most`.
    fn take(&mut self, bytes: usize, most: usize) -> bool {
        if self.unread + bytes > UNREAD {
            return false;
        }
        self.busy = !self.share.take(bytes, most);
        if !self.busy {
            self.unread += bytes;
        }
        !self.busy
    }

    /// Notes that a part has begun: what came before it was read and is not kept.
    fn part(&mut self) {
        self.share.give(std::mem::take(&mut self.unread));
    }

    /// Notes that so many bytes were read; those that are not kept go.
    fn read(&mut self, bytes: usize, kept: bool) {
        let counted = bytes.min(self.unread);
        self.unread -= counted;
        match kept {
            // What came with the head of its part is counted now.
            true => self.share.add(bytes - counted),
            false => self.share.give(counted),
        }
    }

    /// Gives back what was kept.
    fn let_go(&mut self) {
        let kept = self.share.bytes().saturating_sub(self.unread);
        self.share.give(kept);
    }
}

/// Reads a form. Files that together exceed `limit` bytes are read to their end but not kept, so that
/// the browser gets its answer instead of a broken connection, and a file of any size
/// takes no more memory than `limit`; all other fields together take a bounded part.
///
/// # Errors
/// 413 when the file or a field is too large, 400 when it is no form or breaks off, 408 when it does not
/// end in time, 503 when other forms take the room.
pub async fn receive(request: Request, limit: usize) -> Result<Upload, Fault> {
    let read = timeout(LONGEST, read(request, limit)).await;
    read.unwrap_or_else(|_| Err(slow()))
}

async fn read(request: Request, limit: usize) -> Result<Upload, Fault> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data")) {
        let (parts, body) = request.into_parts();
        let body = room::read_form(body, FORM, parts.extensions.get()).await;
        let body = body.map_err(|unread| match unread {
            Unread::Crowded => room::crowded().into(),
            Unread::Long => too_large("", FORM),
            Unread::Slow => slow(),
        })?;
        return Ok(Upload {
            fields: Params(form_urlencoded::parse(&body).into_owned().collect()),
            ..Upload::default()
        });
    }
    let announced: Option<usize> = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let held = Held::of(caller(request.extensions().get()));
    let held = Arc::new(Mutex::new(held));
    let most = FILES_OF_ONE.max(limit + FIELDS + UNREAD);
    let counted = Arc::clone(&held);
    let request = request.map(|body| {
        Body::new(Counted::new(body, move |bytes| {
            let mut held = counted.lock().unwrap_or_else(PoisonError::into_inner);
            held.take(bytes, most)
        }))
    });
    let holds = || held.lock().unwrap_or_else(PoisonError::into_inner);
    let cut = |what: String| match holds().busy {
        true => crowded().into(),
        false => broken(what),
    };
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|refusal| broken(refusal.body_text()))?;
    let mut upload = Upload::default();
    // The rest of a form is small beside its files: so much more cannot fit.
    let hopeless = announced.is_some_and(|length| length > limit + FORM);
    let (mut exceeded, mut kept) = (hopeless.then(String::new), 0);
    let (mut texts, mut parts) = (0, 0);
    while let Some(mut field) = form.next_field().await.map_err(|e| cut(e.body_text()))? {
        holds().part();
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(ToOwned::to_owned);
        parts += 1;
        texts += name.len() + file.as_ref().map_or(0, String::len);
        if parts > PARTS || texts > FIELDS {
            exceeded = Some(name.chars().take(120).collect());
        }
        let most = match file {
            Some(_) => limit - kept,
            None => FIELD.min(FIELDS.saturating_sub(texts)),
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|e| cut(e.body_text()))? {
            if bytes.len() + chunk.len() > most {
                exceeded = Some(file.clone().unwrap_or_else(|| name.clone()));
                bytes = Vec::new();
            }
            holds().read(chunk.len(), exceeded.is_none());
            if exceeded.is_none() {
                bytes.extend_from_slice(&chunk);
            }
        }
        if exceeded.is_some() {
            upload = Upload::default();
            holds().let_go();
            continue;
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
                texts += bytes.len();
                let text = String::from_utf8(bytes);
                let text = text.map_err(|_| broken(format!("{name}: UTF-8")))?;
                upload.fields.0.push((name, text));
            }
        }
    }
    drop(form);
    upload.held = std::mem::take(&mut *holds());
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

fn slow() -> Fault {
    Fault::with_status(
        Problem::new(
            ProblemKind::Invalid,
            Label::new(
                "Biểu mẫu gửi lên quá lâu, sau 30 phút vẫn chưa xong",
                "The form had not come whole after 30 minutes",
            ),
            "",
            Label::new(
                "Gửi lại từ mạng nhanh hơn, hoặc gửi tệp nhỏ hơn.",
                "Send it again from a faster network, or send a smaller file.",
            ),
        ),
        StatusCode::REQUEST_TIMEOUT,
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
