//! Lines parsed and framed in a second on one core.

use std::{hint::black_box, time::Instant};

use jiff::{Timestamp, tz::TimeZone};
use wire::{framing::Decoder, syslog::parse};

const LINES: [&str; 5] = [
    "<38>Nov 21 09:59:57 gw01 sshd[2211]: Accepted publickey for admin from 10.1.2.3 port 52112 ssh2: ED25519 SHA256:47DEQpj8HBSa",
    "<165>1 2026-11-21T09:59:58.123456+07:00 web01 nginx 812 access [meta sequenceId=\"812\"] GET /api/v1/units?page=2 200 5123 0.012",
    "<189>123: Nov 21 09:59:58.123 ICT: %LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/1, changed state to up",
    "<30>Nov 21 09:59:57 xa-long-ho firewall,info forward: in:ether1 out:ether2, connection-state:new proto TCP (SYN), 10.1.1.1:51544->10.2.2.2:443, len 60",
    "<189>date=2026-11-21 time=09:59:30 devname=\"FGT-VL-01\" devid=\"FGT60FTK20000001\" eventtime=1795229970123456789 tz=\"+0700\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" vd=\"root\" srcip=10.1.1.5 srcport=51544 dstip=10.2.2.2 dstport=443 action=\"accept\"",
];

fn main() {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("a bundled zone");
    let received: Timestamp = "2026-11-21T10:00:00+07:00".parse().expect("a time");
    for line in LINES {
        let n = 500_000;
        let start = Instant::now();
        for _ in 0..n {
            black_box(parse(black_box(line.as_bytes()), received, &zone));
        }
        println!(
            "parse  {:>10.0} lines/s  {}",
            f64::from(n) / start.elapsed().as_secs_f64(),
            &line[..40]
        );
    }
    let stream = format!("{}\n", LINES.join("\n")).repeat(2_000);
    let (mut lines, start) = (0u32, Instant::now());
    for _ in 0..20 {
        let mut decoder = Decoder::default();
        for chunk in stream.as_bytes().chunks(64 * 1024) {
            decoder.feed(chunk, |frame| {
                black_box(parse(frame.bytes, received, &zone));
                lines += 1;
            });
        }
    }
    println!(
        "frame and parse, mixed: {:.0} lines/s",
        f64::from(lines) / start.elapsed().as_secs_f64()
    );
}
