//! What of Debian is there.

/// Whether `program` can be run here. Where it is missing the test is skipped with a
/// message, but never under `CI=true`.
///
/// # Panics
/// When it is missing under `CI=true`.
pub fn installed(program: &str, package: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file());
    if !found {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "{program} is not installed: apt-get install {package}"
        );
        eprintln!("SKIPPED: {program} is not installed (apt-get install {package})");
    }
    found
}

/// Whether network namespaces can be made. Without root the test is skipped with a message,
/// but never under `CI=true`.
///
/// # Panics
/// When it is not root under `CI=true`.
pub fn root(test: &str) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let root = std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0);
    if !root {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "{test} needs root for network namespaces"
        );
        eprintln!("SKIPPED: {test} needs root for network namespaces");
    }
    root && installed("ip", "iproute2") && installed("nft", "nftables")
}
