//! What the values of IF-MIB say of a device's interfaces.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_snmp::Value;
use domain::{
    id::Id,
    parse,
    record::{self, Values},
};
use vault::series::{Counter, Metric, Reading, Sample, Series};

use crate::collect::{Fault, Row};

/// Octets received.
pub const OCTETS_IN: Metric = octets("interface.octets.in");
/// Octets sent.
pub const OCTETS_OUT: Metric = octets("interface.octets.out");
/// Packets received with faults.
pub const ERRORS_IN: Metric = packets("interface.errors.in");
/// Packets not sent for faults.
pub const ERRORS_OUT: Metric = packets("interface.errors.out");

const fn octets(name: &'static str) -> Metric {
    Metric {
        name,
        unit: "octet",
    }
}

const fn packets(name: &'static str) -> Metric {
    Metric {
        name,
        unit: "packet",
    }
}

/// sysUpTime.0.
pub const UPTIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];

/// ifEntry and ifXEntry.
const TABLE: [u32; 9] = [1, 3, 6, 1, 2, 1, 2, 2, 1];
const EXTENDED: [u32; 10] = [1, 3, 6, 1, 2, 1, 31, 1, 1, 1];

macro_rules! columns {
    ($($name:ident $table:ident $number:literal;)+) => {
        /// A column that is read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        enum Column { $($name),+ }

        /// The columns that are read.
        pub const COLUMNS: &[&[u32]] = &[$(columns!(@ $table $number)),+];

        const ORDER: &[Column] = &[$(Column::$name),+];
    };
    (@ TABLE $number:literal) => { &[1, 3, 6, 1, 2, 1, 2, 2, 1, $number] };
    (@ EXTENDED $number:literal) => { &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, $number] };
}

columns! {
    Description TABLE 2;
    Speed TABLE 5;
    AdminStatus TABLE 7;
    OperStatus TABLE 8;
    Name EXTENDED 1;
    Alias EXTENDED 18;
    HighSpeed EXTENDED 15;
    OctetsIn EXTENDED 6;
    OctetsOut EXTENDED 10;
    ErrorsIn TABLE 14;
    ErrorsOut TABLE 20;
    Began EXTENDED 19;
    NarrowIn TABLE 10;
    NarrowOut TABLE 16;
}

/// A device with more is not read: the largest have some thousand.
const MOST: usize = 1_024;
/// Longer names and aliases are cut; IF-MIB allows 64 to 255 characters.
const LONGEST: usize = 255;

/// What was read of a device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Hundredths of a second since it began to run.
    uptime: Option<u32>,
    /// By the interface's number.
    interfaces: BTreeMap<u32, Interface>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Interface {
    description: String,
    name: String,
    alias: String,
    admin: Option<i32>,
    status: Option<i32>,
    /// Bits a second, and millions of them.
    speed: Option<u32>,
    high_speed: Option<u32>,
    octets: [Option<Count>; 2],
    errors: [Option<Count>; 2],
    /// The device's uptime when it last began to count anew.
    began: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Count {
    value: u64,
    is_narrow: bool,
}

/// Since when a device counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Began {
    uptime: Option<u32>,
    interfaces: HashMap<u32, u32>,
}

/// Text of a device: without what is not seen or turns its direction, and not longer than it may be.
fn text(value: &Value) -> Option<String> {
    let bytes = value.as_bytes()?;
    let bytes = bytes.get(..LONGEST * 4).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let plain = text.chars().filter(|c| parse::is_of_line(*c));
    let cut: String = plain.take(LONGEST).collect();
    Some(cut.trim().to_owned())
}

fn count(value: &Value) -> Option<Count> {
    match value {
        Value::Counter64(value) => Some(Count {
            value: *value,
            is_narrow: false,
        }),
        Value::Counter32(value) => Some(Count {
            value: (*value).into(),
            is_narrow: true,
        }),
        _ => None,
    }
}

