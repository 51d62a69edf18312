//! Settings: what an administrator chooses, each with its default and its reason.

mod secret;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use domain::{
    authority::Permission,
    clock,
    id::OrganizationId,
    label::Label,
    problem::{FieldProblem, Problem},
};
use policy::{Chosen, control::ParameterKind};
use serde_json::Value;

use crate::{App, Ctx, keyring::Keyring, secrecy};

pub(crate) use secret::seal_old;
use secret::{is_secret, kept, sealed_about};

/// The kind of value a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// A whole number in a range.
    Integer(i64, i64),
    /// Text, possibly empty.
    Text,
    /// Yes or no.
    Boolean,
    /// Roles, comma-separated.
    Roles,
    /// Numbers of days, comma-separated.
    Days,
    /// Roles of contacts, comma-separated.
    ContactRoles,
    /// TCP ports, comma-separated.
    Ports,
}

/// A setting that exists.
#[derive(Clone, Debug)]
pub struct SettingSpec {
    /// Its key, `group.name`.
    pub key: &'static str,
    /// What it takes.
    pub kind: SettingKind,
    /// What holds while nobody chose.
    pub default: &'static str,
    /// Its name.
    pub label: (&'static str, &'static str),
    /// Why one would change it; where the number comes from.
    pub help: (&'static str, &'static str),
    /// A secret is never shown, logged or journaled.
    pub secret: bool,
    /// Whether a province may choose it for itself.
    pub own: bool,
}

macro_rules! settings {
    ($($key:literal $kind:expr, $default:literal, $vi:literal / $en:literal, $hvi:literal / $hen:literal $(, $flag:ident)?;)+) => {
        &[$(SettingSpec {
            key: $key, kind: $kind, default: $default, label: ($vi, $en), help: ($hvi, $hen),
            secret: matches!(stringify!($($flag)?).as_bytes(), b"secret"),
            own: matches!(stringify!($($flag)?).as_bytes(), b"own"),
        }),+]
    };
}

use SettingKind::{Boolean, ContactRoles, Days, Integer, Ports, Roles, Text};

