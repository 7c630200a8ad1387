//! A closed job says so, in words.

use hearback_testkit::{database::DatabaseKind, on_both_databases};

use crate::support::{ada, open};

on_both_databases! {
    async fn a_closed_job_takes_no_applications_and_says_so(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let first = opened.apply(&door, &ada()).header("Idempotency-Key", "a7c1").send().await.expect(201);
        opened.sql("UPDATE job SET status = 'closed'").await;
        opened.apply(&door, &ada()).send().await.problem(410, "job_closed").says("closed");
        let page = opened.form(&door, &[("name", "Ada"), ("email", "ada@example.net")]).send().await.expect(410);
        page.says("<h1>This job no longer takes applications</h1>");
        assert!(!page.text.contains("<form"), "another try cannot help");
        // What was answered before the job was closed is answered the same.
        let replayed = opened.apply(&door, &ada()).header("Idempotency-Key", "a7c1").send().await.expect(201);
        assert_eq!(replayed.text, first.text);
        assert_eq!(opened.count().await, 1);
    }
}