impl Found {
    /// Takes a value in; what is none of ours, or of another kind than it should be, is left out.
    ///
    /// # Errors
    /// [`Fault::Odd`] where a device has more interfaces than any has.
    pub fn take(&mut self, oid: &[u32], value: &Value) -> Result<(), Fault> {
        if oid == UPTIME {
            self.uptime = value.as_u32();
            return Ok(());
        }
        let of = |table: &[u32]| oid.strip_prefix(table);
        let (Some([_, number]), Some((number_at, _))) = (
            of(&TABLE).or_else(|| of(&EXTENDED)),
            oid.split_last().map(|(last, rest)| (rest, last)),
        ) else {
            return Ok(());
        };
        let place = COLUMNS.iter().position(|column| *column == number_at);
        let Some(column) = place.and_then(|place| ORDER.get(place)) else {
            return Ok(());
        };
        if self.interfaces.len() >= MOST && !self.interfaces.contains_key(number) {
            return Err(Fault::Odd);
        }
        let own = self.interfaces.entry(*number).or_default();
        let first_of = |slot: &mut Option<Count>| {
            if slot.is_none() {
                *slot = count(value);
            }
        };
        let [octets_in, octets_out] = &mut own.octets;
        let [errors_in, errors_out] = &mut own.errors;
        match column {
            Column::Description => own.description = text(value).unwrap_or_default(),
            Column::Name => own.name = text(value).unwrap_or_default(),
            Column::Alias => own.alias = text(value).unwrap_or_default(),
            Column::AdminStatus => own.admin = value.as_i32(),
            Column::OperStatus => own.status = value.as_i32(),
            Column::Speed => own.speed = value.as_u32(),
            Column::HighSpeed => own.high_speed = value.as_u32(),
            Column::Began => own.began = value.as_u32(),
            Column::ErrorsIn => *errors_in = count(value),
            Column::ErrorsOut => *errors_out = count(value),
            Column::OctetsIn => *octets_in = count(value).or(*octets_in),
            Column::OctetsOut => *octets_out = count(value).or(*octets_out),
            // Where there are none of 64 bits: they are asked for last.
            Column::NarrowIn => first_of(octets_in),
            Column::NarrowOut => first_of(octets_out),
        }
        Ok(())
    }

    /// How many interfaces it has.
    pub fn count(&self) -> usize {
        self.interfaces.len()
    }

    /// Since when it counts, to be held against what it says next.
    pub fn began(&self) -> Began {
        let began = |(number, own): (&u32, &Interface)| Some((*number, own.began?));
        Began {
            uptime: self.uptime,
            interfaces: self.interfaces.iter().filter_map(began).collect(),
        }
    }

    /// Each interface's number with the name that no other of the device has.
    fn named(&self) -> impl Iterator<Item = (u32, String, &Interface)> {
        let name = |number: u32, own: &Interface| match (&*own.name, &*own.description) {
            ("", "") => format!("#{number}"),
            ("", description) => description.to_owned(),
            (name, _) => name.to_owned(),
        };
        let (mut once, mut twice) = (HashSet::new(), HashSet::new());
        for (number, own) in &self.interfaces {
            let name = name(*number, own);
            if !once.insert(name.clone()) {
                twice.insert(name);
            }
        }
        let mut taken = HashSet::new();
        self.interfaces.iter().map(move |(number, own)| {
            let mut name = name(*number, own);
            // Whoever names one as we would name its twin gets the number once more.
            while twice.contains(&name) || !taken.insert(name.clone()) {
                name = format!("{name} #{number}");
            }
            (*number, name, own)
        })
    }

    /// The interfaces as records.
    pub fn rows(&self) -> Vec<Row> {
        let row = |(number, name, own): (u32, String, &Interface)| {
            let mut values = Values::new();
            let mut put = |field: &str, value: record::Value| {
                values.insert(field.to_owned(), value);
            };
            put("name", name.clone().into());
            if !own.alias.is_empty() {
                put("alias", own.alias.clone().into());
            }
            if let Some(word) = own.admin.and_then(admin) {
                put("admin_status", word.into());
            }
            if let Some(word) = own.status.and_then(status) {
                put("status", word.into());
            }
            // An interface of less than a megabit has 0 there.
            let millions = own.high_speed.filter(|speed| *speed > 0);
            let bits = own.speed.map(|bits| bits / 1_000_000);
            if let Some(speed) = millions.or(bits).filter(|speed| *speed > 0) {
                put("speed", record::Value::Integer(speed.into()));
            }
            put("number", record::Value::Integer(number.into()));
            Row { key: name, values }
        };
        self.named().map(row).collect()
    }

