use std::time::Duration;

use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    on_both_databases,
    program::Program,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{banner, program};

const WITHIN: Duration = Duration::from_secs(20);

struct Outbox<'a> {
    environment: [(&'a str, &'a str); 2],
}

impl Outbox<'_> {
    /// Exit code and output of `hearback …` on the same database.
    async fn hearback(&self, arguments: &[&str]) -> (i32, String) {
        let mut ran = Program::spawn(program(), arguments, &self.environment).unwrap();
        let status = ran.wait(WITHIN).await.unwrap();
        // Nothing stands between what a program reads: no command has anything to say beside its answer.
        (status.code().unwrap(), ran.stdout() + &ran.stderr())
    }

    async fn listed(&self, more: &[&str]) -> Vec<Value> {
        let (code, said) = self.hearback(&[&["outbox", "list", "--json"], more].concat()).await;
        assert_eq!(code, 0, "{said}");
        serde_json::from_str::<Value>(&said).unwrap()["items"].as_array().unwrap().clone()
    }
}

on_both_databases! {
    async fn the_outbox_is_run_from_the_command_line(kind: DatabaseKind) {
        let database = TestDatabase::create(kind);
        let outbox = Outbox { environment: [("HEARBACK_LISTEN", "127.0.0.1:0"), ("HEARBACK_DATABASE__URL", database.url())] };
        let mut server = Program::spawn(program(), &["serve"], &outbox.environment).unwrap();
        let banner = banner::read(&mut server).await;

        let (code, said) = outbox.hearback(&["outbox", "pause", "--reason", "the relay moves", "--actor", "Ines Albrecht"]).await;
        assert_eq!(code, 0, "{said}");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for name in ["robin", "zoe"] {
            let application = json!({ "name": name, "email": format!("{name}@example.org") });
            let answer = http.post(&banner.door).bearer_auth(&banner.publishable).json(&application).send().await.unwrap();
            assert_eq!(answer.status(), 201, "what comes in is taken");
        }
        let owed = outbox.listed(&[]).await;
        assert_eq!(owed.iter().map(|one| one["state"].as_str().unwrap()).collect::<Vec<_>>(), ["scheduled"; 2]);
        assert_eq!(owed[0]["email"], "z…@example.org");
        assert_eq!(outbox.listed(&["--show-addresses"]).await[0]["email"], "zoe@example.org");
        let (zoe, robin) = (owed[0]["id"].as_str().unwrap(), owed[1]["id"].as_str().unwrap());

        let (code, table) = outbox.hearback(&["outbox", "list"]).await;
        assert_eq!(code, 0);
        for words in ["The outbox is paused since", "by Ines Albrecht (operator ", ": the relay moves", zoe, robin, "z…@example.org", "outbox: 2 scheduled"] {
            assert!(table.contains(words), "`{words}` is missing in:\n{table}");
        }
        assert!(!table.contains("zoe@example.org"), "{table}");
        let (code, audit) = outbox.hearback(&["audit"]).await;
        assert!(code == 0 && audit.contains("The outbox is paused since") && audit.contains("audit: 0 findings"), "{audit}");

        let (code, said) = outbox.hearback(&["outbox", "cancel", zoe, "--reason", "told at the door"]).await;
        assert!(code == 0 && said.contains("cancelled"), "{said}");
        let (code, said) = outbox.hearback(&["outbox", "release", robin, zoe]).await;
        assert!(code == 1 && said.contains("it is scheduled already") && said.contains("it was cancelled"), "{said}");
        let (code, said) = outbox.hearback(&["outbox", "cancel", robin]).await;
        assert!(code == 2 && said.contains("--reason"), "{said}");

        let (code, said) = outbox.hearback(&["outbox", "resume"]).await;
        assert!(code == 0 && said.contains("Messages go out again"), "{said}");
        let began = Instant::now();
        while !outbox.listed(&[]).await.is_empty() {
            assert!(began.elapsed() < WITHIN, "{table}");
            sleep(Duration::from_millis(20)).await;
        }
        let (_, shown) = outbox.hearback(&["outbox", "show", zoe]).await;
        for words in ["told at the door", "message cancelled", "z…@example.org", "received, cancelled"] {
            assert!(shown.contains(words), "`{words}` is missing in:\n{shown}");
        }
        let (code, shown) = outbox.hearback(&["outbox", "show", robin, "--json"]).await;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!((code, &shown["state"], &shown["reply"]), (0, &json!("sent"), &json!("250 2.0.0 captured")));
        let (code, said) = outbox.hearback(&["outbox", "retry", robin]).await;
        assert!(code == 1 && said.contains("nothing calls a mail back"), "{said}");
        let (code, said) = outbox.hearback(&["outbox", "show", "ntf_06daym9d01y3n6rybxn7s3cy04"]).await;
        assert!(code == 1 && said.contains("is no message of this database"), "{said}");
        assert_eq!(outbox.hearback(&["audit"]).await, (0, "audit: 0 findings\n".to_owned()));
        server.terminate().unwrap();
        assert!(server.wait(WITHIN).await.unwrap().success());
    }
}
