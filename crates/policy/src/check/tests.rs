//! What a check may and may not be.

use super::*;

fn faults(sql: &str) -> Vec<String> {
    Check::read("x", sql, &Views::default())
        .1
        .into_iter()
        .map(|f| f.what)
        .collect()
}

const GOOD: &str = "WITH newest AS (
    SELECT d.unit, MAX(d.updated_at) AS seen FROM fact_contact d GROUP BY d.unit
)
SELECT n.unit AS unit, '' AS subject,
       CASE WHEN n.seen > CAST(:now AS BIGINT) - CAST(:hours AS BIGINT) * 3600000 THEN 'met' ELSE 'breached' END AS status,
       CASE WHEN n.seen > CAST(:now AS BIGINT) - CAST(:hours AS BIGINT) * 3600000 THEN 'fresh' ELSE 'old' END AS reason,
       n.seen AS observed_at
FROM newest n -- :comment
";

#[test]
fn a_check_says_what_it_reads_and_returns() {
    let (check, faults) = Check::read("devices", GOOD, &Views::default());
    let check = check.unwrap();
    assert_eq!(faults, []);
    assert_eq!(check.reads, BTreeSet::from(["fact_contact".to_owned()]));
    assert_eq!(check.columns, COLUMNS);
    assert_eq!(
        check.reasons,
        BTreeSet::from(["fresh".to_owned(), "old".to_owned()])
    );
    let (sql, names) = check.prepared();
    assert_eq!(names, ["now", "hours"]);
    assert!(
        sql.contains("CAST($1   AS BIGINT) - CAST($2     AS BIGINT)"),
        "{sql}"
    );
    assert!(sql.contains("-- :comment"), "a comment stays as it is");
    assert_eq!(check.own_parameters().collect::<Vec<_>>(), ["hours"]);
}

#[test]
fn what_has_yet_to_come_is_no_fact_whatever_a_check_writes() {
    let sql = "SELECT e.unit, d.name AS subject, 'met' AS status, 'ok' AS reason, d.updated_at AS observed_at, 'ý' AS x
        FROM fact_device d JOIN fact_entry ON fact_entry.unit = d.unit JOIN fact_contact e ON e.unit = d.unit
        WHERE fact_entry.age_days < 3";
    let (check, faults) = Check::read("x", sql, &Views::default());
    assert_eq!(faults, []);
    let check = check.unwrap();
    let (sql, names) = check.prepared();
    assert_eq!(names, ["today", "now"]);
    for part in [
        "CASE WHEN inspected_on <= CAST($1     AS TEXT) THEN inspected_on END AS inspected_on, ",
        " FROM fact_device) d JOIN (SELECT \"unit\", ",
        "CASE WHEN finished_at <= CAST($2   AS BIGINT) THEN finished_at END AS finished_at, ",
        " FROM fact_entry WHERE (occurred_on IS NULL OR occurred_on <= CAST($1     AS TEXT))) AS fact_entry ON",
        "JOIN fact_contact e ON",
    ] {
        assert!(sql.contains(part), "{part} in {sql}");
    }
    // A common table expression of that name is the check's own.
    let own = "WITH fact_entry AS (SELECT d.unit FROM fact_site d)
        SELECT e.unit, '' AS subject, 'met' AS status, 'ok' AS reason, 0 AS observed_at FROM fact_entry e";
    let (check, _) = Check::read("x", own, &Views::default());
    assert_eq!(check.unwrap().prepared().0, own);
}

#[test]
fn only_one_reading_statement_is_a_check() {
    for sql in [
        "DELETE FROM fact_device",
        "SELECT 1; SELECT 2",
        "SELEKT 1",
        "",
        "WITH x AS (DELETE FROM fact_device RETURNING unit) SELECT unit FROM x",
    ] {
        assert_ne!(faults(sql), Vec::<String>::new(), "{sql}");
    }
}

#[test]
fn what_one_engine_does_not_read_is_refused() {
    for expression in [
        "GREATEST(1, 2)",
        "MAX(1, 2)",
        "x::text",
        "x ILIKE 'a'",
        "group_concat(x)",
        "x ->> 'a'",
        "SUM(updated_at)",
        "now()",
        "EXTRACT(year FROM x)",
        "pg_sleep(10)",
        ":now",
    ] {
        let sql = format!(
            "SELECT unit, name AS subject, 'met' AS status, 'ok' AS reason, updated_at AS observed_at, {expression} AS more FROM fact_device"
        );
        assert_eq!(faults(&sql).len(), 1, "{expression}: {:?}", faults(&sql));
    }
}

#[test]
fn names_that_do_not_exist_are_told_with_the_nearest_one() {
    let (_, faults) = Check::read(
        "x",
        "SELECT d.unit, d.nmae AS subject, 'met' AS status, 'ok' AS reason, 0 AS observed_at\nFROM fact_devise d JOIN fact_device d ON 1 = 1",
        &Views::default(),
    );
    assert!(
        faults
            .iter()
            .any(|f| f.line == 2 && f.instead == "fact_device"),
        "{faults:?}"
    );
    let (_, faults) = Check::read(
        "x",
        "SELECT d.unit, d.nmae AS subject, 'maybe' AS status, 'ok' AS reason FROM fact_device d",
        &Views::default(),
    );
    assert!(
        faults.iter().any(|f| f.instead == "name" && f.column == 18),
        "{faults:?}"
    );
    assert!(
        faults.iter().any(|f| f.what.contains("'maybe'")),
        "{faults:?}"
    );
    assert!(
        faults.iter().any(|f| f.what.contains("`observed_at`")),
        "{faults:?}"
    );
}

