//! Frames of a syslog stream over TCP or TLS, RFC 6587: octet counting and line ends.
//!
//! Both framings may meet on one port and even on one connection, so each frame
//! is told apart by its own first bytes: `123 <` begins a counted frame, anything
//! else ends at a line feed or a NUL (RFC 6587 §3.4.2).
//!
//! A count before a text without a priority (`93 CEF:0|…`) may also be the text of a line. It
//! is a count where no line ends before it is used up, and where the text is an event's, or
//! the next count or the end of the stream follows at once.

use memchr::{memchr, memchr2};

use crate::cut;

/// The longest line kept by default, bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// A counted frame may announce at most this many digits (9,999,999 bytes);
/// more is taken for the text of a line.
const COUNT_DIGITS: usize = 7;

/// Why a frame ends where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// All of it was received.
    Whole,
    /// It was longer than the bound; what is beyond is thrown away.
    Truncated,
    /// The stream ended within it.
    Cut,
}

/// One frame: the bytes between the framing, without line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The line.
    pub bytes: &'a [u8],
    /// Whether it is whole.
    pub ending: Ending,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Between frames.
    Start,
    /// Inside digits that may be a count; they are kept in the buffer.
    Count,
    /// Digits and a blank were read: `<` makes it a count.
    CountBlank,
    /// Digits that may be a count of so many bytes stand before a text without a priority;
    /// they and the blank are the first so many bytes of the buffer.
    Perhaps { count: usize, front: usize },
    /// Inside a counted frame, so many bytes to come.
    Counted(usize),
    /// Throwing away the rest of a counted frame.
    SkipCounted(usize),
    /// Inside a line.
    Line,
    /// Throwing away the rest of a line; whether a NUL ends it.
    SkipLine(bool),
}

/// Splits a stream into frames, chunk by chunk, in bounded memory.
///
/// However the stream is cut into chunks, the frames are the same. A sender that
/// never ends its frame costs at most the bound given to [`Decoder::new`].
#[derive(Debug)]
pub struct Decoder {
    state: State,
    buffer: Vec<u8>,
    max: usize,
    /// The frame before was counted and had no priority: so this sender counts.
    counts: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(MAX_LINE)
    }
}

impl Decoder {
    /// A decoder that keeps at most `max` bytes of a line (at least 16).
    pub fn new(max: usize) -> Self {
        Self {
            state: State::Start,
            buffer: Vec::new(),
            max: max.max(16),
            counts: false,
        }
    }

    /// Takes the next bytes of the stream and hands every frame that ends in
    /// them to `sink`. A frame wholly inside `chunk` is not copied.
    pub fn feed<F: FnMut(Frame<'_>)>(&mut self, mut chunk: &[u8], mut sink: F) {
        while !chunk.is_empty() {
            chunk = match self.state {
                State::Start => self.start(chunk),
                State::Count | State::CountBlank => self.count(chunk),
                State::Perhaps { count, front } => self.perhaps(chunk, count, front, &mut sink),
                State::Counted(left) => self.counted(chunk, left, &mut sink),
                State::Line => self.line(chunk, &mut sink),
                State::SkipCounted(left) => {
                    let (skipped, rest) = cut::at(chunk, left);
                    self.state = if skipped.len() == left {
                        State::Start
                    } else {
                        State::SkipCounted(left - skipped.len())
                    };
                    rest
                }
                State::SkipLine(nul) => match line_end(chunk, nul) {
                    Some(at) => {
                        self.state = State::Start;
                        cut::around(chunk, at).1
                    }
                    None => &[],
                },
            };
        }
    }

    /// Ends the stream: hands over what an unfinished frame holds.
    pub fn finish<F: FnMut(Frame<'_>)>(&mut self, mut sink: F) {
        // A last line without line end is common and whole; an open count is not.
        let (front, ending) = match self.state {
            State::Counted(_) => (0, Ending::Cut),
            State::Perhaps { count, front } if self.buffer.len() == front + count => {
                (front, Ending::Whole)
            }
            _ => (0, Ending::Whole),
        };
        let line = trim(self.buffer.get(front..).unwrap_or_default());
        if !line.is_empty() {
            sink(Frame {
                bytes: line,
                ending,
            });
        }
        self.buffer.clear();
        self.state = State::Start;
        self.counts = false;
    }

    /// Bytes held back for a frame that has not ended.
    pub fn held(&self) -> usize {
        self.buffer.len()
    }

