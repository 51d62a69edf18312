//! Forms that draw forms: how often something is drawn in all, counted without drawing.

use std::collections::HashMap;

use memchr::memmem;
use pdf_extract::{Dictionary, Document, Object, ObjectId};

use super::{Refusal, content, resolve};

/// The most that one page may draw, all forms within forms counted.
const MOST: u64 = 50_000;
/// Forms within forms.
const DEEPEST: usize = 32;

/// Which forms something draws itself, and how often.
type Drawn = Vec<(ObjectId, u64)>;

/// Refuses a document whose forms draw themselves, each other without end, or too often:
/// readers go down the stack, or work for hours.
pub(super) fn bounded(document: &Document) -> Result<(), Refusal> {
    let mut forms: HashMap<ObjectId, Drawn> = HashMap::new();
    for (id, object) in &document.objects {
        if let Object::Stream(stream) = object
            && let Some(own) = xobjects(document, stream.dict.get(b"Resources").ok())
        {
            let bytes = content(document, object).unwrap_or_default();
            forms.insert(*id, drawn(&bytes, own));
        }
    }
    let mut known = HashMap::new();
    for id in forms.keys() {
        count(*id, &forms, &mut known, 0)?;
    }
    for page in document.page_iter() {
        let Some(own) = document
            .get_dictionary(page)
            .ok()
            .and_then(|page| xobjects(document, page.get(b"Resources").ok()))
        else {
            continue;
        };
        let bytes = document.get_page_content(page).unwrap_or_default();
        sum(&drawn(&bytes, own), &forms, &mut known, 0)?;
    }
    Ok(())
}

/// The forms and pictures by their names.
fn xobjects<'a>(document: &'a Document, resources: Option<&'a Object>) -> Option<&'a Dictionary> {
    let resources = resolve(document, resources?)?.as_dict().ok()?;
    let own = resources.get(b"XObject").ok()?;
    resolve(document, own)?.as_dict().ok()
}

/// Counts `/Name Do`.
fn drawn(content: &[u8], own: &Dictionary) -> Drawn {
    let space = |b: &u8| b.is_ascii_whitespace() || *b == 0;
    let mut out: HashMap<ObjectId, u64> = HashMap::new();
    for at in memmem::find_iter(content, b"Do") {
        let (before, after) = content.split_at_checked(at).unwrap_or((content, &[]));
        let ends = !after.get(2).is_some_and(u8::is_ascii_alphanumeric);
        let mut rest = before;
        while let [front @ .., last] = rest
            && space(last)
        {
            rest = front;
        }
        if !ends || rest.len() == before.len() {
            continue;
        }
        let mut parts = rest.rsplitn(2, |b| *b == b'/');
        let named = match (parts.next(), parts.next()) {
            (Some(name), Some(_)) => own.get(name).ok(),
            _ => None,
        };
        if let Some(Object::Reference(id)) = named {
            *out.entry(*id).or_default() += 1;
        }
    }
    out.into_iter().collect()
}

/// What drawing a form once draws in all; `known` has none for one that is being counted.
fn count(
    id: ObjectId,
    forms: &HashMap<ObjectId, Drawn>,
    known: &mut HashMap<ObjectId, Option<u64>>,
    depth: usize,
) -> Result<u64, Refusal> {
    let Some(draws) = forms.get(&id) else {
        return Ok(1);
    };
    match known.get(&id) {
        Some(Some(count)) => return Ok(*count),
        Some(None) => return Err(Refusal::Bomb),
        None if depth > DEEPEST => return Err(Refusal::Bomb),
        None => {}
    }
    known.insert(id, None);
    let total = sum(draws, forms, known, depth)?.saturating_add(1);
    known.insert(id, Some(total));
    Ok(total)
}

fn sum(
    draws: &Drawn,
    forms: &HashMap<ObjectId, Drawn>,
    known: &mut HashMap<ObjectId, Option<u64>>,
    depth: usize,
) -> Result<u64, Refusal> {
    let mut total = 0u64;
    for (id, times) in draws {
        let one = count(*id, forms, known, depth + 1)?;
        total = total.saturating_add(one.saturating_mul(*times));
        if total > MOST {
            return Err(Refusal::Bomb);
        }
    }
    Ok(total)
}
