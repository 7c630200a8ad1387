//! What is not the caller's fault is said so, and no more.

use hearback_testkit::{database::DatabaseKind, on_both_databases};

use crate::support::{ada, open};

on_both_databases! {
    async fn a_defect_is_no_secret_and_its_cause_is(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        opened.sql("ALTER TABLE job RENAME TO misplaced").await;
        let listed = opened.get("/v1/jobs").send().await.problem(500, "internal");
        let applied = opened.apply(&door, &ada()).send().await.problem(500, "internal");
        for answer in [listed, applied] {
            for word in ["job", "table", "relation", "SELECT"] {
                assert!(!answer.text.contains(word), "{}", answer.text);
            }
        }
        let page = opened.form(&door, &[("name", "Ada"), ("email", "ada@example.net")]).send().await.expect(500);
        page.says("The fault is ours");
        page.says("value=\"ada@example.net\"");
    }
}

/// SQLite only: another process holds the one write lock for longer than anybody waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_does_not_answer_may_answer_later() {
    let opened = open(DatabaseKind::Sqlite).await;
    let door = opened.door().await;
    let _held = opened.hold_write_lock().await;
    let form = opened.form(&door, &[("name", "Ada"), ("email", "ada@example.net")]);
    let (json, page) = tokio::join!(opened.apply(&door, &ada()).send(), form.send());
    assert_eq!(json.problem(503, "unavailable").header("retry-after"), "5");
    let page = page.expect(503);
    assert_eq!(page.header("retry-after"), "5");
    page.says("Please send it again in a minute");
    page.says("value=\"ada@example.net\"");
}
