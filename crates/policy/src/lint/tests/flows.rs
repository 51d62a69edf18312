//! What is put wrong in the shipped flow is found, to the line.

use super::{assert_found, changed, shipped};
use crate::{
    Library,
    flow::{Flow, WITHDRAWN},
    lint,
    source::Embedded,
};

const FLOW: &str = "flows/inspection-before-connection.yaml";

#[track_caller]
fn found(from: &str, to: &str, what: &str, instead: &str) {
    assert_found(&changed(FLOW, from, to), what, instead);
}

#[test]
fn states_are_reached_and_left() {
    // What nothing leads to, and a way that never ends.
    found(
        "        to: returned\n  returned:",
        "        to: inspected\n  returned:",
        "no step leads to the state `returned`",
        "`to:`",
    );
    found(
        "  refused:\n    label: {vi: \"Không được phép\", en: \"Refused\"}\n    end: true",
        "  refused:\n    label: {vi: \"Không được phép\", en: \"Refused\"}",
        "without an end",
        "`end: true`",
    );
    let mut round = shipped();
    let text = round.0.get_mut(FLOW).unwrap();
    *text = text
        .replace("        to: given-up", "        to: asked")
        .replace("        to: connected\n", "        to: approved\n")
        .replace("        to: refused\n", "        to: asked\n");
    let problems = lint(&round).unwrap();
    assert_found(
        &problems,
        "no way leads from `asked` to an end",
        "end: true",
    );
    found(
        "to: refused\n",
        "to: refusd\n",
        "no state `refusd`",
        "`refused`",
    );
    found(
        "end: true",
        "end: true\n    within: {days: 3}",
        "no deadline",
        "no end",
    );
    // Where every step has a guard a flow may stay for ever.
    let guarded = "  approved:\n    label: {vi: \"Được phép, chờ kết nối\", en: \"Approved, not connected yet\"}\n    steps:\n";
    let problems = changed(
        FLOW,
        guarded,
        "  approved:\n    label: {vi: a, en: a}\n    steps:\n      other:\n        label: {vi: a, en: a}\n        who: {may: write}\n        to: nowhere\n",
    );
    assert_found(&problems, "no state `nowhere`", "one of");
}

#[test]
fn somebody_can_take_every_step() {
    let who = "who: {may: manage, other_than: [begin]}";
    found(
        who,
        "who: {may: manage, roles: [officer]}",
        "nobody may take `inspect`",
        "a role that may",
    );
    found(
        who,
        "who: {may: manage, of: asker, other_than: [begin]}",
        "nobody may take `inspect`",
        "of: unit",
    );
    found(
        who,
        "who: {may: manage, other_than: [begn]}",
        "no step `begn`",
        "`begin`",
    );
    found(
        "who: {may: manage, other_than: [begin, inspect]}\n        when",
        "who: {may: manage}\n        approvals: 0\n        when",
        "no number of approvals",
        "1 to 9",
    );
    found(
        "to: asked\nstates",
        "to: asked\n  approvals: 2\nstates",
        "begun by one person",
        "`who:",
    );
}

#[test]
fn what_a_guard_and_an_effect_name_is_known_on_every_way() {
    found(
        "form.inspection_result == 'passed'",
        "form.inspection_resul == 'passed'",
        "`form.inspection_resul` is not known",
        "`inspection_result`",
    );
    // Typed on one of two ways only.
    found(
        "form.inspection_result == 'passed'",
        "form.supplement == 'x'",
        "`form.supplement` is not known",
        "",
    );
    found(
        "when: \"form",
        "when: \"record.stats == 'x' && form",
        "`record.stats`",
        "`status`",
    );
    found(
        "'passed'\"",
        "'passed' && size(form.purpose) > 3\"",
        "compares",
        "",
    );
    found(
        "\"{record.name}\"",
        "\"{record.nam}\"",
        "`{record.nam}`",
        "`name`",
    );
    found("\"{begin.by}\"", "\"{return.by}\"", "{return.", "");
    found("\"{begin.by}\"", "\"{reason}\"", "another kind", "");
}

