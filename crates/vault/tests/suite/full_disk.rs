//! A full disk: refused with the reason, readable meanwhile, and well again by itself.

use std::{fs, io::Write as _, path::Path, process::Command};

use crate::support::{batch, fill, is_line, open};
use vault::{
    Cancel, Error, Query,
    series::{self, probe},
};

/// A file system of a few MiB; unmounted at the end. `None` when this user may not mount.
struct Small(tempfile::TempDir);

impl Small {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"])
            .arg(dir.path())
            .output();
        let mounted = done.is_ok_and(|out| out.status.success());
        if !mounted {
            assert!(
                std::env::var_os("CI").is_none(),
                "CI must be able to mount a small tmpfs"
            );
            eprintln!("skipped: mounting a small tmpfs needs root");
        }
        mounted.then_some(Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_survived() {
    let Some(disk) = Small::mount() else { return };
    let ballast = disk.path().join("ballast");
    let vault = open(&disk.path().join("vault"));
    fill(&vault, 2_000, 200).await;
    fs::write(&ballast, vec![1; 3 << 20]).unwrap();
    // Until nothing fits any more.
    let error = loop {
        let n = vault.size();
        if let Err(error) = vault.append(batch(n..n + 500)).await {
            break error;
        }
    };
    assert!(matches!(error, Error::NoSpace { .. }), "{error:?}");
    assert!(error.to_string().contains("no space"));
    assert!(vault.is_full() && vault.refused() == 1);
    let size = vault.size();
    let page = vault
        .search(Query {
            text: Some("line 7".into()),
            limit: 3,
            ..Query::default()
        })
        .await
        .unwrap();
    assert_eq!(page.rows.len(), 3, "it still answers");
    assert!(
        vault.seal().await.is_err(),
        "there is no room for a segment either"
    );
    assert!(matches!(
        vault.append(batch(size..size + 5_000)).await,
        Err(Error::NoSpace { .. })
    ));
    assert_eq!(vault.size(), size, "nothing of a refused append counts");
    fs::remove_file(&ballast).unwrap();
    assert_eq!(
        vault.append(batch(size..size + 500)).await.unwrap(),
        size..size + 500
    );
    assert!(!vault.is_full());
    vault.seal().await.unwrap();
    assert_eq!(vault.sealed(), size + 500);
    let report = vault.verify(|_| {}, &Cancel::default()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    drop(vault);
    let vault = open(&disk.path().join("vault"));
    assert_eq!(vault.size(), size + 500);
    for n in (0..size + 500).step_by(331) {
        assert!(is_line(&vault, n));
    }
}

/// Fills a disk to the last byte.
fn fill_up(ballast: &Path) {
    let mut file = fs::File::create(ballast).unwrap();
    for size in [1 << 20, 4 << 10, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
}

#[tokio::test]
async fn a_start_on_a_full_disk_waits_for_room() {
    let Some(disk) = Small::mount() else { return };
    let ballast = disk.path().join("ballast");
    let vault = open(&disk.path().join("vault"));
    fill(&vault, 500, 100).await;
    drop(vault);
    let config = series::Config::new(disk.path().join("samples"), crate::support::clock());
    let sample =
        |n: i64| probe::sample(crate::support::id(1), crate::support::START_MS + n, Some(5));
    let up = |store: &series::Store| {
        let (from, to) = (crate::support::START_MS, crate::support::START_MS + 100_000);
        store.probes(crate::support::id(1), from, to, 1).unwrap()[0].up
    };
    let store = series::Store::open(config.clone()).unwrap();
    store.append(&(0..1_000).map(sample).collect::<Vec<_>>());
    store.flush().await.unwrap();
    drop(store);
    fill_up(&ballast);
    // Twice: the second start finds what the first left, and nothing is counted double.
    for more in 1..3 {
        let store = series::Store::open(config.clone()).unwrap();
        assert_eq!(store.parts().0, 0, "nothing can be sealed");
        assert_eq!(up(&store), 1_000);
        store.append(&[sample(1_000 + more)]);
        assert!(matches!(store.flush().await, Err(Error::NoSpace { .. })));
        assert_eq!(up(&store), 1_001, "it is in memory");
    }
    let vault = open(&disk.path().join("vault"));
    assert_eq!(vault.size(), 500);
    assert!(matches!(
        vault.append(batch(500..5_000)).await,
        Err(Error::NoSpace { .. })
    ));
    let store = series::Store::open(config.clone()).unwrap();
    store.append(&[sample(2_000)]);
    fs::remove_file(&ballast).unwrap();
    store.seal().await.unwrap();
    store.seal().await.unwrap();
    assert_eq!((store.parts().0, up(&store)), (2, 1_001));
    drop(store);
    let store = series::Store::open(config).unwrap();
    assert_eq!((store.parts().0, up(&store)), (2, 1_001));
    assert_eq!(
        vault.append(batch(500..600)).await.unwrap(),
        500..600,
        "lines are taken again"
    );
}

#[tokio::test]
async fn samples_wait_for_room() {
    let Some(disk) = Small::mount() else { return };
    let ballast = disk.path().join("ballast");
    let config = series::Config::new(disk.path().join("samples"), crate::support::clock());
    let store = series::Store::open(config.clone()).unwrap();
    let sample =
        |n: i64| probe::sample(crate::support::id(1), crate::support::START_MS + n, Some(5));
    store.append(&[sample(0)]);
    store.flush().await.unwrap();
    fs::write(&ballast, vec![1; 5 << 20]).unwrap();
    let many: Vec<_> = (1..100_000).map(sample).collect();
    store.append(&many);
    assert!(matches!(store.flush().await, Err(Error::NoSpace { .. })));
    fs::remove_file(&ballast).unwrap();
    store.flush().await.unwrap();
    drop(store);
    let store = series::Store::open(config).unwrap();
    let all = store
        .probes(
            crate::support::id(1),
            crate::support::START_MS,
            crate::support::START_MS + 100_000,
            1,
        )
        .unwrap();
    assert_eq!(all[0].up, 100_000, "none lost, none twice");
}
