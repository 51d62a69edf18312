//! Cutting bytes up: each answers with parts of what it was given, so that nobody counts.

use memchr::{memchr, memmem};

/// The first `n` bytes, or all where there are fewer, and what follows them.
#[inline]
pub(crate) fn at(bytes: &[u8], n: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(n).unwrap_or((bytes, &[]))
}

/// The first `n` bytes, or all where there are fewer.
#[inline]
pub(crate) fn front(bytes: &[u8], n: usize) -> &[u8] {
    at(bytes, n).0
}

/// What stands before and behind the byte at `n`.
#[inline]
pub(crate) fn around(bytes: &[u8], n: usize) -> (&[u8], &[u8]) {
    let (before, from) = at(bytes, n);
    (
        before,
        from.split_first().map_or(from, |(_, behind)| behind),
    )
}

/// What stands in `whole` before `rest`, which is its end.
#[inline]
pub(crate) fn before<'a>(whole: &'a [u8], rest: &[u8]) -> &'a [u8] {
    front(whole, whole.len().saturating_sub(rest.len()))
}

/// What stands before the first such byte, and what begins with it; nothing where there is none.
#[inline]
pub(crate) fn before_any(bytes: &[u8], mut ends: impl FnMut(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| ends(*b));
    at(bytes, end.unwrap_or(bytes.len()))
}

/// What stands before the first `byte`, and what begins with it; nothing where there is none.
#[inline]
pub(crate) fn before_byte(bytes: &[u8], byte: u8) -> (&[u8], &[u8]) {
    at(bytes, memchr(byte, bytes).unwrap_or(bytes.len()))
}

/// What stands before and behind the first `byte`.
#[inline]
pub(crate) fn once(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    memchr(byte, bytes).map(|n| around(bytes, n))
}

/// What stands before `text` and behind it, where its first is among the first `within` bytes.
#[inline]
pub(crate) fn once_within<'a>(
    bytes: &'a [u8],
    within: usize,
    text: &[u8],
) -> Option<(&'a [u8], &'a [u8])> {
    let (before, from) = at(bytes, memmem::find(front(bytes, within), text)?);
    Some((before, from.strip_prefix(text)?))
}

/// Up to the first blank, and from there on.
#[inline]
pub(crate) fn word(bytes: &[u8]) -> (&[u8], &[u8]) {
    before_byte(bytes, b' ')
}

/// Without the blanks at the front.
#[inline]
pub(crate) fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(b" ") {
        bytes = rest;
    }
    bytes
}
