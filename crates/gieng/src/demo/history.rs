//! Ninety days: samples, lines, books and verdicts, day after day on a clock of their own.

use std::{collections::HashMap, fmt::Write as _};

use app::{App, Ctx, account, assess, logs, registry::RecordQuery, setting, watch::Core};
use domain::{
    clock::{self, Clock},
    id::{Id, OrganizationId, TargetId},
    reachability::{Failure, Moment, Outcome, Sample},
};
use jiff::{Timestamp, ToSpan, civil::Date};
use vault::{Batch, Line, Transport};

use super::{
    dice::{chance, dice},
    province::{self, Unit},
};
use crate::terminal::{self, tell};

/// Time between the samples of a target.
const STEP_MS: i64 = 20 * 60_000;
const DAY_MS: i64 = 86_400_000;

/// A clock that stands at the beginning of the day `days` ago.
pub fn clock(days: u16) -> Clock {
    let today = Clock::system().today();
    let first = today.checked_sub(i64::from(days).days()).unwrap_or(today);
    Clock::fixed(clock::from_ms(clock::start_of_day_ms(first)))
}

/// Lives through the days until now.
pub async fn make(app: &App, clock: &Clock, days: u16) -> anyhow::Result<()> {
    let now = Clock::system().now_ms();
    let units = province::units();
    let ctx = Ctx::console(app.clock.now_ms());
    let pace = (STEP_MS / 1000).to_string();
    for key in ["probe.interval_seconds", "probe.critical_interval_seconds"] {
        setting::set(app, &ctx, key, &pace).await?;
    }
    let start = clock.now_ms();
    let at = |ms: i64| Moment {
        mono_ms: u64::try_from(ms - start).unwrap_or(0),
        at_ms: ms,
    };
    let mut core = Core::new();
    core.reload(app, at(start)).await?;
    let devices = senders(app).await?;
    let mut day_start = start;
    let mut day = 0u64;
    while day_start < now {
        terminal::progress(format_args!("  {day}/{days} "));
        let end = (day_start + DAY_MS).min(now);
        let mut t = day_start;
        while t < end {
            clock.set(clock::from_ms(t));
            probe(app, &mut core, &at, t).await?;
            t += STEP_MS;
        }
        // Evening, or this very moment on the last day.
        clock.set(clock::from_ms((end - 1).max(day_start)));
        core.flush(app, at(end - 1)).await?;
        lines(app, &devices, day_start, end, day).await?;
        logs::reconcile(app).await?;
        logs::listened(app, start).await?;
        books(
            app,
            &units,
            clock::local_date(clock::from_ms(day_start)),
            end,
            day,
        )
        .await?;
        // A word counts for a time; it is given again before it ends.
        if day == 0 || day == 60 {
            attest(app, &units).await?;
        }
        if day < 30 && day.is_multiple_of(2) {
            let unit = &units[usize::try_from(day * 3).unwrap_or(0) % units.len()];
            let ctx = Ctx::console(app.clock.now_ms());
            account::set_random_password(app, &ctx, &format!("cntt.{}", unit.code.to_lowercase()))
                .await?;
        }
        assess::evaluate(app, true).await?;
        day_start += DAY_MS;
        day += 1;
    }
    tell!();
    let ctx = Ctx::console(app.clock.now_ms());
    setting::set(app, &ctx, "probe.interval_seconds", "5").await?;
    setting::set(app, &ctx, "probe.critical_interval_seconds", "3").await?;
    Ok(())
}

