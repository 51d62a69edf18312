//! Tidy and other chores of the workspace.

fn main() {}
