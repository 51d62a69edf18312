//! Where the values of a YAML file stand.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{Event, Parser};

/// Line and column, both from 1, of every value by its path: `clauses[3].controls[0].control`.
#[derive(Debug, Default)]
pub(super) struct Outline(HashMap<String, (usize, usize)>);

struct Level {
    path: String,
    /// In a mapping, the key that waits for its value; in a sequence, the next index.
    state: State,
}

enum State {
    Key,
    Value(String),
    Item(usize),
}

impl Outline {
    /// Reads a text; what follows a syntax error is left out.
    pub fn of(text: &str) -> Self {
        let mut places = HashMap::new();
        let mut levels: Vec<Level> = Vec::new();
        for event in Parser::new_from_str(text) {
            let Ok((event, span)) = event else { break };
            let place = (span.start.line(), span.start.col() + 1);
            match event {
                Event::Scalar(text, ..) => {
                    if let Some(Level { path, state }) = levels.last_mut()
                        && matches!(state, State::Key)
                    {
                        // The key's own place serves until its value is seen, and for a missing one.
                        places.insert(join(path, &text), place);
                        *state = State::Value(text.into_owned());
                        continue;
                    }
                    let path = step(&mut levels);
                    places.insert(path, place);
                }
                Event::Alias(_) => {
                    let path = step(&mut levels);
                    places.insert(path, place);
                }
                Event::SequenceStart(..) => {
                    let path = step(&mut levels);
                    places.entry(path.clone()).or_insert(place);
                    levels.push(Level {
                        path,
                        state: State::Item(0),
                    });
                }
                Event::MappingStart(..) => {
                    let path = step(&mut levels);
                    places.entry(path.clone()).or_insert(place);
                    levels.push(Level {
                        path,
                        state: State::Key,
                    });
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    levels.pop();
                }
                _ => {}
            }
        }
        Self(places)
    }

    /// The place of a value, or of what holds it.
    pub fn place(&self, path: &str) -> (usize, usize) {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(cut) => path = &path[..cut],
                None => return (1, 1),
            }
        }
    }
}

/// The path of the value that now begins, and the step to the next.
fn step(levels: &mut [Level]) -> String {
    let Some(Level { path, state }) = levels.last_mut() else {
        return String::new();
    };
    match std::mem::replace(state, State::Key) {
        State::Value(key) => join(path, &key),
        State::Item(index) => {
            *state = State::Item(index + 1);
            format!("{path}[{index}]")
        }
        State::Key => path.clone(),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_path() {
        let outline = Outline::of("a: 1\nlist:\n  - x: {y: 2}\n  - x: 3\nempty:\n");
        assert_eq!(outline.place("a"), (1, 4));
        assert_eq!(outline.place("list[0].x.y"), (3, 12));
        assert_eq!(outline.place("list[1].x"), (4, 8));
        assert_eq!(outline.place("list[1].missing"), (4, 5));
        assert_eq!(outline.place("nothing"), (1, 1));
    }
}
