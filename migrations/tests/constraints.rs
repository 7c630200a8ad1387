//! What the tables themselves refuse, on both databases, whatever a program does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hearback_migrations::Steps;
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    on_both_databases,
};
use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr},
};

const AT: &str = "'2026-11-23T09:00:00+00:00'";

struct Tables {
    connection: DatabaseConnection,
    kind: DatabaseKind,
    _database: TestDatabase,
}

impl Tables {
    async fn migrated(kind: DatabaseKind) -> Self {
        let database = TestDatabase::create(kind);
        let connection = Database::connect(database.url()).await.unwrap();
        Steps::up(&connection, None).await.unwrap();
        Self { connection, kind, _database: database }
    }

    /// A board, a job and a candidate, each with the id 1.
    async fn with_a_job(kind: DatabaseKind) -> Self {
        let tables = Self::migrated(kind).await;
        let one = tables.id(1);
        for statement in [
            format!(
                "INSERT INTO board (id, external_id, organisation, sender_address, sender_name, reply_to, locale, time_zone, created_at, updated_at)
                VALUES ({one}, NULL, 'Example', 'a@example.com', 'Example', 'b@example.com', 'en', 'UTC', {AT}, {AT})"
            ),
            format!(
                "INSERT INTO job (id, board_id, external_id, title, owner, manager, time_zone, status, created_at, updated_at)
                VALUES ({one}, {one}, NULL, 'Nurse', 'owner@example.com', NULL, NULL, 'open', {AT}, {AT})"
            ),
            format!("INSERT INTO candidate (id, address, created_at) VALUES ({one}, 'ada@example.com', {AT})"),
        ] {
            tables.run(&statement).await.unwrap();
        }
        tables
    }

    fn id(&self, number: u8) -> String {
        match self.kind {
            DatabaseKind::Sqlite => format!("x'{number:032x}'"),
            DatabaseKind::Postgres => format!("'{number:032x}'"),
        }
    }

    fn no(&self) -> &'static str {
        match self.kind {
            DatabaseKind::Sqlite => "0",
            DatabaseKind::Postgres => "false",
        }
    }

    async fn run(&self, statement: &str) -> Result<(), DbErr> {
        self.connection.execute_unprepared(statement).await.map(|_| ())
    }

    async fn apply(&self, id: u8, status: &str, next_word: &str, carried_by: &str) -> Result<(), DbErr> {
        let (id, one, no) = (self.id(id), self.id(1), self.no());
        self.run(&format!(
            "INSERT INTO application (id, job_id, candidate_id, name, email, locale, time_zone, is_test, received_at, updated_at, stage, status,
                shown_stage, shown_status, carried_by, next_word_kind, next_word_by, link_generation)
             VALUES ({id}, {one}, {one}, 'Ada', 'ada@example.com', 'en', 'UTC', {no}, {AT}, {AT}, 'received', '{status}', 'received', 'active',
                {carried_by}, {next_word}, 0)"
        ))
        .await
    }

    async fn owe(&self, id: u8, state: &str, more: &str) -> Result<(), DbErr> {
        let (id, one, no) = (self.id(id), self.id(1), self.no());
        self.run(&format!(
            "INSERT INTO notification (id, application_id, kind, state, lane, wake_at, due_at, send_after, tries, maybe_sent, cancel_requested,
                hold_reason, settled_at, reply)
             VALUES ({id}, {one}, 'received', '{state}', 0, {AT}, {AT}, {AT}, 0, {no}, {no}, {more})"
        ))
        .await
    }
}

/// The contract with the ledger's errors is the constraint's name. SQLite names CHECKs, but of unique indexes only the columns.
#[track_caller]
fn refused_by(outcome: Result<(), DbErr>, postgres: &str, sqlite: &str, kind: DatabaseKind) {
    let reason = outcome.unwrap_err().to_string();
    let name = match kind {
        DatabaseKind::Sqlite => sqlite,
        DatabaseKind::Postgres => postgres,
    };
    assert!(reason.contains(name), "{reason}");
}

fn next_word() -> String {
    format!("'received', {AT}")
}

on_both_databases! {
    async fn steps_that_were_taken_are_not_taken_again(kind: DatabaseKind) {
        let tables = Tables::migrated(kind).await;
        Steps::up(&tables.connection, None).await.unwrap();
        assert!(Steps::get_pending_migrations(&tables.connection).await.unwrap().is_empty());
    }

    async fn an_active_application_without_a_next_word_is_refused(kind: DatabaseKind) {
        let tables = Tables::with_a_job(kind).await;
        let check = "application_next_word_check";
        refused_by(tables.apply(1, "active", "NULL, NULL", "NULL").await, check, check, kind);
        refused_by(tables.apply(1, "active", "'received', NULL", "NULL").await, check, check, kind);
        tables.apply(1, "active", &next_word(), "NULL").await.unwrap();
        tables.apply(2, "rejected", "NULL, NULL", "NULL").await.unwrap();
    }

    async fn only_one_active_application_carries_the_promises_of_a_candidate_for_a_job(kind: DatabaseKind) {
        let tables = Tables::with_a_job(kind).await;
        tables.apply(1, "active", &next_word(), "NULL").await.unwrap();
        let (index, columns) = ("application_active_key", "application.job_id, application.candidate_id");
        refused_by(tables.apply(2, "active", &next_word(), "NULL").await, index, columns, kind);
        tables.apply(2, "active", "NULL, NULL", &tables.id(1)).await.unwrap();
        tables.apply(3, "rejected", "NULL, NULL", "NULL").await.unwrap();
    }

    async fn a_chain_has_one_head(kind: DatabaseKind) {
        let tables = Tables::with_a_job(kind).await;
        tables.apply(1, "active", &next_word(), "NULL").await.unwrap();
        tables.owe(1, "scheduled", "NULL, NULL, NULL").await.unwrap();
        let (index, columns) = ("notification_head_key", "notification.application_id");
        refused_by(tables.owe(2, "held", "'suspected_spam', NULL, NULL").await, index, columns, kind);
        tables.owe(2, "waiting", "NULL, NULL, NULL").await.unwrap();
        tables.owe(3, "cancelled", "NULL, NULL, NULL").await.unwrap();
    }

    async fn nothing_is_held_without_a_reason_or_sent_without_the_reply(kind: DatabaseKind) {
        let tables = Tables::with_a_job(kind).await;
        tables.apply(1, "active", &next_word(), "NULL").await.unwrap();
        refused_by(tables.owe(1, "held", "NULL, NULL, NULL").await, "notification_held_check", "notification_held_check", kind);
        refused_by(tables.owe(1, "sent", "NULL, NULL, NULL").await, "notification_sent_check", "notification_sent_check", kind);
        tables.owe(1, "sent", &format!("NULL, {AT}, '250 2.0.0 queued'")).await.unwrap();
    }

    async fn a_message_belongs_to_an_application_that_exists(kind: DatabaseKind) {
        let tables = Tables::with_a_job(kind).await;
        refused_by(tables.owe(1, "scheduled", "NULL, NULL, NULL").await, "notification_application_id_fkey", "FOREIGN KEY", kind);
    }
}
