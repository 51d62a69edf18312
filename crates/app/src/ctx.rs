//! Who asks, from where.

use domain::{authority::Actor, id::Id, label::Lang};

/// The context of a use case: it is decided at the edge and passed along.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// The request, the same id in the program's log, the journal and the error page.
    pub request: String,
    /// Address of the caller, or `console`.
    pub remote: String,
    /// The language of messages.
    pub lang: Lang,
}

impl Ctx {
    /// The person at the machine's console.
    pub fn console(now_ms: i64) -> Self {
        Self::of(Actor::console(), "console", now_ms)
    }

    /// The program itself.
    pub fn system(now_ms: i64) -> Self {
        Self::of(Actor::system(), "giềng", now_ms)
    }

    fn of(actor: Actor, remote: &str, now_ms: i64) -> Self {
        Self {
            actor,
            request: Id::new(now_ms).to_string(),
            remote: remote.into(),
            lang: Lang::Vi,
        }
    }
}
