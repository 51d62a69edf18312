//! Documents as pages and API show them.

use std::collections::{BTreeMap, HashSet};

use domain::{
    authority::Permission,
    document::State,
    id::{Id, OrganizationId},
    label::Label,
    noun,
    problem::Problem,
};
use policy::document::{Covers, Stretch, Template};
pub use store::document::DocumentQuery;
use store::document::DocumentRow;

use super::{fill::Filled, ground::Ground, letterhead::Letterhead};
use crate::{App, Ctx};

/// A document, read.
#[derive(Clone, Debug)]
pub struct Document {
    /// As it is kept.
    pub row: DocumentRow,
    /// How far it has come.
    pub state: State,
    /// What stands around its text.
    pub letterhead: Letterhead,
    /// What persons wrote, by the draft's id; beside it the letterhead.
    pub drafts: BTreeMap<String, String>,
    /// What it was filled with.
    pub filled: Filled,
    /// The template's name; its id where the template is gone.
    pub kind: Label,
    /// Who writes it.
    pub unit: String,
}

/// A page of documents.
#[derive(Clone, Debug)]
pub struct DocumentPage {
    /// The documents.
    pub documents: Vec<Document>,
    /// How many there are in all.
    pub total: i64,
}

/// A template that the actor may begin a document of.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The template.
    pub template: Template,
    /// For whom: code and name.
    pub units: Vec<(OrganizationId, String, String)>,
    /// About what time, the newest first.
    pub stretches: Vec<Stretch>,
}

pub(super) fn read(app: &App, row: DocumentRow) -> Document {
    let library = app.library();
    let template = library.documents.get(&row.template);
    let filled: Filled = serde_json::from_str(&row.filled).unwrap_or_default();
    let drafts = serde_json::from_str(&row.drafts).unwrap_or_default();
    Document {
        letterhead: Letterhead::of(template, &drafts, &filled.names),
        state: State::from_code(&row.state).unwrap_or(State::Draft),
        drafts,
        kind: template.map_or_else(|| Label::same(row.template.as_str()), |t| t.title.clone()),
        unit: filled.names.get("unit").cloned().unwrap_or_default(),
        filled,
        row,
    }
}

/// The documents that the actor may see, the last changed first.
///
/// # Errors
/// Denied, unavailable.
pub async fn list(app: &App, ctx: &Ctx, query: &DocumentQuery) -> Result<DocumentPage, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let query = DocumentQuery {
        limit: if query.limit == 0 {
            50
        } else {
            query.limit.min(1_000)
        },
        ..query.clone()
    };
    let (rows, total) = store::document::list(&app.db, &scope, &query).await?;
    Ok(DocumentPage {
        documents: rows.into_iter().map(|row| read(app, row)).collect(),
        total,
    })
}

/// One document.
///
/// # Errors
/// Not found also when it is another unit's.
pub async fn get(app: &App, ctx: &Ctx, id: &str) -> Result<Document, Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let absent = || Problem::not_found(&Label::new("văn bản", "document"), id);
    let key: Id = id.parse().map_err(|_| absent())?;
    let row = store::document::get(&app.db, &scope, key)
        .await?
        .ok_or_else(absent)?;
    Ok(read(app, row))
}

/// The sent document that one corrects, and those that correct it, as far as the actor may see
/// them.
///
/// # Errors
/// Denied, unavailable.
pub async fn corrections(
    app: &App,
    ctx: &Ctx,
    document: &Document,
) -> Result<(Option<Document>, Vec<Document>), Problem> {
    let scope = ctx.actor.scope(Permission::Read)?;
    let old = match document.row.replaces {
        Some(id) => store::document::get(&app.db, &scope, id).await?,
        None => None,
    };
    let newer = store::document::that_replace(&app.db, &scope, document.row.id).await?;
    let newer = newer.into_iter().map(|row| read(app, row)).collect();
    Ok((old.map(|row| read(app, row)), newer))
}

