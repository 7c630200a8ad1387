//! Other systems know records by ids of their own: what is not there under one is made, what is there is changed, by the same request.

use actix_web::http::Method;
use futures::future::join_all;
use hearback_ledger::ApiKeyKind;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{Answer, Ask, Opened, ada, board, open};

fn put<'a>(opened: &'a Opened, path: &str, body: &Value) -> Ask<'a> {
    opened.ask(Method::PUT, path).key(&opened.secret).body("application/json", &body.to_string())
}

fn job() -> Value {
    json!({ "title": "Nurse", "owner": "owner@example.com" })
}

fn with(mut body: Value, field: &str, value: &str) -> Value {
    body[field] = json!(value);
    body
}

/// How many were made by many who asked for the same at once.
#[track_caller]
fn made(answers: &[Answer]) -> usize {
    for answer in answers {
        // Where the machine is busy, no connection may be free: it is right to come again.
        assert!(matches!(answer.status.as_u16(), 200 | 201 | 503), "{} {}", answer.status, answer.text);
    }
    answers.iter().filter(|answer| answer.status == 201).count()
}

on_both_databases! {
    async fn a_board_and_its_jobs_are_kept_in_step(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = "/v1/boards-by-external-id/site%2F1%20a%25";
        opened.get(path).send().await.problem(404, "not_found");
        put(&opened, path, &board()).header("If-Match", "*").send().await.problem(412, "precondition_failed");
        let first = put(&opened, path, &board()).send().await.expect(201);
        assert_eq!(first.json["external_id"], "site/1 a%");
        let again = put(&opened, path, &board()).send().await.expect(200);
        assert_eq!(again.text, first.text, "sending it again changes nothing");
        opened.clock.advance(chrono::TimeDelta::minutes(1));
        let changed = put(&opened, path, &with(board(), "sender_name", "People of Example")).send().await.expect(200);
        assert_eq!((&changed.json["id"], &changed.json["sender_name"]), (&first.json["id"], &json!("People of Example")));
        assert_ne!(changed.json["updated_at"], first.json["updated_at"]);
        put(&opened, path, &board()).header("If-None-Match", "*").send().await.problem(412, "precondition_failed");
        let stale = put(&opened, path, &board()).header("If-Match", "\"other\"").send().await;
        stale.problem(412, "precondition_failed");
        let other = put(&opened, path, &with(board(), "external_id", "site/2")).send().await.problem(422, "invalid_body");
        assert_eq!(other.errors(), ["/external_id contradictory"]);
        assert_eq!(opened.get(path).send().await.expect(200).text, changed.text);

        let board = first.text_of("id");
        let path = format!("/v1/boards/{board}/jobs/by-external-id/REQ-7");
        let first = put(&opened, &path, &job()).send().await.expect(201);
        assert_eq!((&first.json["board_id"], &first.json["status"]), (&json!(board), &json!("open")));
        assert_eq!(put(&opened, &path, &with(job(), "external_id", "REQ-7")).send().await.expect(200).text, first.text);
        let changed = put(&opened, &path, &with(job(), "title", "Head nurse")).send().await.expect(200);
        assert_eq!((&changed.json["id"], &changed.json["title"]), (&first.json["id"], &json!("Head nurse")));
        assert_eq!(opened.get(&path).send().await.expect(200).text, changed.text);
        for (list, found) in [("boards?external_id=site/1+a%25", 1), ("boards?external_id=x", 0), ("jobs?external_id=REQ-7", 1), ("jobs?external_id=req-7", 0)] {
            assert_eq!(opened.get(&format!("/v1/{list}")).send().await.expect(200).json["items"].as_array().unwrap().len(), found, "{list}");
        }
        put(&opened, &format!("/v1/boards/{board}/jobs/by-external-id/%20"), &job()).send().await.problem(404, "not_found");
        opened.get(&format!("/v1/boards/{board}/jobs/by-external-id/{}", "x".repeat(201))).send().await.problem(404, "not_found");
    }

    async fn what_is_known_by_our_id_is_changed_by_whoever_has_seen_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let board_id = opened.board().await;
        let new = with(with(job(), "board_id", &board_id.to_string()), "external_id", "REQ-1");
        opened.post("/v1/jobs", &new).send().await.expect(201);
        let by_hand = opened.post("/v1/jobs", &with(job(), "board_id", &board_id.to_string())).send().await.expect(201);
        let path = by_hand.header("location").to_owned();
        put(&opened, &path, &job()).send().await.problem(428, "precondition_required");
        let seen = opened.get(&path).send().await.expect(200).header("etag").to_owned();
        put(&opened, &path, &with(job(), "external_id", "REQ-1")).header("If-Match", &seen).send().await.problem(409, "external_id_taken");
        let named = put(&opened, &path, &with(job(), "external_id", "REQ-2")).header("If-Match", &seen).send().await.expect(200);
        assert_eq!(opened.get(&format!("/v1/boards/{board_id}/jobs/by-external-id/REQ-2")).send().await.expect(200).text, named.text);
        put(&opened, &path, &job()).header("If-Match", &seen).send().await.problem(412, "precondition_failed");

        let path = format!("/v1/boards/{board_id}");
        put(&opened, &path, &board()).send().await.problem(428, "precondition_required");
        let seen = opened.get(&path).send().await.expect(200).header("etag").to_owned();
        let set = put(&opened, &path, &with(board(), "organisation", "Example")).header("If-Match", &seen).send().await.expect(200);
        assert_eq!(opened.get(&path).send().await.expect(200).text, set.text);
        let writing = json!({ "kind": "secret", "name": "ats", "scopes": ["write"] });
        let writing = opened.post("/v1/keys", &writing).send().await.expect(201).text_of("secret").to_owned();
        put(&opened, &path, &board()).key(&writing).header("If-Match", "*").send().await.problem(403, "forbidden");
        put(&opened, "/v1/boards-by-external-id/b", &board()).key(&writing).send().await.problem(403, "forbidden");
        put(&opened, &format!("{path}/jobs/by-external-id/REQ-3"), &job()).key(&writing).send().await.expect(201);
    }

    async fn an_application_is_made_once_and_then_corrected(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let path = format!("{door}/by-external-id/app-9");
        let first = put(&opened, &path, &ada()).header("Hearback-Actor", "Robin").send().await.expect(201);
        assert_eq!((&first.json["external_id"], &first.json["notifications"][0]["kind"]), (&json!("app-9"), &json!("received")));
        assert_eq!(first.header("location"), format!("/v1/applications/{}", first.text_of("id")));
        let again = put(&opened, &path, &ada()).send().await.expect(200);
        assert_eq!(again.json["timeline"].as_array().unwrap().len(), 1, "sending it again changes nothing");
        assert_eq!(opened.get(&path).send().await.expect(200).text, again.text);

        let corrected = json!({ "name": "Ada O. Okafor", "email": "ada.okafor@example.net", "locale": "de", "time_zone": "Europe/Vienna" });
        let corrected = put(&opened, &path, &corrected).header("Hearback-Actor", "Robin").send().await.expect(200);
        assert_eq!((&corrected.json["email"], &corrected.json["locale"]), (&json!("ada.okafor@example.net"), &json!("de")));
        assert_ne!(corrected.json["candidate_id"], first.json["candidate_id"]);
        let [_, moved, event] = &corrected.json["timeline"].as_array().unwrap()[..] else { panic!("{}", corrected.text) };
        assert_eq!(moved["kind"], "address_corrected");
        assert_eq!((&event["kind"], &event["data"]["fields"]), (&json!("corrected"), &json!(["name", "locale", "time_zone"])));
        assert_eq!(event["actor"]["on_behalf_of"], "Robin");
        assert!(!event.to_string().contains("example.net"), "the event does not repeat what may have to be forgotten");
        let [message] = &opened.ledger.claim(8).await.unwrap()[..] else { panic!("one message is due") };
        assert_eq!((message.to.as_str(), message.locale.as_str()), ("ada.okafor@example.net", "de"));
        // What is left out is the board's again.
        let plain = put(&opened, &path, &ada()).send().await.expect(200);
        assert_eq!((&plain.json["locale"], &plain.json["time_zone"]), (&json!("en"), &json!("Europe/Berlin")));
        assert_eq!(opened.get("/v1/applications?external_id=app-9").send().await.expect(200).json["items"].as_array().unwrap().len(), 1);
        put(&opened, &path, &json!({ "name": "" })).send().await.problem(422, "invalid_body");
        opened.ledger.close_job(door.split('/').nth(3).unwrap().parse().unwrap(), &hearback_ledger::Closing { words: None, named: vec![], archive: false, confirmation: None }, &hearback_domain::actor::Actor::system("test")).await.unwrap();
        put(&opened, &path, &ada()).send().await.expect(200);
        put(&opened, &format!("{door}/by-external-id/app-10"), &ada()).send().await.problem(410, "job_closed");
    }

    async fn what_an_applicant_sends_changes_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let path = format!("{door}/by-external-id/app-9");
        put(&opened, &path, &ada()).key(&opened.publishable).send().await.problem(403, "forbidden");
        opened.get(&path).key(&opened.publishable).send().await.problem(403, "forbidden");
        let first = put(&opened, &path, &ada()).send().await.expect(201);
        let named = with(with(ada(), "name", "Somebody Else"), "external_id", "app-9");
        assert_eq!(opened.apply(&door, &named).send().await.problem(422, "invalid_body").errors(), ["/external_id unknown"]);
        opened.apply(&door, &with(ada(), "name", "Somebody Else")).send().await.expect(201);
        let after = opened.get(&path).send().await.expect(200);
        assert_eq!((&after.json["name"], &after.json["id"]), (&json!("Ada Okafor"), &first.json["id"]));
        // Who is carried by another is not made somebody else; who would be two, stays one.
        let repeat = put(&opened, &format!("{door}/by-external-id/app-10"), &ada()).send().await.expect(201);
        assert_eq!(repeat.json["carried_by"], first.json["id"]);
        let elsewhere = with(ada(), "email", "other@example.net");
        put(&opened, &format!("{door}/by-external-id/app-10"), &elsewhere).send().await.problem(409, "carried_by_another");
        opened.apply(&door, &elsewhere).send().await.expect(201);
        put(&opened, &path, &elsewhere).send().await.problem(409, "applied_again");
    }

    async fn a_key_changes_only_what_it_may_see(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (own, other) = (opened.board().await, opened.board().await);
        let (own_door, other_door) = (opened.door_on(own).await, opened.door_on(other).await);
        let of_board = opened.key(ApiKeyKind::Secret, false, Some(own)).await;
        let trying_out = opened.key(ApiKeyKind::Secret, true, None).await;
        put(&opened, "/v1/boards-by-external-id/b", &board()).send().await.expect(201);
        put(&opened, "/v1/boards-by-external-id/b", &board()).key(&of_board).send().await.problem(404, "not_found");
        put(&opened, "/v1/boards-by-external-id/c", &board()).key(&of_board).send().await.problem(403, "forbidden");
        put(&opened, "/v1/boards-by-external-id/b", &with(board(), "locale", "de")).key(&trying_out).send().await.problem(403, "forbidden");
        put(&opened, &format!("/v1/boards/{other}/jobs/by-external-id/j"), &job()).key(&of_board).send().await.problem(404, "not_found");
        put(&opened, &format!("{other_door}/by-external-id/a"), &ada()).key(&of_board).send().await.problem(404, "not_found");
        put(&opened, &format!("{own_door}/by-external-id/a"), &ada()).key(&of_board).send().await.expect(201);
        put(&opened, &format!("{own_door}/by-external-id/a"), &ada()).key(&trying_out).send().await.problem(409, "external_id_taken");
        opened.get(&format!("{own_door}/by-external-id/a")).key(&trying_out).send().await.problem(404, "not_found");
        let tried = put(&opened, &format!("{own_door}/by-external-id/t"), &ada()).key(&trying_out).send().await.expect(201);
        assert_eq!(tried.json["is_test"], true);
        // The same id for another job is another application.
        put(&opened, &format!("{other_door}/by-external-id/a"), &ada()).send().await.expect(201);
    }

    async fn many_at_once_make_one(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let board_id = opened.board().await;
        for (path, body) in [
            ("/v1/boards-by-external-id/b".to_owned(), board()),
            (format!("/v1/boards/{board_id}/jobs/by-external-id/j"), job()),
            (format!("{door}/by-external-id/a"), ada()),
        ] {
            // Neighbours that have nothing to do with it come in meanwhile.
            let neighbours = (0..10).map(|n| opened.apply(&door, &json!({ "name": "Bo", "email": format!("bo-{n}@example.net") })).send());
            let (answers, neighbours) = futures::join!(join_all((0..40).map(|_| put(&opened, &path, &body).send())), join_all(neighbours));
            assert_eq!(made(&answers), 1, "{path}");
            // On a slow disk SQLite's one writer may be busy for too long: then it is right to come again, and nothing else.
            let taken = |answer: &Answer| matches!(answer.status.as_u16(), 201 | 503);
            assert!(neighbours.iter().all(taken), "{:?}", neighbours.iter().map(|answer| &answer.text).collect::<Vec<_>>());
            let ids: std::collections::BTreeSet<_> = answers.iter().filter_map(|answer| answer.json["id"].as_str()).collect();
            assert_eq!(ids.len(), 1, "{path}");
        }
    }

    async fn mail_that_is_not_out_yet_has_the_boards_new_face(kind: DatabaseKind) {
        let opened = open(kind).await;
        let board_id = opened.board().await;
        let door = opened.door_on(board_id).await;
        opened.apply(&door, &ada()).send().await.expect(201);
        let before = opened.ledger.claim(8).await.unwrap();
        assert_eq!(before[0].board.sender_name, "Example Health careers");
        put(&opened, &format!("/v1/boards/{board_id}"), &with(board(), "sender_name", "People")).header("If-Match", "*").send().await.expect(200);
        opened.apply(&door, &json!({ "name": "Bo", "email": "bo@example.net" })).send().await.expect(201);
        let after = opened.ledger.claim(8).await.unwrap();
        assert_eq!(after[0].board.sender_name, "People");
    }
}
