//! Markings in what people type, and files that come back as they were.

use app::{
    account, assess, attachment,
    registry::{self, ImportMode},
};
use domain::{authority::Role, id::OrganizationId, problem::ProblemKind::Invalid, record::Values};
use store::registry::RecordQuery;

use crate::{Province, refused, values};

const BOOK: &str = "technical-journal";

fn entry(unit: &str, subject: &str) -> Values {
    values(&[
        ("organization", unit),
        ("occurred_on", "2026-11-01"),
        ("subject", subject),
        ("result", "routine"),
    ])
}

#[tokio::test]
async fn what_is_typed_with_a_marking_is_refused_and_noted_without_its_content() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let officer = p.as_role(Role::Officer, Some(a));
    for marked in [
        "MẬT",
        "Kế hoạch bố trí lực lượng\nTUYỆT MẬT\nĐiều 1",
        "Độ mật: Tối mật",
        "Kế hoạch bố trí lực lượng (MẬT)",
    ] {
        let saved = registry::save(&p.app, &officer, BOOK, None, entry("A", marked)).await;
        let problem = saved.unwrap_err();
        assert_eq!(problem.kind, Invalid, "{problem:?}");
        assert_eq!(problem.fields[0].field, "subject");
        assert!(
            problem.fields[0].message.vi.contains("độ mật"),
            "{problem:?}"
        );
    }
    let attested = assess::attest(
        &p.app,
        &officer,
        "ad-hoc-inspection",
        OrganizationId(a),
        Some(true),
        "TỐI MẬT\nKế hoạch bố trí lực lượng",
        None,
    )
    .await;
    assert!(attested.is_err());
    let marked = "TỐI MẬT\nKế hoạch bố trí lực lượng";
    let set = app::setting::set(&p.app, &p.ctx(), "province.name", "TỐI MẬT").await;
    assert_eq!(refused(set), Invalid);
    let account = account::Draft {
        login: "can.bo".into(),
        name: "Bố trí lực lượng (MẬT)".into(),
        kind: "personal".into(),
        ..account::Draft::default()
    };
    let made = account::save(&p.app, &p.ctx(), None, account).await;
    assert_eq!(refused(made), Invalid);
    let claim = (domain::claim::ClaimKind::Address, "10.1.1.1");
    let refuse = app::claim::Decision::Refuse;
    let unit = OrganizationId(a);
    let decided = app::claim::decide(&p.app, &p.ctx(), claim, unit, refuse, marked).await;
    assert_eq!(refused(decided), Invalid);
    let table = "organization,occurred_on,subject,result\n\
                 A,2026-11-02,Kế hoạch bố trí lực lượng - TỐI MẬT,routine\n\
                 A,2026-11-03,Đổi mật khẩu định kỳ,routine\n";
    let report = registry::import(
        &p.app,
        &officer,
        BOOK,
        table.as_bytes(),
        ImportMode::GoodRows,
    )
    .await
    .unwrap();
    assert_eq!((report.created, report.bad), (1, 1), "{report:?}");
    assert!(
        report.rows[0].problems[0]
            .message
            .en
            .contains("state secret")
    );
    for free in [
        "Kiểm tra công tác BẢO MẬT",
        "Nhắc không soạn tài liệu MẬT, TỐI MẬT trên mạng",
    ] {
        let saved = registry::save(&p.app, &officer, BOOK, None, entry("A", free)).await;
        assert!(saved.is_ok(), "{free}: {saved:?}");
    }
    let journal = p.journal().await;
    assert!(
        journal.matches("refused-as-secret").count() >= 8,
        "{journal}"
    );
    assert!(!journal.contains("bố trí lực lượng"), "{journal}");
}

#[tokio::test]
async fn a_table_below_a_stamp_is_refused_as_a_whole() {
    let p = Province::new().await;
    p.unit("A", None).await;
    let table = "TỐI MẬT,,,\norganization,occurred_on,subject,result\n\
                 A,2026-11-02,Kế hoạch bố trí lực lượng,routine\n";
    let mode = ImportMode::GoodRows;
    let refused = registry::import(&p.app, &p.ctx(), BOOK, table.as_bytes(), mode).await;
    let problem = refused.unwrap_err();
    assert_eq!(problem.kind, Invalid, "{problem:?}");
    assert!(problem.what.en.contains("state secret"), "{problem:?}");
    let journal = p.journal().await;
    assert!(journal.contains("refused-as-secret"), "{journal}");
}

