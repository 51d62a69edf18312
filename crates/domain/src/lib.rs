//! The nouns of Giềng, their ids, rules and state machines: no I/O, no SQL, no HTTP.
