//! Uploads beyond the limit, in a process of their own because memory is measured.

use crate::world::{World, resident};

/// The limit of an import, twice over: a buffer that grows holds its old content for a moment.
const MOST: u64 = 2 * (32 << 20);

#[tokio::test(flavor = "multi_thread")]
async fn two_gigabytes_are_answered_and_take_no_memory() {
    let world = World::with_units().await;
    let centre = world.signed_in("quan.tri", "administrator", None).await;
    let before = resident();
    let answer = centre.upload_of("/registry/organization/import", 2 << 30);
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("Tệp gửi lên quá lớn"));
    assert!(answer.body.contains("33,6 MB"), "{}", answer.body);
    let grown = resident().saturating_sub(before);
    assert!(grown < MOST + (16 << 20), "grew by {grown} bytes");

    // Who says beforehand how much is coming costs nothing at all.
    let answer = centre.upload(
        "/registry/organization/import",
        "lon.csv",
        &vec![b'a'; 40 << 20],
    );
    assert_eq!(answer.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_fields_and_files_take_no_memory() {
    let world = World::with_units().await;
    let reader = world.signed_in("nguoi.xem", "viewer", None).await;
    let before = resident();
    // Fields as long as one may be, empty ones, and files of one byte.
    for (parts, size) in [((5_000, 0), 65_000), ((100_000, 0), 0), ((0, 100_000), 1)] {
        let answer = reader.parts_of("/receipts", parts, size);
        assert_eq!(answer.status, 413, "{parts:?} of {size}");
        let grown = resident().saturating_sub(before);
        assert!(
            grown < 48 << 20,
            "{parts:?} of {size}: grew by {grown} bytes"
        );
    }
    // Nothing that is a field: no boundary at all, and the head of a part without an end.
    for begin in ["", "--gieng\r\nx: "] {
        let answer = reader.endless("/receipts", begin, 64 << 20);
        assert_ne!(answer, Some(200), "{begin:?}");
        let grown = resident().saturating_sub(before);
        assert!(grown < 64 << 20, "{begin:?}: grew by {grown} bytes");
    }
}
