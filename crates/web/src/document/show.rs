//! The page of one document.

use app::{
    attachment,
    document::{self, Document},
    journal::{self, JournalQuery},
};
use domain::{
    authority::Permission,
    document::State,
    problem::{Problem, ProblemKind},
};
use policy::document::Covers;

use super::page::{DraftField, Show};
use crate::{
    cx::Cx,
    http::{self, Fault, Params, Reader},
    journal::entries,
    registry::path_of_file,
    server::Web,
    steps,
};

/// What was typed and was not taken.
pub(super) struct Typed {
    pub(super) fields: Params,
    pub(super) problem: Problem,
}

/// The page as the document stands, with what was typed in its fields.
pub(super) async fn page(
    web: &Web,
    reader: Reader,
    id: &str,
    typed: Option<Typed>,
) -> Result<Show, Fault> {
    let (app, ctx) = (&web.app, &reader.ctx);
    let document = document::get(app, ctx, id).await?;
    let id = document.row.id.to_string();
    let query = JournalQuery {
        noun: Some("document".into()),
        record_id: Some(id.clone()),
        limit: 50,
        ..JournalQuery::default()
    };
    let history = journal::list(app, ctx, &query).await?;
    let journal = entries(&reader.cx, app, history).await?.to_string();
    let signed = match &document.row.file {
        Some(file) => attachment::about(app, ctx, file, Some(&id)).await.ok(),
        None => None,
    };
    let (old, newer) = document::corrections(app, ctx, &document).await?;
    let others = (old.iter().map(|d| ("document-replaces", d)))
        .chain(newer.iter().map(|d| ("document-replaced-by", d)));
    let others = others.map(|(key, d)| {
        let number = match d.row.number.as_str() {
            "" => reader.cx.l(d.state.label()),
            number => number.to_owned(),
        };
        (
            reader.cx.t(key),
            number,
            Some(format!("/documents/{}", d.row.id)),
        )
    });
    let others: Vec<_> = others.collect();
    let beside = (journal, signed.as_ref());
    let mut page = shown(web, reader.cx, &document, beside, typed);
    if signed.is_some() {
        page.compared = document::compare(app, ctx, &document).await.ok();
    }
    page.facts.extend(others);
    Ok(page)
}

fn shown(
    web: &Web,
    cx: Cx,
    d: &Document,
    (journal, signed): (String, Option<&attachment::Attachment>),
    typed: Option<Typed>,
) -> Show {
    let given = |name: &str| typed.as_ref()?.fields.all(name).next().map(str::to_owned);
    // What stands there now, where what was typed would write over it.
    let stands = |name: &str, now: &str| {
        let conflict = (typed.as_ref()).is_some_and(|t| t.problem.kind == ProblemKind::Conflict);
        let differs = given(name).is_some_and(|text| text.replace("\r\n", "\n") != now);
        (conflict && differs).then(|| now.to_owned())
    };
    let library = web.app.library();
    let template = library.documents.get(&d.row.template);
    let permission = match template.map(|t| t.covers) {
        Some(Covers::Province) => Permission::Manage,
        _ => Permission::Write,
    };
    let position = State::ALL.iter().position(|s| *s == d.state).unwrap_or(0);
    let steps = steps::of(State::ALL.map(|s| cx.l(s.label())), position);
    let drafts = template
        .iter()
        .flat_map(|t| document::asked(t, d))
        .map(|asked| {
            let name = format!("text.{}", asked.id);
            let now = asked.text;
            DraftField {
                label: cx.l(&asked.label),
                stands: stands(&name, &now),
                typed: given(&name).filter(|text| text.replace("\r\n", "\n") != now),
                text: now,
                name: asked.id,
                required: asked.required,
                line: asked.line,
            }
        });
    let mut facts = Vec::new();
    let mut fact = |key: &str, text: String, href: Option<String>| {
        if !text.is_empty() {
            facts.push((cx.t(key), text, href));
        }
    };
    fact("document-period", d.row.period.clone(), None);
    fact("document-number", d.row.number.clone(), None);
    fact(
        "document-signed-on",
        cx.iso(d.row.signed_on.clone().unwrap_or_default()),
        None,
    );
    if let Some(file) = &d.row.file {
        let kept = signed.map(|about| {
            let looked = attachment::looked_at(&about.marking, &about.unread, &about.signers);
            format!("{} · {}", about.name, cx.l(&looked))
        });
        fact(
            "document-signed-file",
            kept.unwrap_or_else(|| cx.t("file-kept")),
            Some(path_of_file(file, &d.row.id.to_string())),
        );
    }
    fact(
        "document-sent-on",
        cx.iso(d.row.sent_on.clone().unwrap_or_default()),
        None,
    );
    if let (Some(entry), Some(closes)) = (d.row.entry, template.and_then(|t| t.closes.as_ref())) {
        let word = web
            .app
            .schema(&closes.register)
            .map_or_else(|_| closes.register.clone(), |s| cx.l(&s.label));
        fact(
            "document-entry",
            word,
            Some(format!("/registry/{}/{entry}", closes.register)),
        );
    }
    let up = d.filled.roll_up.as_ref();
    Show {
        id: d.row.id.to_string(),
        version: d.row.version,
        kind: cx.l(&d.kind),
        title: d.row.title.clone(),
        unit: d.unit.clone(),
        state: d.state,
        steps,
        may_write: cx.may(permission) && template.is_some(),
        no_printer: !document::available(),
        drafts: drafts.collect(),
        place: given("place").unwrap_or_else(|| d.row.place.clone()),
        signer: given("signer").unwrap_or_else(|| d.row.signer.clone()),
        number: given("number").unwrap_or_default(),
        symbol: template.map_or_else(String::new, |t| document::symbol(t, &d.letterhead)),
        day: given("signed_on")
            .or_else(|| given("sent_on"))
            .unwrap_or_else(|| web.app.clock.today().to_string()),
        facts,
        missing: template.map_or_else(Vec::new, |t| {
            document::missing(t, d).iter().map(|l| cx.l(l)).collect()
        }),
        numbers: d
            .filled
            .numbers
            .values()
            .map(|n| (cx.l(&n.label), n.text.clone(), cx.l(&n.source)))
            .collect(),
        filled_at: d.row.filled_at,
        sent: up.map_or_else(Vec::new, |up| {
            up.sent
                .iter()
                .map(|s| {
                    (
                        s.unit.clone(),
                        format!("/documents/{}", s.id),
                        s.number.clone(),
                    )
                })
                .collect()
        }),
        otherwise: up.map_or_else(Vec::new, |up| {
            let all = up.otherwise.iter();
            all.map(|(name, on)| (name.clone(), cx.iso(on))).collect()
        }),
        exempt: up.map_or_else(Vec::new, |up| up.exempt.clone()),
        absent: up.map_or_else(Vec::new, |up| {
            up.missing
                .iter()
                .map(|(code, name)| (name.clone(), format!("/units/{}", http::encode(code))))
                .collect()
        }),
        rolls_up: up.is_some(),
        today: web.app.clock.today().to_string(),
        problem: typed.map(|t| t.problem),
        compared: None,
        journal,
        cx,
    }
}
