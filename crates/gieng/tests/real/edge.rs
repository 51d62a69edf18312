//! The front door: a certificate of one's own, and a proxy before the program.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use testkit::{
    program::{eventually, installed},
    world::{World, quiet},
};

use crate::GIENG;

/// A certificate of its own for `localhost`, and its key.
fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (chain, key) = (
        folder.join(format!("{name}.pem")),
        folder.join(format!("{name}.key")),
    );
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .arg("-out")
        .arg(&chain)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl can be run");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    (chain, key)
}

/// The status of the sign-in page as curl sees it that trusts only `authority`.
fn ask(url: &str, authority: &Path, more: &[&str]) -> Output {
    Command::new("curl")
        .args(["-s", "-m", "30", "-o", "/dev/null", "-w", "%{http_code}"])
        .arg("--cacert")
        .arg(authority)
        .args(more)
        .arg(format!("{url}/sign-in"))
        .output()
        .expect("curl can be run")
}

#[test]
fn a_certificate_is_served_and_replaced() {
    if !installed("openssl", "openssl") || !installed("curl", "curl") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (chain, key) = certificate(folder.path(), "own");
    let (other_chain, other_key) = certificate(folder.path(), "other");
    let data = folder.path().join("data");
    let start = || {
        quiet(GIENG, &data)
            .flag("--no-probe")
            .arg("--tls-cert", &chain.display())
            .arg("--tls-key", &key.display())
    };
    let mut program = start().start_unseen();
    let url = program.says("https://");
    let url = url[url.find("https://").unwrap_or(0)..].trim().to_owned();
    let status = |out: Output| String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(status(ask(&url, &chain, &[])), "200");
    assert_eq!(
        ask(&url, &other_chain, &[]).status.code(),
        Some(60),
        "curl does not trust another certificate"
    );
    let plain = Command::new("curl")
        .args(["-s", "-m", "30", &url.replace("https://", "http://")])
        .output()
        .expect("curl can be run");
    assert!(!plain.status.success(), "without keys there is no answer");
    // Somebody who never agrees on keys keeps nobody waiting.
    let address = url.trim_start_matches("https://");
    let silent: Vec<_> = (0..20)
        .map(|_| std::net::TcpStream::connect(address).expect("it listens"))
        .collect();
    assert_eq!(status(ask(&url, &chain, &[])), "200");
    drop(silent);

    let hang_up = || {
        let told = Command::new("kill")
            .args(["-HUP", &program.pid().to_string()])
            .status();
        assert!(told.is_ok_and(|s| s.success()), "it is still there to tell");
    };
    // A key of another certificate is not taken; the one in use stays.
    std::fs::copy(&other_key, &key).expect("the folder is ours");
    hang_up();
    eventually("the mistake in the log", || {
        program.log().contains("do not go together").then_some(())
    });
    assert_eq!(status(ask(&url, &chain, &[])), "200");
    std::fs::copy(&other_chain, &chain).expect("the folder is ours");
    hang_up();
    eventually("the new certificate", || {
        (status(ask(&url, &other_chain, &[])) == "200").then_some(())
    });
    program.stop();

    // Nor does it start with files that do not go together.
    let (own_chain, _) = certificate(folder.path(), "third");
    for (cert, key, said) in [
        (&own_chain, &key, "do not go together"),
        (&key, &key, "no certificate"),
        (&chain, &chain, "cannot read the key"),
        (&data.join("none.pem"), &key, "cannot read the certificate"),
    ] {
        let out = testkit::program::run(
            GIENG,
            &data,
            &[
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--tls-cert",
                &cert.display().to_string(),
                "--tls-key",
                &key.display().to_string(),
            ],
        );
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.status.success(), "{told}");
        assert!(told.contains(said), "{said}: {told}");
    }
}

/// The addresses that the journal has of failed and good sign-ins and of changes.
fn addresses(world: &World) -> String {
    let entries = world.admin.get("/api/v1/journal?limit=1000").json();
    let all = entries["items"].as_array().cloned().unwrap_or_default();
    let remote: Vec<&str> = all.iter().filter_map(|e| e["remote"].as_str()).collect();
    remote.join(" ")
}

fn change(world: &World, forwarded: &str) {
    let made = world.admin.send(
        "POST",
        "/settings",
        &[
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-forwarded-for", forwarded),
        ],
        "key=password.history&value=5",
    );
    assert_eq!(made.status, 303, "{}", made.body);
}

#[test]
fn only_a_trusted_proxy_says_where_somebody_comes_from() {
    let plain = World::begin(GIENG, |launch| launch.flag("--no-probe"));
    change(&plain, "203.0.113.7");
    assert!(!addresses(&plain).contains("203.0.113.7"));

    let behind = World::begin(GIENG, |launch| {
        launch
            .flag("--no-probe")
            .arg("--trusted-proxy", "127.0.0.0/8")
            .arg("--trusted-proxy", "10.0.0.3")
    });
    // The client may write what it likes before the address that the first proxy saw.
    change(&behind, "198.51.100.1, 203.0.113.7, 10.0.0.3");
    let seen = addresses(&behind);
    assert!(seen.contains("203.0.113.7"), "{seen}");
    assert!(!seen.contains("198.51.100.1"), "{seen}");

    // The throttle counts the person, not the proxy: others still sign in.
    let guess = |from: &str| {
        behind.program.client().send(
            "POST",
            "/sign-in",
            &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("x-forwarded-for", from),
            ],
            "name=khong.co&password=sai",
        )
    };
    assert!(
        (0..60).any(|_| guess("203.0.113.9").status == 429),
        "one address is slowed down"
    );
    assert_ne!(guess("203.0.113.10").status, 429);
}
