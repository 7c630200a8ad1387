//! Applications of another system.

use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::open;

fn row(door: &str, number: usize, status: &str) -> Value {
    let job = door.strip_prefix("/v1/jobs/").unwrap().strip_suffix("/applications").unwrap();
    json!({
        "external_id": format!("gh-{number}"), "job": job, "name": "Ada Okafor", "email": format!("ada{number}@example.net"),
        "applied_at": "2020-10-01T09:00:00Z", "status": status,
    })
}

on_both_databases! {
    async fn rows_are_looked_at_imported_and_known_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let mut told = row(&door, 2, "rejected");
        told["told"] = json!({ "said": "outcome", "channel": "phone", "at": "2020-11-01T09:00:00Z" });
        let mut bad = row(&door, 3, "active");
        bad["email"] = json!("nobody");
        bad["phone"] = json!("1");
        let mut late = row(&door, 4, "active");
        late["applied_at"] = json!("2120-10-01T09:00:00Z");
        let rows = json!({ "rows": [row(&door, 0, "active"), row(&door, 1, "rejected"), told, bad, late] });
        let promised = opened.post("/v1/imports/dry-run", &rows).send().await.expect(200).json;
        let summary = &promised["summary"];
        assert_eq!((&summary["imported"], &summary["refused"], &summary["messages"]), (&json!(3), &json!(2), &json!(2)));
        assert_eq!(summary["nothing"], json!({ "told_elsewhere": 1 }));
        let done = opened.post("/v1/imports", &rows).send().await.expect(200).json;
        for (item, dry) in done["items"].as_array().unwrap().iter().zip(promised["items"].as_array().unwrap()) {
            for key in ["row", "external_id", "gets", "send_after", "due_at", "nothing_because", "errors"] {
                assert_eq!(item[key], dry[key], "{key}");
            }
        }
        let gets: Vec<&Value> = done["items"].as_array().unwrap().iter().map(|item| &item["gets"]).collect();
        assert_eq!(gets, [&json!("received"), &json!("rejected"), &json!(null), &json!(null), &json!(null)]);
        let errors = &done["items"][3]["errors"][0]["detail"];
        assert!(errors.as_str().unwrap().contains("phone"), "{errors}");
        assert_eq!(done["items"][4]["errors"][0], json!({ "field": "applied_at", "detail": "is in the future" }));
        let again = opened.post("/v1/imports", &rows).send().await.expect(200).json;
        assert_eq!((&again["summary"]["already_here"], &again["summary"]["imported"]), (&json!(3), &json!(0)));
        assert_eq!(again["items"][0]["application_id"], done["items"][0]["application_id"]);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn many_messages_are_confirmed_first(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let rows: Vec<Value> = (0..51).map(|number| row(&door, number, "rejected")).collect();
        let body = json!({ "rows": rows });
        opened.post("/v1/imports", &body).send().await.problem(409, "confirmation_required").says("51 people would be written to");
        let summary = opened.post("/v1/imports/dry-run", &body).send().await.expect(200).json["summary"].clone();
        assert_eq!(summary["confirmation_required"], true);
        let other = json!({ "rows": rows[..50], "confirmation": summary["confirmation"] });
        opened.post("/v1/imports", &other).send().await.problem(409, "confirmation_outdated");
        let confirmed = json!({ "rows": rows, "confirmation": summary["confirmation"] });
        assert_eq!(opened.post("/v1/imports", &confirmed).send().await.expect(200).json["summary"]["imported"], 51);
        opened.post("/v1/imports", &json!({ "rows": [] })).send().await.problem(422, "invalid_body");
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }
}