/// The template of a document.
///
/// # Errors
/// Not found when the policy no longer has it.
pub(super) fn template(app: &App, id: &str) -> Result<Template, Problem> {
    app.library()
        .documents
        .get(id)
        .cloned()
        .ok_or_else(|| Problem::not_found(&Label::new("mẫu văn bản", "template"), id))
}

/// The permission that writing documents of a template asks for, over the organization
/// below which it looks.
pub(super) fn permission(template: &Template) -> Permission {
    match template.covers {
        Covers::Own => Permission::Write,
        // It tells the numbers of every unit.
        Covers::Province => Permission::Manage,
    }
}

/// What the actor may begin, in the order of the templates' names.
///
/// # Errors
/// Unavailable.
pub async fn offers(app: &App, ctx: &Ctx) -> Result<Vec<Offer>, Problem> {
    let today = app.clock.today();
    let ground = Ground::load(app, &today.to_string()).await?;
    let library = app.library();
    let mut all = Vec::new();
    let mut reaches: BTreeMap<bool, HashSet<OrganizationId>> = BTreeMap::new();
    for everything in [false, true] {
        let permission = if everything {
            Permission::Manage
        } else {
            Permission::Write
        };
        if let Ok(scope) = ctx.actor.scope(permission) {
            let reach = store::registry::organizations_in(&app.db, &scope).await?;
            reaches.insert(everything, reach.into_iter().collect());
        }
    }
    for template in library.documents.values() {
        let Some(reach) = reaches.get(&(template.covers == Covers::Province)) else {
            continue;
        };
        let units: Vec<_> = ground
            .authors(app, template)
            .into_iter()
            .filter(|u| reach.contains(&u.id) && reach.contains(&ground.root(template, u.id)))
            .map(|u| (u.id, u.code.clone(), u.name.clone()))
            .collect();
        if !units.is_empty() {
            all.push(Offer {
                template: template.clone(),
                units,
                stretches: template.period.recent(today, 6),
            });
        }
    }
    all.sort_by(|a, b| a.template.title.vi.cmp(&b.template.title.vi));
    Ok(all)
}

/// The template whose sending writes an entry of this book, if there is one.
pub fn template_for(app: &App, register: &str) -> Option<Template> {
    app.library()
        .documents
        .values()
        .find(|t| t.closes.as_ref().is_some_and(|c| c.register == register))
        .cloned()
}

/// What a person may write on a paper: a part of its text, or of its letterhead.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The name under which it is written.
    pub id: String,
    /// What is asked.
    pub label: Label,
    /// What stands there.
    pub text: String,
    /// It must be written.
    pub required: bool,
    /// It is one line.
    pub line: bool,
}

/// All that a person may write on a paper but for place and signer: its text, then its
/// letterhead, named as the noun names it.
pub fn asked(template: &Template, document: &Document) -> Vec<Asked> {
    let text = template.drafts().map(|draft| Asked {
        id: draft.id.clone(),
        label: draft.label.clone(),
        text: document.drafts.get(&draft.id).cloned().unwrap_or_default(),
        required: draft.required,
        line: draft.line,
    });
    let noun = noun::get("letterhead");
    let head = document.letterhead.fields().map(|(name, text)| Asked {
        id: Letterhead::id(name),
        label: noun
            .and_then(|noun| noun.field(name))
            .map_or_else(|| Label::same(name), |field| field.label.clone()),
        text: text.to_owned(),
        required: false,
        line: name != "recipients",
    });
    text.chain(head).collect()
}

/// What must still be written before a document can be reviewed: the labels of its drafts.
pub fn missing(template: &Template, document: &Document) -> Vec<Label> {
    template
        .drafts()
        .filter(|d| d.required)
        .filter(|d| {
            document
                .drafts
                .get(&d.id)
                .is_none_or(|t| t.trim().is_empty())
        })
        .map(|d| d.label.clone())
        .collect()
}
