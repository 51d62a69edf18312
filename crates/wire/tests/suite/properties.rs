//! What must hold for any bytes.

use jiff::{Timestamp, tz::TimeZone};
use proptest::{collection::vec, prelude::*};
use wire::{
    framing::{Decoder, Ending},
    syslog::parse,
};

/// Bytes in which the characters that steer the parsers are frequent.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 27] = [
        b"<13>",
        b"<189>1 ",
        b"2026-11-21T10:00:00.5+07:00 ",
        b"Nov 21 10:00:00 ",
        b"%SYS-5-CONFIG_I: ",
        b"*Mar  1 00:01:02.123: ",
        b"123: ",
        b"[a b=\"c\\\"\"]",
        b"system,info ",
        b"date=2026-11-21 time=10:00:00 ",
        b"tz=\"+0700\" ",
        b"- ",
        b"eventtime=99999999999999999999 ",
        b"\xEF\xBB\xBF",
        b"\n",
        b"12 <",
        b"5 ",
        b"9 CEF:0",
        b"\0",
        b"\"",
        b"\\",
        b"<189>1 2026-11-26T22:00:00Z h 45 - - - ",
        b"Nov 26 - - -  2026 22:00:00 ",
        b"%@12%Nov 26 22:00:00 ",
        b"%%01SHELL/5/LOGIN(s)[12]:",
        b"#CAPWAP-4-X: ",
        b"2026 ",
    ];
    let pieces = (0..PIECES.len()).prop_map(|i| PIECES[i].to_vec());
    let piece = prop_oneof![pieces, vec(any::<u8>(), 0..12)];
    vec(piece, 0..12).prop_map(|v| v.concat())
}

fn frames(chunks: &[&[u8]], max: usize) -> Vec<(Vec<u8>, Ending)> {
    let mut out = Vec::new();
    let mut decoder = Decoder::new(max);
    for chunk in chunks {
        decoder.feed(chunk, |f| out.push((f.bytes.to_vec(), f.ending)));
        assert!(decoder.held() <= max.max(16));
    }
    decoder.finish(|f| out.push((f.bytes.to_vec(), f.ending)));
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn parsing_never_panics_and_loses_nothing(line in bytes(), seconds in 0i64..4_000_000_000) {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let message = parse(&line, Timestamp::from_second(seconds).unwrap(), &zone);
        prop_assert_eq!(message.raw, &line[..]);
        prop_assert!(message.facility.is_none_or(|f| f < 24));
        prop_assert!(!message.has_priority || message.severity.is_some());
        for element in message.elements() {
            prop_assert!(element.parameters().count() <= line.len());
        }
        // The message is the end of the line, but for line ends and NULs.
        let trimmed = line.iter().rposition(|b| !matches!(b, b'\n' | b'\r' | 0)).map_or(&[][..], |n| &line[..=n]);
        prop_assert!(trimmed.ends_with(message.message) || message.message == &line[..]);
    }

    #[test]
    fn chunking_does_not_change_the_frames(stream in bytes(), max in 16usize..64, cuts in vec(0usize..200, 0..12)) {
        let whole = frames(&[&stream], max);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(stream.len())).collect();
        cuts.push(0);
        cuts.push(stream.len());
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
        prop_assert_eq!(&frames(&chunks, max), &whole);
        let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(&frames(&bytewise, max), &whole);
    }

    #[test]
    fn counted_lines_come_back_as_sent(lines in vec(vec(any::<u8>(), 1..300), 1..20)) {
        let mut stream = Vec::new();
        let mut sent = Vec::new();
        for line in lines {
            let mut line = [&b"<13>"[..], &line].concat();
            line.push(b'.');
            stream.extend_from_slice(format!("{} ", line.len()).as_bytes());
            stream.extend_from_slice(&line);
            sent.push((line, Ending::Whole));
        }
        prop_assert_eq!(frames(&[&stream], 4096), sent);
    }
}
