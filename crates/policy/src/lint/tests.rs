//! The shipped pack is sound, and what is put wrong in it is found.

mod documents;
mod flows;

use super::*;
use crate::{
    Library,
    source::{Embedded, Memory},
};

fn shipped() -> Memory {
    Memory::of(&Embedded).unwrap()
}

/// The problems of the shipped policy after one change in one file.
fn changed(path: &str, from: &str, to: &str) -> Vec<Problem> {
    let mut memory = shipped();
    let text = memory
        .0
        .get_mut(path)
        .unwrap_or_else(|| panic!("no {path}"));
    assert!(text.contains(from), "{path} has no {from:?}");
    *text = text.replacen(from, to, 1);
    lint(&memory).unwrap()
}

#[track_caller]
fn assert_found(problems: &[Problem], what: &str, instead: &str) {
    let found = problems
        .iter()
        .any(|p| p.what.contains(what) && p.instead.contains(instead) && p.line > 0);
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(found, "no {what:?} → {instead:?} in {all:#?}");
}

const REGULATION: &str = "regulations/vinh-long-26-2019.yaml";

#[test]
fn the_shipped_policy_is_sound() {
    let problems: Vec<String> = lint(&Embedded)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(problems, Vec::<String>::new());
    let library = Library::load(&Embedded).unwrap();
    assert_eq!(library.regulations["vinh-long-26-2019"].clauses.len(), 89);
    assert_eq!(library.regulations["hau-giang-48-2024"].clauses.len(), 175);
    assert_eq!(
        library.regulations["binh-thuan-1749-2015"].clauses.len(),
        88
    );
    assert_eq!(library.regulations["ca-mau-31-2019"].clauses.len(), 40);
    assert_eq!(
        library.regulations["thua-thien-hue-2711-2017"]
            .clauses
            .len(),
        81
    );
    assert_eq!(library.hash.len(), 64);
    // Shared controls may stand without a clause; the shipped ones are all asked for.
    let clauses = library.regulations.values().flat_map(|r| &r.clauses);
    let asked: Vec<&str> = clauses
        .flat_map(|c| &c.controls)
        .map(|c| c.control.as_str())
        .collect();
    let idle: Vec<&String> = library
        .controls
        .keys()
        .filter(|id| !asked.contains(&id.as_str()))
        .collect();
    assert_eq!(idle, Vec::<&String>::new());
}

#[test]
fn a_question_beside_a_check_says_what_no_means() {
    let problems = changed("controls/own-vpn-managed.yaml", "  asks: absence\n", "");
    assert_found(&problems, "what \"no\" means", "asks: absence");
}

#[test]
fn an_unknown_key_is_told_with_the_one_that_was_meant() {
    let problems = changed(
        "controls/logs-arriving.yaml",
        "severity: high",
        "severty: high",
    );
    assert_found(&problems, "`severty` is not a key", "`severity`");
    assert_eq!(
        (problems[0].line, problems[0].column),
        (4, 1),
        "{}",
        problems[0]
    );
    // Nothing else is said of what the unreadable file would have held.
    assert_eq!(problems.len(), 1, "{problems:#?}");
}

#[test]
fn an_unknown_word_is_told_with_the_one_that_was_meant() {
    let problems = changed(
        "controls/logs-arriving.yaml",
        "severity: high",
        "severity: hihg",
    );
    assert_found(&problems, "`hihg`", "`high`");
    let problems = changed(REGULATION, "kind: prohibition", "kind: prohibtion");
    assert_found(&problems, "`prohibtion`", "`prohibition`");
}

#[test]
fn broken_yaml_is_placed() {
    let problems = changed("roles.yaml", "roles:\n", "roles: [\n");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].file, "roles.yaml");
    assert!(problems[0].line > 60, "{}", problems[0]);
}