#[test]
fn effects_write_what_there_is_and_compute_nothing() {
    found(
        "status: active",
        "status: actve",
        "does not fit `status`",
        "`active`",
    );
    found(
        "in_service_on: \"{connected_on}\"",
        "in_service: x",
        "has no field `in_service`",
        "`in_service_on`",
    );
    found(
        "in_service_on: \"{connected_on}\"",
        "in_service_on: \"{supervised_by}\"",
        "another kind",
        "same kind",
    );
    found(
        "in_service_on: \"{connected_on}\"",
        "name: \"a {record.name}\"",
        "put together",
        "without braces",
    );
    found(
        "in_service_on: \"{connected_on}\"",
        "organization: \"{unit}\"",
        "settled",
        "",
    );
    found(
        "register: connection-request",
        "register: connection-reques",
        "no book",
        "`connection-request`",
    );
    found(
        "                subject: \"{record.name}\"\n",
        "",
        "asks for `subject`",
        "subject: …",
    );
    found(
        "          - set:\n              status",
        "          - call: grant-clams\n          - set:\n              status",
        "under the name `grant-clams`",
        "`grant-claims`",
    );
    found(
        "          - set:\n              status",
        "          - put:\n              status",
        "`put` is not a word",
        "",
    );
    // What cannot be undone is named as such, and nothing else is.
    let notice = "          - notice: {to: asker, text: {vi: \"{record.name}\", en: x}}\n          - set:\n              status";
    found(
        "          - set:\n              status",
        notice,
        "cannot be undone",
        "`irrevocable: true`",
    );
    found(
        "        to: connected",
        "        irrevocable: true\n        to: connected",
        "can be undone",
        "no `irrevocable`",
    );
}

#[test]
fn a_step_does_nothing_that_its_taker_could_not_do_by_hand() {
    found(
        "              status: active",
        "              status: active\n              relay: \"true\"",
        "`officer` may take the step and may not write `device`",
        "roles that may",
    );
}

#[test]
fn there_are_no_loops_variables_or_flows_within_flows() {
    for key in [
        "for_each: form.x",
        "variables: {a: 1}",
        "flow: other",
        "parallel: [a]",
        "repeat: 3",
    ] {
        let word = key.split(':').next().unwrap();
        found(
            "        to: connected",
            &format!("        {key}\n        to: connected"),
            &format!("`{word}` is not a key"),
            "",
        );
    }
}

#[test]
fn forms_ask_each_thing_once() {
    found(
        "name: connected_on, kind: date",
        "name: purpose, kind: date",
        "asked in another step",
        "another name",
    );
    found(
        "name: wished_on, kind: date",
        "name: wished_on, kind: file",
        "a file belongs",
        "another kind",
    );
    found(
        "clause: \"13.6\"",
        "clause: \"13.66\"",
        "no clause `13.66`",
        "",
    );
    found("about: device", "about: devise", "no `devise`", "`device`");
}

#[test]
fn what_a_running_flow_began_with_is_read_as_it_was() {
    let library = Library::load(&Embedded).unwrap();
    for flow in library.flows.values() {
        let (text, hash) = flow.text();
        let again = Flow::read(&flow.id, &text).unwrap();
        assert_eq!(again.text(), (text, hash));
        assert!(again.is_end(WITHDRAWN));
        assert_eq!(again.surely().len(), flow.states.len());
    }
    assert!(!library.flows.is_empty());
    let surely = library.flows["inspection-before-connection"].clone();
    let surely = surely.surely();
    assert!(surely["approved"].contains("approve") && surely["inspected"].contains("inspect"));
    assert!(!surely["asked"].contains("supplement") && surely["asked"].contains("begin"));
}

#[test]
fn a_form_is_held_to_what_every_form_is() {
    let field = "{name: wanting, kind: long_text, required: true,";
    for (with, what) in [
        (
            "{name: wanting, kind: long_text, latest: 2,",
            "`latest` of `wanting`",
        ),
        (
            "{name: wanting, kind: long_text, done: true,",
            "`done` of `wanting`",
        ),
        (
            "{name: Wanting, kind: long_text,",
            "a name is lower-case letters",
        ),
        ("{name: wanting, kind: choice,", "has no `choices`"),
    ] {
        found(field, with, what, "");
    }
}

#[test]
fn somebody_is_waited_for_and_several_approve_the_same_day() {
    found(
        "        who: {may: write}\n        form:\n          - {name: supplement",
        "        who: {may: write}\n        optional: true\n        form:\n          - {name: supplement",
        "every step of `returned` is optional",
        "`optional: true`",
    );
    // The day of an entry that names none is the day of the step: another for each who approves.
    let who = "        who: {may: manage, other_than: [begin, inspect]}\n        form:\n          - {name: reason, kind: long_text, required: true, label: {vi: \"Lý do\", en: \"Reason\"}}\n";
    let several =
        "        who: {may: manage, other_than: [begin, inspect]}\n        approvals: 2\n";
    let mut twice = shipped();
    let text = twice.0.get_mut(FLOW).unwrap();
    assert!(text.contains(who));
    *text = text
        .replace(who, several)
        .replace("                note: \"{reason}\"\n", "");
    let problems = lint(&twice).unwrap();
    assert_found(
        &problems,
        "`occurred_on` would be another for each",
        "{STEP.on}",
    );
}