/// All settings, in the order of the page.
pub const SETTINGS: &[SettingSpec] = settings! {
    "province.name" Text, "", "Tên tỉnh" / "Province", "Hiện ở đầu trang và trong văn bản" / "Shown on pages and in documents", own;
    "password.min_length" Integer(8, 128), "14", "Độ dài mật khẩu tối thiểu" / "Shortest password",
        "Quy chế không nêu số; mặc định 14 ký tự" / "The regulations give no number; 14 is the chosen default";
    "password.min_length_with_mfa" Integer(8, 128), "8", "Độ dài tối thiểu khi có xác thực hai bước" / "Shortest password with a second factor",
        "Áp dụng cho tài khoản đã bật xác thực hai bước" / "For accounts with a second factor";
    "password.max_age_days" Integer(0, 3650), "90", "Đổi mật khẩu sau (ngày)" / "Change passwords after (days)",
        "Vĩnh Long 26/2019 Đ12.1 yêu cầu đổi định kỳ, không nêu kỳ hạn; 0 là không bắt buộc" / "Vĩnh Long 26/2019 Art. 12.1 asks for periodic change without a number; 0 never";
    "password.history" Integer(0, 24), "5", "Không dùng lại số mật khẩu gần nhất" / "Passwords not to be reused", "" / "";
    "mfa.required_roles" Roles, "administrator", "Vai trò bắt buộc xác thực hai bước" / "Roles that need a second factor",
        "Người giữ vai trò này phải bật xác thực hai bước ở lần đăng nhập tới" / "Holders must set it up at their next sign-in";
    "session.idle_minutes" Integer(5, 1440), "60", "Tự đăng xuất khi không dùng (phút)" / "Sign out when idle (minutes)", "" / "";
    "session.max_hours" Integer(1, 168), "12", "Phiên dài nhất (giờ)" / "Longest session (hours)", "" / "";
    "token.max_days" Integer(1, 730), "365", "Mã truy cập và đường dẫn lịch có hiệu lực lâu nhất (ngày)" / "Longest life of tokens and calendar addresses (days)",
        "Mỗi mã đều có ngày hết hạn và hết hiệu lực khi đổi mật khẩu" / "Each has an end, and ends when the password is changed";
    "probe.interval_seconds" Integer(5, 3600), "5", "Chu kỳ dò thông thường (giây)" / "Probe interval, standard (seconds)", "" / "";
    "probe.critical_interval_seconds" Integer(2, 3600), "3", "Chu kỳ dò điểm trọng yếu (giây)" / "Probe interval, hub and critical (seconds)", "" / "";
    "probe.attempts" Integer(1, 10), "3", "Số lần mất liên tiếp trước khi báo" / "Failures in a row before DOWN", "" / "";
    "probe.references" Text, "auto", "Mốc nhận biết trung tâm mất kết nối" / "Reference points of our own connection",
        "auto là cổng mặc định của máy chủ; hoặc các địa chỉ IP cách nhau bằng dấu phẩy; để trống là không có. Mọi mốc cùng mất thì chính trung tâm mất kết nối" / "auto is this machine's default gateway; or IP addresses separated by commas; empty for none. When all of them fail it is the centre that is cut off";
    "probe.ports" Ports, "22,53,80,443,8080,8443", "Cổng mà đơn vị được dò" / "Ports that units may have probed",
        "Cán bộ đơn vị chỉ đặt cách dò tcp:CỔNG với các cổng này; trung tâm đặt được mọi cổng" / "A unit's officer sets tcp:PORT for these alone; the network centre for any";
    "snmp.interval_seconds" Integer(30, 3600), "60", "Chu kỳ hỏi thiết bị qua SNMP (giây)" / "Interval of asking devices by SNMP (seconds)",
        "Thiết bị không trả lời được hỏi thưa dần, lâu nhất 15 phút một lần" / "A device that does not answer is asked less and less often, at most every 15 minutes apart";
    "notify.email_to" Text, "", "Gửi cảnh báo tới (thư điện tử)" / "Send alarms to (e-mail)", "Nhiều địa chỉ cách nhau bằng dấu phẩy" / "Several separated by commas", own;
    "notify.email_from" Text, "", "Địa chỉ gửi" / "Sender address", "" / "";
    "notify.smtp_url" Text, "", "Máy chủ thư" / "Mail server", "smtp://máy:cổng hoặc smtps://người:mật khẩu@máy" / "smtp://host:port or smtps://user:password@host", secret;
    "notify.webhook_url" Text, "", "Gửi cảnh báo tới (webhook)" / "Send alarms to (webhook)", "Địa chỉ nhận JSON qua POST" / "Address that takes JSON by POST";
    "notify.webhook_secret" Text, "", "Khóa ký webhook" / "Webhook signing key", "HMAC-SHA256 trên nội dung" / "HMAC-SHA256 over the body", secret;
    "remind.days" Days, "14,7,1", "Nhắc trước hạn (ngày)" / "Remind before a due date (days)",
        "Mỗi nghĩa vụ được nhắc một lần ở mỗi mốc, gộp trong một thư mỗi ngày; để trống là không nhắc" / "Each duty once at each distance, in one digest a day; empty never", own;
    "remind.hour" Integer(0, 23), "7", "Giờ gửi thư nhắc" / "Hour of the digest", "Giờ Việt Nam" / "Vietnamese time";
    "remind.to" ContactRoles, "it-officer", "Nhắc đầu mối của đơn vị" / "Contacts of a unit to remind",
        "Các loại đầu mối: it-officer, security-officer, leader, hotline, incident-desk" / "Kinds of contacts: it-officer, security-officer, leader, hotline, incident-desk", own;
    "remind.escalate_days" Integer(0, 365), "7", "Báo cấp trên khi quá hạn (ngày)" / "Tell the superior when overdue (days)", "0 là không báo" / "0 never", own;
    "remind.escalate_to" ContactRoles, "leader,it-officer", "Báo đầu mối của cấp trên" / "Contacts of the superior to tell", "" / "", own;
    "logs.unknown_each_per_second" Integer(1, 100_000), "500", "Thiết bị chưa đăng ký: số dòng nhật ký mỗi giây, một địa chỉ" / "Unregistered senders: log lines a second, one address",
        "Vượt mức thì gói UDP bị bỏ và được đếm, kết nối TCP phải chờ. Gửi quá mức liên tục thì kết nối bị đóng" / "Beyond it datagrams are dropped and counted, TCP senders wait, and are closed when they stay over";
    "logs.unknown_all_per_second" Integer(1, 1_000_000), "5000", "Thiết bị chưa đăng ký: số dòng nhật ký mỗi giây, tất cả" / "Unregistered senders: log lines a second, all together", "" / "";
    "logs.unknown_each_mb" Integer(0, 1_000_000), "100", "Thiết bị chưa đăng ký: dung lượng mỗi ngày, một địa chỉ (MB)" / "Unregistered senders: megabytes a day, one address",
        "Hết mức thì không nhận nữa cho tới ngày mai; 0 là không giới hạn" / "Then nothing more is taken until the next day; 0 is no bound";
    "logs.unknown_all_mb" Integer(0, 1_000_000), "1000", "Thiết bị chưa đăng ký: dung lượng mỗi ngày, tất cả (MB)" / "Unregistered senders: megabytes a day, all together", "" / "";
    "logs.registered_each_per_second" Integer(100, 10_000_000), "20000", "Thiết bị đã đăng ký: số dòng nhật ký mỗi giây, một địa chỉ" / "Registered senders: log lines a second, one address",
        "Mỗi KB của một dòng tính thêm một dòng; cho phép dồn 10 giây. Vượt mức thì gói UDP bị bỏ và được đếm, kết nối TCP phải chờ, và có cảnh báo" / "Each KB of a line counts as one more; a burst of 10 seconds is allowed. Beyond it datagrams are dropped and counted, TCP senders wait, and an alarm tells";
    "disk.reserve_mb" Integer(16, 1_000_000), "512", "Phần đĩa dành cho cơ sở dữ liệu và sổ nhật ký thao tác (MB)" / "Disk kept for records and journal (MB)",
        "Nhiều nhất 2% đĩa. Còn dưới 4 lần mức này thì ngừng nhận thiết bị lạ, dưới 3 lần ngừng nhận tệp đính kèm, dưới 2 lần ngừng nhập dữ liệu, dưới 1 lần nhật ký của thiết bị đã đăng ký phải chờ" / "At most 2% of the disk. Below 4 times of it unknown senders stop, below 3 times attachments, below 2 times imports, below it the logs of registered devices wait";
    "attachment.unit_mb" Integer(0, 10_000_000), "5000", "Tài liệu đính kèm của một đơn vị, tổng cộng (MB)" / "Attachments of one unit, in all (MB)", "0 là không giới hạn" / "0 is no bound";
    "attachment.unit_day_mb" Integer(0, 1_000_000), "500", "Tài liệu đính kèm của một đơn vị trong 24 giờ (MB)" / "Attachments of one unit in 24 hours (MB)", "0 là không giới hạn" / "0 is no bound";
    "attachment.all_mb" Integer(0, 100_000_000), "100000", "Tài liệu đính kèm của mọi đơn vị, tổng cộng (MB)" / "Attachments of all units, in all (MB)", "0 là không giới hạn" / "0 is no bound";
    "attachment.max_mb" Integer(1, 200), "20", "Tài liệu đính kèm lớn nhất (MB)" / "Largest attachment (MB)", "" / "";
    "attachment.clamd" Text, "", "Máy quét mã độc (ClamAV)" / "Malware scanner (ClamAV)",
        "Đường dẫn socket của clamd (/run/clamav/clamd.ctl) hoặc máy:cổng. Không trả lời thì tệp hiện là chưa quét" / "clamd's socket (/run/clamav/clamd.ctl) or host:port. While it does not answer, files show as not scanned";
    "first_start.done" Boolean, "false", "Đã thiết lập ban đầu" / "First start is over", "" / "";
};

