//! Where rows stand below others: no circles, not too deep, parents first.

use std::collections::HashMap;

use domain::{id::Id, label::Label, schema::MOST_DEPTH};

use super::Planned;

/// Why a row's place below others cannot be: a circle, too deep, or below a row that does not
/// go in. `parents` has every record's parent as it would be; `going` are the rows that go in.
pub(in crate::registry) fn misplaced(parents: &HashMap<Id, Option<Id>>, id: Id) -> Option<Label> {
    let mut at = parents.get(&id).copied().flatten();
    let mut steps = 1;
    while let Some(above) = at {
        steps += 1;
        if above == id {
            return Some(Label::new(
                "Các cấp trên tạo thành vòng",
                "The parents run in a circle",
            ));
        }
        if steps > MOST_DEPTH {
            return Some(Label::new(
                format!("Sâu quá {MOST_DEPTH} cấp; chọn cấp trên cao hơn"),
                format!("Deeper than {MOST_DEPTH} levels; choose a parent further up"),
            ));
        }
        match parents.get(&above) {
            Some(next) => at = *next,
            None => {
                return Some(Label::new(
                    "Dòng của cấp trên bị lỗi",
                    "The parent's row is bad",
                ));
            }
        }
    }
    None
}

/// How deep each row stands below other rows of the file: parents are written first.
pub(in crate::registry) fn depths(rows: &[Planned]) -> Vec<usize> {
    let new: HashMap<Id, Option<Id>> = rows.iter().map(|r| (r.id, r.parent)).collect();
    let depth = |mut id: Id| {
        let mut steps = 0;
        while let Some(Some(parent)) = new.get(&id) {
            id = *parent;
            steps += 1;
            if steps > 2 * MOST_DEPTH {
                break;
            }
        }
        steps
    };
    rows.iter().map(|r| depth(r.id)).collect()
}