    /// The counters of the interfaces; `before` is what the device said the time before. Where the
    /// clock `was_set` since then, nobody knows in how long they rose.
    pub fn samples(
        &self,
        device: Id,
        (at_ms, was_set): (i64, bool),
        before: Option<&Began>,
    ) -> Vec<Sample> {
        let restarted = match (before, self.uptime) {
            (Some(before), Some(now)) => before.uptime.is_some_and(|before| now < before),
            // Nobody knows what was before; whoever runs for less than a quarter of an hour may
            // have been another then.
            (None, Some(now)) => now < 90_000,
            (_, None) => false,
        };
        let mut out = Vec::with_capacity(self.interfaces.len() * 4);
        for (number, name, own) in self.named() {
            let anew = own.began.is_some_and(|now| {
                let known = before.and_then(|before| before.interfaces.get(&number));
                known.is_some_and(|known| *known != now)
            });
            let [octets_in, octets_out] = own.octets;
            let [errors_in, errors_out] = own.errors;
            for (metric, count) in [
                (OCTETS_IN, octets_in),
                (OCTETS_OUT, octets_out),
                (ERRORS_IN, errors_in),
                (ERRORS_OUT, errors_out),
            ] {
                let Some(Count { value, is_narrow }) = count else {
                    continue;
                };
                out.push(Sample {
                    series: series(device, &name, metric),
                    at_ms,
                    reading: Reading::Counter(Counter {
                        value,
                        is_narrow,
                        is_reset: restarted || anew || was_set,
                    }),
                });
            }
        }
        out
    }
}

/// A counter of a device's interface.
pub fn series(device: Id, name: &str, metric: Metric) -> Series {
    Series::of("device", device.bytes(), metric).labelled(name.to_owned())
}

fn admin(status: i32) -> Option<&'static str> {
    Some(match status {
        1 => "up",
        2 => "down",
        3 => "testing",
        _ => return None,
    })
}

