//! Search finds what a plain loop over all lines finds, page by page.

use std::collections::HashSet;

use crate::support::{START_MS, fill, id, limits, open_with};
use proptest::prelude::*;
use vault::{Cancel, Claimed, Error, Flags, Limits, Order, Query, Reader, Record, Vault};

const LINES: u64 = 20_000;

/// Sealed chunks, several segments and unsealed blocks.
async fn vault(dir: &std::path::Path) -> Vault {
    let vault = open_with(
        dir,
        Limits {
            segment_records: 9_000,
            ..limits()
        },
        crate::support::clock(),
    );
    fill(&vault, LINES, 700).await;
    vault
}

fn all(reader: &Reader) -> Vec<Record> {
    let query = Query {
        limit: usize::MAX,
        order: Order::OldestFirst,
        ..Query::default()
    };
    reader
        .search_blocking(&query, &Cancel::default())
        .unwrap()
        .rows
}

/// All pages of a query; every page but the last must be full unless the scan is bounded.
fn pages(reader: &Reader, query: &Query) -> Vec<Record> {
    let mut query = query.clone();
    let mut out = Vec::new();
    loop {
        let page = reader.search_blocking(&query, &Cancel::default()).unwrap();
        assert!(page.rows.len() <= query.limit);
        let Some(next) = page.next else {
            out.extend(page.rows);
            return out;
        };
        assert!(query.scan_limit.is_some() || page.rows.len() == query.limit);
        assert_ne!(query.cursor, Some(next), "a page must lead on");
        out.extend(page.rows);
        query.cursor = Some(next);
    }
}

fn expected(lines: &[Record], query: &Query) -> Vec<u64> {
    let text = query.text.as_ref().map(|t| t.to_lowercase());
    let fits = |r: &&Record| {
        query.from_ms.is_none_or(|from| r.received_at_ms >= from)
            && query.to_ms.is_none_or(|to| r.received_at_ms < to)
            && query
                .max_severity
                .is_none_or(|most| r.severity.is_some_and(|s| s <= most))
            && (!query.no_severity || r.severity.is_none())
            && r.flags.has(query.flags)
            && query
                .host
                .as_ref()
                .is_none_or(|h| r.host.eq_ignore_ascii_case(h))
            && query.peer.is_none_or(|p| p.contains(r.peer))
            && (query.sources.as_ref().is_none_or(|s| s.contains(&r.source))
                && query.units.as_ref().is_none_or(|s| s.contains(&r.unit))
                || query.claimed.iter().any(|c| {
                    (r.source, r.unit) == c.taken_as
                        && r.peer == c.peer.to_canonical()
                        && (c.from_ms..c.to_ms).contains(&r.received_at_ms)
                        && c.host
                            .as_ref()
                            .is_none_or(|h| r.host.eq_ignore_ascii_case(h))
                }))
            && text
                .as_ref()
                .is_none_or(|t| r.text().to_lowercase().contains(t))
    };
    let mut found: Vec<u64> = lines.iter().filter(fits).map(|r| r.index).collect();
    if query.order == Order::NewestFirst {
        found.reverse();
    }
    found
}

