use std::time::Duration;

use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    on_both_databases,
};
use sea_orm::ConnectionTrait;

use super::*;
use crate::database::Database;

const COLUMNS: [Column; 7] = [
    Column::Int("number"),
    Column::Uuid("id"),
    Column::Text("words"),
    Column::Time("at"),
    Column::Int("many"),
    Column::Bool("truth"),
    Column::Bytes("bytes"),
];

async fn open(kind: DatabaseKind) -> (TestDatabase, Database) {
    let database = TestDatabase::create(kind);
    let opened = Database::open(database.url(), 2).await.unwrap();
    (database, opened)
}

fn hard_texts() -> Vec<String> {
    ["", "NULL", "{\"a\",'b'}", "a\\b\\", "a\"b", "line\nline\ttab", " blank ", "zoë 🙂", "{}", ","].map(str::to_owned).into()
}

on_both_databases! {
    async fn what_goes_in_comes_out_whatever_the_text(kind: DatabaseKind) {
        let (_kept, database) = open(kind).await;
        let at = DateTime::from_timestamp_micros(1_795_424_400_000_001).unwrap();
        let rows: Vec<_> = hard_texts()
            .into_iter()
            .zip(0i64..)
            .map(|(text, number)| {
                let id = Uuid::from_u128(u128::MAX - number as u128);
                let bytes = vec![0, 0xff, b'"', b'\\', number as u8];
                [Cell::Int(number), id.into(), Cell::Text(text), at.into(), Cell::Int(i64::MIN), Cell::Bool(number % 2 == 0), Cell::Bytes(bytes)]
            })
            .collect();
        let batch = Rows::new(COLUMNS, rows.clone());
        let found = database.reader().query_all_raw(batch.statement(database.backend(), "SELECT * FROM v ORDER BY number")).await.unwrap();
        let read: Vec<[Cell; 7]> = found
            .iter()
            .map(|row| {
                [
                    Cell::Int(row.try_get("", "number").unwrap()),
                    Cell::Uuid(row.try_get("", "id").unwrap()),
                    Cell::Text(row.try_get("", "words").unwrap()),
                    Cell::Time(row.try_get("", "at").unwrap()),
                    Cell::Int(row.try_get("", "many").unwrap()),
                    Cell::Bool(row.try_get("", "truth").unwrap()),
                    Cell::Bytes(row.try_get("", "bytes").unwrap()),
                ]
            })
            .collect();
        assert_eq!(read, rows);
    }

    async fn nothing_is_nothing_and_no_rows_are_no_rows(kind: DatabaseKind) {
        let (_kept, database) = open(kind).await;
        let nothing = Rows::new(COLUMNS, [[const { Cell::Null }; 7]]);
        let all_null = "SELECT count(*) AS n FROM v WHERE id IS NULL AND words IS NULL AND at IS NULL AND truth IS NULL AND bytes IS NULL";
        let count = database.reader().query_one_raw(nothing.statement(database.backend(), all_null)).await.unwrap().unwrap();
        assert_eq!(count.try_get::<i64>("", "n").unwrap(), 1);
        let none = Rows::new(COLUMNS, []);
        assert!(database.reader().query_all_raw(none.statement(database.backend(), "SELECT * FROM v")).await.unwrap().is_empty());
    }

    async fn a_batch_inserts_and_updates(kind: DatabaseKind) {
        let (_kept, database) = open(kind).await;
        let (uuid, time) = if kind == DatabaseKind::Sqlite { ("BLOB", "TEXT") } else { ("uuid", "timestamptz") };
        let table = format!("CREATE TABLE owed (id {uuid} PRIMARY KEY, wake_at {time} NOT NULL)");
        database.writer().execute_unprepared(&table).await.unwrap();
        let at = |seconds| DateTime::from_timestamp(1_795_424_400 + seconds, 0).unwrap();
        let rows = |shift| Rows::new(
            [Column::Uuid("id"), Column::Time("at")],
            (0..3i64).map(move |number| [Uuid::from_u128(number as u128).into(), at(number + shift).into()]),
        );
        let write = database.begin().await.unwrap();
        let insert = "INSERT INTO owed SELECT id, at FROM v WHERE true ON CONFLICT DO NOTHING";
        for expected in [3, 0] {
            let done = write.execute_raw(rows(0).statement(database.backend(), insert)).await.unwrap();
            assert_eq!(done.rows_affected(), expected);
        }
        let update = "UPDATE owed SET wake_at = v.at FROM v WHERE owed.id = v.id";
        write.execute_raw(rows(60).statement(database.backend(), update)).await.unwrap();
        write.commit().await.unwrap();
        let latest = Rows::new([Column::Time("at")], [[Cell::Time(at(62))]]);
        let found = "SELECT count(*) AS n FROM owed JOIN v ON owed.wake_at = v.at";
        let count = database.reader().query_one_raw(latest.statement(database.backend(), found)).await.unwrap().unwrap();
        assert_eq!(count.try_get::<i64>("", "n").unwrap(), 1);
    }

    async fn a_write_that_reads_first_waits_for_its_turn(kind: DatabaseKind) {
        let (_kept, database) = open(kind).await;
        database.writer().execute_unprepared("CREATE TABLE counter (n integer)").await.unwrap();
        database.writer().execute_unprepared("INSERT INTO counter VALUES (0)").await.unwrap();
        // Two programs on one file: each has a writer of its own, and only the lock of BEGIN IMMEDIATE keeps them apart.
        let other = Database::open(_kept.url(), 2).await.unwrap();
        let add = |database: Database| async move {
            for _ in 0..50 {
                let write = database.begin().await.unwrap();
                let lock = if database.backend() == DbBackend::Postgres { "SELECT n FROM counter FOR UPDATE" } else { "SELECT n FROM counter" };
                let row = write.query_one_raw(Statement::from_string(database.backend(), lock)).await.unwrap().unwrap();
                let n: i32 = row.try_get("", "n").unwrap();
                write.execute_unprepared(&format!("UPDATE counter SET n = {}", n + 1)).await.unwrap();
                write.commit().await.unwrap();
            }
        };
        let both = async { tokio::join!(add(database.clone()), add(other)) };
        tokio::time::timeout(Duration::from_secs(60), both).await.expect("neither waits for ever");
        let found = database.reader().query_one_raw(Statement::from_string(database.backend(), "SELECT n FROM counter")).await;
        assert_eq!(found.unwrap().unwrap().try_get::<i32>("", "n").unwrap(), 100);
    }
}
