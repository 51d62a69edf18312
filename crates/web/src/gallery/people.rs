//! Samples: signing in, accounts, settings.

use app::account::Event;
use domain::authority::Permission;

use super::{DAY, HOUR, MINUTE, NOW, pairs};
use crate::{
    admin::page::{AccountPage, AccountRow, Accounts, SettingRow, Settings, TaskRow},
    auth::page::{
        DeviceRow, EventRow, Me, Password, SessionRow, SignIn, TokenRow, Totp, TotpSetup,
    },
    cx::Cx,
    flow::page::SubstituteRow,
    mark::Mark,
};

pub fn sign_in(cx: &Cx) -> SignIn {
    SignIn {
        cx: cx.clone(),
        name: "hanh.nt".into(),
        back: "/".into(),
        wrong: Some(
            "Tên đăng nhập hoặc mật khẩu không đúng, hoặc đã nhập sai quá nhiều lần.".into(),
        ),
    }
}

pub fn totp(cx: &Cx) -> Totp {
    Totp {
        cx: cx.clone(),
        back: "/".into(),
        wrong: None,
    }
}

pub fn totp_setup(cx: &Cx) -> TotpSetup {
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    TotpSetup {
        cx: cx.clone(),
        required: true,
        qr: crate::auth::qr::svg(&format!(
            "otpauth://totp/Gieng:hanh.nt?secret={secret}&issuer=Gieng"
        )),
        secret: secret.into(),
        wrong: None,
    }
}

pub fn password(cx: &Cx) -> Password {
    Password {
        cx: cx.clone(),
        title: cx.t("password-expired"),
        lead: cx.t("password-expired-lead"),
        action: "/me/password".into(),
        asks_name: false,
        name: String::new(),
        person: String::new(),
        asks_old: true,
        rules: cx.tn("password-rules", 14),
        wrong: Some(cx.t("password-differ")),
    }
}

pub fn me(cx: &Cx) -> Me {
    let session = |id: &str, current, last| SessionRow {
        id: id.into(),
        from: "10.96.4.17".into(),
        with: "Chrome 130 · Windows".into(),
        started: NOW - 5 * HOUR,
        last,
        current,
    };
    Me {
        cx: cx.clone(),
        name: "Nguyễn Thị Hạnh".into(),
        secret: Some("mã-chỉ-hiện-một-lần".into()),
        tokens: vec![TokenRow {
            id: "t1".into(),
            name: "Bảng điều hành của Sở".into(),
            scopes: cx.l(Permission::Read.label()),
            until: NOW + 60 * DAY,
            used: Some(NOW - MINUTE),
        }],
        feed: Some("https://gieng.vinhlong.example/calendar/feed/mã-chỉ-hiện-một-lần.ics".into()),
        feeds: vec![TokenRow {
            id: "f1".into(),
            name: "Điện thoại".into(),
            scopes: String::new(),
            until: NOW + 300 * DAY,
            used: Some(NOW - HOUR),
        }],
        devices: vec![DeviceRow {
            id: "d1".into(),
            with: "Chrome 130 · Windows".into(),
            from: "10.96.4.17".into(),
            last: NOW - 5 * HOUR,
        }],
        events: vec![
            EventRow {
                what: cx.l(Event::TokenMade.label()),
                about: "Bảng điều hành của Sở".into(),
                from: "10.96.4.17".into(),
                at: NOW - HOUR,
            },
            EventRow {
                what: cx.l(Event::LockOut.label()),
                about: String::new(),
                from: "203.0.113.7".into(),
                at: NOW - DAY,
            },
        ],
        substitutes: vec![SubstituteRow {
            id: "1".into(),
            login: "lan".into(),
            days: "23/11/2026 – 27/11/2026".into(),
        }],
        stands_in: Vec::new(),
        recovery: vec!["k7mw-3xqp-r8dn-5tzc".into(), "v2hb-9yaj-e6fs-4gku".into()],
        recovery_left: Some(10),
        scopes: vec![
            ("read", cx.l(Permission::Read.label()), true),
            ("write", cx.l(Permission::Write.label()), false),
        ],
        longest: 365,
        sessions: vec![session("1", true, NOW), session("2", false, NOW - 2 * HOUR)],
    }
}