#[test]
fn search_agrees_with_a_plain_loop() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let vault = runtime.block_on(vault(dir.path()));
    let lines = all(&vault);
    assert_eq!(lines.len() as u64, LINES);
    for (n, record) in (0..).zip(&lines) {
        assert_eq!(
            (record.index, record.raw.as_slice()),
            (n, crate::support::text(n).as_bytes())
        );
    }
    let time = prop::option::of(START_MS - 10..START_MS + 20_010);
    let ids =
        |most: u64| prop::option::of(prop::collection::hash_set((0..most).prop_map(id), 0..4));
    let text = prop::option::of(prop::sample::select(vec![
        "LINE 1",
        "app3",
        "vĩnh",
        "Bến Tre",
        "77 of",
        "no such",
        "GW0",
    ]));
    let claimed = (
        prop::sample::select(vec!["10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1"]),
        prop::option::of(prop::sample::select(vec!["GW00", "gw01", "none"])),
        START_MS..START_MS + 10_000,
        1i64..20_000,
        prop::sample::select(vec![(0, 0), (4, 0), (7, 3)]),
    )
        .prop_map(|(peer, host, from_ms, length, taken_as)| Claimed {
            taken_as: (id(taken_as.0), id(taken_as.1)),
            peer: peer.parse().unwrap(),
            host: host.map(str::to_owned),
            from_ms,
            to_ms: from_ms + length,
        });
    let claimed = prop::collection::vec(claimed, 0..3);
    let query = (
        time.clone(),
        time,
        ids(13),
        ids(5),
        (
            prop::option::of(0u8..8),
            // The second is the first one written as IPv6; the last one never sent.
            prop::option::of(prop::sample::select(vec![
                "10.0.0.1",
                "::ffff:10.0.0.1",
                "2001:db8::1",
                "10.9.9.9",
            ])),
            prop::sample::select(vec![false, false, true]),
            prop::sample::select(vec![Flags::default(), Flags::default(), Flags::TRUNCATED]),
            prop::option::of(prop::sample::select(vec!["gw01", "GW02", "none"])),
        ),
        text,
        1usize..3_000,
        (any::<bool>(), claimed),
        prop::option::of(1u64..9_000),
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(60)
    });
    runner
        .run(
            &query,
            |(
                from_ms,
                to_ms,
                sources,
                units,
                (max_severity, peer, no_severity, flags, host),
                text,
                limit,
                (newest, claimed),
                scan_limit,
            )| {
                let query = Query {
                    from_ms,
                    to_ms,
                    sources,
                    units,
                    claimed,
                    given_away: Vec::new(),
                    max_severity,
                    no_severity,
                    flags,
                    host: host.map(str::to_owned),
                    peer: peer.map(|p| domain::net::Prefix::or_address(p).unwrap()),
                    text: text.map(str::to_owned),
                    ignore_diacritics: false,
                    limit,
                    cursor: None,
                    order: if newest {
                        Order::NewestFirst
                    } else {
                        Order::OldestFirst
                    },
                    scan_limit,
                    lenient: false,
                };
                let found: Vec<u64> = pages(&vault, &query).iter().map(|r| r.index).collect();
                prop_assert_eq!(found, expected(&lines, &query));
                Ok(())
            },
        )
        .unwrap();
}

#[tokio::test]
async fn diacritics_may_be_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path()).await;
    let query = Query {
        text: Some("vinh LONG".into()),
        ignore_diacritics: true,
        limit: 100_000,
        ..Query::default()
    };
    let page = vault.search(query.clone()).await.unwrap();
    assert_eq!(page.rows.len() as u64, LINES.div_ceil(3));
    assert!(page.rows.iter().all(|r| r.text().contains("Vĩnh Long")));
    let exact = vault
        .search(Query {
            ignore_diacritics: false,
            ..query
        })
        .await
        .unwrap();
    assert!(exact.rows.is_empty());
}

#[tokio::test]
async fn what_cannot_hold_a_row_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path()).await;
    vault.seal().await.unwrap();
    let query = Query {
        from_ms: Some(START_MS + 19_990),
        limit: 100,
        ..Query::default()
    };
    let page = vault.search(query).await.unwrap();
    assert_eq!(page.rows.len(), 10);
    assert!(
        page.scanned <= 3_000,
        "{} lines were looked at",
        page.scanned
    );
    let nobody = Query {
        sources: Some(HashSet::from([id(99)])),
        limit: 100,
        ..Query::default()
    };
    assert_eq!(vault.search(nobody).await.unwrap().scanned, 0);
    let empty = Query {
        units: Some(HashSet::new()),
        limit: 100,
        ..Query::default()
    };
    assert_eq!(vault.search(empty).await.unwrap().rows, []);
}

#[tokio::test]
async fn a_canceled_search_stops() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path()).await;
    let cancel = Cancel::default();
    cancel.cancel();
    let query = Query {
        text: Some("x".into()),
        limit: 10,
        ..Query::default()
    };
    assert!(matches!(
        vault.search_blocking(&query, &cancel),
        Err(Error::Canceled)
    ));
    assert!(matches!(
        vault.verify(|_| {}, &cancel),
        Err(Error::Canceled)
    ));
}

#[tokio::test]
async fn a_page_does_not_read_its_chunk_again() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path()).await;
    vault.seal().await.unwrap();
    let reader = vault.reader();
    let mut query = Query {
        text: Some("trà vinh".into()),
        order: Order::OldestFirst,
        limit: 50,
        ..Query::default()
    };
    let page = |query: &Query| reader.search_blocking(query, &Cancel::default()).unwrap();
    let first = page(&query);
    assert!(first.scanned > 0);
    query.cursor = first.next;
    let second = page(&query);
    assert_eq!((second.rows.len(), second.scanned), (50, 0));
    assert!(second.rows[0].index > first.rows[49].index);
    // Another question, or another's reach, is looked up anew.
    query.units = Some(HashSet::from([id(1)]));
    let narrower = page(&query);
    assert!(narrower.scanned > 0 && narrower.rows.iter().all(|r| r.unit == id(1)));
}
