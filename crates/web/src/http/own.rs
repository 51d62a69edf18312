//! Where a browser is sent: to a path of ours, whoever wrote it.

/// The longest path that is followed, in bytes.
const LONGEST: usize = 2_000;

/// The path as it is sent to a browser, or `/` where it would lead elsewhere.
///
/// Everything that a browser or a proxy reads as another host is refused, also where it is
/// written with `%`: `//host`, `/\host`, and `/<tab>/host`, since browsers drop tabs and line
/// breaks (WHATWG URL, 4.4).
pub fn own_path(to: &str) -> String {
    if !is_own(to) {
        return "/".to_owned();
    }
    let mut out = String::with_capacity(to.len());
    for b in to.bytes() {
        if b.is_ascii_graphic() {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

fn is_own(to: &str) -> bool {
    if !to.starts_with('/') || to.len() > LONGEST || to.contains(char::is_control) {
        return false;
    }
    let mut path = to
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .as_bytes()
        .to_vec();
    loop {
        let odd = |b: &u8| b.is_ascii_control() || *b == b'\\';
        if path.starts_with(b"//") || path.windows(2).any(|w| w == b"//") || path.iter().any(odd) {
            return false;
        }
        let plain = decoded(&path);
        if plain == path {
            return true;
        }
        path = plain;
    }
}

/// The bytes with each `%41` replaced once.
fn decoded(path: &[u8]) -> Vec<u8> {
    let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(b) = path.get(at) {
        let hex = (digit(path.get(at + 1)), digit(path.get(at + 2)));
        match (b, hex) {
            (b'%', (Some(high), Some(low))) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
            }
            _ => {
                out.push(*b);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::own_path;

    #[test]
    fn nobody_is_led_to_another_site() {
        for own in [
            "/",
            "/units?q=a",
            "/sign-in?back=%2Funits%3Fq%3Da",
            "/settings?province=VL#mail",
            "/units/VP%2077",
            "/search?q=//x",
        ] {
            assert_eq!(own_path(own), own);
        }
        assert_eq!(own_path("/units/Xã"), "/units/X%C3%A3");
        for back in [
            "",
            "units",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            "/\r\nset-cookie: a=b",
            "/%5cevil.example",
            "/%5Cevil.example",
            "/%255cevil.example",
            "/%2fevil.example",
            "/%09/evil.example",
            "/%0d%0aset-cookie:a=b",
            "/.//evil.example",
            "/..//evil.example",
            "/\u{85}/evil.example",
            "javascript:alert(1)",
            " //evil.example",
        ] {
            assert_eq!(own_path(back), "/", "{back:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_leads_to_us(
            to in r"(/|\\|\t|\n|\r|\.|@|:|\?|#|%2f|%5C|%09|%0a|%25|5c|2F|%|evil\.example|https:|javascript:|ă| |\PC){0,12}",
            slash in proptest::bool::ANY,
        ) {
            let to = if slash { format!("/{to}") } else { to };
            let here = url::Url::parse("https://gieng.example/sign-in").unwrap();
            let sent = own_path(&to);
            prop_assert!(sent.bytes().all(|b| b.is_ascii_graphic()));
            let there = here.join(&sent).unwrap();
            prop_assert_eq!(there.origin(), here.origin());
            // As a proxy passes it on that reads what is written with `%` first.
            let read = super::decoded(&super::decoded(sent.as_bytes()));
            let path = String::from_utf8_lossy(&read);
            let path = path.split(['?', '#']).next().unwrap().to_owned();
            prop_assert_eq!(here.join(&path).unwrap().origin(), here.origin());
            // What is ours already stays as it is.
            prop_assert_eq!(own_path(&sent), sent);
        }
    }
}