#[test]
fn clauses_are_counted_against_the_index() {
    let problems = changed(REGULATION, "  - cite: \"16.8\"", "  - cite: \"16.8b\"");
    assert_found(&problems, "clause `16.8b` is not in the index", "`16.8`");
    assert_found(
        &problems,
        "clause `16.8` is in the index and missing",
        "cite: \"16.8\"",
    );
    let problems = changed(REGULATION, "  - cite: \"16.8\"", "  - cite: \"16.7\"");
    assert_found(&problems, "clause `16.7` stands twice", "once");
    let problems = changed(REGULATION, "count: 89", "count: 90");
    assert_found(&problems, "names 89 clauses and counts 90", "count: 89");
}

#[test]
fn what_a_clause_names_must_exist() {
    let problems = changed(
        REGULATION,
        "control: logs-arriving",
        "control: logs-ariving",
    );
    assert_found(&problems, "no control `logs-ariving`", "`logs-arriving`");
    let problems = changed(REGULATION, "bearer: so-tttt", "bearer: so-ttt");
    assert_found(&problems, "no role `so-ttt`", "`so-tttt`");
    let problems = changed(REGULATION, "since: \"", "sinc: \"");
    assert_found(&problems, "no parameter `sinc`", "`since`");
    let problems = changed(REGULATION, "at_least: 1", "at_least: one");
    assert_found(&problems, "not of the type integer", "integer");
}

#[test]
fn a_scored_clause_needs_a_control() {
    let problems = changed(
        REGULATION,
        "    controls:\n      - control: quarterly-meeting\n",
        "",
    );
    assert_found(&problems, "clause `16.8` is scored", "controls");
}

#[test]
fn dates_that_cross_are_found() {
    let problems = changed(
        REGULATION,
        "effective_from: 2019-11-11",
        "effective_from: 2019-01-11",
    );
    assert_found(&problems, "before it was issued", "`issued_on`");
    let problems = changed(
        REGULATION,
        "effective_from: 2019-11-11",
        "effective_from: 2019-11-11\neffective_to: 2018-01-01",
    );
    assert_found(&problems, "before it is in force", "`effective_from`");
}

#[test]
fn texts_that_replace_each_other_are_found() {
    let mut memory = shipped();
    let old = memory.0[REGULATION].clone();
    let copy = old
        .replace("id: vinh-long-26-2019", "id: newer")
        .replace(
            "  - number: \"03/2018/QĐ-UBND\"",
            "  - id: vinh-long-26-2019\n    number: \"26\"",
        )
        .replace("effective_from: 2019-11-11", "effective_from: 2026-01-01");
    memory.0.insert("regulations/newer.yaml".into(), copy);
    let problems = lint(&memory).unwrap();
    assert_found(
        &problems,
        "still in force on 2026-01-01",
        "`effective_to: 2025-12-31`",
    );
    let back = old.replace(
        "  - number: \"03/2018/QĐ-UBND\"",
        "  - id: newer\n    number: \"03\"",
    );
    memory.0.insert(REGULATION.into(), back);
    let problems = lint(&memory).unwrap();
    assert_found(
        &problems,
        "it replaces itself: newer → vinh-long-26-2019 → newer",
        "older",
    );
}

#[test]
fn controls_that_include_each_other_are_found() {
    let mut memory = shipped();
    for (one, other) in [
        ("logs-arriving", "backup-age"),
        ("backup-age", "logs-arriving"),
    ] {
        let text = memory.0.get_mut(&format!("controls/{one}.yaml")).unwrap();
        text.push_str(&format!("includes: [{other}]\n"));
    }
    let problems = lint(&memory).unwrap();
    assert_found(
        &problems,
        "it includes itself: backup-age → logs-arriving → backup-age",
        "lead back",
    );
}

