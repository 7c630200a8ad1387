//! ETags: who has read something need not read it again, and nobody writes over what they have not seen.

use actix_web::http::Method;
use futures::future::join_all;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{Answer, Ask, Opened, open};

fn put<'a>(opened: &'a Opened, path: &str, body: &Value) -> Ask<'a> {
    opened.ask(Method::PUT, path).key(&opened.secret).body("application/json", &body.to_string())
}

async fn tag(opened: &Opened, path: &str) -> String {
    let tag = opened.get(path).send().await.expect(200).header("etag").to_owned();
    assert!(tag.len() > 20 && tag.starts_with('"') && tag.ends_with('"'), "{path} has the ETag {tag}");
    tag
}

async fn first(opened: &Opened, list: &str) -> String {
    let id = opened.get(list).send().await.expect(200).json["items"][0]["id"].as_str().unwrap().to_owned();
    format!("{}/{id}", list.split('?').next().unwrap())
}

on_both_databases! {
    async fn what_one_has_is_not_sent_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let endpoint = json!({ "url": "https://hooks.example.com/hearback" });
        opened.post("/v1/webhook-endpoints", &endpoint).send().await.expect(201);
        let (board, job) = (first(&opened, "/v1/boards").await, first(&opened, "/v1/jobs").await);
        let records = [
            path.clone(),
            format!("{board}/policy"),
            format!("{job}/policy"),
            board,
            job,
            first(&opened, "/v1/keys").await,
            first(&opened, "/v1/notifications").await,
            first(&opened, "/v1/webhook-endpoints").await,
        ];
        for record in &records {
            let tag = tag(&opened, record).await;
            for had in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
                for method in [Method::GET, Method::HEAD] {
                    let unchanged = opened.ask(method, record).key(&opened.secret).header("If-None-Match", &had).send().await.expect(304);
                    assert_eq!((unchanged.header("etag"), unchanged.text.as_str()), (tag.as_str(), ""), "{record}");
                    assert!(!unchanged.header("x-request-id").is_empty());
                }
            }
            for had in ["\"other\"", "nonsense"] {
                opened.get(record).header("If-None-Match", had).send().await.expect(200);
            }
        }
        let before = tag(&opened, &path).await;
        opened.deliver().await;
        let after = opened.get(&path).header("If-None-Match", &before).send().await.expect(200);
        assert_ne!(after.header("etag"), before, "the applicant was told meanwhile");
        assert_eq!(opened.get("/v1/applications").send().await.expect(200).header("etag"), "");
        assert_eq!(opened.get(&format!("{path}x")).header("If-None-Match", "*").send().await.problem(404, "not_found").header("etag"), "");
    }

    async fn a_verb_may_say_what_it_was_decided_upon(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let seen = tag(&opened, &path).await;
        let moving = |stage: &str| opened.post(&format!("{path}/move"), &json!({ "stage": stage, "tell": false }));
        moving("review").send().await.expect(200);
        let now = opened.get(&path).send().await.expect(200);
        for stale in [seen.as_str(), "\"other\"", &format!("W/{}", now.header("etag"))] {
            moving("offer").header("If-Match", stale).send().await.problem(412, "precondition_failed");
        }
        moving("offer").header("If-Match", "offer").send().await.problem(400, "invalid_header").says("If-Match");
        assert_eq!(opened.get(&path).send().await.expect(200).text, now.text, "nothing was changed");
        moving("interview").header("If-Match", &format!("{seen}, {}", now.header("etag"))).send().await.expect(200);
        moving("offer").header("If-Match", "*").send().await.expect(200);
        // What is refused for another reason is refused for that.
        opened.post("/v1/applications/app_06dkv8y2t5w1r3n9q7c4h0m8zg/hire", &json!({})).header("If-Match", "*").send().await.problem(404, "not_found");

        let message = first(&opened, "/v1/notifications").await;
        let seen = tag(&opened, &message).await;
        opened.post(&format!("{message}/retry"), &json!({})).header("If-Match", "\"other\"").send().await.problem(412, "precondition_failed");
        opened.post(&format!("{message}/retry"), &json!({})).header("If-Match", &seen).send().await.expect(200);
        let job = first(&opened, "/v1/jobs").await;
        opened.post(&format!("{job}/close"), &json!({})).header("If-Match", "\"other\"").send().await.problem(412, "precondition_failed");
        let seen = tag(&opened, &job).await;
        opened.post(&format!("{job}/close"), &json!({})).header("If-Match", &seen).send().await.expect(202);
        opened.post(&format!("{job}/reopen"), &json!({})).header("If-Match", &seen).send().await.problem(412, "precondition_failed");
    }

    async fn nobody_replaces_what_they_have_not_seen(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        let endpoint = json!({ "url": "https://hooks.example.com/hearback", "is_enabled": true });
        opened.post("/v1/webhook-endpoints", &json!({ "url": "https://hooks.example.com/" })).send().await.expect(201);
        let (board, job) = (first(&opened, "/v1/boards").await, first(&opened, "/v1/jobs").await);
        let weekly = json!({ "update_every": "7 days" });
        let endpoint_path = first(&opened, "/v1/webhook-endpoints").await;
        for (path, body) in [(format!("{board}/policy"), &weekly), (format!("{job}/policy"), &weekly), (endpoint_path.clone(), &endpoint)] {
            put(&opened, &path, body).send().await.problem(428, "precondition_required");
            let seen = tag(&opened, &path).await;
            put(&opened, &path, body).header("If-Match", &seen).send().await.expect(200);
            put(&opened, &path, body).header("If-Match", &seen).send().await.problem(412, "precondition_failed");
            put(&opened, &path, body).header("If-Match", "*").send().await.expect(200);
        }
        let delete = |seen: &str| opened.ask(Method::DELETE, &endpoint_path).key(&opened.secret).header("If-Match", seen);
        delete("\"other\"").send().await.problem(412, "precondition_failed");
        delete(&tag(&opened, &endpoint_path).await).send().await.expect(204);
    }

    async fn of_many_who_saw_the_same_one_wins(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let policy = format!("{}/policy", first(&opened, "/v1/jobs").await);
        for round in 0..5 {
            let seen = tag(&opened, &policy).await;
            let writing = |n: usize| put(&opened, &policy, &json!({ "update_every": format!("{} days", 2 + 8 * round + n) })).header("If-Match", &seen);
            one_won(&join_all((0..4).map(|n| writing(n).send())).await);
            let seen = tag(&opened, &path).await;
            let stage = if round % 2 == 0 { "review" } else { "interview" };
            let moving = || opened.post(&format!("{path}/move"), &json!({ "stage": stage, "tell": false })).header("If-Match", &seen);
            one_won(&join_all((0..8).map(|_| moving().send())).await);
        }
    }
}

#[track_caller]
fn one_won(answers: &[Answer]) {
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1, "{:?}", answers.iter().map(|answer| &answer.text).collect::<Vec<_>>());
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 412)));
}
