//! Whoever keeps another system in step gets every event once.

use std::time::{Duration, Instant};

use hearback_ledger::ApiKeyKind;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{ada, open};

on_both_databases! {
    async fn events_are_read_part_by_part_and_later_on(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        opened.post(&format!("{path}/move"), &json!({ "stage": "review", "tell": false })).send().await.expect(200);
        opened.clock.advance(chrono::TimeDelta::seconds(1));
        // PostgreSQL numbers the transactions of all its databases together, so what is open in another test's holds events back here too.
        let until = Instant::now() + Duration::from_secs(60);
        let both = async || opened.get("/v1/events").send().await.expect(200).json["items"].as_array().unwrap().len() == 2;
        while !both().await && Instant::now() < until {}
        let first = opened.get("/v1/events?limit=1").send().await.expect(200);
        assert_eq!((first.json["items"][0]["kind"].as_str(), &first.json["more"]), (Some("submitted"), &json!(true)));
        assert!(path.ends_with(first.json["items"][0]["application_id"].as_str().unwrap()));
        let next = first.json["next_after"].as_str().unwrap();
        assert!(first.header("link").ends_with(&format!("/v1/events?limit=1&after={next}>; rel=\"next\"")), "{}", first.header("link"));
        let second = opened.get(&format!("/v1/events?after={next}")).send().await.expect(200);
        assert_eq!((second.json["items"][0]["kind"].as_str(), &second.json["more"]), (Some("moved"), &json!(false)));
        let next = second.json["next_after"].as_str().unwrap();
        let nothing = opened.get(&format!("/v1/events?after={next}")).send().await.expect(200);
        assert_eq!((&nothing.json["items"], nothing.json["next_after"].as_str()), (&json!([]), Some(next)));
        for wrong in ["after=1", "limit=0", "limit=1001", "cursor=x"] {
            opened.get(&format!("/v1/events?{wrong}")).send().await.problem(400, "invalid_query");
        }
    }

    async fn a_key_sees_what_happened_where_it_may_look(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (own, other) = (opened.board().await, opened.board().await);
        let (own_door, other_door) = (opened.door_on(own).await, opened.door_on(other).await);
        let test = opened.key(ApiKeyKind::Secret, true, None).await;
        opened.apply(&other_door, &ada()).send().await.expect(201);
        let ours = opened.apply(&own_door, &ada()).send().await.expect(201);
        let tried = opened.apply(&other_door, &ada()).key(&test).send().await.expect(201);
        opened.clock.advance(chrono::TimeDelta::seconds(1));
        let of_board = opened.key(ApiKeyKind::Secret, false, Some(own)).await;
        for (key, seen) in [(&of_board, &ours), (&test, &tried)] {
            let until = Instant::now() + Duration::from_secs(60);
            let look = async || opened.get("/v1/events").key(key).send().await.expect(200);
            while look().await.json["items"].as_array().unwrap().is_empty() && Instant::now() < until {}
            let feed = look().await;
            let items = feed.json["items"].as_array().unwrap();
            assert_eq!(items.iter().map(|item| &item["application_id"]).collect::<Vec<_>>(), [&seen.json["id"]]);
        }
        opened.get("/v1/events").key(&opened.publishable).send().await.problem(403, "forbidden");
    }
}