#[test]
fn parameters_in_strings_are_text() {
    let named = parameters::scan(
        "SELECT 'it''s :not', \"a:b\", CAST(:a AS TEXT), CAST( :a AS TEXT) /* :c */",
    );
    assert_eq!(named.names, ["a"]);
    assert!(named.faults.is_empty());
}

#[test]
fn words_that_say_nothing_stand_in_one_list() {
    let of = |condition: &str| {
        let sql = format!(
            "SELECT d.unit, d.name AS subject, 'met' AS status, 'none' AS reason, d.updated_at AS observed_at \
             FROM fact_device d WHERE {condition}"
        );
        faults(&sql)
    };
    for condition in [
        "LOWER(d.name) LIKE 'chưa %'",
        "LOWER(d.name) NOT LIKE 'kh_ng c_ %'",
        "LOWER(d.name) IN ('x', 'không')",
        "d.name LIKE '%unknown%'",
        "d.name = 'Đang cập nhật'",
        "EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'nam' AND u.said = d.name)",
    ] {
        assert_eq!(of(condition).len(), 1, "{condition}: {:?}", of(condition));
    }
    for condition in [
        "d.status = 'none'",
        "d.name LIKE 'toàn%'",
        "d.name <> CASE WHEN d.status = 'x' THEN 'Chưa có' ELSE 'a' END",
        "EXISTS (SELECT 1 FROM fact_unsaid u WHERE u.kind = 'name' AND u.said = d.name)",
    ] {
        assert_eq!(of(condition), Vec::<String>::new(), "{condition}");
    }
}

#[test]
fn a_book_is_read_by_its_own_columns() {
    let book: domain::schema::Schema = serde_json::from_value(serde_json::json!({
        "noun": "visitor-book", "title": "room",
        "label": {"vi": "s", "en": "b"}, "plural": {"vi": "s", "en": "b"}, "describes": {"vi": "s", "en": "b"},
        "fields": [{"name": "room", "kind": "text", "label": {"vi": "p", "en": "r"}}],
    }))
    .unwrap();
    let views = Views::with_books(&[book.as_book()]);
    let sql = |column: &str| {
        format!(
            "SELECT b.unit, b.{column} AS subject, 'met' AS status, 'ok' AS reason, b.recorded_at AS observed_at FROM book_visitor_book b"
        )
    };
    let (check, faults) = Check::read("x", &sql("room"), &views);
    assert!(faults.is_empty(), "{faults:?}");
    assert!(check.unwrap().reads.contains("book_visitor_book"));
    let (_, faults) = Check::read("x", &sql("rom"), &views);
    assert!(faults.iter().any(|f| f.instead == "room"), "{faults:?}");
    let (_, faults) = Check::read("x", &sql("room"), &Views::default());
    assert!(!faults.is_empty());
}

#[test]
fn whose_entries_are_read_is_known_or_doubted() {
    let of = |sql: &str| super::books(sql);
    let book = |id: &str| EntriesOf::Book(id.to_owned());
    assert_eq!(
        of("SELECT 1 FROM fact_entry e WHERE e.register = 'licence' -- fact_entry"),
        Some([book("licence")].into())
    );
    assert_eq!(
        of("SELECT 1 FROM fact_entry e WHERE e.register = CAST(:register AS TEXT)"),
        Some([EntriesOf::Parameter].into())
    );
    assert_eq!(of("SELECT 1 FROM fact_device"), Some([].into()));
    for doubtful in [
        "SELECT 1 FROM fact_entry",
        "SELECT 1 FROM fact_entry a JOIN fact_entry b ON a.unit = b.unit WHERE a.register = 'x'",
        "SELECT 1 FROM fact_entry e WHERE e.register = e.subject",
    ] {
        assert_eq!(of(doubtful), None, "{doubtful}");
    }
}

#[test]
fn a_check_that_names_what_leads_to_another_unit_may_answer_by_its_records() {
    let of = |from: &str| {
        let sql = format!(
            "SELECT x.unit, '' AS subject, 'met' AS status, 'ok' AS reason, x.updated_at AS observed_at {from}"
        );
        Check::read("x", &sql, &Views::default()).0.unwrap().beyond
    };
    assert!(!of("FROM fact_device x"));
    assert!(of(
        "FROM fact_device x JOIN fact_circuit c ON c.provider = x.unit"
    ));
    assert!(of("FROM fact_role x"));
}

#[test]
fn of_every_view_it_is_said_what_it_tells_of_a_past_day() {
    use crate::facts::{Past, all, past};
    let dated: BTreeSet<&str> = all()
        .iter()
        .map(|view| view.name)
        .filter(|name| *past(name) == Past::Dated)
        .collect();
    // Entries are about a day; offices and roles are held from a day to a day.
    // What a text says does not change.
    let all = ["fact_role", "fact_contact", "fact_entry", "fact_unsaid"];
    assert_eq!(dated, all.into());
}

#[test]
fn every_check_is_read_on_a_small_stack() {
    // Whoever tries a draft does so on a thread of the program, and not on the first one.
    let read = || crate::Library::load(&crate::Embedded).map(|library| library.checks.len());
    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(read)
        .unwrap();
    assert!(thread.join().unwrap().unwrap() > 50);
}
