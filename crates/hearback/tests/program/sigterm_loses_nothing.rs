use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use hearback_domain::{
    clock::SystemClock,
    ids::ApplicationId,
    notification::{Kind, State},
    random::Random,
};
use hearback_ledger::{Ledger, Page, Settings};
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    on_both_databases,
    program::Program,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    banner::{self, Banner},
    program,
};

const WITHIN: Duration = Duration::from_secs(20);

on_both_databases! {
    async fn sigterm_loses_nothing(kind: DatabaseKind) {
        let database = TestDatabase::create(kind);
        let environment = [("HEARBACK_LISTEN", "127.0.0.1:0"), ("HEARBACK_DATABASE__URL", database.url())];
        let mut hearback = Program::spawn(program(), &["serve"], &environment).unwrap();
        let banner = banner::read(&mut hearback).await;

        let answered = Arc::new(AtomicUsize::new(0));
        let applying = tokio::spawn({
            let answered = Arc::clone(&answered);
            async move { join_all((0..8).map(|client| apply_until_refused(&banner, client, &answered))).await }
        });
        while answered.load(Ordering::SeqCst) < 100 {
            sleep(Duration::from_millis(1)).await;
        }
        hearback.terminate().unwrap();
        let status = hearback.wait(WITHIN).await.unwrap();
        assert!(status.success(), "{status}: {}", hearback.stderr());
        let promised: Vec<ApplicationId> = applying.await.unwrap().into_iter().flatten().collect();
        assert!(promised.len() >= 100);

        let _again = Program::spawn(program(), &["serve"], &environment).unwrap();
        let ledger = Ledger::open(database.url(), Settings::default(), Arc::new(SystemClock), Arc::new(Random::from_system())).await.unwrap();
        let began = Instant::now();
        for application in &promised {
            while !is_acknowledged(&ledger, *application).await {
                assert!(began.elapsed() < WITHIN, "{application} was answered 201 and is not acknowledged");
                sleep(Duration::from_millis(5)).await;
            }
        }
        assert_eq!(ledger.audit().await.unwrap(), []);
        // What was in flight was finished and not left to be sent again.
        let mails = ledger.captured_mails(Page { after: None, limit: 100_000 }).await.unwrap();
        let distinct: HashSet<&str> = mails.iter().map(|kept| kept.mail.message_id.as_str()).collect();
        assert_eq!(distinct.len(), mails.len());
    }
}

/// The applications that were answered with 201.
async fn apply_until_refused(banner: &Banner, client: usize, answered: &AtomicUsize) -> Vec<ApplicationId> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut promised = Vec::new();
    for number in 0.. {
        let application = json!({ "name": "Robin Example", "email": format!("robin.{client}.{number}@example.org") });
        let Ok(answer) = http.post(&banner.door).bearer_auth(&banner.publishable).json(&application).send().await else { break };
        if answer.status() != 201 {
            break;
        }
        // An answer that is cut short promised nothing that could be read.
        let Ok(answer) = answer.json::<Value>().await else { break };
        promised.push(answer["id"].as_str().unwrap().parse().unwrap());
        answered.fetch_add(1, Ordering::SeqCst);
    }
    promised
}

async fn is_acknowledged(ledger: &Ledger, application: ApplicationId) -> bool {
    let messages = ledger.notifications(application).await.unwrap();
    messages.iter().any(|message| message.kind == Kind::Received && message.state == State::Sent)
}