#[test]
fn a_control_and_its_check_must_agree() {
    let path = "controls/logs-arriving.yaml";
    let problems = changed(path, "name: max_silence_hours", "name: max_hours");
    assert_found(
        &problems,
        "asks for `:max_silence_hours`",
        "name: max_silence_hours",
    );
    assert_found(&problems, "does not use `:max_hours`", "max_silence_hours");
    let problems = changed(path, "  never:", "  nevr:");
    assert_found(
        &problems,
        "gives the reason `never`, which has no words",
        "never:",
    );
    assert_found(&problems, "never gives the reason `nevr`", "`never`");
    let problems = changed(path, "{lines}", "{line}");
    assert_found(&problems, "`{line}` is neither a column", "`lines`");
    let problems = changed(path, "check: logs-arriving", "check: log-arriving");
    assert_found(&problems, "no check `log-arriving`", "`logs-arriving`");
    let problems = changed(path, "default: 24", "default: often");
    assert_found(&problems, "`often` is not of the type integer", "integer");
}

#[test]
fn a_check_that_writes_or_reads_elsewhere_is_found() {
    let path = "checks/logs-arriving.sql";
    let problems = changed(path, "FROM fact_log_source", "FROM account");
    assert_found(&problems, "no fact view `account`", "fact_account");
    let mut memory = shipped();
    memory
        .0
        .insert(path.into(), "DELETE FROM fact_log_source".into());
    assert_found(
        &lint(&memory).unwrap(),
        "reads and never writes",
        "one SELECT",
    );
}

#[test]
fn duties_and_remedies_lead_to_books_that_exist() {
    let path = "controls/quarterly-meeting.yaml";
    let problems = changed(path, "    - held", "    - hled");
    assert_found(&problems, "`hled` is not a result", "`held`");
    let problems = changed(
        path,
        "  register: quarterly-meeting\n  period",
        "  register: quarterly-meetings\n  period",
    );
    assert_found(
        &problems,
        "no book `quarterly-meetings`",
        "`quarterly-meeting`",
    );
    let problems = changed(
        path,
        "due:\n    after:\n      days: report_days",
        "due: {before: [\"12-01\"]}",
    );
    assert_found(&problems, "1 dates for 4 periods", "one date");
    let problems = changed(
        "controls/device-inspected.yaml",
        "noun: device",
        "noun: devices",
    );
    assert_found(&problems, "no noun `devices`", "`device`");
}

#[test]
fn conditions_must_compile_and_name_what_there_is() {
    let problems = changed(
        "roles.yaml",
        "org.membership == 'member'",
        "org.membreship == 'member'",
    );
    assert_found(&problems, "no `org.membreship`", "");
    let problems = changed(
        "roles.yaml",
        "org.membership == 'member'",
        "org.membership = 'member'",
    );
    assert!(
        problems.iter().any(|p| p.file == "roles.yaml"),
        "{problems:#?}"
    );
    let problems = changed(
        "roles.yaml",
        "'network-authority' in org.roles",
        "'network-authorty' in org.roles",
    );
    assert_found(
        &problems,
        "no role `network-authorty` is held",
        "`network-authority`",
    );
}

#[test]
fn books_calendar_and_fixtures_are_read_too() {
    let problems = changed(
        "registers/backup-report.yaml",
        "title: subject",
        "title: sbject",
    );
    assert_found(&problems, "`title: sbject`", "");
    let problems = changed(
        "registers/backup-report.yaml",
        "kind: instant",
        "kind: date",
    );
    assert_found(
        &problems,
        "`finished_at` is read by checks as instant",
        "instant",
    );
    let problems = changed(
        "calendar/vietnam.yaml",
        "announced: [tet,",
        "announced: [tett,",
    );
    assert_found(&problems, "no holiday `tett`", "`tet`");
    let problems = changed(
        "calendar/vietnam.yaml",
        "from: 2026-01-02",
        "from: 2025-01-02",
    );
    assert_found(&problems, "does not lie in 2026", "2025");
    let problems = changed(
        "fixtures/logs-arriving.yaml",
        "last_received_at:",
        "last_recieved_at:",
    );
    assert_found(
        &problems,
        "no column `last_recieved_at`",
        "`last_received_at`",
    );
    let mut memory = shipped();
    memory.0.remove("fixtures/logs-arriving.yaml");
    assert_found(
        &lint(&memory).unwrap(),
        "nothing shows that `logs-arriving`",
        "fixtures/logs-arriving.yaml",
    );
}

