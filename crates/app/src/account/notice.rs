//! What the owner of an account is told of it: in the journal, on the own page, by mail.

use domain::{
    clock,
    id::Id,
    label::{Label, Lang},
    problem::Problem,
};
use store::{account::Account, journal};

use super::{manage::shown, sign_in::Authenticated};
use crate::{App, Work, notify, task::everything};

/// How many events the own page shows.
const SHOWN: usize = 20;

/// Something that its owner should know of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A browser that was not known signed in.
    NewDevice,
    /// The password is another.
    Password,
    /// A second factor was set up.
    FactorOn,
    /// It was taken away.
    FactorReset,
    /// Recovery codes were made.
    RecoveryMade,
    /// One of them was used.
    RecoveryUsed,
    /// A token for programs was made.
    TokenMade,
    /// A calendar feed was made.
    FeedMade,
    /// Somebody takes steps of requests in the owner's place.
    SubstituteNamed,
    /// The owner takes steps of requests in somebody's place.
    StandsIn,
    /// Too many wrong passwords: unknown devices wait.
    LockOut,
    /// Too many wrong codes after a right password.
    FactorLocked,
}

impl Event {
    /// All of them.
    pub const ALL: [Event; 12] = [
        Event::NewDevice,
        Event::Password,
        Event::FactorOn,
        Event::FactorReset,
        Event::RecoveryMade,
        Event::RecoveryUsed,
        Event::TokenMade,
        Event::FeedMade,
        Event::SubstituteNamed,
        Event::StandsIn,
        Event::LockOut,
        Event::FactorLocked,
    ];

    /// The action in the journal.
    pub fn code(self) -> &'static str {
        match self {
            Event::NewDevice => "new-device",
            Event::Password => "password",
            Event::FactorOn => "totp-on",
            Event::FactorReset => "totp-reset",
            Event::RecoveryMade => "recovery-made",
            Event::RecoveryUsed => "recovery-used",
            Event::TokenMade => "token-made",
            Event::FeedMade => "feed-made",
            Event::SubstituteNamed => "substitute-named",
            Event::StandsIn => "stands-in",
            Event::LockOut => "locked-out",
            Event::FactorLocked => "totp-locked",
        }
    }

    /// In a sentence.
    pub fn label(self) -> Label {
        match self {
            Event::NewDevice => Label::new(
                "Đăng nhập từ một thiết bị mới",
                "Signed in with a new device",
            ),
            Event::Password => Label::new("Mật khẩu đã được đổi", "The password was changed"),
            Event::FactorOn => Label::new(
                "Đã bật xác thực hai bước",
                "Two-step sign-in was switched on",
            ),
            Event::FactorReset => {
                Label::new("Xác thực hai bước đã bị bỏ", "Two-step sign-in was removed")
            }
            Event::RecoveryMade => {
                Label::new("Đã tạo mã dự phòng mới", "New recovery codes were made")
            }
            Event::RecoveryUsed => {
                Label::new("Đã dùng một mã dự phòng", "A recovery code was used")
            }
            Event::TokenMade => Label::new(
                "Đã tạo mã truy cập cho chương trình khác",
                "A token for programs was made",
            ),
            Event::FeedMade => Label::new(
                "Đã tạo đường dẫn đọc lịch",
                "An address for the calendar was made",
            ),
            Event::SubstituteNamed => Label::new(
                "Đã cử người xử lý đề nghị thay bạn",
                "Somebody was named to take steps of requests in your place",
            ),
            Event::StandsIn => Label::new(
                "Bạn được cử xử lý đề nghị thay người khác",
                "You were named to take steps of requests in somebody's place",
            ),
            Event::LockOut => Label::new(
                "Nhập sai mật khẩu nhiều lần: thiết bị lạ phải chờ",
                "Many wrong passwords: unknown devices wait",
            ),
            Event::FactorLocked => Label::new(
                "Đúng mật khẩu nhưng sai mã hai bước nhiều lần",
                "The right password, then many wrong codes",
            ),
        }
    }

    /// What the owner does who has not done it.
    fn advice(self) -> Label {
        match self {
            Event::LockOut => Label::new(
                "Nếu không phải bạn nhập: mật khẩu vẫn an toàn, bạn vẫn đăng nhập được từ thiết bị quen hoặc kèm mã xác thực. Hãy báo quản trị viên.",
                "If that was not you: the password is still safe, and you can still sign in with a known device or together with a code. Tell an administrator.",
            ),
            Event::FactorLocked => Label::new(
                "Nếu không phải bạn nhập: có người biết mật khẩu của bạn. Đổi mật khẩu ngay và báo quản trị viên.",
                "If that was not you: somebody knows your password. Change it now and tell an administrator.",
            ),
            Event::StandsIn => Label::new(
                "Nếu bạn không nhận việc này: kết thúc ở trang Tài khoản của tôi.",
                "If you do not take this on: end it on the page of your account.",
            ),
            _ => Label::new(
                "Nếu không phải bạn làm: đổi mật khẩu ngay (mọi phiên và mã truy cập sẽ kết thúc) và báo quản trị viên.",
                "If that was not you: change the password now (all sessions and tokens end) and tell an administrator.",
            ),
        }
    }
}

