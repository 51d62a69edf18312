//! The notices of alarms: what happened to what, on whose line, for how long, and what else
//! is cut off by it.

use domain::{clock, id::OrganizationId};
use store::{StoreError, Tx, alarm::Alarm, target::Link};

use super::record::Say;
use crate::{
    App,
    notify::{self, Payload},
};

/// At most so many names stand in a notice.
const NAMED: usize = 20;

/// What a notice needs to know beside the alarm.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// The target's name, or what of Giềng itself it is about.
    pub subject: String,
    /// The circuits that lead to it.
    pub links: Vec<Link>,
    /// Names of what hangs behind it.
    pub behind: Vec<String>,
}

/// Queues the notices of an alarm in the transaction that writes it: one for each receiver
/// that is set up, so that none waits for another.
pub(crate) async fn enqueue(
    app: &App,
    tx: &mut Tx,
    alarm: &Alarm,
    say: Say,
    about: &About,
    now: i64,
) -> Result<(), StoreError> {
    let board = app.assess.board();
    let unit = alarm.organization.and_then(|id| board.unit(id));
    let settings = app.settings();
    let settings = settings.of(unit.map(|at| board.units[at].province()));
    let centre = settings.text("notify.email_to");
    let webhook = settings.text("notify.webhook_url");
    if centre.is_empty() && webhook.is_empty() {
        return Ok(());
    }
    let name = |id: OrganizationId| board.unit(id).map(|at| board.units[at].name.clone());
    let links: Vec<Line> = (about.links.iter())
        .map(|link| Line {
            code: link.code.clone(),
            provider: link.provider.and_then(name),
            contract: link.contract.clone(),
        })
        .collect();
    let (subject, vi, en) = words(alarm, say, about, &links);
    // One that grows is told more than once.
    let nth = match say {
        Say::Changed | Say::Stayed => format!("-{now}"),
        _ => String::new(),
    };
    let payload = Payload {
        id: format!("{}-{}{nth}", alarm.id, say.word()),
        kind: format!("alarm.{}", say.word()),
        subject,
        body: format!("{vi}\n\n{en}"),
        at_ms: alarm.cleared_at.unwrap_or(alarm.raised_at),
        details: serde_json::json!({
            "alarm": alarm.id, "outage": alarm.outage, "target": alarm.target, "subject": about.subject,
            "state": alarm.state, "raised_at": alarm.raised_at, "cleared_at": alarm.cleared_at,
            "lasted_ms": alarm.lasted_ms, "behind": alarm.behind, "behind_names": about.behind,
            "links": links.iter().map(|line| serde_json::json!({
                "circuit": line.code, "provider": line.provider, "contract": line.contract,
            })).collect::<Vec<_>>(),
            "said": alarm.said,
        }),
        to: None,
    };
    if !centre.is_empty() {
        let mail = Payload {
            to: Some(centre),
            ..payload.clone()
        };
        notify::queue(tx, &mail, now).await?;
    }
    if !webhook.is_empty() {
        notify::queue(tx, &payload, now).await?;
    }
    Ok(())
}

/// A circuit in words.
struct Line {
    code: String,
    provider: Option<String>,
    contract: Option<String>,
}

fn at(ms: i64) -> String {
    let local = clock::from_ms(ms).to_zoned(clock::local_zone());
    local.strftime("%H:%M:%S %d/%m/%Y").to_string()
}

/// `2 giờ 5 phút` / `2 h 5 min`; seconds only below an hour.
fn span(ms: i64, (h, m, s): (&str, &str, &str)) -> String {
    let seconds = (ms.max(0) + 500) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} {s}"),
        (0, _) => format!("{minutes} {m} {seconds} {s}"),
        _ => format!("{hours} {h} {minutes} {m}"),
    }
}

