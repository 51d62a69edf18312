//! What waits for whom: flows, their deadlines, and papers.

use app::{
    document, duty,
    flow::{self, Begin},
    registry, remind,
};
use domain::{
    authority::Role,
    id::{Id, OrganizationId},
    problem::ProblemKind::{Conflict, Internal, Invalid},
};

use super::{Asked, DAY_MS, FAILED, PASSED};
use crate::{Province, refused};

#[tokio::test]
async fn what_waits_is_asked_in_a_number_of_queries_that_does_not_grow() {
    let a = Asked::new(Province::new().await).await;
    let binh = a.centre("binh");
    let mut asked = Vec::new();
    for n in 0..12 {
        if n > 0 {
            a.another(&format!("D{n}x")).await;
        }
        a.begin().await;
        if n == 0 || n == 11 {
            // What is read once for all is read.
            flow::waiting(&a.p.app, &binh).await.unwrap();
            let before = a.p.app.db.asked();
            let desk = flow::waiting(&a.p.app, &binh).await.unwrap();
            assert_eq!(desk.count(), n + 1);
            asked.push(a.p.app.db.asked() - before);
        }
    }
    assert_eq!(asked[0], asked[1], "one request asks as much as twelve");
}

#[tokio::test]
async fn what_need_not_be_done_is_not_counted() {
    let a = Asked::new(Province::new().await).await;
    let (binh, lan) = (a.centre("binh"), a.centre("lan"));
    let row = a.begin().await;
    a.step(&binh, row.id, "inspect", &PASSED).await.unwrap();
    let desk = flow::waiting(&a.p.app, &binh).await.unwrap();
    assert_eq!((desk.count(), desk.waiting.len()), (0, 0));
    assert_eq!(flow::waits(&a.p.app, &binh).await.unwrap(), 0);
    let optional: Vec<&str> = (desk.optional[0].optional.iter())
        .map(|label| label.en.as_str())
        .collect();
    assert_eq!(optional, ["Inspect again"]);
    let desk = flow::waiting(&a.p.app, &lan).await.unwrap();
    assert_eq!((desk.count(), desk.optional.len()), (1, 0));
    // Who is waited for is said to who may not: not who inspected.
    let open = flow::get(&a.p.app, &a.officer(), &row.id.to_string(), None)
        .await
        .unwrap();
    let approve = open.possible.iter().find(|p| p.name == "approve").unwrap();
    assert!(approve.not.is_some());
    assert_eq!(
        approve.who.vi,
        "trung tâm mạng (quản trị viên, cán bộ vận hành), không phải binh, officer"
    );
}

#[tokio::test]
async fn a_step_about_what_is_gone_waits_for_nobody_and_is_not_taken() {
    let a = Asked::new(Province::new().await).await;
    let (binh, lan) = (a.centre("binh"), a.centre("lan"));
    let row = a.begin().await;
    a.step(&binh, row.id, "inspect", &PASSED).await.unwrap();
    assert_eq!(
        a.waits(&lan).await,
        ["Let it be connected", "Refuse"],
        "both, before"
    );
    let device = a.device().await;
    let (id, version) = (device.id, device.version);
    registry::delete(&a.p.app, &a.p.ctx(), "device", id, version)
        .await
        .unwrap();
    assert_eq!(a.waits(&lan).await, Vec::<String>::new());
    let open = flow::get(&a.p.app, &lan, &row.id.to_string(), None)
        .await
        .unwrap();
    let approve = open.possible.iter().find(|p| p.name == "approve").unwrap();
    assert!(approve.not.as_ref().unwrap().en.contains("gone"));
    assert_eq!(
        refused(a.step(&lan, row.id, "approve", &[]).await),
        Conflict
    );
}

#[tokio::test]
async fn a_row_that_is_not_read_is_no_row_in_which_nothing_was_typed() {
    let a = Asked::new(Province::new().await).await;
    let row = a.begin().await;
    for sql in [
        "UPDATE flow SET typed = 'x'",
        "UPDATE flow SET typed = '{}'",
        "UPDATE flow_event SET kind = 'takn'",
    ] {
        let mut tx = a.p.app.db.begin().await.unwrap();
        tx.execute("flow", sql, &[]).await.unwrap();
        tx.commit().await.unwrap();
        let read = flow::get(&a.p.app, &a.officer(), &row.id.to_string(), None).await;
        match sql.ends_with("'{}'") {
            true => assert!(read.is_ok()),
            false => assert_eq!(refused(read), Internal, "{sql}"),
        }
    }
}

#[tokio::test]
async fn what_is_mistyped_is_a_field_and_what_is_there_is_said_before_it_is_replaced() {
    let a = Asked::new(Province::new().await).await;
    let officer = a.officer();
    let begin = async |asking: Begin| flow::begin(&a.p.app, &officer, &asking).await;
    let odd = Begin {
        subject: "D9".into(),
        ..a.asking()
    };
    let problem = begin(odd).await.unwrap_err();
    assert_eq!(problem.kind, Invalid);
    assert_eq!(problem.fields[0].field, "subject");
    // The one that stands in the way is found.
    let first = a.begin().await;
    let again = a.asking();
    assert_eq!(refused(begin(again.clone()).await), Conflict);
    let open = flow::open_about(&a.p.app, &officer, &again).await.unwrap();
    assert_eq!(open.unwrap().id, first.id);
    let (binh, lan) = (a.centre("binh"), a.centre("lan"));
    a.step(&binh, first.id, "inspect", &FAILED).await.unwrap();
    let reason = [("reason", "mã độc")];
    a.step(&lan, first.id, "refuse", &reason).await.unwrap();
    // It was inspected: what a second request would replace is said, with its value.
    let unknowing = Begin {
        knowing: false,
        ..a.asking()
    };
    let problem = begin(unknowing).await.unwrap_err();
    assert_eq!(problem.kind, Conflict);
    let said: Vec<&str> = (problem.fields.iter())
        .map(|field| field.message.vi.as_str())
        .collect();
    assert!(
        said.iter().any(|text| text.contains("“20/11/2026”")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|text| text.contains("Không đạt")),
        "{said:?}"
    );
    assert!(begin(a.asking()).await.is_ok());
    a.sound().await;
}

