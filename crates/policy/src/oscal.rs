//! Regulations as OSCAL 1.1 (<https://pages.nist.gov/OSCAL/>): a catalog for each, a
//! profile for what a province adopted. The results of an assessment are `app`'s.
//!
//! Identifiers are made of names, so that the same text gives the same document and links
//! between documents hold.

use domain::label::Lang;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    Library, Regulation, chosen::Values, control::Value, coverage::Basis, regulation::Clause,
};

/// The version of OSCAL that is written.
pub const VERSION: &str = "1.1.3";

/// The namespace of Giềng's own properties.
pub const NAMESPACE: &str = "https://gieng.example/oscal";

/// An identifier made of names; the same names give the same one (RFC 9562, version 5).
pub fn id<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let name: Vec<&str> = parts.into_iter().collect();
    let space = Uuid::new_v5(&Uuid::NAMESPACE_URL, NAMESPACE.as_bytes());
    Uuid::new_v5(&space, name.join("\n").as_bytes()).to_string()
}

/// The control-id of a clause: unique over all regulations.
pub fn control_id(regulation: &str, cite: &str) -> String {
    format!("{regulation}_{cite}")
}

/// The metadata that every document begins with.
pub fn metadata(title: &str, version: &str, at: Timestamp) -> Json {
    json!({
        "title": title,
        "last-modified": at.to_string(),
        "version": version,
        "oscal-version": VERSION,
    })
}

/// A property of Giềng's.
pub fn property(name: &str, value: &str) -> Json {
    json!({"name": name, "ns": NAMESPACE, "value": value})
}

/// A regulation as a catalog: chapters and articles are groups, clauses are controls.
pub fn catalog(library: &Library, regulation: &Regulation, lang: Lang, at: Timestamp) -> Json {
    let groups: Vec<Json> = regulation
        .index
        .chapters
        .iter()
        .map(|chapter| {
            let articles: Vec<Json> = chapter
                .articles
                .iter()
                .map(|article| {
                    let controls: Vec<Json> = article
                        .clauses
                        .iter()
                        .filter_map(|cite| regulation.clause(cite))
                        .map(|clause| control(library, regulation, clause, lang))
                        .collect();
                    json!({
                        "id": format!("{}_art-{}", regulation.id, article.number),
                        "class": "article",
                        "title": format!("{} {}", article.number, article.title.get(lang)),
                        "controls": controls,
                    })
                })
                .collect();
            json!({
                "id": format!("{}_ch-{}", regulation.id, chapter.number),
                "class": "chapter",
                "title": format!("{} {}", chapter.number, chapter.title.get(lang)),
                "groups": articles,
            })
        })
        .collect();
    let title = format!("{}: {}", regulation.number, regulation.title.get(lang));
    json!({"catalog": {
        "uuid": id(["catalog", &regulation.id, lang.code(), &regulation.effective_from.to_string()]),
        "metadata": metadata(&title, &regulation.effective_from.to_string(), at),
        "groups": groups,
    }})
}

fn control(library: &Library, regulation: &Regulation, clause: &Clause, lang: Lang) -> Json {
    let name = control_id(&regulation.id, &clause.cite);
    let word = |value: Json| value.as_str().unwrap_or_default().to_owned();
    let mut props = vec![
        json!({"name": "label", "value": clause.cite}),
        property("kind", &word(json!(clause.kind))),
        property("bearer", &clause.bearer),
        property("trigger", &word(json!(clause.trigger))),
        property("scored", if clause.is_scored() { "yes" } else { "no" }),
    ];
    if let Some(number) = &clause.number {
        props.push(property("number", number.get(lang)));
    }
    let mut params = Vec::new();
    for (used, control) in clause.controls.iter().zip(library.controls_of(clause)) {
        props.push(property("control", &used.control));
        if let Some(basis) = library.basis_of(control) {
            props.push(property("basis", basis.code()));
        }
        let values = control.values(&used.parameters);
        for parameter in &control.parameters {
            params.push(json!({
                "id": parameter_id(&name, &control.id, &parameter.name),
                "label": parameter.label.get(lang),
                "values": [shown(&values[&parameter.name])],
            }));
        }
    }
    let mut parts = vec![json!({
        "id": format!("{name}_smt"),
        "name": "statement",
        "prose": clause.summary.get(lang),
    })];
    if let Some(open) = &clause.open {
        parts.push(json!({
            "id": format!("{name}_gdn"),
            "name": "guidance",
            "prose": open.get(lang),
        }));
    }
    let mut control = json!({
        "id": name,
        "class": "clause",
        "title": clause.cite,
        "props": props,
        "parts": parts,
    });
    if !params.is_empty() {
        control["params"] = params.into();
    }
    control
}

fn parameter_id(control: &str, of: &str, name: &str) -> String {
    format!("{control}_{of}_{name}")
}

/// OSCAL takes no empty values.
fn shown(value: &Value) -> String {
    match value.to_string() {
        empty if empty.is_empty() => "-".into(),
        text => text,
    }
}

/// What a province adopted, as a profile over the catalogs. `chosen` are its own values
/// of parameters, by control and name.
pub fn profile<'a>(
    library: &Library,
    province: &str,
    regulations: impl IntoIterator<Item = &'a Regulation>,
    chosen: &Values,
    at: Timestamp,
) -> Json {
    let mut imports = Vec::new();
    let mut settings = Vec::new();
    for regulation in regulations {
        imports.push(json!({
            "href": format!("{}.catalog.json", regulation.id),
            "include-all": {},
        }));
        for clause in &regulation.clauses {
            let name = control_id(&regulation.id, &clause.cite);
            for control in library.controls_of(clause) {
                for (parameter, value) in chosen.get(&control.id).into_iter().flatten() {
                    settings.push(json!({
                        "param-id": parameter_id(&name, &control.id, parameter),
                        "values": [shown(value)],
                    }));
                }
            }
        }
    }
    let mut profile = json!({
        "uuid": id(["profile", province]),
        "metadata": metadata(province, &at.strftime("%Y-%m-%d").to_string(), at),
        "imports": imports,
        "merge": {"as-is": true},
    });
    if !settings.is_empty() {
        profile["modify"] = json!({"set-parameters": settings});
    }
    json!({"profile": profile})
}

/// OSCAL's word for how something was assessed: only what was seen, or told by another
/// program, is a test.
pub fn method(basis: Basis) -> &'static str {
    match basis {
        Basis::SeenBothWays | Basis::SeenOneWay | Basis::Reported => "TEST",
        Basis::Typed | Basis::Awaiting | Basis::Open => "EXAMINE",
        Basis::Attested => "INTERVIEW",
    }
}