    fn start<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        match chunk {
            // Line ends and NULs after a counted frame belong to nothing.
            [b'\n' | b'\r' | 0, rest @ ..] => rest,
            [b'1'..=b'9', ..] => {
                self.state = State::Count;
                chunk
            }
            _ => {
                self.state = State::Line;
                chunk
            }
        }
    }

    fn count<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        let Some((&byte, rest)) = chunk.split_first() else {
            return chunk;
        };
        match (self.state, byte) {
            (State::Count, b'0'..=b'9') if self.buffer.len() < COUNT_DIGITS => {
                self.buffer.push(byte);
                rest
            }
            (State::Count, b' ') => {
                self.buffer.push(byte);
                self.state = State::CountBlank;
                rest
            }
            (State::CountBlank, _) => {
                let count = (self.buffer.iter())
                    .filter(|b| b.is_ascii_digit())
                    .fold(0usize, |n, b| n * 10 + usize::from(b - b'0'));
                let front = self.buffer.len();
                if byte == b'<' || self.counts {
                    self.buffer.clear();
                    self.counts &= byte != b'<';
                    self.state = State::Counted(count);
                } else if front + count <= self.max {
                    self.state = State::Perhaps { count, front };
                } else {
                    self.state = State::Line;
                }
                chunk
            }
            _ => {
                self.state = State::Line;
                chunk
            }
        }
    }

    /// Holds back what may be counted until that shows.
    fn perhaps<'c, F: FnMut(Frame<'_>)>(
        &mut self,
        chunk: &'c [u8],
        count: usize,
        front: usize,
        sink: &mut F,
    ) -> &'c [u8] {
        let left = front + count - self.buffer.len();
        if left == 0 {
            if matches!(chunk, [b'1'..=b'9', ..]) {
                self.emit_counted(front, sink);
            } else if self.buffer.ends_with(b"\n") || self.buffer.ends_with(b"\0") {
                self.emit(&[], Ending::Whole, sink);
                self.state = State::Start;
            } else {
                self.state = State::Line;
            }
            return chunk;
        }
        let (part, rest) = cut::at(chunk, left);
        if line_end(part, true).is_some_and(|at| at + 1 < left) {
            self.state = State::Line;
            return chunk;
        }
        self.buffer.extend_from_slice(part);
        if part.len() == left && self.buffer.get(front..).is_some_and(is_event) {
            self.emit_counted(front, sink);
        }
        rest
    }

    /// Hands over what stands behind the `front` of the buffer.
    fn emit_counted<F: FnMut(Frame<'_>)>(&mut self, front: usize, sink: &mut F) {
        self.buffer.drain(..front);
        self.emit(&[], Ending::Whole, sink);
        self.state = State::Start;
        self.counts = true;
    }

    fn counted<'c, F: FnMut(Frame<'_>)>(
        &mut self,
        chunk: &'c [u8],
        left: usize,
        sink: &mut F,
    ) -> &'c [u8] {
        let room = self.max - self.buffer.len();
        let want = left.min(room);
        if chunk.len() < want {
            self.buffer.extend_from_slice(chunk);
            self.state = State::Counted(left - chunk.len());
            return &[];
        }
        let ending = if want == left {
            Ending::Whole
        } else {
            Ending::Truncated
        };
        let (part, rest) = cut::at(chunk, want);
        self.emit(part, ending, sink);
        self.state = if want == left {
            State::Start
        } else {
            State::SkipCounted(left - want)
        };
        rest
    }

    fn line<'c, F: FnMut(Frame<'_>)>(&mut self, chunk: &'c [u8], sink: &mut F) -> &'c [u8] {
        let room = self.max - self.buffer.len();
        // One more than the bound, so that a line of exactly the bound is whole.
        let window = cut::front(chunk, room + 1);
        // Text of two bytes a letter (UTF-16) is full of NULs, from its second byte on.
        let second = match self.buffer.len() {
            0 => chunk.get(1),
            1 => chunk.first(),
            _ => self.buffer.get(1),
        };
        let nul = second.is_some_and(|b| *b != 0);
        match line_end(window, nul) {
            Some(at) => {
                let (line, rest) = cut::around(chunk, at);
                self.emit(line, Ending::Whole, sink);
                self.state = State::Start;
                self.counts = false;
                rest
            }
            None if window.len() > room => {
                let (line, rest) = cut::at(chunk, room);
                self.emit(line, Ending::Truncated, sink);
                self.state = State::SkipLine(nul);
                rest
            }
            None => {
                self.buffer.extend_from_slice(chunk);
                &[]
            }
        }
    }

    fn emit<F: FnMut(Frame<'_>)>(&mut self, tail: &[u8], ending: Ending, sink: &mut F) {
        let whole = if self.buffer.is_empty() {
            tail
        } else {
            self.buffer.extend_from_slice(tail);
            &self.buffer
        };
        let bytes = trim(whole);
        if !bytes.is_empty() {
            sink(Frame { bytes, ending });
        }
        self.buffer.clear();
        // One long line must not pin its memory for the life of the connection.
        self.buffer.shrink_to(4096);
    }
}

/// Where a line ends.
fn line_end(bytes: &[u8], nul: bool) -> Option<usize> {
    if nul {
        memchr2(b'\n', 0, bytes)
    } else {
        memchr(b'\n', bytes)
    }
}

/// Whether a text is an event in ArcSight's or QRadar's form.
fn is_event(text: &[u8]) -> bool {
    text.starts_with(b"CEF:") || text.starts_with(b"LEEF:")
}

/// Without the line end that may stand inside a frame.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [front @ .., b'\n' | b'\r' | 0] = bytes {
        bytes = front;
    }
    bytes
}