/// Whether a target answered at `t`: a few lines fail a few times, one never answers.
fn answers(place: u64, row: &app::watch::TargetRow, t: i64) -> bool {
    if row.probe == "tcp:7099" {
        return false;
    }
    if row.class == "hub" {
        return true;
    }
    let day = u64::try_from(t / DAY_MS).unwrap_or(0);
    let minute = t % DAY_MS / 60_000;
    let fails = if row.probe.starts_with("tcp:") {
        chance(12, &[7, day])
    } else {
        chance(1, &[place, day, 51])
    };
    let from = i64::try_from(dice(&[place, day, 52]) % 1_200).unwrap_or(0);
    let long = 20 + i64::try_from(dice(&[place, day, 53]) % 160).unwrap_or(0);
    !(fails && (from..from + long).contains(&minute))
}

async fn probe(
    app: &App,
    core: &mut Core,
    at: &impl Fn(i64) -> Moment,
    t: i64,
) -> anyhow::Result<()> {
    let sample = |place: usize, row: &app::watch::TargetRow, t: i64| Sample {
        target: row.id,
        sent: at(t),
        outcome: if answers(place as u64, row, t) {
            let rtt = 900 + dice(&[place as u64, t.unsigned_abs()]) % 6_000;
            Outcome::Answered {
                rtt_us: u32::try_from(rtt).unwrap_or(0),
            }
        } else {
            Outcome::Failed(Failure::Timeout)
        },
    };
    let rows = core.targets().to_vec();
    let places: HashMap<TargetId, usize> =
        rows.iter().enumerate().map(|(i, r)| (r.id, i)).collect();
    let batch: Vec<Sample> = rows
        .iter()
        .enumerate()
        .map(|(i, r)| sample(i, r, t))
        .collect();
    app::watch::keep(app, &batch);
    let mut soon = core.ingest(app, &batch, at(t)).await?;
    // What the watch asks for out of turn is asked a moment later, as the prober does.
    let mut later = t;
    for _ in 0..8 {
        if soon.is_empty() {
            break;
        }
        later += 2_500;
        let again: Vec<Sample> = soon
            .iter()
            .filter_map(|s| places.get(&s.target))
            .map(|i| sample(*i, &rows[*i], later))
            .collect();
        soon = core.ingest(app, &again, at(later)).await?;
    }
    core.tick(app, at(later + 1_000)).await?;
    Ok(())
}

/// A device that sends lines.
struct Sender {
    device: Id,
    unit: OrganizationId,
    address: std::net::IpAddr,
    role: String,
    name: String,
}

async fn senders(app: &App) -> anyhow::Result<Vec<Sender>> {
    let ctx = Ctx::console(app.clock.now_ms());
    let query = RecordQuery {
        limit: 5_000,
        ..RecordQuery::default()
    };
    let page = app::registry::list(app, &ctx, "device", &query).await?;
    Ok(page
        .records
        .iter()
        .filter_map(|r| {
            Some(Sender {
                device: r.id,
                unit: OrganizationId(r.get("organization").as_id()?),
                address: r.text("address").parse().ok()?,
                role: r.text("role").into(),
                name: r.text("code").into(),
            })
        })
        .collect())
}

/// A line as such a device writes it.
pub fn line(role: &str, name: &str, at: Timestamp, seed: u64) -> String {
    let local = at.to_zoned(clock::local_zone());
    let stamp = local.strftime("%b %e %H:%M:%S");
    let host = 10 + dice(&[seed, 1]) % 200;
    match role {
        "firewall" => format!(
            "<189>date={} time={} devname=\"{name}\" devid=\"FGT60F\" logid=\"0000000013\" type=\"traffic\" \
             subtype=\"forward\" level=\"notice\" srcip=10.1.0.{host} dstip=10.86.0.10 dstport=443 action=\"accept\" tz=\"+0700\"",
            local.strftime("%Y-%m-%d"),
            local.strftime("%H:%M:%S")
        ),
        "router" => format!(
            "<30>{stamp} {name} system,info,account user admin logged in from 10.1.0.{host} via ssh"
        ),
        "switch" => format!(
            "<189>123: *{stamp}: %SYS-5-CONFIG_I: Configured from console by vty0 (10.1.0.{host})"
        ),
        _ => format!(
            "<38>{stamp} {name} sshd[{}]: Accepted publickey for quantri from 10.1.0.{host} port 50022 ssh2",
            1000 + seed % 9000
        ),
    }
}

