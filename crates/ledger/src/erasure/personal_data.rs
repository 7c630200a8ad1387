//! What each column of each table has to do with people. A test reads the schema of both databases and fails for a column that is not here:
//! whoever adds one decides whether it can say something about an applicant, and if so, `anonymise` has to know it.

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

use PersonalData::{Applicant as APPLICANT, None as NONE, Pseudonymous as PSEUDONYMOUS, Staff as STAFF};

/// Every column of every table.
pub const PERSONAL_DATA: &[Classified] = &[
    (
        "board",
        &[
            ("id", NONE),
            ("external_id", NONE),
            ("organisation", NONE),
            ("sender_address", NONE),
            ("sender_name", NONE),
            ("reply_to", STAFF),
            ("locale", NONE),
            ("time_zone", NONE),
            ("created_at", NONE),
            ("updated_at", NONE),
            ("policy", NONE),
            ("version", NONE),
        ],
    ),
    (
        "job",
        &[
            ("id", NONE),
            ("board_id", NONE),
            ("external_id", NONE),
            ("title", NONE),
            ("owner", STAFF),
            ("manager", STAFF),
            ("time_zone", NONE),
            ("status", NONE),
            ("created_at", NONE),
            ("updated_at", NONE),
            ("closed_at", NONE),
            ("archived_at", NONE),
            ("policy", NONE),
            ("version", NONE),
        ],
    ),
    (
        "candidate",
        &[
            ("id", PSEUDONYMOUS),
            ("address", APPLICANT),
            ("created_at", PSEUDONYMOUS),
            ("refused_at", PSEUDONYMOUS),
            ("complained_at", PSEUDONYMOUS),
            ("complained_of", PSEUDONYMOUS),
        ],
    ),
    (
        "reply_probe",
        &[
            ("id", NONE),
            ("what", NONE),
            ("board_id", NONE),
            ("recipient", STAFF),
            ("state", NONE),
            ("lane", NONE),
            ("wake_at", NONE),
            ("claim_token", NONE),
            ("tries", NONE),
            ("owed_at", NONE),
            ("due_at", NONE),
            ("accepted_at", NONE),
            ("settled_at", NONE),
            ("trouble", NONE),
        ],
    ),
    (
        "message",
        &[
            ("id", PSEUDONYMOUS),
            ("application_id", PSEUDONYMOUS),
            ("direction", PSEUDONYMOUS),
            ("channel", PSEUDONYMOUS),
            ("actor_kind", STAFF),
            ("actor_id", STAFF),
            ("on_behalf_of", STAFF),
            ("at", PSEUDONYMOUS),
            ("from_address", APPLICANT),
            ("subject", APPLICANT),
            ("text", APPLICANT),
            ("html", APPLICANT),
            ("left_out", NONE),
            // Stays, so that the same message once more is still known.
            ("digest", PSEUDONYMOUS),
            ("mail_message_id", APPLICANT),
            ("in_reply_to", APPLICANT),
            ("thread", APPLICANT),
            ("inbound_mail_id", PSEUDONYMOUS),
            ("notification_id", PSEUDONYMOUS),
            ("staff_mail_id", NONE),
            ("person", NONE),
            ("nobody", NONE),
            ("answers_until", PSEUDONYMOUS),
        ],
    ),
    (
        "application",
        &[
            ("id", PSEUDONYMOUS),
            ("job_id", NONE),
            ("candidate_id", APPLICANT),
            ("name", APPLICANT),
            ("email", APPLICANT),
            ("locale", APPLICANT),
            ("time_zone", APPLICANT),
            ("is_test", NONE),
            ("received_at", PSEUDONYMOUS),
            ("updated_at", PSEUDONYMOUS),
            ("stage", PSEUDONYMOUS),
            ("status", PSEUDONYMOUS),
            ("shown_stage", PSEUDONYMOUS),
            ("shown_status", PSEUDONYMOUS),
            ("rejection_reason", PSEUDONYMOUS),
            ("internal_note", APPLICANT),
            ("exemption", APPLICANT),
            ("carried_by", PSEUDONYMOUS),
            ("next_word_kind", PSEUDONYMOUS),
            ("next_word_by", PSEUDONYMOUS),
            ("next_word_at", PSEUDONYMOUS),
            ("told_at", PSEUDONYMOUS),
            ("promised_by", PSEUDONYMOUS),
            ("decide_from", PSEUDONYMOUS),
            ("decide_by", PSEUDONYMOUS),
            ("decide_alert_at", PSEUDONYMOUS),
            ("decide_rung", PSEUDONYMOUS),
            ("last_interview_at", PSEUDONYMOUS),
            ("decision_told_at", PSEUDONYMOUS),
            ("told_otherwise", PSEUDONYMOUS),
            ("link_generation", NONE),
            ("answer_since", PSEUDONYMOUS),
            ("answer_by", PSEUDONYMOUS),
            ("answer_alarmed_at", PSEUDONYMOUS),
            ("erased_at", PSEUDONYMOUS),
            // Of the organisation's own system: it stays, so that what is erased is not put on record again from there.
            ("external_id", PSEUDONYMOUS),
            ("version", NONE),
        ],
    ),
    (
        "erasure",
        &[
            ("id", PSEUDONYMOUS),
            ("basis", NONE),
            ("exemption", NONE),
            ("actor_kind", STAFF),
            ("actor_id", STAFF),
            ("on_behalf_of", STAFF),
            ("asked_at", PSEUDONYMOUS),
            ("state", NONE),
            ("wake_at", NONE),
            ("waits_for", NONE),
            ("erased_at", PSEUDONYMOUS),
        ],
    ),
    (
        "event",
        &[
            ("id", PSEUDONYMOUS),
            ("application_id", PSEUDONYMOUS),
            ("kind", PSEUDONYMOUS),
            ("at", PSEUDONYMOUS),
            ("actor_kind", STAFF),
            ("actor_id", STAFF),
            // A careers page may have named the applicant as the one behind its key.
            ("on_behalf_of", APPLICANT),
            ("data", APPLICANT),
            ("owes", PSEUDONYMOUS),
            ("owed", APPLICANT),
            ("xid", NONE),
            ("trace", NONE),
        ],
    ),
    (
        "notification",
        &[
            ("id", PSEUDONYMOUS),
            ("application_id", PSEUDONYMOUS),
            ("kind", PSEUDONYMOUS),
            ("state", PSEUDONYMOUS),
            ("lane", NONE),
            ("wake_at", PSEUDONYMOUS),
            ("due_at", PSEUDONYMOUS),
            ("send_after", PSEUDONYMOUS),
            ("claim_token", NONE),
            ("tries", NONE),
            ("maybe_sent", NONE),
            ("cancel_requested", NONE),
            ("stage", PSEUDONYMOUS),
            ("words", APPLICANT),
            ("promised_by", PSEUDONYMOUS),
            ("hold_reason", APPLICANT),
            ("cancel_reason", PSEUDONYMOUS),
            ("settled_at", PSEUDONYMOUS),
            ("relay", NONE),
            // Relays name the address that they took.
            ("reply", APPLICANT),
            ("subject", APPLICANT),
            ("text_part", APPLICANT),
            ("template_version", NONE),
            ("sha256", APPLICANT),
            ("raw", APPLICANT),
            ("cancel_words", APPLICANT),
            ("sent_to", APPLICANT),
            ("trace", NONE),
        ],
    ),
    (
        "try",
        &[
            ("id", PSEUDONYMOUS),
            ("notification_id", PSEUDONYMOUS),
            ("at", PSEUDONYMOUS),
            ("outcome", PSEUDONYMOUS),
            ("reason", APPLICANT),
            ("relay", NONE),
        ],
    ),
    (
        "attachment",
        &[
            ("id", APPLICANT),
            ("application_id", APPLICANT),
            ("role", APPLICANT),
            ("file_name", APPLICANT),
            ("media_type", APPLICANT),
            ("size", APPLICANT),
            ("sha256", APPLICANT),
            ("created_at", APPLICANT),
            ("message_id", APPLICANT),
        ],
    ),
    ("attachment_part", &[("attachment_id", APPLICANT), ("number", APPLICANT), ("content", APPLICANT)]),
    (
        "captured_mail",
        &[
            ("id", APPLICANT),
            ("message_id", APPLICANT),
            ("envelope_from", APPLICANT),
            ("recipient", APPLICANT),
            ("subject", APPLICANT),
            ("raw", APPLICANT),
            ("captured_at", APPLICANT),
        ],
    ),
    (
        "inbound_mail",
        &[
            ("id", PSEUDONYMOUS),
            // Stays, so that the same mail once more is still known.
            ("digest", PSEUDONYMOUS),
            ("envelope_from", APPLICANT),
            ("recipient", PSEUDONYMOUS),
            ("received_at", PSEUDONYMOUS),
            ("state", NONE),
            ("lane", NONE),
            ("wake_at", NONE),
            ("claim_token", NONE),
            ("tries", NONE),
            ("kind", PSEUDONYMOUS),
            ("result", APPLICANT),
            ("notification_id", PSEUDONYMOUS),
            ("settled_at", PSEUDONYMOUS),
            ("raw", APPLICANT),
            ("message_id", PSEUDONYMOUS),
            ("staff_mail_id", NONE),
            ("guess_id", PSEUDONYMOUS),
            ("stray", NONE),
            ("sender", APPLICANT),
            ("subject", APPLICANT),
            ("words", APPLICANT),
        ],
    ),
    (
        "staff_mail",
        &[
            ("id", NONE),
            ("recipient", STAFF),
            ("is_test", NONE),
            ("board_id", NONE),
            ("kind", NONE),
            ("state", NONE),
            ("lane", NONE),
            ("wake_at", NONE),
            ("due_at", NONE),
            ("send_after", NONE),
            ("claim_token", NONE),
            ("tries", NONE),
            ("maybe_sent", NONE),
            ("trouble", STAFF),
            ("settled_at", NONE),
            ("relay", NONE),
            ("reply", STAFF),
            // They name the applicants that they are about.
            ("subject", APPLICANT),
            ("text_part", APPLICANT),
            ("template_version", NONE),
            ("sha256", APPLICANT),
            ("raw", APPLICANT),
            ("application_id", PSEUDONYMOUS),
            ("occasion", NONE),
        ],
    ),
    (
        "staff_cause",
        &[
            ("id", PSEUDONYMOUS),
            ("notification_id", PSEUDONYMOUS),
            ("cause", PSEUDONYMOUS),
            ("tries", NONE),
            ("at", PSEUDONYMOUS),
            ("staff_mail_id", NONE),
            ("person", NONE),
            ("nobody", NONE),
            ("application_id", PSEUDONYMOUS),
            ("due_at", PSEUDONYMOUS),
        ],
    ),
    (
        "staff_digest",
        &[("id", NONE), ("recipient", STAFF), ("day", NONE), ("at", NONE), ("board_id", NONE), ("content", NONE), ("staff_mail_id", NONE)],
    ),
    ("do_not_contact", &[("digest", PSEUDONYMOUS), ("reason", PSEUDONYMOUS), ("at", PSEUDONYMOUS)]),
    (
        "bulk_operation",
        &[
            ("id", NONE),
            ("kind", NONE),
            ("job_id", NONE),
            ("board_id", NONE),
            ("is_test", NONE),
            ("spec", APPLICANT),
            ("actor", STAFF),
            ("expected", NONE),
            ("up_to", PSEUDONYMOUS),
            ("state", NONE),
            ("lane", NONE),
            ("wake_at", NONE),
            ("claim_token", NONE),
            ("tries", NONE),
            ("reached", PSEUDONYMOUS),
            ("looked_twice", NONE),
            ("undone_by", STAFF),
            ("stopped_by", STAFF),
            ("created_at", NONE),
            ("finished_at", NONE),
        ],
    ),
    (
        "bulk_item",
        &[
            ("operation_id", PSEUDONYMOUS),
            ("application_id", PSEUDONYMOUS),
            ("state", PSEUDONYMOUS),
            ("reason", APPLICANT),
            ("was_stage", PSEUDONYMOUS),
            ("mark", PSEUDONYMOUS),
            ("at", PSEUDONYMOUS),
        ],
    ),
    (
        "api_key",
        &[
            ("id", NONE),
            ("kind", NONE),
            ("is_test", NONE),
            ("board_id", NONE),
            ("name", STAFF),
            ("secret_hash", NONE),
            ("created_at", NONE),
            ("revoked_at", NONE),
            ("scopes", NONE),
            ("origins", NONE),
            ("last_used_at", NONE),
            ("expires_at", NONE),
            ("replaces", NONE),
        ],
    ),
    (
        "idempotency_key",
        &[
            ("api_key_id", APPLICANT),
            // Whoever calls makes them, from whatever they like.
            ("idempotency_key", APPLICANT),
            ("fingerprint", APPLICANT),
            ("application_id", APPLICANT),
            ("created_at", APPLICANT),
        ],
    ),
    (
        "repeatable",
        &[
            ("api_key_id", NONE),
            ("idempotency_key", APPLICANT),
            ("fingerprint", PSEUDONYMOUS),
            ("claim_token", NONE),
            ("lease_until", NONE),
            ("created_at", NONE),
            ("done_at", NONE),
            ("status", NONE),
            ("headers", APPLICANT),
            ("body", APPLICANT),
        ],
    ),
    ("signing_key", &[("id", NONE), ("secret", NONE), ("created_at", NONE)]),
    (
        "periodic",
        &[
            ("id", NONE),
            ("name", NONE),
            ("state", NONE),
            ("lane", NONE),
            ("wake_at", NONE),
            ("claim_token", NONE),
            ("tries", NONE),
            ("progress", NONE),
        ],
    ),
    (
        "outbox_pause",
        &[
            ("id", NONE),
            ("paused_at", NONE),
            ("reason", STAFF),
            ("actor_kind", STAFF),
            ("actor_id", STAFF),
            ("on_behalf_of", STAFF),
            ("resumed_at", NONE),
            ("resumed_by_kind", STAFF),
            ("resumed_by_id", STAFF),
            ("resumed_on_behalf_of", STAFF),
        ],
    ),
    (
        "policy_change",
        &[
            ("id", NONE),
            ("board_id", NONE),
            ("job_id", NONE),
            ("before", NONE),
            ("after", NONE),
            ("actor_kind", STAFF),
            ("actor_id", STAFF),
            ("on_behalf_of", STAFF),
            ("created_at", NONE),
            ("seen_to", PSEUDONYMOUS),
            ("examined", NONE),
            ("changed", NONE),
            ("finished_at", NONE),
        ],
    ),
    (
        "webhook_endpoint",
        &[
            ("id", NONE),
            ("board_id", NONE),
            ("is_test", NONE),
            ("url", NONE),
            ("types", NONE),
            ("secret", NONE),
            ("old_secret", NONE),
            ("old_secret_until", NONE),
            ("is_enabled", NONE),
            ("disabled_for", NONE),
            ("created_at", NONE),
            ("updated_at", NONE),
            ("deleted_at", NONE),
            ("version", NONE),
        ],
    ),
    ("webhook_cursor", &[("endpoint_id", NONE), ("source", NONE), ("look", NONE), ("seen_at", NONE), ("seen_id", PSEUDONYMOUS)]),
    (
        "webhook_delivery",
        &[
            ("id", NONE),
            ("endpoint_id", NONE),
            ("type", NONE),
            ("source_id", PSEUDONYMOUS),
            // Ids and where things stand, and nothing about a person (`webhooks/payload.rs`).
            ("payload", PSEUDONYMOUS),
            ("state", NONE),
            ("lane", NONE),
            ("wake_at", NONE),
            ("claim_token", NONE),
            ("tries", NONE),
            ("created_at", NONE),
            ("settled_at", NONE),
            ("trace", NONE),
        ],
    ),
    ("webhook_try", &[("id", NONE), ("delivery_id", NONE), ("at", NONE), ("status", NONE), ("duration_ms", NONE), ("trouble", NONE)]),
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
