//! Looks after Giềng itself: how much room the disk has, what was lost or refused, whether the
//! vault takes and signs lines. Each is an alarm with a beginning and an end.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError, RwLock},
};

use domain::label::Label;
use observe::{seats::Seats, syslog::Snapshot};
use store::{StoreError, alarm::Said};

use crate::{
    App,
    disk::{self, Room},
    logs, system_alarm,
};

/// What was lost or refused is over when so long nothing more was; milliseconds.
const QUIET: i64 = 5 * 60_000;
/// The alarm about lines that are lost.
const LOST: &str = "logs-lost";
/// A vault that takes nothing for longer is an alarm; milliseconds.
const STALLED: i64 = 10_000;
/// Lines that no checkpoint covers for longer are an alarm; milliseconds.
const UNSIGNED: i64 = 5 * 60_000;

/// What is known from one look to the next.
#[derive(Default)]
pub struct Upkeep {
    callers: RwLock<Option<Seats>>,
    known: Mutex<HashMap<&'static str, Known>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// What had been counted.
    count: u64,
    /// Since when it is amiss.
    since: Option<i64>,
    /// When it last was.
    last: i64,
    /// Whether the alarm is raised, once that is known.
    raised: Option<bool>,
    /// Since when an alarm is wanted that could not be written down: on a full disk nothing
    /// can, and it is told even when the cause is over.
    untold: Option<i64>,
}

/// Something that may be amiss.
struct Look {
    code: &'static str,
    /// Whether it is.
    amiss: Amiss,
    what: Label,
    next: Label,
}

enum Amiss {
    /// Now, or not.
    Now(bool),
    /// For longer than so many milliseconds.
    Longer(bool, i64),
    /// Since this count last grew.
    Grew(u64),
}

impl Upkeep {
    /// The connections of the web server are these.
    pub fn watch_callers(&self, seats: Seats) {
        let mut callers = self.callers.write().unwrap_or_else(PoisonError::into_inner);
        *callers = Some(seats);
    }

    /// Connections of the web server that found no place, and quiet ones closed for others.
    pub fn callers(&self) -> (u64, u64) {
        let callers = self.callers.read().unwrap_or_else(PoisonError::into_inner);
        callers
            .as_ref()
            .map_or((0, 0), |seats| (seats.refused(), seats.given_up()))
    }

    /// Since when something is amiss, and whether its alarm should be raised; none while
    /// that is as it was told.
    fn turn(&self, look: &Look, now: i64) -> Option<(bool, i64)> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(look.code).or_default();
        let (amiss, patience) = match look.amiss {
            Amiss::Now(amiss) => (amiss, 0),
            Amiss::Longer(amiss, patience) => (amiss, patience),
            Amiss::Grew(count) => {
                let grew = count > known.count;
                known.count = count;
                if grew {
                    known.last = now;
                }
                let lately = known.last > 0 && now - known.last < QUIET;
                (lately, 0)
            }
        };
        known.since = if amiss {
            known.since.or(Some(now))
        } else {
            None
        };
        let ripe = known.since.filter(|since| now - since >= patience);
        if known.raised != Some(true) {
            known.untold = known.untold.or(ripe);
        }
        let wanted = ripe.or(known.untold);
        let raise = wanted.is_some();
        (known.raised != Some(raise)).then_some((raise, wanted.unwrap_or(now)))
    }

    fn told(&self, code: &'static str, raised: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(code).or_default();
        known.raised = Some(raised);
        known.untold = None;
    }
}

/// Looks, acts, and raises or ends alarms.
///
/// # Errors
/// The store's; what could not be told is told the next time.
pub async fn reconcile(app: &App) -> Result<Option<Label>, StoreError> {
    let room = match disk::look(app) {
        Ok(room) => room,
        Err(error) => {
            tracing::error!(%error, "the disk's room is not known");
            app.disk.room()
        }
    };
    let listening = app.logs.listening();
    if let Some(syslog) = &listening {
        disk::hold(syslog, room);
        syslog.set_bounds(logs::bounds(app));
        syslog.set_rate(logs::rate(app));
    }
    let snapshot = listening.map(|syslog| syslog.snapshot());
    let now = app.clock.now_ms();
    let mut told_lost = false;
    for look in looks(app, room, &snapshot.unwrap_or_default()) {
        let Some((raise, since)) = app.upkeep.turn(&look, now) else {
            continue;
        };
        let code = look.code;
        if raise {
            let said = Said {
                what: look.what,
                next: look.next,
            };
            system_alarm::raise(app, code, "", said, since).await?;
        } else {
            system_alarm::clear(app, code, "").await?;
        }
        app.upkeep.told(code, raise);
        told_lost |= raise && code == LOST;
    }
    if let Some(lost) = &app.logs.lost {
        lost.ready(told_lost);
    }
    Ok(None)
}