/// The largest number that a parameter takes: of days, hours or minutes more than any duty
/// lasts, and small enough to be counted in milliseconds.
const LARGEST: u32 = 1_000_000;
/// The longest text of a setting, in characters.
const LONGEST: usize = 2_000;

/// Values by key.
type Values = BTreeMap<String, Value>;

/// The settings in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// What holds for everybody who did not choose.
    values: Values,
    /// What provinces chose for themselves.
    own: BTreeMap<OrganizationId, Values>,
    /// Secrets that the key does not open.
    unread: bool,
    /// Secrets that an earlier version of the program kept as they are.
    plain: bool,
}

impl Settings {
    pub(crate) async fn load(db: &store::Db, keys: &Keyring) -> Result<Self, store::StoreError> {
        let mut settings = Self::default();
        for stored in store::setting::all(db).await? {
            let Ok(mut value) = serde_json::from_str(&stored.value) else {
                continue;
            };
            if is_secret(&stored.key)
                && let Value::String(kept) = &value
            {
                if Keyring::is_sealed(kept) {
                    let about = sealed_about(&stored.key, stored.province);
                    let Some(open) = keys.unseal_text(&about, kept) else {
                        tracing::error!(key = stored.key, "a secret does not open with data.key");
                        settings.unread = true;
                        continue;
                    };
                    value = open.into();
                } else if !kept.is_empty() {
                    settings.plain = true;
                }
            }
            let values = match stored.province {
                Some(province) => settings.own.entry(province).or_default(),
                None => &mut settings.values,
            };
            values.insert(stored.key, value);
        }
        Ok(settings)
    }

