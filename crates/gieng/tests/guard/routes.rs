//! A case for each route.

/// Who gets through.
#[derive(Clone, Copy, Debug)]
pub enum Door {
    /// Everybody, signed in or not; who is not gets this status.
    Open(u16),
    /// Who is signed in, for the own account.
    Own,
    /// Who is signed in, with what is theirs on it.
    Everybody,
    /// Who is signed in; the answer never ends.
    Streams,
    /// In this case neither an officer nor a viewer of unit A.
    Refused,
    /// The same, of what is typed into it: a form with its field marked.
    Unseen,
}

/// One route with one request.
#[derive(Debug)]
pub struct Case {
    pub method: &'static str,
    pub route: &'static str,
    pub path: &'static str,
    pub body: &'static str,
    pub door: Door,
}

pub const fn get(route: &'static str, path: &'static str, door: Door) -> Case {
    send("GET", route, path, "", door)
}
pub const fn post(route: &'static str, path: &'static str, body: &'static str, door: Door) -> Case {
    send("POST", route, path, body, door)
}

pub const fn send(method: Text, route: Text, path: Text, body: Text, door: Door) -> Case {
    Case {
        method,
        route,
        path,
        body,
        door,
    }
}

use Door::{Everybody, Open, Own, Refused, Streams, Unseen};
type Text = &'static str;

/// A form with one small file.
const FILE: &str = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ncode,name,kind,level,membership\nB,Sai,department,province,none\n\r\n--x--\r\n";
const SIGNED: &str = "--x\r\nContent-Disposition: form-data; name=\"version\"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; name=\"number\"\r\n\r\n5\r\n--x\r\nContent-Disposition: form-data; name=\"signed_on\"\r\n\r\n2026-11-20\r\n--x\r\nContent-Disposition: form-data; name=\"signer\"\r\n\r\nKe\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nDa ky\r\n--x--\r\n";
const ATTEST: &str = "--x\r\nContent-Disposition: form-data; name=\"control\"\r\n\r\nservers-protected\r\n--x\r\nContent-Disposition: form-data; name=\"holds\"\r\n\r\ntrue\r\n--x\r\nContent-Disposition: form-data; name=\"statement\"\r\n\r\nDat\r\n--x--\r\n";
const NOTE: &str =
    "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nDa lam\r\n--x--\r\n";
const ACCOUNT: &str =
    "login=ke.gian&name=Ke&kind=personal&enabled=true&role=administrator&reach=&version=1";

/// All of them: of pages, then of the API. `{unit}`, `{device}`, `{contact}`, `{entry}` and `{alarm}` are of unit B, and for the
/// viewer once more of unit A; `{account}` and `{token}` are the administrator's.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    PAGES.iter().chain(super::api::CASES)
}

