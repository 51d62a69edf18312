//! Parsers and codecs over bytes that come from a network.
