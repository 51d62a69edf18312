//! The calendar and its feed, read by another program's reader of RFC 5545.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use crate::world::{Browser, World};
use domain::clock::Clock;

/// What Debian's python3-icalendar reads: a line for each event and task.
const READ: &str = "\
import sys, icalendar
c = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
print(c['VERSION'], str(c['X-WR-CALNAME']))
assert not c.errors, c.errors
seen = set()
for part in c.walk():
    if part.name not in ('VEVENT', 'VTODO'): continue
    assert not part.errors, part.errors
    assert part['UID'] not in seen, part['UID']
    seen.add(part['UID'])
    day = part['DTSTART'].dt.isoformat() if 'DTSTART' in part else '-'
    end = part['DTEND'].dt.isoformat() if 'DTEND' in part else '-'
    alarms = [a['TRIGGER'].dt.isoformat() for a in part.walk() if a.name == 'VALARM']
    assert all(a['ACTION'] == 'DISPLAY' for a in part.walk() if a.name == 'VALARM')
    print(part.name, day, end, part['SUMMARY'], part['DESCRIPTION'], part['URL'], *alarms, sep='|')
";

fn read(text: &str) -> Vec<String> {
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 with icalendar is installed (scripts/test-deps)");
    python
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let out = python.wait_with_output().unwrap();
    assert!(out.status.success(), "it is not read: {text}");
    let said = String::from_utf8(out.stdout).unwrap();
    said.lines().map(ToOwned::to_owned).collect()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split_once(to).map_or(rest, |(found, _)| found)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_read_by_who_has_its_address_until_it_is_revoked() {
    let clock = Clock::fixed("2026-11-27T03:00:00Z".parse().unwrap());
    let world = World::at(clock).await.peopled().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    assert_eq!(officer.post("/me/calendar", "name=").status, 422);
    let made = officer.post("/me/calendar", "name=Thunderbird");
    assert_eq!(made.status, 200, "{}", made.body);
    let address = between(&made.body, "/calendar/feed/", "<").to_owned();
    assert!(address.ends_with(".ics") && address.len() > 40, "{address}");
    let path = format!("/calendar/feed/{address}");

    // Another program, without a session.
    let reader = Browser::new(&world);
    let feed = reader.get(&path);
    assert_eq!(feed.status, 200);
    assert_eq!(feed.header("content-type"), "text/calendar; charset=utf-8");
    assert!(
        feed.body.split("\r\n").all(|line| line.len() <= 75),
        "a line is longer than 75 bytes"
    );
    let lines = read(&feed.body);
    assert_eq!(lines[0], "2.0 Giềng: lịch thực hiện quy chế");
    let year = world.app.clock.today().year();
    let plan = format!("VEVENT|{year}-12-31|{}-01-01|", year + 1);
    let plan = lines.iter().find(|line| {
        line.starts_with(&plan) && line.contains("/compliance/vinh-long-26-2019/17.2.g/X1")
    });
    let plan = plan.unwrap_or_else(|| panic!("the yearly plan is not in {lines:#?}"));
    assert!(
        plan.contains("Xã số X1") && plan.contains("http://"),
        "{plan}"
    );
    // It reminds at eight in the morning three days and one day before, and its name is the
    // same tomorrow.
    let reminds = format!("|{year}-12-28T01:00:00+00:00|{year}-12-30T01:00:00+00:00");
    assert!(plan.ends_with(&reminds), "{plan}");
    assert!(!plan.contains(" – "), "{plan}");
    assert!(
        !feed.body.contains("X2"),
        "another unit's duties are not in it"
    );

    // The address is nowhere in the records, and dead once revoked.
    let mine = officer.get("/me").body;
    assert!(!mine.contains(&address), "it is shown once");
    let id = between(&mine, "/me/calendar/", "/end").to_owned();
    let other = world.signed_in("khac", "officer", Some("X2")).await;
    assert_eq!(
        other.post(&format!("/me/calendar/{id}/end"), "").status,
        303
    );
    assert_eq!(
        reader.get(&path).status,
        200,
        "another's account does not end it"
    );
    assert_eq!(
        officer.post(&format!("/me/calendar/{id}/end"), "").status,
        303
    );
    let dead = reader.get(&path);
    assert_eq!(dead.status, 404);
    assert!(!dead.body.contains(&address), "the secret is not repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_shows_a_month_and_leads_to_the_form() {
    let world = World::with_units().await;
    let officer = world.signed_in("can.bo", "officer", Some("X1")).await;
    let year = world.app.clock.today().year();
    let page = officer.get(&format!("/calendar?month={year}-12"));
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&format!("datetime=\"{year}-12-31\"")));
    let id = world.id("organization", "X1").await;
    let form = format!("/registry/it-plan/new?organization={id}&#38;period={year}");
    let plain = page.body.replace("&amp;", "&#38;");
    assert!(plain.contains(&form), "no {form}");
    assert!(!page.body.contains("Xã số X2"));
    assert_eq!(officer.get("/calendar?unit=X2").status, 404);
    // A year ahead, of periods that have not begun; and what is no month is said.
    let ahead = officer.get(&format!("/calendar?month={}-12", year + 1));
    assert!(ahead.body.contains(&format!("id=\"d-{}-12-31\"", year + 1)));
    assert_eq!(officer.get("/calendar?month=abc").status, 400);
    let viewer = world.signed_in("xem", "viewer", Some("X1")).await;
    let seen = viewer.get(&format!("/calendar?month={year}-12"));
    assert!(
        !seen.body.contains("/registry/it-plan/new"),
        "who may not write is led to no form"
    );
    let centre = world.signed_in("tt", "administrator", None).await;
    let all = centre.get(&format!("/calendar?month={year}-12"));
    assert!(
        all.body.contains("2 đơn vị"),
        "what many owe alike is one line"
    );
    let one = centre.get(&format!("/calendar?month={year}-12&unit=X2"));
    assert!(one.body.contains("/17.2.g/X2"));
}
