//! Clauses and their reasons in words.

use app::assess::{ControlEvidence, Evidence};
use domain::label::Label;
use jiff::civil::Date;
use policy::{
    Clause, Control, Library, Status,
    control::{Attachment, Parameter, Severity, Value},
    coverage::Basis,
    law,
    reading::Soundness,
    regulation::{Article, Kind, Trigger},
};

use super::page::LawRow;
use crate::{cx::Cx, format, i18n};

/// `Điều 17 khoản 2 điểm e` of `17.2.e`; `Quyết định, điều 2` of `qd.2`.
pub fn cite(cx: &Cx, cite: &str) -> String {
    let mut parts = cite.split('.');
    let first = parts.next().unwrap_or_default();
    let mut words = if first == "qd" {
        let article = parts.next().unwrap_or_default();
        cx.tx("cite-decision", article)
    } else {
        cx.tx("cite-article", first)
    };
    for (key, part) in ["cite-clause", "cite-point", "cite-item"]
        .into_iter()
        .zip(parts)
    {
        words.push(' ');
        words.push_str(&cx.tx(key, part));
    }
    words
}

/// `Điều 16. Trách nhiệm của Sở`.
pub fn article(cx: &Cx, article: &Article) -> String {
    format!(
        "{}. {}",
        cx.tx("cite-article", &article.number),
        cx.l(&article.title)
    )
}

/// Why a verdict is as it is: the reason of the control that decided.
pub fn why(cx: &Cx, library: &Library, status: Status, evidence: &Evidence) -> String {
    let said = evidence
        .controls
        .iter()
        .filter(|each| each.status == status)
        .filter_map(|each| {
            let control = library.controls.get(&each.control)?;
            Some(reason(cx, control, each)).filter(|text| !text.is_empty())
        })
        .next();
    said.unwrap_or_else(|| {
        cx.t(match status {
            Status::Met => "why-met",
            Status::Breached => "why-breached",
            Status::Pending => "why-pending",
            Status::NoData => "why-no-data",
            Status::NotApplicable => "why-not-applicable",
            Status::Waived => "why-waived",
            Status::Error => "why-error",
        })
    })
}

/// The reason that a control's evidence gives.
pub fn reason(cx: &Cx, control: &Control, said: &ControlEvidence) -> String {
    match &said.reason {
        // What is missing is named by its evidence.
        Some(code) if code == "uncertain" => said.explain(control, cx.lang),
        Some(code) if !control.reasons.contains_key(code) => engine_reason(cx, code),
        _ => said.explain(control, cx.lang),
    }
}

/// The codes of duties and attestations are the engine's own; no pack explains them.
pub fn engine_reason(cx: &Cx, code: &str) -> String {
    let key = format!("reason-{code}");
    if i18n::has(&key) {
        cx.t(key)
    } else {
        code.to_owned()
    }
}

/// The word for a column of evidence: the pack's, or the engine's own.
pub fn column(cx: &Cx, library: &Library, name: &str) -> String {
    let key = format!("column-{}", name.replace('_', "-"));
    match library.words.columns.get(name) {
        Some(label) => cx.l(label),
        None if i18n::has(&key) => cx.t(key),
        None => name.replace('_', " "),
    }
}

/// The word for a code of evidence: what the pack calls it, what the book calls its results.
pub fn code(cx: &Cx, library: &Library, said: &ControlEvidence, name: &str, code: &str) -> String {
    let book = |id: &str| library.registers.get(id);
    let label = match name {
        "register" => book(code).map(|book| &book.plural),
        "result" => said
            .parameters
            .get("register")
            .and_then(|id| book(&id.to_string()))
            .and_then(|book| book.field("result"))
            .and_then(|field| field.choices.get(code)),
        _ => library.words.value(name, code),
    };
    label.map_or_else(|| code.to_owned(), |label| cx.l(label))
}

/// The word for a clause's kind.
pub fn kind(cx: &Cx, kind: Kind) -> String {
    cx.t(match kind {
        Kind::Obligation => "clause-kind-obligation",
        Kind::Prohibition => "clause-kind-prohibition",
        Kind::Right => "clause-kind-right",
        Kind::Definition => "clause-kind-definition",
        Kind::Principle => "clause-kind-principle",
        Kind::Scope => "clause-kind-scope",
        Kind::Reference => "clause-kind-reference",
        Kind::Final => "clause-kind-final",
    })
}

