//! The steps of something that goes one way.

/// Each step's word, with whether it is `done`, is `now`, or is `next`; `at` is the present one.
pub fn of(words: impl IntoIterator<Item = String>, at: usize) -> Vec<(String, &'static str)> {
    let state = |i: usize| match i.cmp(&at) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "next",
    };
    let each = words.into_iter().enumerate();
    each.map(|(i, word)| (word, state(i))).collect()
}
