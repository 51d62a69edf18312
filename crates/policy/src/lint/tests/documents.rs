//! What is wrong in templates and figures.

use super::*;
use crate::document::{Piece, WHOLES, pieces};

#[test]
fn a_field_that_nothing_fills_is_found_in_a_document() {
    let path = "documents/unit-usage-report.yaml";
    let problems = changed(path, "{circuits} kênh", "{circuit} kênh");
    assert_found(
        &problems,
        "nothing fills the field `{circuit}`",
        "`circuits`",
    );
    let text = shipped().0[path].clone();
    let line = text
        .lines()
        .position(|l| l.contains("{circuits} kênh"))
        .unwrap()
        + 1;
    assert_eq!((problems[0].file.as_str(), problems[0].line), (path, line));
    for (from, to, what, instead) in [
        (
            "figure: site-list",
            "figure: sitelist",
            "no such figure `sitelist`",
            "`site-list`",
        ),
        ("author: unit", "author: unlt", "no role `unlt`", "`unit`"),
        (
            "register: usage-report",
            "register: usage-repor",
            "no book `usage-repor`",
            "`usage-report`",
        ),
        (
            "result: sent",
            "result: sentt",
            "`sentt` is no choice",
            "`sent`",
        ),
        (
            "applications: \"",
            "aplications: \"",
            "has no field `aplications`",
            "`applications`",
        ),
        (
            "    period: \"{period_code}\"\n",
            "",
            "asks for `period`",
            "`period: …`",
        ),
        (
            "id: difficulties",
            "id: sites",
            "a name that is taken",
            "another `id`",
        ),
    ] {
        assert_found(&changed(path, from, to), what, instead);
    }
    let path = "documents/yearly-report-committee.yaml";
    let problems = changed(
        path,
        "template: unit-usage-report",
        "template: unit-usage-reports",
    );
    assert_found(
        &problems,
        "no document `unit-usage-reports`",
        "`unit-usage-report`",
    );
    let problems = changed(path, "[sites, devices,", "[sites, device,");
    assert_found(&problems, "no such figure `device`", "`devices`");
}

#[test]
fn a_figure_reads_facts_and_returns_what_it_says() {
    let path = "figures/sites.yaml";
    let problems = changed(path, "AS value", "AS valu");
    assert_found(&problems, "does not return `value`", "AS value");
    let problems = changed(path, "FROM fact_site", "FROM account");
    assert_found(&problems, "no fact view `account`", "");
    let problems = changed("figures/faults.yaml", "CAST(:from_day", "CAST(:from_dai");
    assert_found(&problems, "no parameter `:from_dai`", "`from_day`");
}

#[test]
fn a_paper_that_tells_a_whole_tells_all_its_parts() {
    let library = crate::Library::load(&Embedded).unwrap();
    let mut told = 0;
    for template in library.documents.values() {
        for (at, sentence) in template.sentences() {
            let named = |id: &str| pieces(sentence).contains(&Piece::Name(id));
            for (whole, parts) in WHOLES {
                if !(named(whole) || parts.iter().any(|part| named(part))) {
                    continue;
                }
                told += 1;
                for figure in parts.iter().chain([&whole]) {
                    assert!(named(figure), "{} {at}: no {figure}", template.id);
                }
            }
        }
        for (at, id) in template.tables() {
            let apart = WHOLES.iter().any(|(_, parts)| parts.contains(&id));
            assert!(!apart, "{} {at}: a part without its whole", template.id);
        }
    }
    assert_eq!(told, 8);
}
