//! The migrations of both engines, part of the program.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// A migration: its number, its file's name, and its text for SQLite and PostgreSQL.
type Files = (i64, &'static str, &'static str, &'static str);

macro_rules! files {
    ($($version:literal: $name:literal,)+) => {
        &[$((
            $version,
            $name,
            include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        )),+]
    };
}

const FILES: &[Files] = files! {
    1: "0001_records",
    2: "0002_facts",
    3: "0003_adoption",
    4: "0004_books",
    5: "0005_duties",
    6: "0006_documents",
    7: "0007_pages",
    8: "0008_log_source_first",
    9: "0009_inspection",
    10: "0010_inspection_facts",
    11: "0011_setting_of_province",
    13: "0013_marking_parts",
    14: "0014_claims",
    15: "0015_system_alarm",
    16: "0016_sign_in",
    17: "0017_evidence",
    18: "0018_codes_by_case",
    19: "0019_view_version",
    21: "0021_revisions",
    22: "0022_log_names_and_zones",
    23: "0023_attachment_uploads",
    24: "0024_outages",
    25: "0025_seals",
    26: "0026_circuit_contract",
    27: "0027_shares",
    28: "0028_planned_until",
    29: "0029_letterhead",
    30: "0030_replacements",
    31: "0031_finding_deadlines",
    32: "0032_recovery_codes",
    33: "0033_leases",
};

/// Those of SQLite.
pub(crate) fn sqlite() -> Migrator {
    migrator(|(_, _, sqlite, _)| sqlite)
}

/// Those of PostgreSQL.
pub(crate) fn postgres() -> Migrator {
    migrator(|(_, _, _, postgres)| postgres)
}

/// The text of each, in order.
pub(crate) fn texts(on_postgres: bool) -> impl Iterator<Item = &'static str> {
    FILES
        .iter()
        .map(move |(_, _, sqlite, postgres)| if on_postgres { *postgres } else { *sqlite })
}

fn migrator(of: fn(&Files) -> &'static str) -> Migrator {
    let migration = |files: &Files| {
        let name = files.1.split_once('_').map_or(files.1, |(_, name)| name);
        let (kind, sql) = (MigrationType::Simple, of(files).into_sql_str());
        Migration::new(files.0, name.replace('_', " ").into(), kind, sql, false)
    };
    Migrator::with_migrations(FILES.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_listed() {
        let listed: BTreeSet<String> = FILES.iter().map(|f| format!("{}.sql", f.1)).collect();
        for engine in ["sqlite", "postgres"] {
            let folder = format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(folder).unwrap();
            let files: BTreeSet<String> = files
                .map(|f| f.unwrap().file_name().into_string().unwrap())
                .collect();
            assert_eq!(files, listed, "{engine}");
        }
        assert!(
            FILES
                .iter()
                .all(|f| f.1.starts_with(&format!("{:04}_", f.0)))
        );
    }
}
