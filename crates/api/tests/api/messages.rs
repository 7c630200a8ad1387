//! A recruiter writes to an applicant, and reads the conversation.

use hearback_ledger::{ApiKeyKind, Reply};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{Opened, application_id, open};

/// The applicant writes by mail.
async fn wrote(opened: &Opened, path: &str, text: &str) {
    opened.ledger.keep_inbound_mail("ada@example.net", &["reply+x@example.com".to_owned()], text.as_bytes()).await.unwrap();
    let mail = opened.ledger.claim_inbound_mails(1).await.unwrap().remove(0);
    let content: std::sync::Arc<[u8]> = b"%PDF-1.7"[..].into();
    let file = hearback_ledger::NewAttachment {
        role: "other".parse().unwrap(),
        file_name: "Licence.pdf".to_owned(),
        kind: "application/pdf".parse().unwrap(),
        content,
        sha256: [1; 32],
    };
    let reply = Reply {
        application: application_id(path),
        about: None,
        from: Some("ada@example.net".to_owned()),
        subject: Some("A question".to_owned()),
        text: text.to_owned(),
        html: Some(format!("<p>{text}</p>")),
        message_id: Some("<a1@example.net>".to_owned()),
        in_reply_to: None,
        files: vec![file],
        left_out: 1,
    };
    opened.ledger.record_reply(mail.claim, reply).await.unwrap();
}

on_both_databases! {
    async fn a_conversation_is_read_from_both_sides_the_oldest_first(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        opened.deliver().await;
        wrote(&opened, &path, "Is there parking?").await;
        let messages = format!("{path}/messages");
        let written = opened.post(&messages, &json!({ "text": "Yes,\nfor bicycles." })).send().await.expect(201);
        assert_eq!((written.text_of("direction"), written.text_of("way"), written.text_of("text")), ("sent", "api", "Yes,\nfor bicycles."));
        assert_eq!((written.text_of("subject"), written.text_of("notification_state")), ("Re: A question", "scheduled"));
        assert!(opened.get(&path).send().await.expect(200).json["reply_waiting"].is_object(), "nothing has reached them yet");
        opened.deliver().await;
        assert!(opened.get(&path).send().await.expect(200).json["reply_waiting"].is_null());

        let list = opened.get(&messages).send().await.expect(200);
        let [received, sent] = &list.json["items"].as_array().unwrap()[..] else { panic!("{}", list.text) };
        assert_eq!((&received["text"], &received["html"]), (&json!("Is there parking?"), &json!("<p>Is there parking?</p>")));
        assert_eq!((&received["attachments"][0]["file_name"], &received["files_left_out"]), (&json!("Licence.pdf"), &json!(1)));
        assert_eq!((&sent["id"], &sent["notification_state"]), (&written.json["id"], &json!("sent")));
        assert_eq!(sent["actor"]["kind"], "api_key");
        let first = opened.get(&format!("{messages}?limit=1")).send().await.expect(200);
        assert_eq!(first.json["items"].as_array().unwrap().len(), 1);
        let next = format!("{messages}?limit=1&cursor={}", first.text_of("next_cursor"));
        let second = opened.get(&next).send().await.expect(200);
        assert_eq!((&second.json["items"][0]["id"], second.json["next_cursor"].is_null()), (&sent["id"], true));
    }

    async fn the_same_request_again_is_one_message(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let messages = format!("{path}/messages");
        let write = async || opened.post(&messages, &json!({ "text": "Hello." })).header("Idempotency-Key", "one").send().await.expect(201);
        let first = write().await;
        assert_eq!(write().await.json, first.json);
        assert_eq!(opened.get(&messages).send().await.expect(200).json["items"].as_array().unwrap().len(), 1);
        // Without a key they are two.
        opened.post(&messages, &json!({ "text": "Hello." })).send().await.expect(201);
        assert_eq!(opened.get(&messages).send().await.expect(200).json["items"].as_array().unwrap().len(), 2);
    }

    async fn who_saw_less_than_there_is_writes_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let messages = format!("{path}/messages");
        let seen = opened.get(&path).send().await.expect(200).header("etag").to_owned();
        wrote(&opened, &path, "Is there parking?").await;
        let write = async |seen: &str| opened.post(&messages, &json!({ "text": "Hello." })).header("If-Match", seen).send().await;
        write(&seen).await.problem(412, "precondition_failed");
        let seen = opened.get(&path).send().await.expect(200).header("etag").to_owned();
        write(&seen).await.expect(201);
    }

    async fn what_is_no_message_is_refused(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let messages = format!("{path}/messages");
        for (body, error) in [
            (json!({}), "/text required"),
            (json!({ "text": "x".repeat(20_001) }), "/text too_long"),
            (json!({ "text": "a\u{0}b" }), "/text hidden_character"),
        ] {
            let refused = opened.post(&messages, &body).send().await.problem(422, "invalid_body");
            assert_eq!(refused.errors(), [error]);
        }
        opened.post("/v1/applications/app_06dkv8y2t5w1r3n9q7c4h0m8zg/messages", &json!({ "text": "Hello." })).send().await.problem(404, "not_found");
        let other = opened.board().await;
        let key = opened.key(ApiKeyKind::Secret, false, Some(other)).await;
        opened.get(&messages).key(&key).send().await.problem(404, "not_found");
        assert_eq!(opened.get(&messages).send().await.expect(200).json["items"], json!([]));
    }
}