fn status(status: i32) -> Option<&'static str> {
    Some(match status {
        1 => "up",
        2 => "down",
        3 => "testing",
        4 => "unknown",
        5 => "dormant",
        6 => "not-present",
        7 => "lower-layer-down",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Value {
        Value::OctetString(text.as_bytes().to_vec().into())
    }

    fn at(column: Column, number: u32) -> Vec<u32> {
        let place = ORDER.iter().position(|c| *c == column).unwrap();
        [COLUMNS[place], &[number]].concat()
    }

    fn found(values: &[(Column, u32, Value)]) -> Found {
        let mut found = Found::default();
        for (column, number, value) in values {
            found.take(&at(*column, *number), value).unwrap();
        }
        found
    }

    fn names(found: &Found) -> Vec<String> {
        found.rows().into_iter().map(|row| row.key).collect()
    }

    #[test]
    fn a_device_may_say_anything_and_is_read_within_bounds() {
        let long = "ế".repeat(10_000);
        let odd = found(&[
            (Column::Name, 1, bytes("Gi0/1")),
            (Column::Name, 2, bytes("Gi0/1")),
            (Column::Name, 3, bytes("Gi0/1 #2")),
            (
                Column::Description,
                4,
                bytes("\u{feff}e\u{202e}th\0\u{7}\u{2066}\u{200b}0 "),
            ),
            (Column::Name, 5, Value::OctetString(vec![0xff, 0xfe].into())),
            (Column::Alias, 5, bytes(&long)),
            (Column::OperStatus, 6, Value::Integer(99)),
            (Column::OctetsIn, 6, bytes("12")),
        ]);
        assert_eq!(
            names(&odd),
            [
                "Gi0/1 #1",
                "Gi0/1 #2",
                "Gi0/1 #2 #3",
                "eth0",
                "\u{fffd}\u{fffd}",
                "#6"
            ]
        );
        let alias = odd.rows()[4].values["alias"].as_text().unwrap().to_owned();
        assert_eq!(alias.chars().count(), LONGEST);
        assert_eq!(odd.samples(Id::NIL, (0, false), None), []);
        assert!(!odd.rows()[5].values.contains_key("status"));
        let mut many = Found::default();
        for number in 0..1_024 {
            many.take(&at(Column::Name, number), &bytes("x")).unwrap();
        }
        let one_more = many.take(&at(Column::Name, 9_999), &bytes("x"));
        assert_eq!(one_more, Err(Fault::Odd));
        assert_eq!(many.take(&[1, 3, 6], &bytes("x")), Ok(()), "none of ours");
    }

    #[test]
    fn a_restart_and_an_interface_that_counts_anew_are_told() {
        let told = |uptime: u32, began: u32, octets: u64| {
            let mut found = found(&[
                (Column::Name, 1, bytes("a")),
                (Column::OctetsIn, 1, Value::Counter64(octets)),
                (Column::NarrowIn, 1, Value::Counter32(7)),
                (Column::ErrorsIn, 1, Value::Counter32(3)),
                (Column::Began, 1, Value::TimeTicks(began)),
            ]);
            found.take(UPTIME, &Value::TimeTicks(uptime)).unwrap();
            found
        };
        let reset = |found: &Found, before: Option<&Began>| -> Vec<(u64, bool, bool)> {
            let count = |sample: Sample| match sample.reading {
                Reading::Counter(c) => (c.value, c.is_narrow, c.is_reset),
                other => panic!("{other:?}"),
            };
            let samples = found.samples(Id::NIL, (5, false), before);
            samples.into_iter().map(count).collect()
        };
        let (first, next) = (told(1_000_000, 0, 50), told(1_006_000, 0, 90));
        assert_eq!(reset(&first, None), [(50, false, false), (3, true, false)]);
        let kept = reset(&next, Some(&first.began()));
        assert_eq!(kept, [(90, false, false), (3, true, false)]);
        let anew = reset(&told(1_012_000, 1_010_000, 95), Some(&next.began()));
        assert!(
            anew.iter().all(|(.., reset)| *reset),
            "the interface says so"
        );
        let restarted = reset(&told(500, 0, 900), Some(&next.began()));
        assert!(restarted.iter().all(|(.., reset)| *reset));
        assert!(
            reset(&told(500, 0, 900), None)
                .iter()
                .all(|(.., reset)| *reset)
        );
    }

    /// Recordings of real devices (the snmpsim form, one folder of `*.snmprec` with a table
    /// `expected.tsv`) lie in the folder that `GIENG_RECORDINGS` names; without it there are none.
    #[test]
    fn recordings_of_real_devices_have_as_many_interfaces_as_they_list() {
        let Some(folder) = std::env::var_os("GIENG_RECORDINGS") else {
            eprintln!("GIENG_RECORDINGS names no folder: skipped");
            return;
        };
        let folder = std::path::PathBuf::from(folder);
        let expected = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
        let mut lines = expected.lines();
        let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
        let place = |name: &str| header.iter().position(|h| *h == name).unwrap();
        let (file, described, named) = (place("file"), place("ifdescr_rows"), place("ifname_rows"));
        let (mut devices, mut with_states) = (0, 0);
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            let number = |at: usize| cells[at].parse::<usize>().unwrap_or(0);
            let wanted = number(described).max(number(named));
            if wanted == 0 {
                continue;
            }
            let path = folder.join(cells[file]);
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let mut found = Found::default();
            for line in text.lines() {
                if let Some((oid, value)) = recorded(line) {
                    found.take(&oid, &value).unwrap();
                }
            }
            let rows = found.rows();
            assert_eq!(rows.len(), wanted, "{}", cells[file]);
            let keys: HashSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
            assert_eq!(keys.len(), wanted, "{}", cells[file]);
            devices += 1;
            // Some were recorded for other things and have no states.
            let has_states = rows.iter().any(|row| row.values.contains_key("status"));
            with_states += usize::from(has_states);
        }
        assert!(
            devices >= 20 && with_states >= 15,
            "{devices} {with_states}"
        );
    }

    /// `OID|TYPE|VALUE`.
    fn recorded(line: &str) -> Option<(Vec<u32>, Value)> {
        let mut parts = line.splitn(3, '|');
        let (oid, kind, text) = (parts.next()?, parts.next()?, parts.next()?);
        let oid = oid.trim_start_matches('.').split('.');
        let oid: Vec<u32> = oid.map(|arc| arc.parse().ok()).collect::<Option<_>>()?;
        let value = match kind {
            "2" => Value::Integer(text.parse().ok()?),
            "4" => bytes(text),
            "4x" => {
                let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
                let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(pair).collect();
                Value::OctetString(bytes?.into())
            }
            "65" => Value::Counter32(text.parse().ok()?),
            "66" => Value::Gauge32(text.parse().ok()?),
            "67" => Value::TimeTicks(text.parse().ok()?),
            "70" => Value::Counter64(text.parse().ok()?),
            _ => return None,
        };
        Some((oid, value))
    }
}