    /// What holds in a province: its own choices before the common ones.
    pub fn of(&self, province: Option<OrganizationId>) -> Cow<'_, Self> {
        let Some(own) = province.and_then(|p| self.own.get(&p)) else {
            return Cow::Borrowed(self);
        };
        let mut values = self.values.clone();
        values.extend(own.clone());
        Cow::Owned(Self {
            values,
            ..Self::default()
        })
    }

    /// Whether there are secrets that the key does not open.
    pub(crate) fn has_unread_secrets(&self) -> bool {
        self.unread
    }

    /// The provinces that chose anything for themselves.
    pub fn choosers(&self) -> impl Iterator<Item = OrganizationId> {
        self.own.keys().copied()
    }

    /// What was chosen for `key`: by a province for itself, or for all that share.
    pub fn held(&self, province: Option<OrganizationId>, key: &str) -> Option<&Value> {
        match province {
            Some(province) => self.own.get(&province)?.get(key),
            None => self.values.get(key),
        }
    }

    /// The text of a setting; its default when nobody chose.
    pub fn text(&self, key: &str) -> String {
        match self.values.get(key) {
            Some(Value::String(s)) => s.clone(),
            Some(other) => other.to_string(),
            None => spec(key).map_or_else(String::new, |s| s.default.to_owned()),
        }
    }

    /// The number of a setting.
    pub fn integer(&self, key: &str) -> i64 {
        self.text(key)
            .parse()
            .or_else(|_| spec(key).map_or("0", |s| s.default).parse())
            .unwrap_or(0)
    }

    /// Whether a setting is on.
    pub fn boolean(&self, key: &str) -> bool {
        self.text(key) == "true"
    }

    /// What was chosen for the parameters of a control (`parameter.<control>.<name>`).
    pub fn parameters(&self, control: &str) -> Values {
        let prefix = format!("parameter.{control}.");
        let parameters = self.values.iter();
        parameters
            .filter_map(|(k, v)| Some((k.strip_prefix(&prefix)?.to_owned(), v.clone())))
            .collect()
    }

    /// What was chosen for the parameters of controls, in common and by provinces.
    pub(crate) fn chosen(&self) -> Chosen {
        Chosen {
            common: parameters(&self.values),
            own: (self.own.iter())
                .map(|(province, values)| (*province, parameters(values)))
                .filter(|(_, values)| !values.is_empty())
                .collect(),
        }
    }
}

/// The settings `parameter.<control>.<name>` by control and name.
fn parameters(values: &Values) -> policy::chosen::Values {
    let mut all = policy::chosen::Values::new();
    for (key, value) in values {
        let place = key.strip_prefix("parameter.");
        let Some((control, name)) = place.and_then(|p| p.rsplit_once('.')) else {
            continue;
        };
        if let Ok(value) = serde_json::from_value(value.clone()) {
            let of_control = all.entry(control.to_owned()).or_default();
            of_control.insert(name.to_owned(), value);
        }
    }
    all
}

/// The setting of that key.
pub fn spec(key: &str) -> Option<&'static SettingSpec> {
    SETTINGS.iter().find(|s| s.key == key)
}

/// Whether a province may choose it for itself.
pub fn is_own(key: &str) -> bool {
    key.starts_with("parameter.") || spec(key).is_some_and(|s| s.own)
}

