//! What is said of the lines so that a search may pass over some: changed anywhere, with all
//! checksums and hashes made right again, it is found and named.

use std::{fs, path::Path};

use crate::support::{
    START_MS, clock, fill,
    forge::{files, xxh64},
    id, limits, open, signer,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vault::{Cancel, Config, Error, Reader, Vault};

/// Lines of the second segment: two pages in each column.
const LINES: u64 = 9_000;

async fn sealed(dir: &Path) {
    let vault = open(dir);
    fill(&vault, 300, 100).await;
    vault.seal().await.unwrap();
    fill(&vault, LINES, 1_000).await;
    vault.seal().await.unwrap();
    fill(&vault, 20, 10).await;
    vault.close();
}

/// What a verification finds; `None` when it calls the vault sound.
fn found(dir: &Path) -> Option<String> {
    let key = signer();
    let report = Reader::verify_dir(dir, Some(key.verifier()), |_| {}, &Cancel::default()).unwrap();
    let whats: Vec<String> = report.findings.into_iter().map(|f| f.what).collect();
    (!whats.is_empty()).then(|| whats.join("; "))
}

fn start(dir: &Path) -> Result<Vault, Error> {
    let config = Config {
        dir: dir.to_owned(),
        limits: limits(),
        clock: clock(),
    };
    Vault::open(config, signer())
}

fn checked(json: &Value) -> String {
    let json = json.to_string();
    let sum = xxh64(0, &[json.as_bytes()]);
    format!("{json} {sum:016x}\n")
}

fn entries(dir: &Path) -> Vec<Value> {
    let text = fs::read_to_string(dir.join("segments.jsonl")).unwrap();
    let json = |line: &str| serde_json::from_str(&line[..line.len() - 17]).unwrap();
    text.lines().map(json).collect()
}

fn list(dir: &Path, entries: &[Value]) {
    let text: String = entries.iter().map(checked).collect();
    fs::write(dir.join("segments.jsonl"), text).unwrap();
}

#[tokio::test]
async fn each_field_of_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    sealed(dir).await;
    let right = entries(dir);
    list(dir, &right);
    assert_eq!(found(dir), None);
    let copy = "segments/copy.parquet";
    let changes = [
        ("severity", json!(7)),
        ("received", json!([1, 2])),
        ("received", json!([START_MS + 300, START_MS + 301])),
        ("sha256", json!("00".repeat(32))),
        ("peaks", json!(["00".repeat(32), "00".repeat(32)])),
        ("bytes", json!(1)),
        ("file", json!(copy)),
        ("count", json!(299)),
    ];
    for (field, value) in changes {
        for number in 0..2 {
            let mut changed = right.clone();
            let entry = &mut changed[number];
            fs::copy(dir.join(entry["file"].as_str().unwrap()), dir.join(copy)).unwrap();
            let value = match (&value, &entry[field]) {
                // As many peaks as there were: their number tells the size.
                (_, Value::Array(peaks)) if field == "peaks" => {
                    json!(vec!["00".repeat(32); peaks.len()])
                }
                _ => value.clone(),
            };
            entry[field] = value;
            list(dir, &changed);
            let what = found(dir).unwrap_or_else(|| panic!("{field} of {number} is called sound"));
            if !matches!(field, "bytes" | "count") {
                assert!(what.contains(field), "{field}: {what}");
            }
            fs::remove_file(dir.join(copy)).unwrap();
            // What a start can see without reading the lines.
            if matches!(field, "severity" | "received" | "bytes" | "count") {
                start(dir).expect_err(field);
            }
        }
    }
    // Chunks that hold other lines than they say, and one that is left out.
    let mut changed = right.clone();
    changed[1]["chunks"][0]["count"] = json!(LINES - 1);
    list(dir, &changed);
    assert!(found(dir).is_some());
    start(dir).expect_err("chunks");
    list(dir, &right);
    assert_eq!(found(dir), None);
    start(dir).unwrap();
}

/// Changes bytes of the second segment's footer and page index, and the hashes over them.
fn refoot(dir: &Path, right: &[Value], change: impl FnOnce(&mut [u8])) {
    let mut entry = right[1].clone();
    let path = dir.join(entry["file"].as_str().unwrap());
    let mut bytes = fs::read(&path).unwrap();
    let from = usize::try_from(entry["chunks"][0]["end"].as_u64().unwrap()).unwrap();
    change(&mut bytes[from..]);
    fs::write(&path, &bytes).unwrap();
    entry["chunks"][1]["sha256"] = json!(hex::encode(Sha256::digest(&bytes[from..])));
    entry["sha256"] = json!(hex::encode(Sha256::digest(&bytes)));
    list(dir, &[right[0].clone(), entry]);
}

