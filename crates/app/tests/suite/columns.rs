//! Each column of each table that the journal or the table itself holds: changed in one row, it is
//! named, or it stands on the list of those that nothing holds.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    attachment,
    document::{self, Begin, Writing},
    inspection::{self, Raised},
    registry::book,
};
use domain::{authority::Role, id::OrganizationId};
use store::{
    Arg, Row, args,
    replay::{LOOSE, Place, TABLES},
};

use crate::{VINH_LONG, evidence::Office};

impl Office {
    /// Two flows, one gone on with, and a substitute.
    async fn flows(&self) {
        let (app, ctx) = (&self.app, self.ctx());
        let typed = |given: &[(&str, &str)]| crate::flow::typed(given);
        for code in ["T1", "T2"] {
            let device = [
                ("code", code),
                ("name", code),
                ("organization", "B"),
                ("role", "switch"),
                ("status", "planned"),
            ];
            self.add("device", &device).await;
            let begin = app::flow::Begin {
                flow: crate::flow::FLOW.into(),
                subject: code.into(),
                typed: typed(&[("purpose", "x")]),
                ..Default::default()
            };
            let row = app::flow::begin(app, &ctx, &begin).await.unwrap();
            let taking = app::flow::Taking {
                step: "return".into(),
                version: 1,
                typed: typed(&[("wanting", "y")]),
                seen: String::new(),
            };
            app::flow::take(app, &ctx, &row.id.to_string(), &taking)
                .await
                .unwrap();
        }
        // Each has a grant of its own: one given to the other is no other's row.
        let account = async |login: &str, role| {
            let draft = crate::sign_in::draft(login, role, None);
            app::account::save(app, &ctx, None, draft).await.unwrap()
        };
        let mut lan = self.ctx();
        lan.actor.account = Some(account("lan-flow", Role::Viewer).await);
        account("mai-flow", Role::Auditor).await;
        let days = ("2026-11-20", "2026-11-25");
        app::flow::name_substitute(app, &lan, "mai-flow", days)
            .await
            .unwrap();
    }

    /// Something in the tables that [`Office::live`] leaves empty.
    async fn paperwork(&self) {
        let (app, ctx) = (&self.app, self.ctx());
        let unit = app::registry::get(app, &ctx, "organization", "B").await;
        let unit = OrganizationId(unit.unwrap().id);
        self.add(
            "circuit",
            &[
                ("code", "K1"),
                ("organization", "B"),
                ("provider", "C"),
                ("a_site", "S"),
                ("status", "active"),
            ],
        )
        .await;
        let site = [
            ("code", "S2"),
            ("name", "S2"),
            ("organization", "B"),
            ("class", "standard"),
            ("status", "active"),
        ];
        self.add("site", &site).await;
        let letterhead = [("organization", "B"), ("body", "Sở B"), ("symbol", "SB")];
        self.add("letterhead", &letterhead).await;
        let authority = [
            ("role", "network-authority"),
            ("organization", "A"),
            ("starts_on", "2025-03-01"),
        ];
        self.add("role-assignment", &authority).await;
        self.add(
            "exemption",
            &[
                ("organization", "B"),
                ("regulation", VINH_LONG),
                ("clause", "13.3"),
                ("reason", "đang sửa chữa trụ sở"),
                ("approver", "Giám đốc"),
                ("starts_on", "2026-11-01"),
                ("ends_on", "2026-12-01"),
            ],
        )
        .await;
        for code in ["KT1", "KT2"] {
            let round = [
                ("code", code),
                ("name", "Kiểm tra năm 2026"),
                ("occasion", "planned"),
                ("organization", "A"),
                ("clauses", "13"),
                ("units", "B"),
                ("starts_on", "2026-11-20"),
                ("status", "planned"),
            ];
            self.add("inspection-round", &round).await;
        }
        let advance = async || {
            let round = inspection::get(app, &ctx, "KT1", None).await.unwrap();
            let at = round.record.version;
            inspection::advance(app, &ctx, "KT1", at, "").await.unwrap();
        };
        advance().await;
        inspection::draw(app, &ctx, "KT1").await.unwrap();
        advance().await;
        let round = inspection::get(app, &ctx, "KT1", None).await.unwrap();
        let raised = Raised {
            summary: "Chưa cử cán bộ".into(),
            severity: "high".into(),
            action: "Ban hành quyết định".into(),
            action_owner: "Trưởng phòng".into(),
            due_on: "2026-12-01".into(),
        };
        let item = &round.items[0].record;
        inspection::raise(app, &ctx, item.id, item.version, raised)
            .await
            .unwrap();
        let begin = Begin {
            template: "unit-usage-report".into(),
            organization: unit,
            period: "2026".into(),
        };
        let paper = document::begin(app, &ctx, &begin).await.unwrap();
        let writing = Writing {
            place: Some("Vĩnh Long".into()),
            ..Writing::default()
        };
        document::write(app, &ctx, &paper.row.id.to_string(), 1, writing)
            .await
            .unwrap();
        self.flows().await;
        let pdf = b"%PDF-1.7 content".to_vec();
        attachment::keep(app, &ctx, unit, "a.pdf", pdf)
            .await
            .unwrap();
        let entry = [
            ("organization", "B"),
            ("occurred_on", "2025-11-02"),
            ("subject", "việc"),
            ("result", "routine"),
        ];
        let entry = self.add("technical-journal", &entry).await.to_string();
        let at = ("technical-journal", entry.as_str());
        let shared = app::share::share(app, &ctx, at, "C", "2026-12-31").await;
        let shared = shared.unwrap().id;
        app::share::revoke(app, &ctx, at, shared).await.unwrap();
        let close = async || book::close(app, &ctx, "technical-journal", "B", "2025").await;
        let closed = close().await.unwrap();
        let reason = "ghi thiếu một sự cố";
        book::reopen(app, &ctx, "technical-journal", closed.id, reason)
            .await
            .unwrap();
        close().await.unwrap();
        self.anchor().await;
        assert_eq!(self.said().await, Vec::<String>::new());
    }