#[test]
fn files_out_of_place_and_bytes_that_are_no_text_are_found() {
    let mut memory = shipped();
    memory.0.insert("control/x.yaml".into(), "a: 1".into());
    assert_found(
        &lint(&memory).unwrap(),
        "`control` is no part of a policy",
        "`controls`",
    );
    let file = crate::source::File {
        path: "controls/x.yaml".into(),
        bytes: vec![b'a', b'\n', 0xff].into(),
    };
    let (_, problems) = examine(&[file]);
    assert_found(&problems, "not UTF-8", "UTF-8");
}

const LAW: &str = "\
old: {number: '85', title: {vi: x, en: x}, issued_on: 2016-07-01, effective_from: 2016-07-01, effective_to: 2026-06-30,\
  replaced_by: new, confirmed: true, source: s}
new: {number: '331', title: {vi: x, en: x}, effective_from: 2026-07-01, confirmed: false, source: s}
";

#[test]
fn law_is_read_and_cited() {
    let with = |law: &str, cite: &str| {
        let mut memory = shipped();
        memory.0.insert("law.yaml".into(), law.into());
        let text = memory.0.get_mut(REGULATION).unwrap();
        *text = text.replacen(
            "    kind: scope",
            &format!("    cites: [{cite}]\n    kind: scope"),
            1,
        );
        // What the shipped texts cite is of no matter here.
        let mut problems = lint(&memory).unwrap();
        problems.retain(|p| p.file == "law.yaml" || p.what.contains(&format!("`{cite}`")));
        problems
    };
    assert_eq!(with(LAW, "old"), []);
    assert_found(&with(LAW, "odl"), "no text `odl` in law.yaml", "`old`");
    let crossed = LAW.replace("effective_to: 2026-06-30", "effective_to: 2016-06-30");
    assert_found(
        &with(&crossed, "old"),
        "before it is in force",
        "`effective_from`",
    );
    let early = LAW.replace("effective_from: 2016-07-01", "effective_from: 2016-06-01");
    assert_found(&with(&early, "old"), "before it was issued", "`issued_on`");
    let astray = LAW.replace("replaced_by: new", "replaced_by: nwe");
    assert_found(&with(&astray, "old"), "no text `nwe` in law.yaml", "`new`");
    let round = LAW.replace("confirmed: false", "replaced_by: old, confirmed: false");
    assert_found(
        &with(&round, "old"),
        "it is replaced by itself: new → old → new",
        "newer",
    );
}

#[test]
fn what_is_awaited_is_named_and_stands_alone() {
    let with = |control: &str| {
        let mut memory = shipped();
        let fact = "sign-in-log-x: {label: {vi: x, en: x}, source: {vi: x, en: x}}\n";
        memory
            .0
            .entry("awaited.yaml".into())
            .or_default()
            .push_str(fact);
        let path = "controls/cooperation.yaml".to_owned();
        let text = format!(
            "title: {{vi: x, en: x}}\nseverity: low\n{control}\nremedy: {{vi: x, en: x}}\n"
        );
        memory.0.insert(path, text);
        lint(&memory).unwrap()
    };
    assert_eq!(with("awaits: [sign-in-log-x]"), []);
    assert_found(
        &with("awaits: [sign-in-log-y]"),
        "no fact `sign-in-log-y` in awaited.yaml",
        "`sign-in-log-x`",
    );
    assert_found(
        &with("awaits: [sign-in-log-x]\ncheck: security-device"),
        "is not judged by anything else",
        "`awaits` alone",
    );
    assert_found(&with(""), "nothing leads to the page or form", "`action:`");
}

