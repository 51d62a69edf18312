//! The server over real connections: sessions, authority, forms, files, live updates.

use crate::world::{Browser, World};
use web::page::Need;

#[tokio::test(flavor = "multi_thread")]
async fn first_start_makes_the_administrator_who_then_sets_up_the_second_factor() {
    let world = World::new().await;
    let token = app::account::first_start(&world.app)
        .await
        .unwrap()
        .unwrap();
    let browser = Browser::new(&world);
    let page = browser.get(&format!("/link/{token}"));
    assert_eq!(page.status, 200);
    assert!(page.body.contains("name=\"name\""));

    let short = browser.post(&format!("/link/{token}"), "name=hanh&new=ngan&again=ngan");
    assert_eq!(short.status, 422);
    let made = browser.post(
        &format!("/link/{token}"),
        "name=hanh&person=Hạnh&new=mot+cau+de+nho+that+dai&again=mot+cau+de+nho+that+dai",
    );
    assert_eq!(
        (made.status, made.location.as_str()),
        (303, "/me/totp?back=%2F")
    );
    assert_eq!(
        browser.get("/").location,
        "/me/totp",
        "nothing is open before the second factor"
    );

    let page = browser.get("/me/totp");
    let secret = page
        .body
        .split("<code>")
        .nth(1)
        .unwrap()
        .split("</code>")
        .next()
        .unwrap();
    let wrong = browser.post("/me/totp", "code=000000");
    assert_eq!(wrong.status, 422);
    let code = world.totp(secret);
    assert_eq!(
        browser.post("/me/totp", &format!("code={code}")).location,
        "/"
    );
    let home = browser.get("/");
    assert_eq!(home.status, 200);
    assert!(home.body.contains("id=\"part-map\""));

    assert_eq!(
        browser.get(&format!("/link/{token}")).status,
        404,
        "the link is used up"
    );
    assert_eq!(browser.post("/sign-out", "").location, "/sign-in");
    assert_eq!(
        browser.get("/units?q=a").location,
        "/sign-in?back=%2Funits%3Fq%3Da"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_does_not_reach_another_unit() {
    let world = World::with_units().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    assert_eq!(officer.get("/units/X1").status, 200);
    for path in [
        "/units/X2",
        "/registry/organization/X2",
        "/api/v1/organization/X2",
    ] {
        assert_eq!(officer.get(path).status, 404, "{path}");
    }
    assert!(
        officer
            .get("/registry/organization/export.csv")
            .body
            .contains("X1")
    );
    for path in [
        "/registry/organization/export.csv",
        "/api/v1/organization",
        "/units",
        "/api/v1/organization/export.csv",
    ] {
        assert!(!officer.get(path).body.contains("X2"), "{path}");
    }
    for path in [
        "/accounts",
        "/accounts/new",
        "/settings",
        "/journal",
        "/logs/unknown",
    ] {
        assert_eq!(officer.get(path).status, 403, "{path}");
    }
    let refused = officer.post(
        "/registry/organization",
        "code=X9&name=X9&kind=department&level=commune&membership=member",
    );
    assert_eq!(refused.status, 403);
    let other = world.id("organization", "X2").await;
    let refused = officer.post(
        "/registry/contact",
        &format!("organization={other}&role=leader&name=A&starts_on=2026-01-01"),
    );
    assert!([403, 422].contains(&refused.status), "{}", refused.status);
    let page = officer.get("/units");
    assert!(
        !page.body.contains("href=\"/settings\""),
        "what would be refused is not offered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_open_to_who_is_not_signed_in() {
    let world = World::with_units().await;
    let nobody = Browser::new(&world);
    for (need, method, route) in web::pages::routes() {
        if method != "GET" || need == Need::Nothing {
            continue;
        }
        let path = route.replace("{noun}", "device").replace(['{', '}'], "");
        let answer = nobody.get(&path);
        if route.starts_with("/api/") {
            assert_eq!(answer.status, 401, "{path}");
            let kind = answer.header("content-type");
            assert_eq!(kind, "application/problem+json", "{path}");
            continue;
        }
        assert!(
            answer.status == 303 && answer.location.starts_with("/sign-in") || answer.status == 401,
            "{path}: {}",
            answer.status
        );
    }
    for path in [
        "/registry/device",
        "/accounts",
        "/settings",
        "/journal/verify",
        "/registry/device/import",
        "/network/alarms/x/acknowledge",
    ] {
        let answer = nobody.post(path, "a=b");
        assert_eq!(
            (answer.status, answer.location.as_str()),
            (303, "/sign-in?back=%2F"),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_opens_for_the_network_centre() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let site = world.id("site", "S1").await;
    let pages = [
        "/".to_owned(),
        "/overview/tiles".into(),
        "/overview/map".into(),
        "/overview/alarms".into(),
        "/overview/duties".into(),
        "/overview/compliance".into(),
        "/units?q=xa".into(),
        "/units/X1".into(),
        "/compliance".into(),
        "/compliance/vinh-long-26-2019".into(),
        "/compliance/vinh-long-26-2019?as_of=2026-01-01".into(),
        "/compliance/vinh-long-26-2019/heatmap".into(),
        "/compliance/vinh-long-26-2019/13.6".into(),
        "/compliance/vinh-long-26-2019/3.1".into(),
        "/compliance/vinh-long-26-2019/17.2.c/X1".into(),
        "/network?state=up&kind=site".into(),
        format!("/network/targets/{site}?range=week"),
        "/network/alarms".into(),
        "/logs?q=a&severity=4".into(),
        "/logs/unknown".into(),
        "/registry".into(),
        "/registry/organization?sort=-name&kind=people-committee".into(),
        format!("/registry/site/{site}"),
        format!("/registry/site/{site}/edit"),
        "/registry/device/new".into(),
        "/registry/yearly-report/new".into(),
        "/registry/device/import".into(),
        "/accounts".into(),
        "/accounts/new".into(),
        "/settings".into(),
        "/journal".into(),
        "/search?q=xa+so".into(),
        "/me".into(),
        "/me/password".into(),
        "/api/v1/verdicts?unit=X1".into(),
        "/api/v1/openapi.json".into(),
        "/healthz".into(),
        "/metrics".into(),
    ];
    for path in pages {
        for lang in ["vi", "en"] {
            let answer = centre.in_language(lang).get(&path);
            assert_eq!(answer.status, 200, "{path} ({lang}): {}", answer.body);
        }
    }
    let spark = centre.get(&format!("/network/targets/{site}/spark.svg"));
    assert!(spark.body.starts_with("<svg xmlns="));
    let lost = centre.get("/no/such/page");
    assert_eq!(lost.status, 404);
    assert!(
        lost.body.contains("/no/such/page") && lost.body.contains(&lost.header("x-request-id"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_change_nothing() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let form = "key=province.name&value=X";
    assert_eq!(
        centre
            .from("https://evil.example")
            .post("/settings", form)
            .status,
        403
    );
    assert_eq!(centre.from("").post("/settings", form).status, 403);
    assert_eq!(centre.post("/settings", form).status, 303);
    let page = centre.get("/settings");
    for (name, part) in [
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
    ] {
        assert!(page.header(name).contains(part), "{name}");
    }
    assert!(!page.header("content-security-policy").contains("unsafe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_province_has_settings_of_its_own() {
    let world = World::with_units().await;
    world.unit("VL").await;
    world.unit_of("VL-1", Some("VL")).await;
    let own = world.signed_in("tinh", "administrator", Some("VL")).await;
    let page = own.get("/settings");
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("province.name") && page.body.contains("parameter."));
    for common in ["password.min_length", "notify.smtp_url", "Kho nhật ký"] {
        assert!(!page.body.contains(common), "{common}");
    }
    let form = "province=VL&key=province.name&value=V%C4%A9nh+Long";
    let saved = own.post("/settings", form);
    assert_eq!(saved.status, 303);
    assert!(saved.location.starts_with("/settings?province=VL"));
    assert!(own.get("/settings").body.contains("Dùng chung"));
    assert_eq!(
        own.post("/settings", "key=province.name&value=x").status,
        403
    );
    assert_eq!(
        own.post("/settings", "province=X1&key=province.name&value=x")
            .status,
        403
    );
    assert_eq!(own.get("/settings?province=X1").status, 404);
    let back = format!("{form}&unset=true");
    assert_eq!(own.post("/settings", &back).status, 303);
    assert!(!own.get("/settings").body.contains("Dùng chung"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_tried_and_then_taken_in() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let csv = "\u{feff}code;name;kind;level;membership\r\nX7;Xã số 7;people-committee;commune;member\r\nX8;;people-committee;commune;member\r\n";
    let tried = centre.upload(
        "/registry/organization/import",
        "don-vi.csv",
        csv.as_bytes(),
    );
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert!(tried.body.contains("Xã số 7"));
    let upload = tried
        .body
        .split("name=\"upload\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(
        centre.get("/units/X7").status,
        404,
        "a trial writes nothing"
    );
    let bad = centre.get(&format!("/registry/organization/import/{upload}/bad.csv"));
    assert!(bad.body.contains("X8") && !bad.body.contains("X7"));
    let done = centre.post(
        "/registry/organization/import/apply",
        &format!("upload={upload}"),
    );
    assert_eq!(done.status, 200);
    assert_eq!(centre.get("/registry/organization/X7").status, 200);
    // What one account has sent, no other uses.
    let other = world.signed_in("nguoi.khac", "administrator", None).await;
    assert_eq!(
        other
            .post(
                "/registry/organization/import/apply",
                &format!("upload={upload}")
            )
            .status,
        404
    );
    let broken = centre.upload("/registry/organization/import", "x.csv", b"\xff\xfe\x00");
    assert_eq!(broken.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_written_by_form_and_by_api_and_pages_are_told() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let mut live = centre.live();
    let wrong = centre.post(
        "/registry/device",
        "code=D1&name=T&organization=X1&role=firewall&status=active&address=127.10.4",
    );
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("aria-invalid=\"true\"") && wrong.body.contains("127.10.4"));
    let made = centre.post(
        "/registry/device",
        "code=D1&name=T&organization=X1&role=firewall&status=active&address=127.10.4.1",
    );
    assert_eq!(made.status, 303, "{}", made.body);
    let told = live.next();
    assert!(told.split(' ').any(|name| name == "records"), "{told}");

    let got = centre.get("/api/v1/device/D1");
    let record: serde_json::Value = serde_json::from_str(&got.body).unwrap();
    assert_eq!(record["values"]["address"], "127.10.4.1");
    let path = format!("/api/v1/device/{}", record["id"].as_str().unwrap());
    let program = Browser::new(&world).bearing(&centre.token());
    assert_eq!(
        program
            .patch(&path, "\"99\"", r#"{"name":"Tường lửa"}"#)
            .status,
        409
    );
    assert_eq!(
        program
            .patch(&path, &got.header("etag"), r#"{"nam":"T"}"#)
            .status,
        400
    );
    let changed = program.patch(&path, &got.header("etag"), r#"{"name":"Tường lửa"}"#);
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert!(
        centre
            .get("/search/found?q=tuong+lua")
            .body
            .contains("Tường lửa")
    );
    let journal = centre.get("/journal").body;
    assert!(journal.contains("Tường lửa") && journal.contains("<del>T</del>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_no_more_keeps_its_page() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let id = world.id("organization", "X1").await;
    let yesterday = world.app.clock.today().yesterday().unwrap();
    let record = centre.get(&format!("/api/v1/organization/{id}"));
    let program = Browser::new(&world).bearing(&centre.token());
    let ended = program.patch(
        &format!("/api/v1/organization/{id}"),
        &record.header("etag"),
        &format!(r#"{{"ends_on":"{yesterday}"}}"#),
    );
    assert_eq!(ended.status, 200, "{}", ended.body);
    let last = yesterday.strftime("%d/%m/%Y").to_string();
    for browser in [&centre, &officer] {
        let page = browser.get("/units/X1");
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains(&last), "{}", page.body);
    }
    let other = world.signed_in("can.bo.khac", "officer", Some("X2")).await;
    assert_eq!(other.get("/units/X1").status, 404);
    // The journal says whose record a change is of.
    let site = centre.post(
        "/registry/contact",
        &format!("organization={id}&role=leader&name=Mai&starts_on=2026-01-01"),
    );
    assert!([200, 303].contains(&site.status), "{}", site.status);
    let journal = centre.get("/journal?noun=contact").body;
    assert!(journal.contains("Xã số X1"), "{journal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_was_just_added_has_a_page_and_may_attest() {
    let world = World::with_units().await;
    world.unit("X3").await;
    let officer = world.signed_in("can.bo", "officer", Some("X3")).await;
    let page = officer.get("/units/X3");
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("chưa được xét"), "{}", page.body);
    let other = world.signed_in("can.bo.khac", "officer", Some("X1")).await;
    assert_eq!(other.get("/units/X3").status, 404);
    let verdict = officer.get("/compliance/vinh-long-26-2019/17.1.a/X3");
    assert_eq!(verdict.status, 404);
    assert!(verdict.body.contains("chưa được xét"), "{}", verdict.body);
    let hidden = other.get("/compliance/vinh-long-26-2019/17.1.a/X3");
    assert_eq!(hidden.status, 404);
    assert!(!hidden.body.contains("chưa được xét"), "{}", hidden.body);
    app::assess::evaluate(&world.app, true).await.unwrap();
    let page = officer.get("/units/X3");
    assert!(!page.body.contains("chưa được xét"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_takes_one_form_of_each_thing() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let program = Browser::new(&world).bearing(&centre.token());
    let book = "/api/v1/undertaking";
    let entry = |day: &str, more: &str| {
        format!(
            r#"{{"organization":"X1","occurred_on":{day},"subject":"An","result":"operator"{more}}}"#
        )
    };
    for (body, status, names) in [
        (entry("\"20/11/2026\"", ""), 400, "occurred_on"),
        (entry("\"2026-2-1\"", ""), 400, "occurred_on"),
        (entry("\"today\"", ""), 400, "occurred_on"),
        (entry("20261120", ""), 400, "occurred_on"),
        (entry("\"2026-02-30\"", ""), 422, "occurred_on"),
        (entry("\"2026-02-01\"", r#","subject":"B""#), 400, "subject"),
        (
            entry("\"2026-02-01\"", r#","document":"x""#),
            422,
            "document",
        ),
    ] {
        let answer = program.json(book, &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert!(answer.body.contains(names), "{body}: {}", answer.body);
    }
    let mixed = |name: &str, code: &str| {
        format!(
            r#"{{"code":"{code}","name":"{name}","organization":"X1","role":"server","status":"active"}}"#
        )
    };
    for (name, code) in [("a\\u202eb", "D1"), ("a\\nb", "D1"), ("a", "D\\u0410")] {
        let answer = program.json("/api/v1/device", &mixed(name, code));
        assert_eq!(answer.status, 422, "{name} {code}: {}", answer.body);
        let form = format!(
            "code={}&name={}&organization=X1&role=server&status=active",
            code.replace("\\u0410", "%D0%90"),
            name.replace("\\u202e", "%E2%80%AE").replace("\\n", "%0A")
        );
        assert_eq!(centre.post("/registry/device", &form).status, 422, "{form}");
    }
    let made = program.json(book, &entry("\"2026-11-20\"", ""));
    assert_eq!(made.status, 201, "{}", made.body);

    for (noun, status) in [
        ("zzz", 400),
        ("undertaking", 200),
        ("vault", 200),
        ("", 400),
    ] {
        let path = format!("/api/v1/journal?noun={noun}");
        let answer = program.get(&path);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_handed_out_under_the_name_it_came_with() {
    let world = World::with_units().await;
    let one = world.signed_in("can.bo", "officer", Some("X1")).await;
    let two = world.signed_in("can.bo.khac", "officer", Some("X2")).await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let sent = |browser: &Browser, unit: &str, name: &str| {
        let path = "/registry/undertaking";
        let fields = [
            ("organization", unit),
            ("occurred_on", "2026-11-20"),
            ("subject", name),
            ("result", "operator"),
        ];
        let answer = browser.form_with(path, &fields, ("document", name), b"Cam ket chung");
        assert_eq!(answer.status, 303, "{}", answer.body);
        let list = browser.get(&format!("/api/v1/undertaking?q={name}"));
        let list: serde_json::Value = serde_json::from_str(&list.body).unwrap();
        let item = &list["items"][0];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&item["id"]), text(&item["values"]["document"]))
    };
    let (first, hash) = sent(&one, "X1", "cua-mot.txt");
    let (second, same) = sent(&two, "X2", "cua-hai.txt");
    assert_eq!(hash, same);
    for (browser, record, name) in [
        (&one, &first, "cua-mot.txt"),
        (&two, &second, "cua-hai.txt"),
        (&centre, &first, "cua-mot.txt"),
        (&centre, &second, "cua-hai.txt"),
    ] {
        let path = format!("/attachments/{hash}?record={record}");
        let page = browser.get(&format!("/registry/undertaking/{record}")).body;
        assert!(page.contains(&path) && page.contains(name), "{page}");
        let file = browser.get(&path);
        assert_eq!((file.status, file.body.as_str()), (200, "Cam ket chung"));
        assert!(file.header("content-disposition").contains(name));
    }
    for (browser, record) in [(&one, &second), (&two, &first)] {
        let file = browser.get(&format!("/attachments/{hash}?record={record}"));
        assert_eq!(file.status, 404, "{}", file.body);
    }
}