/// So long a vault that takes lines may sign none, seconds; it signs each minute.
const UNSIGNED_FOR: i64 = 150;

fn looks(app: &App, room: Room, syslog: &Snapshot) -> Vec<Look> {
    let counts = &syslog.counts;
    let reader = app.logs.reader();
    let full = reader.is_some_and(vault::Reader::is_full) || room >= Room::NoLogs;
    let unsigned = app.logs.vault().is_some_and(|vault| {
        // While lines flow some are always unsigned: what counts is how long none was signed.
        let (size, at) = vault
            .latest_checkpoint()
            .map_or((0, 0), |c| (c.size, c.signed_at));
        vault.size() > size && app.clock.now_ms() / 1000 - at > UNSIGNED_FOR
    });
    let (failures, last) = match app.tasks.restarts() {
        (n, "") => (n + counts.panics, "syslog"),
        (n, last) => (n + counts.panics, last),
    };
    let late = app.tasks.late(std::time::Instant::now());
    let over_rate = (syslog.over_rate).map_or_else(String::new, |peer| peer.to_string());
    let given_up = match &app.logs.lost {
        Some(lost) => lost.before(),
        None => 0,
    };
    let look = |code, amiss, what, next| Look {
        code,
        amiss,
        what,
        next,
    };
    vec![
        look(
            "disk-full",
            Amiss::Now(full),
            Label::new(
                "Đĩa dữ liệu đầy: nhật ký phải chờ, chỉ còn ghi được cơ sở dữ liệu",
                "The data disk is full: logs wait, only the records are still written",
            ),
            Label::new(
                "Giải phóng hoặc mở rộng đĩa ngay. Nguồn gửi qua TCP đang chờ; gói UDP gửi trong lúc này bị mất và được đếm.",
                "Make room or enlarge the disk at once. TCP senders wait; datagrams sent meanwhile are lost and counted.",
            ),
        ),
        look(
            "disk-low",
            Amiss::Now(room > Room::Ample && !full),
            Label::new("Đĩa dữ liệu sắp đầy", "The data disk is nearly full"),
            Label::new(
                "Giải phóng hoặc mở rộng đĩa. Thiết bị chưa đăng ký đã bị ngừng nhận; tiếp theo là tệp đính kèm, nhập dữ liệu, rồi nhật ký của thiết bị đã đăng ký.",
                "Make room or enlarge the disk. Unregistered senders are no longer taken; attachments, imports, and at last the logs of registered devices follow.",
            ),
        ),
        look(
            "vault-stalled",
            // After a full disk the listeners go on within a second or two.
            Amiss::Longer(syslog.stalled.is_some() && !full, STALLED),
            Label::new(
                "Kho nhật ký không ghi được, nguồn gửi phải chờ",
                "The log vault takes no lines, senders wait",
            ),
            Label::new(
                "Xem lý do ở trang Thiết lập và nhật ký của chương trình; kiểm tra đĩa và quyền ghi.",
                "The reason is on the settings page and in the program's log; check the disk and its permissions.",
            ),
        ),
        look(
            "vault-unsigned",
            Amiss::Longer(unsigned && !full, UNSIGNED),
            Label::new(
                "Kho nhật ký không ký mốc mới",
                "The log vault signs no checkpoint",
            ),
            Label::new(
                "Các dòng mới chưa được bảo vệ. Xem nhật ký của chương trình, chạy `gieng vault verify`, rồi khởi động lại.",
                "New lines are not protected yet. Read the program's log, run `gieng vault verify`, then start it again.",
            ),
        ),
        look(
            LOST,
            Amiss::Grew(counts.datagrams_dropped + counts.refused + counts.abandoned + given_up),
            Label::new(
                "Mất dòng nhật ký: máy nhận không kịp, kho không nhận, hoặc chương trình dừng khi đĩa đầy",
                "Log lines are lost: they came faster than they could be taken, or the program was stopped while the disk was full",
            ),
            Label::new(
                "Tìm nguồn gửi quá nhiều; chuyển thiết bị quan trọng sang TCP; kiểm tra tải của máy và bộ đệm nhận (net.core.rmem_max).",
                "Find who sends too much; move important devices to TCP; check the machine's load and its receive buffer (net.core.rmem_max).",
            ),
        ),
        look(
            "senders-refused",
            Amiss::Grew(counts.connections_refused),
            Label::new(
                "Thiết bị đã đăng ký bị từ chối kết nối gửi nhật ký",
                "Registered devices were refused a connection for their logs",
            ),
            Label::new(
                "Thiết bị mở quá nhiều kết nối, hoặc giới hạn tệp mở của hệ thống quá thấp (ulimit -n, LimitNOFILE=).",
                "A device opens too many connections, or the system's limit of open files is too low (ulimit -n, LimitNOFILE=).",
            ),
        ),
        look(
            "sender-over-rate",
            Amiss::Grew(counts.paced + counts.over_rate),
            Label::new(
                format!("Thiết bị đã đăng ký gửi nhật ký quá mức cho phép: {over_rate}"),
                format!("A registered device sends more logs than it may: {over_rate}"),
            ),
            Label::new(
                "Tìm nguyên nhân trên thiết bị (bật gỡ lỗi, lặp gói, bị chiếm quyền). Phần vượt qua UDP bị bỏ và được đếm, qua TCP phải chờ. Mức đặt ở trang Thiết lập.",
                "Find the cause on the device (debugging, a loop, an intruder). What is over by UDP is dropped and counted, over TCP it waits. The bound is on the settings page.",
            ),
        ),
        look(
            "strangers-refused",
            Amiss::Grew(counts.strangers_dropped + counts.strangers_refused),
            Label::new(
                "Thiết bị chưa đăng ký gửi quá mức cho phép, phần vượt không được nhận",
                "Unregistered senders send more than their share; the rest is not taken",
            ),
            Label::new(
                "Mở Nhật ký, Nguồn gửi lạ: đăng ký thiết bị của mạng, chặn địa chỉ lạ ở tường lửa.",
                "Open Logs, Unknown senders: register the devices of the network, block the others at the firewall.",
            ),
        ),
        look(
            "task-failed",
            Amiss::Grew(failures),
            Label::new(
                format!("Một phần của Giềng bị lỗi và đã tự chạy lại: {last}"),
                format!("A part of Giềng failed and began again: {last}"),
            ),
            Label::new(
                "Xem nhật ký của chương trình (dòng “a task fails”) và báo cho người phát triển.",
                "Read the program's log (the line “a task fails”) and report it to the developers.",
            ),
        ),
        look(
            "task-late",
            Amiss::Now(!late.is_empty()),
            Label::new(
                format!(
                    "Một phần của Giềng không chạy được đến cùng: {}",
                    late.join(", ")
                ),
                format!(
                    "A part of Giềng does not get through its work: {}",
                    late.join(", ")
                ),
            ),
            Label::new(
                "Xem mục Tác vụ nền ở trang Cài đặt: lý do ghi ở đó; khởi động lại dịch vụ nếu phần đó vẫn đứng.",
                "Look at the background tasks on the page of settings, which say why; restart the service if it still stands.",
            ),
        ),
        look(
            "callers-refused",
            Amiss::Grew(app.upkeep.callers().0),
            Label::new(
                "Máy chủ web từ chối kết nối: quá nhiều cùng lúc",
                "The web server refused connections: too many at once",
            ),
            Label::new(
                "Tìm địa chỉ mở quá nhiều kết nối và chặn ở tường lửa; nếu đứng sau proxy, khai báo --trusted-proxy.",
                "Find the address that opens so many and block it at the firewall; behind a proxy, name it by --trusted-proxy.",
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(amiss: Amiss) -> Look {
        Look {
            code: "x",
            amiss,
            what: Label::same(""),
            next: Label::same(""),
        }
    }

    #[test]
    fn what_grew_is_amiss_until_it_was_quiet_for_long() {
        let upkeep = Upkeep::default();
        let turn = |count, now| {
            let turned = upkeep.turn(&look(Amiss::Grew(count)), now);
            if let Some((raised, _)) = turned {
                upkeep.told("x", raised);
            }
            turned
        };
        // Whether an alarm is left from before a restart is found out once.
        assert_eq!(turn(0, 1_000), Some((false, 1_000)));
        assert_eq!(turn(0, 2_000), None);
        assert_eq!(turn(7, 3_000), Some((true, 3_000)));
        assert_eq!(turn(9, 100_000), None);
        assert_eq!(turn(9, 100_000 + QUIET - 1), None);
        assert_eq!(turn(9, 100_000 + QUIET), Some((false, 100_000 + QUIET)));
        assert_eq!(turn(10, 900_000), Some((true, 900_000)));
    }

    #[test]
    fn what_may_last_is_amiss_only_after_that() {
        let upkeep = Upkeep::default();
        upkeep.told("x", false);
        let turn = |amiss, now| upkeep.turn(&look(Amiss::Longer(amiss, 100)), now);
        assert_eq!(turn(true, 1_000), None);
        assert_eq!(turn(true, 1_099), None);
        assert_eq!(turn(true, 1_100), Some((true, 1_000)));
        // What could not be written down is told again.
        assert_eq!(turn(true, 1_200), Some((true, 1_000)));
        assert_eq!(
            turn(false, 1_300),
            Some((true, 1_000)),
            "it has been, and nobody knows"
        );
        upkeep.told("x", true);
        assert_eq!(turn(false, 1_400), Some((false, 1_400)));
        upkeep.told("x", false);
        assert_eq!(turn(false, 1_500), None);
    }
}