/// One letter a line is what makes the search for markings look furthest.
#[tokio::test]
async fn a_long_text_of_single_letters_holds_nobody_up() {
    let p = Province::new().await;
    let cell = "M\nẬ\n".repeat(150_000);
    let table =
        format!("code,name,kind,level,membership\nA,\"{cell}\",department,province,member\n");
    let begun = std::time::Instant::now();
    let mode = ImportMode::DryRun;
    let report = registry::import(&p.app, &p.ctx(), "organization", table.as_bytes(), mode).await;
    let report = report.unwrap();
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    assert_eq!(report.bad, 1, "{report:?}");
    let told = serde_json::to_string(&report).unwrap();
    assert!(told.len() < 10_000, "{} bytes", told.len());
}

#[tokio::test]
async fn a_table_that_goes_out_and_comes_in_again_is_the_same() {
    let p = Province::new().await;
    let cells = [
        "=HYPERLINK(1)",
        "+1+1",
        "-1+1",
        "-5",
        "@x",
        "＝1+1",
        "'=x",
        "-5+cmd",
        "'thường'",
        "Bình thường",
    ];
    for (n, cell) in cells.iter().enumerate() {
        let code = format!("U{n}");
        let given = [
            ("code", code.as_str()),
            ("name", cell),
            ("kind", "department"),
            ("level", "province"),
            ("membership", "member"),
        ];
        p.add("organization", &given).await;
    }
    let all = RecordQuery::default();
    let csv = registry::export_csv(&p.app, &p.ctx(), "organization", &all)
        .await
        .unwrap();
    let text = String::from_utf8(csv.clone()).unwrap();
    for cell in ["=HYPERLINK(1)", "+1+1", "-1+1", "@x", "＝1+1", "-5+cmd"] {
        assert!(text.contains(&format!("'{cell}")), "{cell}: {text}");
    }
    let xlsx = registry::export_xlsx(&p.app, &p.ctx(), "organization", &all)
        .await
        .unwrap();
    for table in [csv, xlsx] {
        let other = Province::new().await;
        let report = registry::import(
            &other.app,
            &other.ctx(),
            "organization",
            &table,
            ImportMode::AllOrNothing,
        )
        .await
        .unwrap();
        assert_eq!((report.created, report.bad), (cells.len(), 0), "{report:?}");
        let page = registry::list(&other.app, &other.ctx(), "organization", &all)
            .await
            .unwrap();
        let mut came: Vec<_> = page
            .records
            .iter()
            .map(|r| r.text("name").to_owned())
            .collect();
        // Letters as wide as a Chinese one come in as those that every font has.
        let mut went = cells.map(domain::text::nfc).to_vec();
        came.sort();
        went.sort();
        assert_eq!(came, went);
    }
}

#[tokio::test]
async fn a_file_comes_back_under_its_own_name_and_says_what_was_not_looked_at() {
    let p = Province::new().await;
    let a = OrganizationId(p.unit("A", None).await);
    let rtf = br"{\rtf1\ansi\ansicpg1252 B\u225?o c\u225?o}";
    let console = b"R1>show run\r\n--More--\x08\x08\x08 hostname R1\r\n";
    for (name, bytes, own, media, marking, unread) in [
        (
            "x.txt.rtf",
            &rtf[..],
            "x.txt.rtf",
            "application/rtf",
            "none",
            "",
        ),
        ("R1.log", console, "R1.log", "text/plain", "none", ""),
        (
            "ảnh.bmp",
            b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
            "ảnh.bmp",
            "image/bmp",
            "unread",
            "pictures",
        ),
    ] {
        let kept = attachment::keep(&p.app, &p.ctx(), a, name, bytes.to_vec())
            .await
            .unwrap();
        let (about, content) = attachment::get(&p.app, &p.ctx(), &kept, None)
            .await
            .unwrap();
        assert_eq!(content, bytes);
        assert_eq!(
            (
                about.name.as_str(),
                about.media_type.as_str(),
                about.marking.as_str(),
                about.unread.as_str()
            ),
            (own, media, marking, unread)
        );
    }
    let keep =
        async |name: &str| attachment::keep(&p.app, &p.ctx(), a, name, b"x = 1".to_vec()).await;
    assert_eq!(refused(keep("sao-luu.vbs").await), Invalid);
    assert_eq!(refused(keep("TUYỆT MẬT.txt").await), Invalid);
    let journal = p.journal().await;
    assert!(journal.contains("refused-as-program") && journal.contains("refused-as-secret"));
}
