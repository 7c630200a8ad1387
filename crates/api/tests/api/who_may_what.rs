//! Keys, and what they allow.

use actix_web::http::Method;
use hearback_ledger::ApiKeyKind;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{ada, board, open};

on_both_databases! {
    async fn nothing_is_answered_without_a_key(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        for path in [path.as_str(), "/v1/applications", "/v1/boards", "/v1/jobs"] {
            let answer = opened.ask(Method::GET, path).send().await.problem(401, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"hearback\"");
        }
        let wrong = opened.ask(Method::GET, &path).key("sk_wrong").send().await.problem(401, "unauthenticated");
        assert_eq!(wrong.header("www-authenticate"), "Bearer realm=\"hearback\", error=\"invalid_token\"");
        // A stranger learns nothing from what is wrong with the body.
        opened.ask(Method::POST, "/v1/boards").body("application/json", "{").send().await.problem(401, "unauthenticated");
        let door = opened.door().await;
        opened.ask(Method::POST, &door).body("application/json", "{").send().await.problem(401, "unauthenticated");
    }

    async fn a_publishable_key_submits_and_nothing_else(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        for (method, path) in [
            (Method::GET, path.clone()),
            (Method::GET, "/v1/applications".to_owned()),
            (Method::GET, "/v1/boards".to_owned()),
            (Method::POST, "/v1/boards".to_owned()),
            (Method::POST, format!("{path}/hire")),
        ] {
            opened.ask(method, &path).key(&opened.publishable).send().await.problem(403, "forbidden");
        }
    }

    async fn a_secret_key_submits_too(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        opened.apply(&door, &ada()).key(&opened.secret).send().await.expect(201);
    }

    async fn what_another_board_has_does_not_exist(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (own, other) = (opened.board().await, opened.board().await);
        let (own_door, other_door) = (opened.door_on(own).await, opened.door_on(other).await);
        let applied = opened.apply(&own_door, &ada()).send().await.expect(201);
        let foreign = opened.apply(&other_door, &ada()).send().await.expect(201);
        let key = opened.key(ApiKeyKind::Secret, false, Some(own)).await;
        let get = |path: &str| opened.get(path).key(&key);

        get(applied.header("location")).send().await.expect(200);
        for path in [
            foreign.header("location").to_owned(),
            format!("/v1/boards/{other}"),
            other_door.trim_end_matches("/applications").to_owned(),
            format!("/v1/applications?board_id={other}"),
            format!("/v1/jobs?board_id={other}"),
        ] {
            get(&path).send().await.problem(404, "not_found");
        }
        for (path, expected) in [("/v1/applications", applied.text_of("id").to_owned()), ("/v1/boards", own.to_string())] {
            let items = get(path).send().await.expect(200).json["items"].clone();
            assert_eq!(items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(), [expected]);
        }
        assert_eq!(get("/v1/jobs").send().await.expect(200).json["items"].as_array().unwrap().len(), 1);
        opened.post(&format!("{}/hire", foreign.header("location")), &json!({})).key(&key).send().await.problem(404, "not_found");
        opened.apply(&other_door, &ada()).key(&key).send().await.problem(404, "not_found");
        opened.post("/v1/boards", &board()).key(&key).send().await.problem(403, "forbidden");
        let job = json!({ "board_id": other, "title": "Nurse", "owner": "owner@example.com" });
        let answer = opened.post("/v1/jobs", &job).key(&key).send().await.problem(422, "invalid_body");
        assert_eq!(answer.errors(), ["/board_id not_found"]);
        // The same as for a board that nobody has.
        let job = json!({ "board_id": "brd_06dkv8y2t5w1r3n9q7c4h0m8zg", "title": "Nurse", "owner": "owner@example.com" });
        let nowhere = opened.post("/v1/jobs", &job).send().await;
        for field in ["type", "title", "status", "detail", "errors"] {
            assert_eq!(nowhere.json[field], answer.json[field], "{field}");
        }
    }

    async fn a_test_key_does_not_see_real_applicants(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let secret = opened.key(ApiKeyKind::Secret, true, None).await;
        opened.get(&path).key(&secret).send().await.problem(404, "not_found");
        opened.post(&format!("{path}/hire"), &json!({})).key(&secret).send().await.problem(404, "not_found");
        let door = opened.door().await;
        let own = opened.apply(&door, &ada()).key(&secret).send().await.expect(201);
        let items = opened.get("/v1/applications").key(&secret).send().await.expect(200).json["items"].clone();
        assert_eq!(items.as_array().unwrap().iter().map(|item| &item["id"]).collect::<Vec<_>>(), [&own.json["id"]]);
        assert_eq!(opened.count().await, 2);
    }

    async fn the_person_behind_a_key_is_one_line(kind: DatabaseKind) {
        let opened = open(kind).await;
        for wrong in ["", "a\tb", &"a".repeat(201)] {
            opened.get("/v1/boards").header("Hearback-Actor", wrong).send().await.problem(400, "invalid_header").says("Hearback-Actor");
        }
        opened.get("/v1/boards").header("Hearback-Actor", "Inès Albrecht").send().await.expect(200);
    }
}
