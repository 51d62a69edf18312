//! The shipped pack is sound, and what is put wrong in it is found.

use super::*;
use crate::{Library, source::{Embedded, Memory}};

fn shipped() -> Memory {
    Memory::of(&Embedded).unwrap()
}

/// The problems of the shipped policy after one change in one file.
fn changed(path: &str, from: &str, to: &str) -> Vec<Problem> {
    let mut memory = shipped();
    let text = memory.0.get_mut(path).unwrap_or_else(|| panic!("no {path}"));
    assert!(text.contains(from), "{path} has no {from:?}");
    *text = text.replacen(from, to, 1);
    lint(&memory).unwrap()
}

#[track_caller]
fn assert_found(problems: &[Problem], what: &str, instead: &str) {
    let found = problems
        .iter()
        .any(|p| p.what.contains(what) && p.instead.contains(instead) && p.line > 0);
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(found, "no {what:?} → {instead:?} in {all:#?}");
}

const REGULATION: &str = "regulations/vinh-long-26-2019.yaml";

#[test]
fn the_shipped_policy_is_sound() {
    let problems: Vec<String> = lint(&Embedded).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    let library = Library::load(&Embedded).unwrap();
    assert_eq!(library.regulations["vinh-long-26-2019"].clauses.len(), 89);
    assert_eq!(library.hash.len(), 64);
}
