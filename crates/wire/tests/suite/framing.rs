//! Frames of a syslog stream.

use wire::framing::{Decoder, Ending, MAX_LINE};

fn frames(stream: &[u8], max: usize) -> Vec<(String, Ending)> {
    let mut out = Vec::new();
    let mut decoder = Decoder::new(max);
    let mut take = |f: wire::framing::Frame<'_>| {
        out.push((String::from_utf8_lossy(f.bytes).into_owned(), f.ending));
    };
    decoder.feed(stream, &mut take);
    decoder.finish(&mut take);
    out
}

fn whole(text: &str) -> (String, Ending) {
    (text.into(), Ending::Whole)
}

#[test]
fn both_framings_on_one_connection() {
    let got = frames(
        b"<13>one\n10 <13>two\nxy\n<13>three\r\n7 <1>four<2>no end",
        64,
    );
    assert_eq!(
        got,
        [
            whole("<13>one"),
            whole("<13>two\nxy"),
            whole("<13>three"),
            whole("<1>four"),
            whole("<2>no end")
        ]
    );
}

#[test]
fn digits_that_are_no_count() {
    let got = frames(
        b"12 monkeys\n123: *Mar  1 00:01:02: %SYS-5-X: y\n2026-11-21 z\n12345678901 <x\n",
        64,
    );
    assert_eq!(
        got,
        [
            whole("12 monkeys"),
            whole("123: *Mar  1 00:01:02: %SYS-5-X: y"),
            whole("2026-11-21 z"),
            whole("12345678901 <x")
        ]
    );
}

#[test]
fn a_count_before_a_text_without_priority() {
    let cef = "CEF:0|maker|product|1|100|what happened|5|src=10.0.0.1";
    let bare = "Nov 26 22:00:00 web01 app: first\nsecond";
    let counted = |text: &str| format!("{} {text}", text.len());
    // An event's own form shows it at once; a sender that counts goes on counting.
    let stream = counted(cef) + &counted(bare) + &counted(cef);
    assert_eq!(
        frames(stream.as_bytes(), 128),
        [whole(cef), whole(bare), whole(cef)]
    );
    let mut decoder = Decoder::new(128);
    let mut at_once = 0;
    decoder.feed(counted(cef).as_bytes(), |_| at_once += 1);
    assert_eq!(at_once, 1, "nothing is waited for");
    // Of other texts the next count shows it, or the end of the stream.
    let one = "Nov 26 22:00:00 web01 app: first";
    let two = "Nov 26 22:00:01 web01 app: more";
    let stream = counted(one) + &counted(two);
    assert_eq!(frames(stream.as_bytes(), 64), [whole(one), whole(two)]);
    assert_eq!(frames(counted(one).as_bytes(), 64), [whole(one)]);
    // A line of text that begins with a number stays whole.
    let lines = b"20 processes were killed by the system\n5 users\n14 x\n2 apples and pears\n";
    assert_eq!(
        frames(lines, 64),
        [
            whole("20 processes were killed by the system"),
            whole("5 users"),
            whole("14 x"),
            whole("2 apples and pears")
        ]
    );
}

#[test]
fn a_nul_ends_a_frame() {
    assert_eq!(
        frames(b"<13>one\0<13>two\0\n<13>three\0three words\0<13>end", 64),
        [
            whole("<13>one"),
            whole("<13>two"),
            whole("<13>three"),
            whole("three words"),
            whole("<13>end")
        ]
    );
    // Inside a counted frame it is a byte like others, and so it is in UTF-16.
    assert_eq!(
        frames(b"9 <13>a\0b c10 <13>second\n", 64),
        [whole("<13>a\0b c"), whole("<13>second")]
    );
    let wide: Vec<u8> = "<13>hai"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(frames(&[&wide[..], b"\n"].concat(), 64).len(), 1);
}

#[test]
fn the_bound_is_exact() {
    let line = "x".repeat(32);
    assert_eq!(
        frames(format!("{line}\nok\n").as_bytes(), 32),
        [whole(&line), whole("ok")]
    );
    assert_eq!(
        frames(format!("{line}y\nok\n").as_bytes(), 32),
        [(line.clone(), Ending::Truncated), whole("ok")]
    );
    let counted = format!("33 <{line}32 <{}", &line[1..]);
    let got = frames(counted.as_bytes(), 32);
    assert_eq!(got[0], (format!("<{}", &line[1..]), Ending::Truncated));
    assert_eq!(got[1], whole(&format!("<{}", &line[1..])));
}

#[test]
fn a_frame_that_never_ends_costs_no_more_than_the_bound() {
    let mut decoder = Decoder::new(MAX_LINE);
    let mut got = Vec::new();
    let chunk = vec![b'a'; 16 * 1024];
    for _ in 0..64 {
        decoder.feed(&chunk, |f| got.push((f.bytes.len(), f.ending)));
        assert!(decoder.held() <= MAX_LINE);
    }
    assert_eq!(got, [(MAX_LINE, Ending::Truncated)]);
    decoder.feed(b"\n<13>next\n", |f| got.push((f.bytes.len(), f.ending)));
    assert_eq!(got[1], (8, Ending::Whole));
}

#[test]
fn a_counted_frame_cut_by_the_end_says_so() {
    assert_eq!(
        frames(b"100 <13>half", 64),
        [("<13>half".into(), Ending::Cut)]
    );
}

#[test]
fn no_empty_lines() {
    assert_eq!(frames(b"\n\r\n\0\n<1>a\n\n", 64), [whole("<1>a")]);
}