fn places(bytes: &[u8], of: &[u8]) -> Vec<usize> {
    let at = bytes.windows(of.len()).enumerate();
    at.filter(|(_, w)| *w == of).map(|(n, _)| n).collect()
}

#[tokio::test]
async fn footer_and_page_index() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    sealed(dir).await;
    let right = entries(dir);
    let segment = files(&dir.join("segments")).pop().unwrap();
    let whole = fs::read(&segment).unwrap();
    let last = START_MS + i64::try_from(300 + LINES).unwrap() - 1;
    let time = |at: i64| at.to_le_bytes().to_vec();
    let mut named = std::collections::BTreeMap::<String, usize>::new();
    for (of, old, new) in [
        ("ReceivedAt", time(last), time(last - 5_000)),
        ("ReceivedAt", time(START_MS + 300), time(START_MS + 5_000)),
        ("SentAt", time(last - 5), time(last - 5_000)),
        ("Source", id(10).to_vec(), id(3).to_vec()),
        ("Unit", id(3).to_vec(), id(1).to_vec()),
        ("Peer", b"2001:db8::1".to_vec(), b"2001:db8::0".to_vec()),
        ("Host", b"gw06".to_vec(), b"gw02".to_vec()),
        ("Application", b"app4".to_vec(), b"app1".to_vec()),
        ("gieng.sources", b",819,".to_vec(), b",818,".to_vec()),
        ("count", b"9000".to_vec(), b"9001".to_vec()),
    ] {
        refoot(dir, &right, |footer| {
            let places = places(footer, &old);
            assert!(!places.is_empty(), "{of} is not told");
            for at in places {
                footer[at..at + new.len()].copy_from_slice(&new);
            }
        });
        let what = found(dir).unwrap_or_else(|| panic!("{of} is called sound"));
        assert!(what.contains(of), "{of}: {what}");
        *named.entry(of.to_owned()).or_default() += 1;
        fs::write(&segment, &whole).unwrap();
    }
    assert_eq!(named.len(), 9);
    // Where the second page of each column begins: row 8,192 as thrift writes it.
    let from = usize::try_from(right[1]["chunks"][0]["end"].as_u64().unwrap()).unwrap();
    let rows = places(&whole[from..], &[0x80, 0x80, 0x01]);
    assert!(rows.len() >= 13, "{rows:?}");
    for at in rows {
        refoot(dir, &right, |footer| footer[at] = 0x82);
        assert!(found(dir).is_some(), "byte {at} of the footer");
        fs::write(&segment, &whole).unwrap();
    }
    list(dir, &right);
    assert_eq!(found(dir), None);
}

#[tokio::test]
async fn kept_statistics() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    sealed(dir).await;
    let path = dir.join("sources.json");
    let text = fs::read_to_string(&path).unwrap();
    let right: Value = serde_json::from_str(&text[..text.len() - 18]).unwrap();
    fs::write(&path, checked(&right)).unwrap();
    assert_eq!(found(dir), None);
    for size in [0, 299, 300, 9_299, 9_301] {
        let mut changed = right.clone();
        changed["size"] = json!(size);
        fs::write(&path, checked(&changed)).unwrap();
        assert!(found(dir).is_some(), "{size}");
    }
    // As it was after the first segment.
    let sources = (0..11).map(|n| {
        let lines: Vec<u64> = (0..300).filter(|l| l % 11 == n).collect();
        let bytes: usize = lines.iter().map(|l| crate::support::text(*l).len()).sum();
        let last = START_MS + i64::try_from(*lines.last().unwrap()).unwrap();
        json!([hex::encode(id(n)), lines.len(), bytes, last])
    });
    let mut earlier = json!({ "size": 300, "sources": sources.collect::<Vec<_>>() });
    fs::write(&path, checked(&earlier)).unwrap();
    assert_eq!(found(dir), None);
    earlier["sources"][4][1] = json!(5);
    fs::write(&path, checked(&earlier)).unwrap();
    assert!(found(dir).unwrap().contains("does not tell"));
}
