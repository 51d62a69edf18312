//! A unit's own word beside what a check says.

use app::{assess, registry};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
};
use policy::Status;

use crate::{Province, values};

/// Storage that fails or retires: a check of entries, beside somebody's word.
const STORAGE: &str = "15.3";
const STORAGE_CONTROL: &str = "media-disposed";

impl Province {
    /// An IT officer who left, and nobody took over: a breach of Vĩnh Long 17.2.c.
    pub(crate) async fn left(&self, unit: &str, name: &str) -> Id {
        let given = [
            ("organization", unit),
            ("role", "it-officer"),
            ("name", name),
            ("starts_on", "2026-01-01"),
            ("ends_on", "2026-10-31"),
        ];
        self.add("contact", &given).await
    }

    /// The unit answers a control's question, and is judged.
    async fn answer(&self, control: &str, unit: Id, holds: bool) {
        self.pass(1_000);
        let unit = OrganizationId(unit);
        assess::attest(
            &self.app,
            &self.ctx(),
            control,
            unit,
            Some(holds),
            "đã xem",
            None,
        )
        .await
        .unwrap();
        self.judge(false).await;
    }

    /// The status and the reason's code.
    async fn says(&self, cite: &str, unit: Id) -> (Status, String) {
        let (status, reason) = self.stands(cite, unit).await;
        (status, reason.unwrap_or_default())
    }
}

fn is(status: Status, reason: &str) -> (Status, String) {
    (status, reason.to_owned())
}

#[tokio::test]
async fn an_office_that_stands_in_no_contact_is_a_breach_only_by_the_units_word() {
    const OFFICER: &str = "17.2.c";
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    p.contact("A", "leader", "Trưởng").await;
    p.judge(true).await;
    assert_eq!(p.says(OFFICER, a).await, is(Status::NoData, "none"));
    p.answer("it-officer-named", a, false).await;
    let denied = is(Status::Breached, "attested-not");
    assert_eq!(p.says(OFFICER, a).await, denied);
    p.answer("it-officer-named", a, true).await;
    assert_eq!(p.says(OFFICER, a).await, is(Status::Met, "attested"));
    // Whoever left says more than the word.
    p.left("A", "Mạng").await;
    p.judge(false).await;
    assert_eq!(p.says(OFFICER, a).await, is(Status::Breached, "ended"));
    p.contact("A", "it-officer", "An").await;
    p.judge(false).await;
    assert_eq!(p.says(OFFICER, a).await, is(Status::Met, "named"));
}

#[tokio::test]
async fn a_units_no_stands_over_a_registry_in_which_nothing_concerns_it() {
    const ROOM: &str = "9.1.a";
    const SERVERS: &str = "9.1.b";
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    // Registered by the centre so that it is probed; the unit's server is not.
    let router = [
        ("code", "R1"),
        ("name", "R1"),
        ("organization", "A"),
        ("role", "router"),
        ("status", "active"),
    ];
    p.add("device", &router).await;
    p.judge(true).await;
    let idle = is(Status::NotApplicable, "none-in-service");
    for (cite, control) in [(ROOM, "server-room"), (SERVERS, "server-changes-agreed")] {
        assert_eq!(p.says(cite, a).await, idle, "{cite}");
        p.answer(control, a, false).await;
        let denied = is(Status::Breached, "attested-not");
        assert_eq!(p.says(cite, a).await, denied, "{cite}");
        // Mended, or said in error: nothing is claimed of a server that is not registered.
        p.answer(control, a, true).await;
        assert_eq!(p.says(cite, a).await, idle, "{cite}");
    }
    p.answer("server-room", a, false).await;
    p.pass(366 * 86_400_000);
    p.judge(true).await;
    assert_eq!(p.says(ROOM, a).await, idle, "a word has its age");
}

/// "Has the unit no VPN concentrator?" – "it has one": honest, and no breach. Who manages it the
/// book says.
#[tokio::test]
async fn a_no_to_was_there_none_is_no_breach() {
    const CITE: &str = "17.1.đ.g2";
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let officer = p.as_role(Role::Officer, Some(a));
    let unit = OrganizationId(a);
    for (none, stands) in [
        (false, (Status::NoData, "happened")),
        (true, (Status::Met, "attested")),
    ] {
        assess::attest(
            &p.app,
            &officer,
            "own-vpn-managed",
            unit,
            Some(none),
            "x",
            None,
        )
        .await
        .unwrap();
        p.judge(false).await;
        assert_eq!(p.stands(CITE, a).await, (stands.0, Some(stands.1.into())));
        p.pass(60_000);
    }
}

/// "No storage failed" contradicts an entry about storage that does not say how it was treated,
/// whichever of the two is newer.
#[tokio::test]
async fn no_word_covers_an_entry_without_a_result() {
    let p = Province::new().await;
    let a = p.unit("A", None).await;
    let officer = p.as_role(Role::Officer, Some(a));
    let attest = async || {
        let unit = OrganizationId(a);
        assess::attest(
            &p.app,
            &officer,
            STORAGE_CONTROL,
            unit,
            Some(true),
            "không có",
            None,
        )
        .await
        .unwrap();
    };
    attest().await;
    p.judge(true).await;
    let attested = (Status::Met, Some("attested".into()));
    assert_eq!(p.stands(STORAGE, a).await, attested);

    p.pass(60_000);
    let entry = [
        ("organization", "A"),
        ("occurred_on", "2026-11-20"),
        ("subject", "Ổ cứng máy văn thư"),
    ];
    let entered = p.add("media-disposal", &entry).await;
    p.judge(false).await;
    let undecided = (Status::NoData, Some("result-missing".into()));
    assert_eq!(p.stands(STORAGE, a).await, undecided);
    p.pass(60_000);
    attest().await;
    p.judge(false).await;
    assert_eq!(p.stands(STORAGE, a).await, undecided);

    let mut treated = values(&entry);
    treated.insert("result".into(), "destroyed".into());
    registry::save(
        &p.app,
        &officer,
        "media-disposal",
        Some((entered, 1)),
        treated,
    )
    .await
    .unwrap();
    p.judge(false).await;
    let sound = (Status::Met, Some("sound".into()));
    assert_eq!(p.stands(STORAGE, a).await, sound);
}