pub fn accounts(cx: &Cx) -> Accounts {
    let row = |login: &str, name: &str, role: &str, totp, enabled| AccountRow {
        id: login.into(),
        login: login.into(),
        name: name.into(),
        roles: vec![role.into()],
        enabled,
        totp,
        password_at: Some(NOW - 41 * DAY),
        last: totp.then_some(NOW - 26 * MINUTE),
    };
    Accounts {
        cx: cx.clone(),
        rows: vec![
            row(
                "hanh.nt",
                "Nguyễn Thị Hạnh",
                "Quản trị viên · Toàn tỉnh",
                true,
                true,
            ),
            row(
                "binh.tv",
                "Trần Văn Bình",
                "Cán bộ CNTT đơn vị · Xã Cái Nhum",
                false,
                true,
            ),
            row("cu.lt", "Lê Thị Cúc", "Người xem · Sở Y tế", false, false),
        ],
    }
}

pub fn account(cx: &Cx) -> AccountPage {
    AccountPage {
        cx: cx.clone(),
        id: "1".into(),
        title: "binh.tv".into(),
        action: "/accounts/1".into(),
        version: 3,
        link: Some("https://gieng.vinhlong.example/link/8Qw3…".into()),
        problem: None,
        login: "binh.tv".into(),
        name: "Trần Văn Bình".into(),
        email: "binh.tv@vinhlong.example".into(),
        organization: "u1".into(),
        kinds: vec![("personal".into(), cx.t("account-kind-personal"), true)],
        units: pairs(&[("u1", "Xã Cái Nhum"), ("u2", "Sở Y tế")]),
        roles: pairs(&[("officer", "Cán bộ CNTT đơn vị"), ("viewer", "Người xem")]),
        grants: pairs(&[("officer", "u1"), ("", "")]),
        enabled: true,
        totp: true,
        sessions: 2,
        substitutes: Vec::new(),
        stands_in: Vec::new(),
    }
}

pub fn settings(cx: &Cx) -> Settings {
    let row = |key: &str, label: &str, help: &str, value: &str| SettingRow {
        key: key.into(),
        label: label.into(),
        help: help.into(),
        value: value.into(),
        boolean: value == "true",
        secret: key.ends_with("secret"),
        own: false,
    };
    Settings {
        cx: cx.clone(),
        problem: None,
        unadopted: false,
        whose: vec![
            (String::new(), cx.t("settings-common"), true),
            ("UBND".into(), "UBND tỉnh Vĩnh Long".into(), false),
            ("UBND-CM".into(), "UBND tỉnh Cà Mau".into(), false),
        ],
        province: None,
        groups: vec![(
            cx.t("settings-accounts"),
            vec![
                row(
                    "password.max_age_days",
                    "Đổi mật khẩu sau (ngày)",
                    "Văn bản yêu cầu đổi định kỳ, không nêu kỳ hạn; 0 là không bắt buộc",
                    "90",
                ),
                row("mail.starttls", "Mã hóa thư", "", "true"),
                row(
                    "notify.webhook_secret",
                    "Khóa ký webhook",
                    "HMAC-SHA256 trên nội dung",
                    "",
                ),
            ],
        )],
        packs: vec![(cx.t("settings-regulations"), "26/2019/QĐ-UBND".into())],
        vault: vec![(cx.t("vault-records"), cx.n(12_408_113))],
        tasks: vec![
            TaskRow {
                name: cx.t("task-verdicts"),
                mark: Mark::Met,
                detail: "13.350 kết luận, 212 ms".into(),
                at: Some(NOW - MINUTE),
            },
            TaskRow {
                name: cx.t("task-notices-mail"),
                mark: Mark::Error,
                detail: "SMTP 127.0.0.1:25: connection refused".into(),
                at: Some(NOW - 4 * MINUTE),
            },
        ],
    }
}