/// The subject, and the text in Vietnamese and English.
fn words(alarm: &Alarm, say: Say, about: &About, links: &[Line]) -> (String, String, String) {
    let subject = &about.subject;
    let (from, to) = (
        at(alarm.raised_at),
        at(alarm.cleared_at.unwrap_or_default()),
    );
    let lasted = alarm.lasted_ms.unwrap_or_default();
    let (long, long_en) = (
        span(lasted, ("giờ", "phút", "giây")),
        span(lasted, ("h", "min", "s")),
    );
    let over = matches!(say, Say::Cleared | Say::Removed);
    if let Some(said) = &alarm.said {
        return if over {
            let title = format!("Giềng: đã hết: {}", said.what.vi);
            let vi = format!("Lúc {to}, tình trạng sau đã hết: {}.", said.what.vi);
            (title, vi, format!("{to}: this is over: {}.", said.what.en))
        } else {
            let title = format!("Giềng: {}", said.what.vi);
            let vi = format!("Từ {from}: {}.\n{}", said.what.vi, said.next.vi);
            let en = format!("Since {from}: {}.\n{}", said.what.en, said.next.en);
            (title, vi, en)
        };
    }
    if alarm.state == "isolated" {
        return if over {
            (
                "Giềng: trung tâm đã có kết nối lại".to_owned(),
                format!("Trung tâm có kết nối lại lúc {to}, sau {long}."),
                format!("The centre is connected again since {to}, after {long_en}."),
            )
        } else {
            (
                "Giềng: trung tâm mất kết nối ra mạng".to_owned(),
                format!(
                    "Từ {from}, máy chủ giám sát không tới được điểm nào. Trạng thái các điểm chưa xác định."
                ),
                format!(
                    "Since {from} the monitoring server reaches no target. How they are is not known."
                ),
            )
        };
    }
    let flapping = alarm.state == "flapping";
    let (title, mut vi, mut en) = match say {
        Say::Cleared if flapping => (
            format!("Giềng: hết chập chờn {subject}"),
            format!("{subject} đã ổn định từ {to}. Chập chờn từ {from}."),
            format!("{subject} has been steady since {to}. It came and went from {from} on."),
        ),
        Say::Cleared => (
            format!("Giềng: đã khôi phục {subject}"),
            format!("{subject} trả lời lại lúc {to}, mất kết nối {long} (từ {from})."),
            format!("{subject} answers again since {to}; it was lost for {long_en} (from {from})."),
        ),
        Say::Removed => (
            format!("Giềng: ngừng theo dõi {subject}"),
            format!(
                "{subject} không còn được theo dõi từ {to}; khi đó vẫn chưa trả lời (từ {from})."
            ),
            format!(
                "{subject} is no longer watched since {to}; it did not answer then (from {from})."
            ),
        ),
        Say::Raised | Say::Changed if flapping => (
            format!("Giềng: {subject} chập chờn"),
            format!(
                "{subject} mất kết nối nhiều lần, lần đầu từ {from}. Sẽ có một thông báo nữa khi ổn định."
            ),
            format!(
                "{subject} comes and goes, first lost {from}. One more notice follows when it is steady."
            ),
        ),
        Say::Raised => (
            format!("Giềng: mất kết nối {subject}"),
            format!("{subject} không trả lời từ {from}."),
            format!("{subject} has not answered since {from}."),
        ),
        Say::Stayed => (
            format!("Giềng: mất kết nối {subject}"),
            format!("{subject} chập chờn từ {from}, nay mất kết nối hẳn."),
            format!("{subject} came and went from {from} on and does not come back."),
        ),
        Say::Changed => (
            format!("Giềng: mất kết nối {subject}, thêm điểm bị ảnh hưởng"),
            format!("{subject} không trả lời từ {from}. Số điểm không tới được phía sau đã tăng."),
            format!(
                "{subject} has not answered since {from}. More targets cannot be reached behind it."
            ),
        ),
    };
    for line in links {
        let provider = line.provider.as_deref().unwrap_or("–");
        let contract = line.contract.as_deref().unwrap_or("–");
        vi.push_str(&format!(
            "\nKênh truyền {}: nhà mạng {provider}, hợp đồng {contract}.",
            line.code
        ));
        en.push_str(&format!(
            "\nCircuit {}: provider {provider}, contract {contract}.",
            line.code
        ));
    }
    let n = about.behind.len();
    if n > 0 {
        let names = about.behind[..n.min(NAMED)].join(", ");
        let rest = n.saturating_sub(NAMED);
        let (more, more_en) = match rest {
            0 => (String::new(), String::new()),
            _ => (format!(" và {rest} điểm khác"), format!(" and {rest} more")),
        };
        vi.push_str(&format!(
            "\n{n} điểm phía sau không tới được: {names}{more}."
        ));
        en.push_str(&format!(
            "\n{n} targets behind it cannot be reached: {names}{more_en}."
        ));
    }
    (title, vi, en)
}

#[cfg(test)]
mod tests {
    use domain::id::{Id, TargetId};

    use super::*;

    #[test]
    fn a_notice_names_line_contract_duration_and_what_is_behind() {
        let alarm = Alarm {
            id: Id::NIL,
            target: TargetId(Id::NIL),
            organization: None,
            outage: None,
            state: "down".into(),
            subject: None,
            said: None,
            raised_at: 1_795_733_917_615,
            cleared_at: Some(1_795_733_977_993),
            lasted_ms: Some(60_378),
            behind: Vec::new(),
            acknowledged_at: None,
            acknowledged_by: None,
        };
        let about = About {
            subject: "Điểm 5".into(),
            links: Vec::new(),
            behind: (0..23).map(|n| format!("S{n}")).collect(),
        };
        let line = Line {
            code: "VTEL-5".into(),
            provider: Some("Viettel".into()),
            contract: Some("HD-2".into()),
        };
        let (title, vi, en) = words(&alarm, Say::Cleared, &about, &[line]);
        assert_eq!(title, "Giềng: đã khôi phục Điểm 5");
        assert!(vi.contains("mất kết nối 1 phút 0 giây"), "{vi}");
        assert!(vi.contains("Kênh truyền VTEL-5: nhà mạng Viettel, hợp đồng HD-2."));
        assert!(vi.contains("23 điểm phía sau không tới được: S0, "));
        assert!(vi.ends_with("S19 và 3 điểm khác."), "{vi}");
        assert!(en.contains("it was lost for 1 min 0 s"), "{en}");
        let (title, vi, _) = words(&alarm, Say::Removed, &about, &[]);
        assert!(
            !title.contains("khôi phục") && !vi.contains("trả lời lại"),
            "{vi}"
        );
    }
}
