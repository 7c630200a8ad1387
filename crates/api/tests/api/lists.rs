//! Lists show everything once, part by part.

use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{Opened, PUBLIC_URL, board, open};

/// Follows the links from part to part.
async fn walk(opened: &Opened, path: &str) -> (Vec<String>, usize) {
    let (mut seen, mut parts, mut next) = (Vec::new(), 0, Some(path.to_owned()));
    while let Some(path) = next {
        let answer = opened.get(&path).send().await.expect(200);
        let link = answer.header("link");
        assert_eq!(link.is_empty(), answer.json["next_cursor"].is_null(), "{link}");
        next = link.strip_prefix(&format!("<{PUBLIC_URL}")).and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
        let items = answer.json["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        parts += 1;
    }
    (seen, parts)
}

on_both_databases! {
    async fn every_part_leads_to_the_next(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (door, other) = (opened.door().await, opened.door().await);
        let mut made = Vec::new();
        for number in 0..7 {
            let body = json!({ "name": "Ada", "email": format!("ada{number}@example.net") });
            made.push(opened.apply(if number == 3 { &other } else { &door }, &body).send().await.expect(201).text_of("id").to_owned());
        }
        assert_eq!(walk(&opened, "/v1/applications?limit=3").await, (made.clone(), 3));
        assert_eq!(walk(&opened, "/v1/applications?limit=7").await, (made.clone(), 1));
        assert_eq!(walk(&opened, "/v1/applications").await, (made.clone(), 1));
        let job = door.split('/').nth(3).unwrap();
        let of_job: Vec<String> = made.iter().enumerate().filter(|(at, _)| *at != 3).map(|(_, id)| id.clone()).collect();
        assert_eq!(walk(&opened, &format!("/v1/applications?job_id={job}&limit=4")).await, (of_job, 2));
        assert_eq!(walk(&opened, "/v1/jobs?limit=1").await.1, 2);
        assert_eq!(walk(&opened, "/v1/boards?limit=1").await.1, 2);
    }

    async fn a_filter_narrows_a_list(kind: DatabaseKind) {
        let opened = open(kind).await;
        let board: hearback_domain::ids::BoardId = opened.post("/v1/boards", &board()).send().await.expect(201).id();
        let door = opened.door_on(board).await;
        let other = opened.door().await;
        let mut ids = Vec::new();
        for (door, email) in [(&door, "a@example.net"), (&door, "b+c@example.net"), (&other, "a@example.net")] {
            ids.push(opened.apply(door, &json!({ "name": "Ada", "email": email })).send().await.expect(201).text_of("id").to_owned());
        }
        opened.post(&format!("/v1/applications/{}/hire", ids[0]), &json!({})).send().await.expect(200);
        opened.post(&format!("/v1/applications/{}/move", ids[1]), &json!({ "stage": "offer", "tell": false })).send().await.expect(200);
        for (query, expected) in [
            ("status=hired".to_owned(), vec![0]),
            ("status=active".to_owned(), vec![1, 2]),
            ("stage=offer".to_owned(), vec![1]),
            ("email=A@example.net".to_owned(), vec![0, 2]),
            ("email=b%2Bc@example.net".to_owned(), vec![1]),
            (format!("board_id={board}"), vec![0, 1]),
            (format!("board_id={board}&status=active"), vec![1]),
            ("status=withdrawn".to_owned(), vec![]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(|at: usize| ids[at].clone()).collect();
            assert_eq!(walk(&opened, &format!("/v1/applications?{query}")).await.0, expected, "{query}");
        }
        let jobs: Value = opened.get(&format!("/v1/jobs?board_id={board}")).send().await.expect(200).json;
        assert_eq!(jobs["items"].as_array().unwrap().len(), 1);
    }
}