    async fn rows(&self, sql: &str) -> Vec<Row> {
        self.app.db.fetch("schema", sql, &[]).await.unwrap()
    }

    /// The columns of a table with their types, as an empty value.
    async fn columns(&self, table: &str) -> Vec<(String, Arg)> {
        let sql = match self.app.db.engine() {
            "sqlite" => {
                format!("SELECT name AS c, lower(type) AS t FROM pragma_table_info('{table}')")
            }
            _ => format!(
                "SELECT column_name::text AS c, data_type::text AS t FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}'"
            ),
        };
        let rows = self.rows(&sql).await;
        let of = |row: &Row| {
            let kind = match row.text("t").unwrap().as_str() {
                "text" => Arg::Text(None),
                "integer" | "bigint" => Arg::Int(None),
                "real" | "double precision" => Arg::Real(None),
                "boolean" => Arg::Bool(None),
                other => panic!("{table}: {other}"),
            };
            (row.text("c").unwrap(), kind)
        };
        rows.iter().map(of).collect()
    }

    /// The columns of a table that refer to another, with that one and its key.
    async fn references(&self, table: &str) -> BTreeMap<String, (String, String)> {
        let sql = match self.app.db.engine() {
            "sqlite" => format!(
                "SELECT \"from\" AS c, \"table\" AS t, \"to\" AS k FROM pragma_foreign_key_list('{table}')"
            ),
            _ => format!(
                "SELECT a.attname::text AS c, f.relname::text AS t, b.attname::text AS k FROM pg_constraint k \
                 JOIN pg_class r ON r.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid \
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] \
                 JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1] \
                 WHERE k.contype = 'f' AND r.relname = '{table}'"
            ),
        };
        let text = |row: &Row, column: &str| row.text(column).unwrap();
        let rows = self.rows(&sql).await;
        rows.iter()
            .map(|r| (text(r, "c"), (text(r, "t"), text(r, "k"))))
            .collect()
    }

