//! What each column of each table has to do with people. A test reads the schema of both databases and fails for a column that is not here:
//! whoever adds one decides whether it can say something about an applicant, and if so, `anonymise` has to know it.

mod applications;
mod mail;
mod organisation;
mod service;

/// What a column has to do with people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalData {
    /// It says nothing about anybody.
    None,
    /// It leads to an applicant only together with something else: an id, a date of theirs, a keyed hash. Stays.
    Pseudonymous,
    /// It says something about an applicant, or may: free text, an address, a mail. Erased.
    Applicant,
    /// It says something about the organisation's own people, or about its systems' accounts. Stays: it is how promises are accounted for.
    Staff,
}

impl PersonalData {
    pub const ALL: &'static [Self] = &[Self::None, Self::Pseudonymous, Self::Applicant, Self::Staff];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pseudonymous => "pseudonymous",
            Self::Applicant => "applicant",
            Self::Staff => "staff",
        }
    }
}

/// A table and its columns, in the order in which they were made.
pub type Classified = (&'static str, &'static [(&'static str, PersonalData)]);

/// Every column of every table; `personal_data/` has them by what they are about.
pub const PERSONAL_DATA: &[Classified] = &[
    organisation::BOARD,
    organisation::JOB,
    applications::CANDIDATE,
    mail::REPLY_PROBE,
    mail::MESSAGE,
    applications::APPLICATION,
    applications::ERASURE,
    applications::EVENT,
    mail::NOTIFICATION,
    mail::TRY,
    applications::ATTACHMENT,
    applications::ATTACHMENT_PART,
    mail::CAPTURED_MAIL,
    mail::INBOUND_MAIL,
    mail::STAFF_MAIL,
    mail::STAFF_CAUSE,
    mail::STAFF_DIGEST,
    applications::DO_NOT_CONTACT,
    organisation::BULK_OPERATION,
    organisation::BULK_ITEM,
    organisation::API_KEY,
    service::IDEMPOTENCY_KEY,
    service::REPEATABLE,
    service::SIGNING_KEY,
    service::PERIODIC,
    mail::OUTBOX_PAUSE,
    organisation::POLICY_CHANGE,
    organisation::WEBHOOK_ENDPOINT,
    organisation::WEBHOOK_CURSOR,
    organisation::WEBHOOK_DELIVERY,
    organisation::WEBHOOK_TRY,
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use hearback_testkit::{database::DatabaseKind, on_both_databases};
    use sea_orm::{ConnectionTrait, Statement};

    use super::*;
    use crate::opened::open;

    const ON_SQLITE: &str = "SELECT m.name AS of_table, c.name AS of_column FROM sqlite_master m, pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid";

    const ON_POSTGRES: &str = "SELECT table_name::text AS of_table, column_name::text AS of_column FROM information_schema.columns
        WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position";

    on_both_databases! {
        async fn every_column_is_classified(kind: DatabaseKind) {
            let opened = open(kind).await;
            let database = opened.ledger.database();
            let query = if kind == DatabaseKind::Sqlite { ON_SQLITE } else { ON_POSTGRES };
            let mut schema: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for row in database.reader().query_all_raw(Statement::from_string(database.backend(), query)).await.unwrap() {
                let (table, column): (String, String) = (row.try_get("", "of_table").unwrap(), row.try_get("", "of_column").unwrap());
                schema.entry(table).or_default().insert(column);
            }
            // The migrations' own.
            schema.remove("seaql_migrations");
            assert!(schema.len() > 20, "the schema was read: {schema:?}");
            for (table, columns) in &schema {
                let known = PERSONAL_DATA.iter().find(|(known, _)| known == table);
                let known = known.unwrap_or_else(|| panic!("the table {table} is in no classification: erasure/personal_data.rs"));
                for column in columns {
                    assert!(known.1.iter().any(|(known, _)| known == column), "{table}.{column} is not classified: erasure/personal_data.rs");
                }
            }
            for (table, columns) in PERSONAL_DATA {
                let real = schema.get(*table).unwrap_or_else(|| panic!("{table} is classified, and there is no such table"));
                let only_on_postgres = |column: &str| (*table, column) == ("event", "xid") && kind == DatabaseKind::Sqlite;
                for (column, _) in columns.iter().filter(|(column, _)| !only_on_postgres(column)) {
                    assert!(real.contains(*column), "{table}.{column} is classified, and there is no such column");
                }
                let names: BTreeSet<&str> = columns.iter().map(|(column, _)| *column).collect();
                assert_eq!(names.len(), columns.len(), "{table} has a column twice");
            }
        }
    }
}