async fn lines(app: &App, devices: &[Sender], from: i64, to: i64, day: u64) -> anyhow::Result<()> {
    let Some(vault) = app.logs.vault() else {
        return Ok(());
    };
    let zone = clock::local_zone();
    let mut all: Vec<(i64, usize)> = Vec::new();
    for (i, device) in devices.iter().enumerate() {
        // Some devices never sent; some fell silent a month ago.
        let seed = i as u64;
        let silent = chance(5, &[seed, 61]) || (chance(4, &[seed, 62]) && day > 60);
        if silent || device.role == "standalone-computer" {
            continue;
        }
        for n in 0..6 {
            let part = u64::try_from(to - from).unwrap_or(1).max(1);
            let t = from + i64::try_from(dice(&[seed, day, n, 63]) % part).unwrap_or(0);
            all.push((t, i));
        }
    }
    all.sort_unstable();
    let mut batch = Batch::new();
    for (t, i) in all {
        let device = &devices[i];
        let at = clock::from_ms(t);
        let raw = line(&device.role, &device.name, at, i as u64 + t.unsigned_abs());
        let parsed = wire::syslog::parse(raw.as_bytes(), at, &zone);
        let host = parsed.host.map(|h| h.to_string()).unwrap_or_default();
        let application = parsed
            .application
            .map(|a| a.to_string())
            .unwrap_or_default();
        batch.push(&Line {
            received_at_ms: t,
            sent_at_ms: parsed.sent_at.map(Timestamp::as_millisecond),
            source: device.device.bytes(),
            unit: device.unit.0.bytes(),
            peer: device.address,
            transport: Transport::Udp,
            flags: vault::Flags::default(),
            facility: parsed.facility,
            severity: parsed.severity.map(|s| s as u8),
            host: &host,
            application: &application,
            raw: raw.as_bytes(),
        })?;
    }
    vault.append(batch).await?;
    Ok(())
}

/// Somebody's word for what no observation shows: most units gave it on the first day.
async fn attest(app: &App, units: &[Unit]) -> anyhow::Result<()> {
    assess::evaluate(app, true).await?;
    let ctx = Ctx::console(app.clock.now_ms());
    let view = assess::board(app, &ctx, None).await?;
    let library = app.library();
    let known: Vec<&str> = units.iter().map(|u| u.code.as_str()).collect();
    let mut done = std::collections::HashSet::new();
    for (n, (unit, c, _)) in view.cells().enumerate() {
        let key = &view.board.clauses[c];
        let Some(clause) = library.clause(&key.regulation, &key.cite) else {
            continue;
        };
        for control in library.controls_of(clause) {
            let asked = control
                .attestation
                .as_ref()
                .is_some_and(|a| a.attachment != policy::control::Attachment::Required);
            let place = known.iter().position(|k| *k == unit.code).unwrap_or(0) as u64;
            let word = asked && chance(72, &[place, control.id.len() as u64, 71]);
            if !word || !done.insert((control.id.clone(), unit.id)) {
                continue;
            }
            let holds = !chance(4, &[n as u64, 72]);
            let statement = if holds {
                "Đơn vị đã rà soát và bảo đảm thực hiện."
            } else {
                "Chưa thực hiện xong, dự kiến hoàn thành trong quý tới."
            };
            assess::attest(
                app,
                &ctx,
                &control.id,
                unit.id,
                Some(holds),
                statement,
                None,
            )
            .await?;
        }
    }
    Ok(())
}