const PAGES: &[Case] = &[
    get("/", "/", Everybody),
    get("/overview/{part}", "/overview/map", Everybody),
    get("/live", "/live", Streams),
    get("/assets/{file}", "/assets/none.css", Open(404)),
    // Signing in and the own account.
    get("/sign-in", "/sign-in", Open(200)),
    post("/sign-in", "/sign-in", "name=a&password=b", Open(401)),
    get("/sign-in/code", "/sign-in/code", Open(303)),
    post("/sign-in/code", "/sign-in/code", "code=000000", Open(303)),
    post("/sign-out", "/sign-out", "", Open(303)),
    get("/link/{token}", "/link/none", Open(404)),
    post("/link/{token}", "/link/none", "new=a&again=a", Open(404)),
    get("/start/{token}", "/start/none", Open(404)),
    post("/start/{token}", "/start/none", "new=a&again=a", Open(404)),
    post("/preferences", "/preferences", "theme=dark", Open(303)),
    get("/me", "/me", Own),
    get("/me/password", "/me/password", Own),
    post("/me/password", "/me/password", "old=a&new=b&again=b", Own),
    get("/me/totp", "/me/totp", Own),
    post("/me/totp", "/me/totp", "code=000000", Own),
    post(
        "/me/sessions/{handle}/end",
        "/me/sessions/none/end",
        "",
        Own,
    ),
    post("/me/devices/{id}/end", "/me/devices/none/end", "", Own),
    // The officer and the viewer have no second factor.
    post("/me/recovery", "/me/recovery", "", Own),
    post("/me/tokens", "/me/tokens", "name=a&days=1", Own),
    // Ends nothing that is another's; the test uses the token afterwards.
    post("/me/tokens/{id}/end", "/me/tokens/{token}/end", "", Own),
    post("/me/calendar", "/me/calendar", "name=a", Own),
    post("/me/calendar/{id}/end", "/me/calendar/none/end", "", Own),
    // Pages.
    get("/calendar", "/calendar", Everybody),
    // Whoever has the address; this one is nobody's.
    get(
        "/calendar/feed/{token}",
        "/calendar/feed/none.ics",
        Open(404),
    ),
    get("/units", "/units", Everybody),
    get("/units/{code}", "/units/{code}", Refused),
    get("/compliance", "/compliance", Everybody),
    get("/compliance/coverage", "/compliance/coverage", Everybody),
    get(
        "/compliance/controls/{id}",
        "/compliance/controls/logs-arriving",
        Everybody,
    ),
    get("/compliance/what-if", "/compliance/what-if", Refused),
    post("/compliance/what-if", "/compliance/what-if", FILE, Refused),
    get(
        "/compliance/{regulation}",
        "/compliance/vinh-long-26-2019",
        Everybody,
    ),
    get(
        "/compliance/{regulation}/heatmap",
        "/compliance/vinh-long-26-2019/heatmap",
        Everybody,
    ),
    get(
        "/compliance/{regulation}/{cite}",
        "/compliance/vinh-long-26-2019/17.1.a",
        Everybody,
    ),
    get(
        "/compliance/{regulation}/{cite}/{unit}",
        "/compliance/vinh-long-26-2019/17.1.a/{code}",
        Refused,
    ),
    post(
        "/compliance/{regulation}/{cite}/{unit}/attest",
        "/compliance/vinh-long-26-2019/13.3/{code}/attest",
        ATTEST,
        Refused,
    ),
    get(
        "/compliance/{regulation}/{cite}/{unit}/receipt",
        "/compliance/vinh-long-26-2019/17.1.a/{code}/receipt",
        Refused,
    ),
    get("/receipts", "/receipts", Everybody),
    post("/receipts", "/receipts", FILE, Everybody),
    get("/inspections", "/inspections", Everybody),
    get("/inspections/{code}", "/inspections/K{code}", Refused),
    post(
        "/inspections/{code}/draw",
        "/inspections/K{code}/draw",
        "",
        Refused,
    ),
    post(
        "/inspections/{code}/advance",
        "/inspections/K{code}/advance",
        "version=1&conclusion=a",
        Refused,
    ),
    post(
        "/inspections/{code}/answers",
        "/inspections/K{code}/answers",
        "unit={code}&version.{item}=1&result.{item}=conforms&note.{item}=a",
        Refused,
    ),
    get(
        "/inspections/findings/{id}",
        "/inspections/findings/{finding}",
        Refused,
    ),
    post(
        "/inspections/findings/{id}/time",
        "/inspections/findings/{finding}/time",
        "version=1&until=2027-01-31&reason=a",
        Refused,
    ),
    post(
        "/inspections/findings/{id}/time/answer",
        "/inspections/findings/{finding}/time/answer",
        "version=1&given=true",
        Refused,
    ),
    post(
        "/inspections/items/{id}/finding",
        "/inspections/items/{item}/finding",
        "version=1&summary=a&severity=low&action=b&action_owner=c&due_on=2026-12-31",
        Refused,
    ),
    post(
        "/inspections/findings/{id}/recheck",
        "/inspections/findings/{finding}/recheck",
        "version=1&holds=true",
        Refused,
    ),
    post(
        "/inspections/findings/{id}/mended",
        "/inspections/findings/{finding}/mended",
        NOTE,
        Refused,
    ),
    get("/flows", "/flows", Everybody),
    get("/flows/waits", "/flows/waits", Everybody),
    get("/flows/waiting", "/flows/waiting", Everybody),
    get(
        "/flows/new/{flow}",
        "/flows/new/inspection-before-connection",
        Own,
    ),
    post(
        "/flows/new/{flow}",
        "/flows/new/inspection-before-connection",
        "subject={device}&purpose=a",
        Unseen,
    ),
    post("/flows/substitutes", "/flows/substitutes", "login=x", Own),
    post(
        "/flows/substitutes/{id}/end",
        "/flows/substitutes/{unit}/end",
        "",
        Refused,
    ),
    get("/flows/{id}", "/flows/{flow}", Refused),
    post(
        "/flows/{id}/steps/{step}",
        "/flows/{flow}/steps/return",
        "version=1&wanting=a",
        Refused,
    ),
    post(
        "/flows/{id}/withdraw",
        "/flows/{flow}/withdraw",
        "version=1",
        Refused,
    ),
    post(
        "/flows/{id}/effects/{effect}/again",
        "/flows/{flow}/effects/{unit}/again",
        "",
        Refused,
    ),
    get("/network", "/network", Everybody),
    get("/network/targets/{id}", "/network/targets/{unit}", Refused),
    get(
        "/network/targets/{id}/spark.svg",
        "/network/targets/{unit}/spark.svg",
        Refused,
    ),
    post(
        "/network/devices/{id}/access",
        "/network/devices/{device}/access",
        "community=public",
        Refused,
    ),
    get("/network/traffic/{id}", "/network/traffic/{unit}", Refused),
    get("/network/alarms", "/network/alarms", Everybody),
    post(
        "/network/alarms/{id}/acknowledge",
        "/network/alarms/{alarm}/acknowledge",
        "",
        Refused,
    ),
    get("/logs", "/logs?source=DB", Own),
    get("/logs/{index}", "/logs/999999", Refused),
    get("/logs/{index}/proof", "/logs/999999/proof", Refused),
    get("/logs/unknown", "/logs/unknown", Refused),
    post(
        "/logs/unknown/adopt",
        "/logs/unknown/adopt",
        "peer=127.1.2.3&device={device}",
        Refused,
    ),
    post(
        "/logs/claims/{id}/end",
        "/logs/claims/{unit}/end",
        "",
        Refused,
    ),
    get("/claims", "/claims", Everybody),
    post(
        "/claims/decide",
        "/claims/decide",
        "kind=address&value=127.66.0.2&organization={unit}&decision=refuse&note=a",
        Refused,
    ),
    get("/search", "/search?q=a", Everybody),
    get("/search/found", "/search/found?q=a", Everybody),
    get("/journal", "/journal", Refused),
    post("/journal/verify", "/journal/verify", "", Refused),
    // Documents.
    get("/documents", "/documents", Everybody),
    post(
        "/documents",
        "/documents",
        "template=unit-usage-report&organization={unit}&period=2026",
        Refused,
    ),
    get("/documents/{id}", "/documents/{document}", Refused),
    post(
        "/documents/{id}",
        "/documents/{document}",
        "version=1&place=Ke",
        Refused,
    ),
    get(
        "/documents/{id}/file.pdf",
        "/documents/{document}/file.pdf",
        Refused,
    ),
    get(
        "/documents/{id}/file.docx",
        "/documents/{document}/file.docx",
        Refused,
    ),
    post(
        "/documents/{id}",
        "/documents/{document}",
        "version=1&place=Ke&then=refill",
        Refused,
    ),
    post(
        "/documents/{id}",
        "/documents/{document}",
        "version=1&place=Ke&then=review",
        Refused,
    ),
    post(
        "/documents/{id}/{step}",
        "/documents/{document}/reopen",
        "version=1",
        Refused,
    ),
    post(
        "/documents/{id}/{step}",
        "/documents/{document}/replace",
        "version=1",
        Refused,
    ),
    post(
        "/documents/{id}/sign",
        "/documents/{document}/sign",
        SIGNED,
        Refused,
    ),
    post(
        "/documents/{id}/{step}",
        "/documents/{document}/send",
        "version=1&sent_on=2026-11-20",
        Refused,
    ),
    // The registry.
    get("/registry", "/registry", Everybody),
    get("/registry/{noun}", "/registry/contact", Everybody),
    post(
        "/registry/{noun}",
        "/registry/contact",
        "organization={unit}&role=leader&name=Ke&starts_on=2026-02-01",
        Refused,
    ),
    get(
        "/registry/{noun}/export.csv",
        "/registry/contact/export.csv",
        Everybody,
    ),
    get(
        "/registry/{noun}/new",
        "/registry/organization/new",
        Refused,
    ),
    get(
        "/registry/{noun}/import",
        "/registry/organization/import",
        Refused,
    ),
    post(
        "/registry/{noun}/import",
        "/registry/organization/import",
        FILE,
        Refused,
    ),
    get(
        "/registry/{noun}/import/template.csv",
        "/registry/organization/import/template.csv",
        Refused,
    ),
    post(
        "/registry/{noun}/import/apply",
        "/registry/organization/import/apply",
        "upload={unit}",
        Refused,
    ),
    get(
        "/registry/{noun}/import/{upload}",
        "/registry/organization/import/{unit}",
        Refused,
    ),
    post(
        "/registry/{noun}/import/{upload}/again",
        "/registry/organization/import/{unit}/again",
        "sheet=1",
        Refused,
    ),
    post(
        "/registry/{noun}/import/{upload}/stop",
        "/registry/organization/import/{unit}/stop",
        "",
        Refused,
    ),
    get(
        "/registry/{noun}/import/{upload}/bad.csv",
        "/registry/contact/import/{unit}/bad.csv",
        Refused,
    ),
    get(
        "/registry/{noun}/{id}",
        "/registry/device/{device}",
        Refused,
    ),
    post(
        "/registry/{noun}/{id}",
        "/registry/contact/{contact}",
        "organization={unit}&role=leader&name=Ke&starts_on=2026-02-01&version=1",
        Refused,
    ),
    get(
        "/registry/{noun}/{id}/edit",
        "/registry/device/{device}/edit",
        Refused,
    ),
    post(
        "/registry/{noun}/{id}/delete",
        "/registry/contact/{contact}/delete",
        "version=1",
        Refused,
    ),
    get(
        "/registry/{noun}/export.xlsx",
        "/registry/contact/export.xlsx",
        Everybody,
    ),
    get(
        "/registry/{noun}/{id}/versions/{version}",
        "/registry/device/{device}/versions/1",
        Refused,
    ),
    get(
        "/registry/{noun}/closings",
        "/registry/technical-journal/closings",
        Everybody,
    ),
    post(
        "/registry/{noun}/closings",
        "/registry/technical-journal/closings",
        "organization={unit}&period=2025",
        Refused,
    ),
    get(
        "/registry/{noun}/closings/{id}/content.json",
        "/registry/technical-journal/closings/{unit}/content.json",
        Refused,
    ),
    get(
        "/registry/{noun}/closings/{id}/book.pdf",
        "/registry/technical-journal/closings/{unit}/book.pdf",
        Refused,
    ),
    post(
        "/registry/{noun}/closings/{id}/reopen",
        "/registry/technical-journal/closings/{unit}/reopen",
        "reason=khong+co+ly+do+nao",
        Refused,
    ),
    get("/shares", "/shares", Everybody),
    post(
        "/registry/{noun}/{id}/shares",
        "/registry/technical-journal/{entry}/shares",
        "receiver=A",
        Refused,
    ),
    post(
        "/registry/{noun}/{id}/shares/{share}/end",
        "/registry/technical-journal/{entry}/shares/{share}/end",
        "",
        Refused,
    ),
    get("/attachments/{sha256}", "/attachments/00ff", Refused),
    // Administration.
    get("/accounts", "/accounts", Refused),
    post("/accounts", "/accounts", ACCOUNT, Refused),
    get("/accounts/new", "/accounts/new", Refused),
    get("/accounts/{id}", "/accounts/0{account}", Refused),
    post("/accounts/{id}", "/accounts/0{account}", ACCOUNT, Refused),
    post(
        "/accounts/{id}/link",
        "/accounts/0{account}/link",
        "",
        Refused,
    ),
    post(
        "/accounts/{id}/totp/reset",
        "/accounts/0{account}/totp/reset",
        "",
        Refused,
    ),
    post(
        "/accounts/{id}/sessions/end",
        "/accounts/0{account}/sessions/end",
        "",
        Refused,
    ),
    get("/settings", "/settings", Refused),
    post(
        "/settings",
        "/settings",
        "key=password.history&value=0",
        Refused,
    ),
    // Programs.
    get("/healthz", "/healthz", Open(200)),
    get("/metrics", "/metrics", Refused),
];
