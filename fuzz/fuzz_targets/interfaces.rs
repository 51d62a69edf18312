//! Whatever a device says of its interfaces is read within bounds.
#![no_main]

use std::collections::HashSet;

use async_snmp::Value;
use domain::id::Id;
use libfuzzer_sys::fuzz_target;
use observe::snmp::interface::{COLUMNS, Found, UPTIME};

/// Column, number, kind and length in front of each value.
fn said(bytes: &[u8]) -> Option<(Vec<u32>, Value, &[u8])> {
    let ([column, number, kind, length], rest) = bytes.split_first_chunk::<4>()?;
    let (own, rest) = rest.split_at_checked(usize::from(*length))?;
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(own) {
        *to = *from;
    }
    let long = u64::from_be_bytes(word);
    let short = u32::from_be_bytes([word[0], word[1], word[2], word[3]]);
    let value = match kind % 7 {
        0 => Value::Integer(short.cast_signed()),
        1 => Value::OctetString(own.to_vec().into()),
        2 => Value::Counter32(short),
        3 => Value::Counter64(long),
        4 => Value::Gauge32(short),
        5 => Value::TimeTicks(short),
        _ => Value::Null,
    };
    let place = usize::from(*column) % (COLUMNS.len() + 1);
    let oid = match COLUMNS.get(place) {
        Some(column) => [*column, &[u32::from(*number)]].concat(),
        None => UPTIME.to_vec(),
    };
    Some((oid, value, rest))
}

fuzz_target!(|bytes: &[u8]| {
    let (mut found, mut rest) = (Found::default(), bytes);
    while let Some((oid, value, after)) = said(rest) {
        let _ = found.take(&oid, &value);
        rest = after;
    }
    let rows = found.rows();
    assert_eq!(rows.len(), found.count());
    let keys: HashSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys.len(), rows.len());
    assert!(rows.iter().all(|row| !row.key.contains('\0')));
    let began = found.began();
    for before in [None, Some(&began)] {
        assert!(found.samples(Id::NIL, 0, before).len() <= rows.len() * 4);
    }
});
