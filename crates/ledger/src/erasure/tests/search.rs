//! Looks for words in every column of every table, as somebody would who has the database.

use std::collections::BTreeSet;

use hearback_testkit::database::DatabaseKind;
use sea_orm::{ConnectionTrait, Statement};

use crate::opened::Opened;

const TEXTS_ON_SQLITE: &str =
    "SELECT m.name AS of_table, c.name AS of_column, 'any' AS of_type FROM sqlite_master m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.type IN ('TEXT', 'BLOB')";

const TEXTS_ON_POSTGRES: &str = "SELECT table_name::text AS of_table, column_name::text AS of_column, data_type::text AS of_type
    FROM information_schema.columns WHERE table_schema = current_schema() AND data_type IN ('text', 'bytea', 'character varying')";

/// Where any of the words stands, in whatever case: `table.column`.
pub(super) async fn found(opened: &Opened, words: &[&str]) -> BTreeSet<String> {
    let database = opened.ledger.database();
    let query = if opened.database.kind() == DatabaseKind::Sqlite { TEXTS_ON_SQLITE } else { TEXTS_ON_POSTGRES };
    let columns = database.reader().query_all_raw(Statement::from_string(database.backend(), query)).await.unwrap();
    assert!(columns.len() > 60, "the schema was read");
    let mut found = BTreeSet::new();
    for row in columns {
        let [table, column, of_type] = ["of_table", "of_column", "of_type"].map(|name| row.try_get::<String>("", name).unwrap());
        for word in words {
            // Bytes are looked through as ISO 8859-1, which has a letter for each.
            let text = match of_type.as_str() {
                "any" => format!("CAST(\"{column}\" AS TEXT)"),
                "bytea" => format!("encode(\"{column}\", 'escape')"),
                _ => format!("\"{column}\""),
            };
            let count = format!("SELECT count(*) AS count FROM \"{table}\" WHERE lower({text}) LIKE '%{}%'", word.to_lowercase());
            let row = database.reader().query_one_raw(Statement::from_string(database.backend(), count)).await.unwrap().unwrap();
            if row.try_get::<i64>("", "count").unwrap() > 0 {
                found.insert(format!("{table}.{column}"));
            }
        }
    }
    found
}