/// A province: the head of a tree of organizations.
#[derive(Clone, Debug)]
pub struct Province {
    /// The head.
    pub id: OrganizationId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Where the actor may set, and what.
#[derive(Clone, Debug)]
pub struct Settable {
    /// Whether what all provinces share may be set.
    pub common: bool,
    /// The provinces whose own choices may be set.
    pub provinces: Vec<Province>,
}

impl Settable {
    /// The province with this code.
    pub fn province(&self, code: &str) -> Option<&Province> {
        self.provinces.iter().find(|p| p.code == code)
    }
}

/// What the actor may set: an administrator of everything all, one of a province its own.
///
/// # Errors
/// Denied, also to an administrator of a part of a province; unavailable.
pub async fn settable(app: &App, ctx: &Ctx) -> Result<Settable, Problem> {
    let scope = ctx.actor.scope(Permission::Settings)?;
    let today = clock::local_date(app.clock.now()).to_string();
    let units = store::assessment::units(&app.db, &today).await;
    let units = units?;
    let heads: HashSet<OrganizationId> = units.iter().filter_map(|u| u.parent).collect();
    let provinces = units
        .iter()
        .filter(|u| u.parent.is_none() && heads.contains(&u.id))
        .filter(|u| scope.roots().is_none_or(|roots| roots.contains(&u.id)))
        .map(|u| Province {
            id: u.id,
            code: u.code.clone(),
            name: u.name.clone(),
        })
        .collect();
    let settable = Settable {
        common: scope.roots().is_none(),
        provinces,
    };
    if !settable.common && settable.provinces.is_empty() {
        return Err(Problem::denied(
            Label::new("Thiết lập là của tỉnh", "Settings are a province's"),
            "settings",
        ));
    }
    Ok(settable)
}

/// The settings that hold where the actor looks: those of the only province in sight, or
/// what all share.
pub fn seen(app: &App, ctx: &Ctx) -> Settings {
    let province = ctx.actor.scope(Permission::Read).ok().and_then(|scope| {
        let board = app.assess.board();
        let units = board.in_scope(&scope);
        crate::assess::province_of(units.into_iter().map(|at| &board.units[at]))
    });
    app.settings().of(province).into_owned()
}

/// Sets what all provinces share. A control's parameter is set under `parameter.<control>.<name>`.
///
/// # Errors
/// Invalid for an unknown key or a value outside its range; denied.
pub async fn set(app: &App, ctx: &Ctx, key: &str, text: &str) -> Result<(), Problem> {
    if !settable(app, ctx).await?.common {
        return Err(Problem::denied(
            Label::new(
                "Thiết lập chung là của mọi tỉnh",
                "Common settings are every province's",
            ),
            key,
        ));
    }
    write(app, ctx, None, key, Some(text)).await
}

/// Sets what a province chooses for itself; without a text it shares again what all have.
///
/// # Errors
/// Invalid for a key that is no province's own or a value outside its range; denied where
/// `province` is not the code of a province that the actor administers.
pub async fn set_own(
    app: &App,
    ctx: &Ctx,
    province: &str,
    key: &str,
    text: Option<&str>,
) -> Result<(), Problem> {
    let settable = settable(app, ctx).await?;
    let Some(found) = settable.province(province) else {
        return Err(Problem::denied(
            Label::new(
                "Chỉ quản trị của tỉnh mới đặt thiết lập riêng của tỉnh đó",
                "Only an administrator of a province sets its own settings",
            ),
            province,
        ));
    };
    if !is_own(key) {
        let wrong = FieldProblem::new(
            key,
            "Thiết lập này là chung cho mọi tỉnh",
            "This setting is common to all provinces",
        );
        return Err(Problem::invalid(key, vec![wrong]));
    }
    write(app, ctx, Some(found.id), key, text).await
}

async fn write(
    app: &App,
    ctx: &Ctx,
    province: Option<OrganizationId>,
    key: &str,
    text: Option<&str>,
) -> Result<(), Problem> {
    let parsed = text.map(|text| parse(app, key, text.trim())).transpose();
    let value = parsed.map_err(|wrong| Problem::invalid(key, vec![wrong]))?;
    let secret = is_secret(key);
    if !secret {
        let typed = text.iter().map(|text| (key, *text));
        secrecy::refuse_marked(app, ctx, "setting", province, typed).await?;
    }
    let settings = app.settings();
    let before = settings.held(province, key);
    let shown = |v: Option<&Value>| match v {
        Some(_) if secret => Some("\"***\"".to_owned()),
        v => v.map(ToString::to_string),
    };
    let mut work = app.begin(ctx, Permission::Settings).await?;
    match (&value, province) {
        (Some(value), _) => {
            let now = work.now();
            let value = kept(&app.keys, key, province, value).map_err(|error| {
                tracing::error!(%error, key, "a secret could not be sealed");
                Problem::internal("setting")
            })?;
            store::setting::set(&mut work, province, key, &value, now).await
        }
        (None, Some(province)) => store::setting::unset(&mut work, province, key).await,
        // What all share has a value, be it the default.
        (None, None) => Ok(()),
    }?;
    work.event(
        "setting",
        key,
        province,
        "update",
        shown(before),
        shown(value.as_ref()),
    );
    work.commit().await?;
    app.reload_settings().await?;
    app.changed("setting");
    Ok(())
}

fn parse(app: &App, key: &str, text: &str) -> Result<Value, FieldProblem> {
    let bad = |vi: String, en: String| Err(FieldProblem::new(key, vi, en));
    if text.chars().count() > LONGEST {
        return bad(
            format!("Dài nhất {LONGEST} ký tự"),
            format!("At most {LONGEST} characters"),
        );
    }
    if let Some(rest) = key.strip_prefix("parameter.") {
        let library = app.library();
        let found = rest.rsplit_once('.').and_then(|(control, name)| {
            let control = library.controls.get(control)?;
            control.parameters.iter().find(|p| p.name == name)
        });
        return match found.map(|p| (p.chosen, p.kind)) {
            Some((false, _)) => bad(
                "Giá trị này do văn bản hoặc gói quy định nêu".into(),
                "This value is the text's or the pack's".into(),
            ),
            Some((true, ParameterKind::Integer)) => match text.parse::<u32>() {
                Ok(i) if i <= LARGEST => Ok(i.into()),
                _ => bad(
                    format!("Phải là số nguyên từ 0 đến {LARGEST}"),
                    format!("Must be a whole number from 0 to {LARGEST}"),
                ),
            },
            Some((true, ParameterKind::Decimal)) => match text.replace(',', ".").parse::<f64>() {
                Ok(d) if (0.0..=f64::from(LARGEST)).contains(&d) => Ok(d.into()),
                _ => bad(
                    format!("Phải là số từ 0 đến {LARGEST}"),
                    format!("Must be a number from 0 to {LARGEST}"),
                ),
            },
            Some((true, ParameterKind::Text)) => Ok(text.into()),
            None => bad(
                "Không có tham số này".into(),
                "There is no such parameter".into(),
            ),
        };
    }
    let Some(spec) = spec(key) else {
        return bad(
            "Không có thiết lập này".into(),
            "There is no such setting".into(),
        );
    };
    let value = match spec.kind {
        Integer(low, high) => match text.parse::<i64>() {
            Ok(i) if (low..=high).contains(&i) => i.into(),
            _ => {
                return bad(
                    format!("Phải là số từ {low} đến {high}"),
                    format!("Must be a number from {low} to {high}"),
                );
            }
        },
        Boolean => (matches!(text, "true" | "on" | "1")).into(),
        Text => domain::parse::line(key, text)?.into(),
        Days => {
            let numbers = text.split(',').map(str::trim).filter(|n| !n.is_empty());
            for number in numbers {
                if !number.parse::<u16>().is_ok_and(|n| n <= 365) {
                    return bad(
                        format!("“{number}” không phải là số ngày từ 0 đến 365"),
                        format!("“{number}” is not a number of days from 0 to 365"),
                    );
                }
            }
            text.into()
        }
        Ports => {
            for port in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
                if !port.parse::<u16>().is_ok_and(|p| p > 0) {
                    return bad(
                        format!("“{port}” không phải là cổng từ 1 đến 65535"),
                        format!("“{port}” is not a port from 1 to 65535"),
                    );
                }
            }
            text.into()
        }
        ContactRoles => {
            let contact = domain::noun::get("contact").and_then(|n| n.field("role"));
            for code in text.split(',').map(str::trim).filter(|c| !c.is_empty()) {
                if !contact.is_some_and(|f| f.choices.contains_key(code)) {
                    return bad(
                        format!("Không có loại đầu mối “{code}”"),
                        format!("There is no kind of contact “{code}”"),
                    );
                }
            }
            text.into()
        }
        Roles => {
            for code in text.split(',').map(str::trim).filter(|c| !c.is_empty()) {
                if domain::authority::Role::from_code(code).is_none() {
                    return bad(
                        format!("Không có vai trò “{code}”"),
                        format!("There is no role “{code}”"),
                    );
                }
            }
            text.into()
        }
    };
    Ok(value)
}
