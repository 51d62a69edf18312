//! However a stream is cut, its frames are the same, and memory stays bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::framing::{Decoder, Ending};

const MAX: usize = 48;

fn frames<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<(Vec<u8>, Ending)> {
    let mut out = Vec::new();
    let mut decoder = Decoder::new(MAX);
    for chunk in chunks {
        decoder.feed(chunk, |f| out.push((f.bytes.to_vec(), f.ending)));
        assert!(decoder.held() <= MAX);
    }
    decoder.finish(|f| out.push((f.bytes.to_vec(), f.ending)));
    out
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, stream) = input;
    let whole = frames(std::iter::once(stream));
    let cut = frames(stream.chunks(usize::from(size).max(1)));
    assert_eq!(whole, cut);
});