fn trigger(cx: &Cx, trigger: Trigger) -> String {
    cx.t(match trigger {
        Trigger::Continuous => "clause-trigger-continuous",
        Trigger::Annual => "clause-trigger-annual",
        Trigger::Biannual => "clause-trigger-biannual",
        Trigger::Quarterly => "clause-trigger-quarterly",
        Trigger::Periodic => "clause-trigger-periodic",
        Trigger::Once => "clause-trigger-once",
        Trigger::Event => "clause-trigger-event",
        Trigger::None => "clause-trigger-none",
    })
}

fn role(cx: &Cx, library: &Library, id: &str) -> String {
    library
        .roles
        .roles
        .get(id)
        .map_or_else(|| id.to_owned(), |role| cx.l(&role.label))
}

/// What is to be known of a clause besides its words.
pub fn about(cx: &Cx, library: &Library, clause: &Clause) -> Vec<(String, String)> {
    let mut out = vec![
        (cx.t("clause-kind"), kind(cx, clause.kind)),
        (cx.t("clause-bearer"), role(cx, library, &clause.bearer)),
        (cx.t("clause-trigger"), trigger(cx, clause.trigger)),
    ];
    if let Some(to) = &clause.owed_to {
        out.push((cx.t("clause-owed-to"), role(cx, library, to)));
    }
    if let Some(event) = &clause.event {
        out.push((cx.t("clause-event"), cx.l(event)));
    }
    if let Some(number) = &clause.number {
        out.push((cx.t("clause-number"), cx.l(number)));
    }
    if let Some(open) = &clause.open {
        out.push((cx.t("clause-open"), cx.l(open)));
    }
    out
}

/// What is wrong in how a clause is judged, where it was read so: a verdict on it says more
/// than is known, whatever its mark. Empty otherwise.
pub fn doubt(cx: &Cx, library: &Library, regulation: &str, clause: &Clause) -> String {
    match library.reading_that_holds(regulation, clause) {
        Some(read) if read.verdict == Soundness::Wrong => cx.tx("verdict-doubt", cx.l(&read.wrong)),
        _ => String::new(),
    }
}

/// How a scored clause was read against its text: the verdict of the reading, what would
/// show it met and breached, what our evidence does not show.
pub fn reading(
    cx: &Cx,
    library: &Library,
    regulation: &str,
    clause: &Clause,
) -> Vec<(String, String)> {
    if !clause.is_scored() {
        return Vec::new();
    }
    let Some(read) = library.reading_that_holds(regulation, clause) else {
        return vec![(cx.t("reading-word"), cx.t("reading-none"))];
    };
    let day = cx.iso(read.read_on.to_string());
    let word = format!("{} · {day}", cx.t(soundness(read.verdict)));
    let until: Vec<String> = read
        .until
        .iter()
        .filter_map(|id| library.awaited.get(id))
        .map(|fact| cx.l(&fact.label))
        .collect();
    let until = Label::same(until.join("; "));
    let said = [
        ("reading-wrong-in", &read.wrong),
        ("reading-gap", &read.gap),
        ("reading-until", &until),
        ("reading-met", &read.met),
        ("reading-breached", &read.breached),
    ];
    let said = said.into_iter().filter(|(_, label)| !label.vi.is_empty());
    let said = said.map(|(key, label)| (cx.t(key), cx.l(label)));
    [(cx.t("reading-word"), word)]
        .into_iter()
        .chain(said)
        .collect()
}

/// The word for what a verdict rests on.
pub const fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::SeenBothWays => "basis-seen-both-ways",
        Basis::SeenOneWay => "basis-seen-one-way",
        Basis::Reported => "basis-reported",
        Basis::Typed => "basis-typed",
        Basis::Attested => "basis-attested",
        Basis::Awaiting => "basis-awaiting",
        Basis::Open => "basis-open",
    }
}

/// The same as a sentence's end.
pub const fn basis_in_full(basis: Basis) -> &'static str {
    match basis {
        Basis::SeenBothWays => "control-judged-seen-both-ways",
        Basis::SeenOneWay => "control-judged-seen-one-way",
        Basis::Reported => "control-judged-reported",
        Basis::Typed => "control-judged-typed",
        Basis::Attested => "control-judged-attested",
        Basis::Awaiting => "control-judged-awaited",
        Basis::Open => "control-judged-open",
    }
}

/// The word for how a clause was read.
pub const fn soundness(soundness: Soundness) -> &'static str {
    match soundness {
        Soundness::Right => "reading-right",
        Soundness::Weak => "reading-weak",
        Soundness::Wrong => "reading-wrong",
    }
}