#[tokio::test]
async fn a_deadline_is_a_duty_until_the_step_is_taken() {
    let a = Asked::new(Province::new().await).await;
    let (app, officer, binh) = (&a.p.app, a.officer(), a.centre("binh"));
    for (key, value) in [
        ("notify.smtp_url", "smtp://127.0.0.1:1"),
        ("notify.email_to", "trungtam@vl.example"),
        ("remind.days", "7"),
    ] {
        app::setting::set(app, &a.p.ctx(), key, value)
            .await
            .unwrap();
    }
    let contact = [
        ("organization", "A"),
        ("role", "it-officer"),
        ("name", "An"),
        ("email", "an@a.example"),
        ("starts_on", "2026-01-01"),
    ];
    a.p.add("contact", &contact).await;
    app::assess::evaluate(app, true).await.unwrap();
    let row = a.begin().await;
    let stands = async || {
        let range = ("2026-11-01".parse().unwrap(), "2027-03-31".parse().unwrap());
        let agenda = duty::agenda(app, &officer, range, None).await.unwrap();
        let of_flow = agenda.dated.into_iter().filter(|d| d.duty.is_flow());
        let told = of_flow.map(|d| {
            let due = d.duty.due_on.unwrap();
            format!("{} {due} {} {}", d.duty.side, d.duty.outcome, d.summary.en)
        });
        told.collect::<Vec<_>>()
    };
    let title = "Inspection before connection";
    let asked = format!("flow-centre 2026-11-30 pending {title}: waiting for inspection");
    assert_eq!(stands().await, std::slice::from_ref(&asked));
    // In nobody else's calendar.
    let b = registry::get(app, &a.p.ctx(), "organization", "B").await;
    let other = a.p.as_role(Role::Officer, Some(b.unwrap().id));
    let range = ("2026-11-01".parse().unwrap(), "2027-03-31".parse().unwrap());
    let agenda = duty::agenda(app, &other, range, None).await.unwrap();
    assert!(agenda.dated.iter().all(|d| !d.duty.is_flow()));

    let told = async |receiver: &str| {
        remind::reconcile(app).await.unwrap();
        let told = store::reminder::told(&app.db, receiver).await.unwrap();
        let of = |(key, _): &&(String, i64)| key.contains(&row.id.to_string());
        told.iter().filter(of).count()
    };
    a.p.pass(4 * DAY_MS);
    assert_eq!(told("trungtam@vl.example").await, 1);
    assert_eq!(told("an@a.example").await, 0, "it waits for the centre");
    a.p.pass(7 * DAY_MS);
    assert_eq!(stands().await, [asked.replace("pending", "missed")]);
    assert_eq!(told("trungtam@vl.example").await, 2);
    let due = app::due::open(app, &officer).await.unwrap();
    let due = due.iter().find(|each| each.flow.is_some()).unwrap();
    assert!(due.overdue && due.flow.as_ref().unwrap().1);

    // Returned, the unit is waited for; the step before is no longer owed.
    let wanting = [("wanting", "sơ đồ")];
    a.step(&binh, row.id, "return", &wanting).await.unwrap();
    let returned = stands().await;
    assert!(
        returned[0].starts_with("flow 2026-12-31 pending"),
        "{returned:?}"
    );
    assert_eq!(returned.len(), 1);
    a.p.pass(25 * DAY_MS);
    assert_eq!(told("an@a.example").await, 1);
    a.step(&officer, row.id, "give-up", &[]).await.unwrap();
    assert_eq!(stands().await, Vec::<String>::new());
}

#[tokio::test]
async fn papers_that_wait_for_somebody_are_in_the_list() {
    let p = Province::new().await;
    let province = p.unit("P", None).await;
    let unit = p.unit("A", Some(province)).await;
    let other = p.unit("B", Some(province)).await;
    app::assess::evaluate(&p.app, true).await.unwrap();
    let officer = p.as_role(Role::Officer, Some(unit));
    let offer = document::offers(&p.app, &officer).await.unwrap().remove(0);
    let begin = document::Begin {
        template: offer.template.id.clone(),
        organization: OrganizationId(unit),
        period: offer.stretches[0].label.clone(),
    };
    let paper = document::begin(&p.app, &officer, &begin).await.unwrap();
    let waits = async |ctx: &app::Ctx| {
        let desk = flow::waiting(&p.app, ctx).await.unwrap();
        assert_eq!(flow::waits(&p.app, ctx).await.unwrap(), desk.count());
        desk.papers
            .into_iter()
            .map(|p| (p.id, p.step.en))
            .collect::<Vec<(Id, String)>>()
    };
    let draft = [(paper.row.id, "Write and review it".to_owned())];
    assert_eq!(waits(&officer).await, draft);
    // Not those of others, nor those of all units for who may write for all.
    assert_eq!(waits(&p.as_role(Role::Officer, Some(other))).await, []);
    assert_eq!(waits(&p.as_role(Role::Viewer, Some(unit))).await, []);
    assert_eq!(waits(&p.as_role(Role::Operator, None)).await, []);
    let id = paper.row.id.to_string();
    document::discard(&p.app, &officer, &id, paper.row.version)
        .await
        .unwrap();
    assert_eq!(waits(&officer).await, []);
}