/// Writes an event of an account into the journal and queues a mail to its owner, in the
/// transaction of its cause, which holds the account. `detail` is what it was about: a
/// browser, a token's name. The entry tells the account's state with it, as each does.
pub(crate) async fn tell(
    app: &App,
    work: &mut Work,
    account: &Account,
    event: Event,
    detail: &str,
) -> Result<(), Problem> {
    let now = work.now();
    let detail: String = detail
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    let mut after = shown(account);
    if !detail.is_empty() {
        after["detail"] = detail.as_str().into();
    }
    let record = account.id.to_string();
    work.event(
        "account",
        &record,
        account.organization,
        event.code(),
        None,
        Some(after.to_string()),
    );
    let Some(to) = account.email.clone() else {
        return Ok(());
    };
    if app.settings().text("notify.smtp_url").is_empty() {
        return Ok(());
    }
    let lang = Lang::from_code(&account.language);
    let at = clock::from_ms(now)
        .to_zoned(clock::local_zone())
        .strftime("%H:%M:%S %d/%m/%Y");
    let (what, advice) = (event.label(), event.advice());
    let (what, advice) = (what.get(lang), advice.get(lang));
    let detail = if detail.is_empty() {
        String::new()
    } else {
        format!("\n{detail}")
    };
    let ctx = work.ctx();
    let (login, from) = (&account.login, &ctx.remote);
    let body = match lang {
        Lang::Vi => {
            format!("{what}.\nTài khoản: {login}\nLúc: {at}\nTừ: {from}{detail}\n\n{advice}")
        }
        Lang::En => {
            format!("{what}.\nAccount: {login}\nAt: {at}\nFrom: {from}{detail}\n\n{advice}")
        }
    };
    let payload = notify::Payload {
        id: Id::new(now).to_string(),
        kind: format!("account.{}", event.code()),
        subject: format!("Giềng: {what}"),
        body,
        at_ms: now,
        details: serde_json::Value::Null,
        to: Some(to),
    };
    notify::queue(work, &payload, now)
        .await
        .map_err(Problem::from)
}

/// An event as the own page shows it.
#[derive(Clone, Debug)]
pub struct Told {
    /// What happened.
    pub event: Event,
    /// Unix milliseconds.
    pub at: i64,
    /// From where; `console` at the machine.
    pub remote: String,
    /// A browser, a token's name; may be empty.
    pub detail: String,
}

/// What happened to the caller's account lately, the newest first.
///
/// # Errors
/// Unavailable.
pub async fn list(app: &App, me: &Authenticated) -> Result<Vec<Told>, Problem> {
    let query = journal::JournalQuery {
        noun: Some("account".into()),
        record_id: Some(me.account.to_string()),
        limit: 300,
        ..journal::JournalQuery::default()
    };
    let entries = journal::list(&app.db, &everything(), &query).await?;
    let told = entries.into_iter().filter_map(|entry| {
        let change = entry.change;
        let event = (Event::ALL.into_iter()).find(|e| e.code() == change.action)?;
        let after = change.after.and_then(|a| serde_json::from_str(&a).ok());
        let detail = after.and_then(|a: serde_json::Value| Some(a["detail"].as_str()?.to_owned()));
        Some(Told {
            event,
            at: change.at,
            remote: change.remote,
            detail: detail.unwrap_or_default(),
        })
    });
    Ok(told.take(SHOWN).collect())
}
