//! What comes of a request is found again under the names that its caller gave it.

use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{ada, open};

on_both_databases! {
    async fn a_message_goes_by_the_name_of_its_request(kind: DatabaseKind) {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let opened = open(kind).await;
        let door = opened.door().await;
        let applied = opened.apply(&door, &ada()).header("X-Request-Id", "ats-4711").header("traceparent", parent).send().await.expect(201);
        assert_eq!(applied.header("x-request-id"), "ats-4711");
        let [message] = &opened.ledger.claim(8).await.unwrap()[..] else { panic!("one message is due") };
        let trace = message.trace.as_ref().unwrap();
        assert_eq!((trace.request_id(), trace.traceparent()), (Some("ats-4711"), Some(parent)));

        // What cannot be a name counts as not given, and one that was made here stays here.
        let bo = json!({ "name": "Bo", "email": "bo@example.net" });
        let applied = opened.apply(&door, &bo).header("X-Request-Id", "a b").header("traceparent", "00-0-0-0").send().await.expect(201);
        assert!(applied.header("x-request-id").starts_with("req_"));
        let [message] = &opened.ledger.claim(8).await.unwrap()[..] else { panic!("one message is due") };
        assert_eq!(message.trace, None);
    }
}
