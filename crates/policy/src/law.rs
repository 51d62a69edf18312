//! National texts that the regulations cite, and what is in force in their place.

use std::collections::BTreeMap;

use domain::label::Label;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A text, as an entry of `policy/law.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Official number: `85/2016/NĐ-CP`.
    pub number: String,
    /// Full title.
    pub title: Label,
    /// The date under the signature; none where the sources do not say.
    #[serde(default)]
    pub issued_on: Option<Date>,
    /// First day in force; none where the sources do not say.
    #[serde(default)]
    pub effective_from: Option<Date>,
    /// Last day in force; none while it is, or where the sources do not say.
    #[serde(default)]
    pub effective_to: Option<Date>,
    /// The text that took its place.
    #[serde(default)]
    pub replaced_by: Option<String>,
    /// Whether its article or an official notice was read. What is not confirmed is shown so.
    pub confirmed: bool,
    /// Where the dates come from.
    pub source: String,
}

/// All texts, by id.
pub type Laws = BTreeMap<String, Law>;

/// The text that stands on `day` in the place of `cited`: itself, or the last of those that
/// replaced it one after the other and had come into force by then. `None` where there is
/// no such text.
pub fn standing<'a>(laws: &'a Laws, cited: &'a str, day: Date) -> Option<(&'a str, &'a Law)> {
    let mut at = laws.get_key_value(cited)?;
    // Lint refuses circles; the bound is for packs that were never linted.
    for _ in 0..laws.len() {
        let next =
            at.1.replaced_by
                .as_ref()
                .and_then(|id| laws.get_key_value(id));
        match next {
            Some(next)
                if next.1.effective_from.is_none_or(|from| from <= day) && at.1.ended(day) =>
            {
                at = next;
            }
            _ => break,
        }
    }
    Some((at.0.as_str(), at.1))
}

impl Law {
    /// Whether it no longer stands on `day`. One that was replaced on a day that nobody
    /// knows counts as ended.
    pub fn ended(&self, day: Date) -> bool {
        match self.effective_to {
            Some(last) => last < day,
            None => self.replaced_by.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laws() -> Laws {
        serde_saphyr::from_str(
            "old: {number: '85', title: {vi: x, en: x}, effective_from: 2016-07-01, effective_to: 2026-06-30, \
             replaced_by: new, confirmed: true, source: s}\n\
             new: {number: '331', title: {vi: x, en: x}, effective_from: 2026-07-01, confirmed: false, source: s}\n",
        )
        .unwrap()
    }

    #[test]
    fn a_text_stands_until_its_last_day() {
        let laws = laws();
        let on = |day: &str| standing(&laws, "old", day.parse().unwrap()).unwrap().0;
        assert_eq!(on("2026-06-30"), "old");
        assert_eq!(on("2026-07-01"), "new");
        assert!(standing(&laws, "none", "2026-07-01".parse().unwrap()).is_none());
    }

    #[test]
    fn a_circle_ends() {
        let mut laws = laws();
        let new = laws.get_mut("new").unwrap();
        new.replaced_by = Some("old".into());
        assert!(standing(&laws, "old", "2027-01-01".parse().unwrap()).is_some());
    }
}