    /// Writes another value into a column of a row, which is known by all its values. None when
    /// others refer to it, or stand where it would be.
    async fn write(
        &self,
        table: &str,
        row: &[(String, Arg)],
        column: &str,
        to: &Arg,
    ) -> Option<()> {
        let mut args = args![].to_vec();
        args.push(to.clone());
        let mut is = Vec::new();
        for (name, value) in row {
            args.push(value.clone());
            is.push(format!("{name} IS NOT DISTINCT FROM ${}", args.len()));
        }
        let sql = format!(
            "UPDATE {table} SET {column} = $1 WHERE {}",
            is.join(" AND ")
        );
        let touched = self.app.db.execute("tamper", &sql, &args).await.ok()?;
        assert_eq!(touched, 1, "{table}.{column}");
        Some(())
    }
}

fn read(row: &Row, column: &str, kind: &Arg) -> Arg {
    match kind {
        Arg::Text(_) => Arg::Text(row.opt_text(column).unwrap()),
        Arg::Int(_) => Arg::Int(row.opt_int(column).unwrap()),
        Arg::Real(_) => Arg::Real(row.opt_real(column).unwrap()),
        Arg::Bool(_) => Arg::Bool(row.opt_boolean(column).unwrap()),
    }
}

/// Another value. A number of 0 or 1 may be a yes or no.
fn other(value: &Arg) -> Arg {
    match value {
        Arg::Text(text) => Arg::from(if text.as_deref() == Some("x") {
            "y"
        } else {
            "x"
        }),
        Arg::Int(n) => Arg::from(match n {
            None | Some(0) => 1,
            Some(1) => 0,
            Some(n) => n + 1,
        }),
        Arg::Real(n) => Arg::from(n.unwrap_or_default() + 0.5),
        Arg::Bool(b) => Arg::from(!b.unwrap_or_default()),
    }
}

async fn each_is_named(office: Office) {
    office.live().await;
    office.paperwork().await;
    let held = [Place::Journal, Place::Itself];
    let (mut loose, mut untried) = (BTreeSet::new(), Vec::new());
    for (table, _) in TABLES.iter().filter(|(_, place)| held.contains(place)) {
        let columns = office.columns(table).await;
        let references = office.references(table).await;
        let rows = office.rows(&format!("SELECT * FROM {table}")).await;
        assert!(!rows.is_empty(), "{table} is empty: nothing is tried");
        for (column, kind) in &columns {
            let mut tried = None;
            for row in rows.iter().rev() {
                let known: Vec<_> = columns
                    .iter()
                    .map(|(name, kind)| (name.clone(), read(row, name, kind)))
                    .collect();
                let value = read(row, column, kind);
                let to = match references.get(column) {
                    None => other(&value),
                    Some((to, key)) => {
                        let keys = office.rows(&format!("SELECT {key} AS k FROM {to}")).await;
                        let mut keys = keys.iter().map(|r| Arg::from(r.text("k").unwrap()));
                        keys.find(|k| *k != value).unwrap_or(Arg::Text(None))
                    }
                };
                if office.write(table, &known, column, &to).await.is_some() {
                    tried = Some((known, value, to));
                    break;
                }
            }
            let Some((mut known, value, to)) = tried else {
                // Others refer to it; a row of another id is one that is gone and one too many.
                untried.push(format!("{table}.{column}"));
                continue;
            };
            let said = office.said().await;
            if said.is_empty() {
                loose.insert(format!("{table}.{column}"));
            }
            for (name, is) in &mut known {
                if name == column {
                    is.clone_from(&to);
                }
            }
            let back = office.write(table, &known, column, &value).await;
            assert_eq!(back, Some(()), "{table}.{column}");
        }
        assert_eq!(office.said().await, Vec::<String>::new(), "{table}");
    }
    let listed: BTreeSet<String> = LOOSE
        .iter()
        .map(|(column, _)| (*column).to_owned())
        .collect();
    // The database itself takes no other value there is: one definition, and a number of each flow.
    let refused = ["evidence.hash", "flow.definition_id", "flow_event.flow_id"];
    untried.retain(|column| !column.ends_with(".id") && !refused.contains(&column.as_str()));
    assert_eq!(untried, Vec::<String>::new());
    assert_eq!(loose, listed, "held by nothing (left), and listed (right)");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_column_is_held_or_listed_on_sqlite() {
    each_is_named(Office::new(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_column_is_held_or_listed_on_postgres() {
    if let Some(database) = testkit::postgres::database() {
        each_is_named(Office::new(Some(database)).await).await;
    }
}