#[test]
fn a_column_or_a_unit_without_a_word_is_told() {
    let problems = changed("words.yaml", "  silent_hours:", "  silent_hour:");
    assert_found(
        &problems,
        "the column `silent_hours` of check `logs-arriving` has no word",
        "`silent_hours: {vi: …, en: …}`",
    );
    let problems = changed("controls/logs-arriving.yaml", "unit: hours", "unit: hors");
    assert_found(&problems, "no word for `hors`", "`hours`");
    let mut memory = shipped();
    memory.0.remove("words.yaml");
    let problems = lint(&memory).unwrap();
    assert_found(&problems, "the words for columns and units are missing", "");
}

#[test]
fn a_duty_that_cannot_run_is_told() {
    let duty = |yaml: &str| {
        let path = "controls/quarterly-meeting.yaml";
        let mut memory = shipped();
        let text = memory.0.get_mut(path).unwrap();
        let (head, rest) = text.split_once("duty:").unwrap();
        let (_, tail) = rest.split_once("remedy:").unwrap();
        *text = format!("{head}duty: {yaml}\nremedy:{tail}");
        lint(&memory).unwrap()
    };
    let event = "register: fault-notice";
    for (yaml, what, instead) in [
        (
            "{register: quarterly-meeting, due: end-of-period}",
            "either a `period` or an `event`",
            "",
        ),
        (
            "{register: guidance, event: {register: fault-notise}, due: {after: {days: 5}}}",
            "no book `fault-notise`",
            "`fault-notice`",
        ),
        (
            &format!(
                "{{register: guidance, event: {{{event}, results: [conection]}}, due: {{after: {{days: 5}}}}}}"
            ),
            "`conection` is not a result of the book `fault-notice`",
            "`connection`",
        ),
        (
            &format!(
                "{{register: guidance, event: {{{event}, at: ended_at}}, due: {{after: {{days: 5}}}}}}"
            ),
            "`ended_at` is no date or instant of the book `fault-notice`",
            "finished_at",
        ),
        (
            &format!(
                "{{register: guidance, event: {{{event}, at: occurred_on}}, due: {{after: {{hours: 5}}}}}}"
            ),
            "hours run from a moment",
            "`recorded_at`",
        ),
        (
            &format!(
                "{{register: guidance, event: {{{event}}}, due: {{after: {{hours: promptly}}}}}}"
            ),
            "the parameter `promptly` is not declared",
            "`- name: promptly`",
        ),
        (
            &format!(
                "{{register: yearly-report, event: {{{event}, answered_by: subject}}, due: {{after: {{days: 5}}}}}}"
            ),
            "`yearly-report` has no field `subject`",
            "`answered_by: next`",
        ),
        (
            &format!("{{register: guidance, event: {{{event}}}, due: {{after: {{days: 5}}}}}}"),
            "an answer belongs to the event that it names",
            "`answered_by: subject`",
        ),
        (
            "{register: yearly-report, period: month, due: end-of-period}",
            "takes periods of another length",
            "`length: month` in the book",
        ),
        (
            "{register: training, period: year, due: end-of-period, early: true}",
            "an entry of the book `training` names no period",
            "no `early`",
        ),
        (
            "{register: yearly-report, period: year, due: end-of-period, \
             answer: {role: so-ttt, register: guidance, due: {days: 5}}}",
            "no role `so-ttt`",
            "`so-tttt`",
        ),
    ] {
        assert_found(&duty(yaml), what, instead);
    }
    let sound = format!(
        "{{register: guidance, event: {{{event}, at: finished_at, answered_by: subject}}, due: {{after: {{days: report_days}}}}}}"
    );
    let problems: Vec<String> = duty(&sound).iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn a_parameter_that_the_duty_does_not_use_is_told() {
    let path = "controls/software-assessed.yaml";
    let parameter =
        "parameters:\n  - {name: days, type: integer, default: 5, label: {vi: x, en: x}}\nduty:";
    let problems = changed(path, "duty:", parameter);
    assert_found(&problems, "the duty does not use `days`", "");
}
