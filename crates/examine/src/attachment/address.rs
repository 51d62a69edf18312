//! Where an address leads.

/// Whether an address lies on another machine's share: Windows signs in there to look for it.
pub fn is_share(address: &str) -> bool {
    let address = address.trim().to_lowercase();
    is_remote(&address) && (address.starts_with("file:") || address.starts_with(['\\', '/']))
}

/// Whether an address lies on another machine. A file on a drive of the writer's does not:
/// most templates of offices are named so.
pub fn is_remote(address: &str) -> bool {
    let address = address.trim().to_lowercase().replace('\\', "/");
    let address = address.as_str();
    if let Some(file) = address.strip_prefix("file:") {
        let path = file.trim_start_matches('/');
        let slashes = file.len() - path.len();
        let drive = path
            .as_bytes()
            .get(1)
            .is_some_and(|c| matches!(c, b':' | b'|'))
            || path.starts_with("localhost/");
        return !drive && matches!(slashes, 2 | 4..) && !path.is_empty();
    }
    // What lies in the document itself.
    let within = ["vnd.sun.star.", "wordml:", "cid:", "data:"];
    if within.iter().any(|scheme| address.starts_with(scheme)) {
        return false;
    }
    let scheme = address.split_once(':').map(|(scheme, _)| scheme);
    // A letter is a drive.
    let elsewhere = scheme.is_some_and(|s| {
        s.len() > 1
            && s.chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    elsewhere || address.starts_with("//")
}
