//! Inspections: from a plan by a checklist drawn from the regulations to findings that are
//! mended, re-checked and closed. Units' self-assessments go the same way.

mod answer;
mod draw;
mod finding;
mod hold;
mod own;
mod step;
mod view;

use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};

pub use answer::{Answer, Missed, answer, answer_all};
pub use draw::draw;
pub use finding::{Raised, ask_time, give_time, mended, place, raise, recheck};
pub(crate) use hold::hold;
pub use own::conclude_own;
pub use step::{STEPS, advance};
pub use view::{Inspection, Item, get, list};

const ROUND: &str = "inspection-round";
const ITEM: &str = "inspection-item";
const FINDING: &str = "finding";

/// Whether what an inspection found is settled at this step.
fn is_ended(step: &str) -> bool {
    matches!(step, "concluded" | "closed")
}

fn ended(code: &str) -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        Label::new(
            "Đợt kiểm tra đã kết luận",
            "The inspection has been concluded",
        ),
        code,
        Label::new(
            "Lập đợt kiểm tra mới nếu cần kiểm tra thêm.",
            "Make another inspection where more must be looked at.",
        ),
    )
}
