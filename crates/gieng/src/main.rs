//! The giềng command line: configuration, wiring, shutdown.

fn main() {}