/// National texts: as cited, or (`today`) those that stand in their place on `day`.
pub fn laws(cx: &Cx, library: &Library, ids: &[String], day: Date, today: bool) -> Vec<LawRow> {
    let date = |d: Date| cx.iso(d.to_string());
    ids.iter()
        .filter_map(|id| {
            let cited = library.law.get(id)?;
            let (standing, now) = law::standing(&library.law, id, day)?;
            let shown = if today { now } else { cited };
            let mut about = Vec::new();
            about.extend(shown.effective_from.map(|d| cx.tx("law-from", date(d))));
            about.extend(shown.effective_to.map(|d| cx.tx("law-to", date(d))));
            if shown.ended(day) {
                about.push(cx.t("law-ended"));
            }
            if standing != id {
                about.push(if today {
                    cx.tx("law-instead", &cited.number)
                } else {
                    cx.tx("law-replaced", &now.number)
                });
            }
            Some(LawRow {
                number: shown.number.clone(),
                title: cx.l(&shown.title),
                about: about.join(" · "),
                unconfirmed: !shown.confirmed,
            })
        })
        .collect()
}

/// The parameters of a control with their values, in one line.
pub fn parameters(
    cx: &Cx,
    library: &Library,
    control: &Control,
    values: &std::collections::BTreeMap<String, Value>,
) -> String {
    let told = control.parameters.iter().filter_map(|parameter| {
        let held = values.get(&parameter.name).unwrap_or(&parameter.default);
        let text = value(cx, library, control, parameter, held);
        (!text.is_empty()).then(|| format!("{}: {text}", cx.l(&parameter.label)))
    });
    told.collect::<Vec<String>>().join(" · ")
}

/// A parameter's value with its unit; a code by its word.
pub fn value(
    cx: &Cx,
    library: &Library,
    control: &Control,
    parameter: &Parameter,
    value: &Value,
) -> String {
    let text = match value {
        Value::Integer(n) => format::integer(cx.lang, *n),
        Value::Decimal(x) => format::decimal(cx.lang, *x, 2),
        Value::Boolean(yes) => cx.t(if *yes { "yes" } else { "no" }),
        Value::Text(code) => {
            let book = library.registers.get(code).map(|book| &book.plural);
            let held = library.roles.held.get(code).map(|role| &role.label);
            let word = library.words.value(&parameter.name, code);
            let register = control.parameters.iter().find(|p| p.name == "register");
            let result = register
                .and_then(|p| library.registers.get(&p.default.to_string()))
                .and_then(|book| book.field("result"))
                .and_then(|field| field.choices.get(code));
            word.or(result)
                .or(book)
                .or(held)
                .map_or_else(|| code.clone(), |label| cx.l(label))
        }
    };
    let Some(unit) = &parameter.unit else {
        return text;
    };
    let unit = library
        .words
        .units
        .get(unit)
        .map_or_else(|| unit.clone(), |label| cx.l(label));
    format!("{text} {unit}")
}

/// How a control is judged: on what, with which numbers, how it is mended.
pub fn control(
    cx: &Cx,
    library: &Library,
    control: &Control,
    values: Option<&std::collections::BTreeMap<String, Value>>,
) -> Vec<(String, String)> {
    let judged = library.basis_of(control);
    let judged = judged.map(|b| (cx.t("control-judged"), cx.t(basis_in_full(b))));
    let mut out: Vec<_> = judged.into_iter().collect();
    out.extend([(
        cx.t("control-severity"),
        cx.t(match control.severity {
            Severity::High => "control-severity-high",
            Severity::Medium => "control-severity-medium",
            Severity::Low => "control-severity-low",
        }),
    )]);
    for parameter in &control.parameters {
        let held = values
            .and_then(|values| values.get(&parameter.name))
            .unwrap_or(&parameter.default);
        let mut text = value(cx, library, control, parameter, held);
        if text.is_empty() {
            continue;
        }
        if parameter.chosen {
            text = format!("{text} ({})", cx.t("control-chosen"));
        }
        out.push((cx.l(&parameter.label), text));
    }
    if let Some(age) = control.stale_after {
        out.push((cx.t("control-stale"), cx.span(age.ms())));
    }
    for fact in control
        .awaits
        .iter()
        .filter_map(|id| library.awaited.get(id))
    {
        let told = format!("{} – {}", cx.l(&fact.label), cx.l(&fact.source));
        out.push((cx.t("control-awaits"), told));
    }
    out.push((cx.t("control-remedy"), mend(cx, control)));
    out
}

/// What mends a breach, in words.
pub fn mend(cx: &Cx, control: &Control) -> String {
    control.remedy.text(cx.lang).to_owned()
}

/// Whether an answer carries a document, as the form names it.
pub const fn attachment(attachment: Attachment) -> &'static str {
    match attachment {
        Attachment::None => "none",
        Attachment::Optional => "optional",
        Attachment::Required => "required",
    }
}
