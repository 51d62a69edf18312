//! A unit's own word beside what a check says.

use app::assess;
use domain::id::{Id, OrganizationId};
use policy::Status;

use crate::Province;

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