/// What people wrote into the books that day.
async fn books(app: &App, units: &[Unit], day: Date, end: i64, n: u64) -> anyhow::Result<()> {
    let on = day.to_string();
    let year = day.year();
    let done_at = clock::from_ms(end - 3_600_000).to_string();
    let mut journal = String::from("organization,occurred_on,subject,result,written_by\n");
    let mut backup =
        String::from("organization,occurred_on,subject,finished_at,result,size_bytes\n");
    let mut centre = journal.clone();
    for code in ["KHCN", "CDS"] {
        let _ = writeln!(
            centre,
            "{code},{on},Trực vận hành trung tâm dữ liệu,routine,Ca trực"
        );
    }
    for (i, unit) in units.iter().enumerate() {
        let seed = i as u64;
        if chance(85, &[seed, 81]) && (n + seed).is_multiple_of(7) {
            let _ = writeln!(
                journal,
                "{},{on},Kiểm tra mạng nội bộ hằng tuần,routine,Cán bộ CNTT",
                unit.code
            );
        }
        if chance(90, &[seed, 82]) && (n + seed).is_multiple_of(3) {
            let failed = chance(3, &[seed, n, 83]);
            let result = if failed { "failure" } else { "success" };
            let size = 2_000_000_000 + dice(&[seed, n]) % 9_000_000_000;
            let _ = writeln!(
                backup,
                "{},{on},Dữ liệu dùng chung,{done_at},{result},{size}",
                unit.code
            );
        }
    }
    province::load(app, "technical-journal", &journal).await?;
    province::load(app, "data-centre-journal", &centre).await?;
    province::load(app, "backup-report", &backup).await?;
    match n {
        1 => {
            let mut rules = String::from("organization,occurred_on,subject,result\n");
            let mut machines = String::from("organization,occurred_on,subject,custodian\n");
            for (i, unit) in units.iter().enumerate() {
                if chance(88, &[i as u64, 84]) {
                    let _ = writeln!(
                        rules,
                        "{},{on},Quy chế quản lý mạng nội bộ,issued",
                        unit.code
                    );
                    let _ = writeln!(
                        rules,
                        "{},{on},Quy chế quản lý mạng nội bộ,checked",
                        unit.code
                    );
                }
                if chance(94, &[i as u64, 85]) {
                    let _ = writeln!(
                        machines,
                        "{},{on},Máy soạn thảo văn bản mật,Văn thư",
                        unit.code
                    );
                }
            }
            province::load(app, "internal-regulation", &rules).await?;
            province::load(app, "standalone-computer", &machines).await?;
            let plan = format!(
                "organization,occurred_on,subject,number\nKHCN,{on},Quy hoạch địa chỉ IP và tên miền,12/QĐ-SKHCN\n"
            );
            province::load(app, "address-plan", &plan).await?;
            let guidance = format!(
                "organization,occurred_on,subject,result\nKHCN,{on},Hướng dẫn vận hành mạng,operation\nKHCN,{on},Hướng dẫn bảo vệ wifi,wireless\n"
            );
            province::load(app, "guidance", &guidance).await?;
        }
        20 => {
            let quarter = (day.month() - 1) / 3 + 1;
            let meeting = format!(
                "organization,occurred_on,period,result,attendees\nKHCN,{on},{year}-Q{quarter},held,138\n"
            );
            province::load(app, "quarterly-meeting", &meeting).await?;
        }
        45 => {
            let mut plans = String::from("organization,occurred_on,period,result,budget\n");
            for (i, unit) in units.iter().enumerate() {
                if chance(60, &[i as u64, 86]) {
                    let _ = writeln!(
                        plans,
                        "{},{on},{year},sent,{}",
                        unit.code,
                        100_000_000 + dice(&[i as u64, 87]) % 900_000_000
                    );
                }
            }
            province::load(app, "it-plan", &plans).await?;
            let inspection = format!(
                "organization,occurred_on,period,subject,result\nKHCN,{on},{year},Đường truyền và ứng dụng,findings\n"
            );
            province::load(app, "yearly-inspection", &inspection).await?;
        }
        _ => {}
    }
    Ok(())
}
