use chrono::TimeDelta;
use futures::future::join_all;
use hearback_domain::{application::Stage, webhook::EndpointUrl};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    EndpointDetails, NewEndpoint, Periodic,
    opened::{open, somebody, submission},
};

fn named(name: &str) -> Option<Trace> {
    Trace::of(Some(name), Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
}

on_both_databases! {
    async fn what_comes_of_a_request_has_its_names(kind: DatabaseKind) {
        let opened = open(kind).await;
        let url = EndpointUrl::parse("https://hooks.example.com/", false).unwrap();
        let new = NewEndpoint { board: None, is_test: false, details: EndpointDetails { url, types: Vec::new(), is_enabled: true } };
        opened.ledger.create_webhook_endpoint(new).await.unwrap();
        let job = opened.job().await;
        // Neighbours in one batch keep their own names.
        let submit = |n: usize| {
            let submission = submission(job, &format!("ada-{n}@example.net"));
            traced(if n == 2 { None } else { named(&format!("submit-{n}")) }, opened.ledger.submit(submission))
        };
        let submitted = join_all((0..3).map(submit)).await;
        let repeat = traced(named("repeat"), opened.ledger.submit(submission(job, "ada-0@example.net"))).await.unwrap();
        let ids: Vec<_> = submitted.into_iter().map(|submitted| submitted.unwrap().application).chain([repeat.application]).collect();
        let claimed = opened.work(&crate::opened::accepted()).await;
        for (id, expected) in ids.iter().zip([named("submit-0"), named("submit-1"), None, named("repeat")]) {
            let message = claimed.iter().find(|message| message.application == *id).unwrap();
            assert_eq!(message.trace, expected);
        }
        traced(named("move"), opened.ledger.move_stage(&ids[..1], Stage::Review, true, &somebody())).await.unwrap();
        opened.clock.advance(TimeDelta::hours(20));
        let moved = opened.work(&crate::opened::accepted()).await;
        assert_eq!(moved.iter().map(|message| message.trace.clone()).collect::<Vec<_>>(), [named("move")]);
        opened.clock.advance(TimeDelta::minutes(1));
        for due in opened.ledger.claim_periodic().await.unwrap().into_iter().filter(|due| due.what == Periodic::Webhooks) {
            opened.ledger.run_periodic(due).await.unwrap();
        }
        let mut traces = Vec::new();
        while let Some(due) = opened.ledger.claim_webhook().await.unwrap() {
            traces.push((due.payload.contains("application.submitted"), due.trace));
            let ended = crate::WebhookEnded { claim: due.claim, at: opened.ledger.now(), took: std::time::Duration::ZERO, reply: crate::WebhookReply::Taken { status: 200 } };
            opened.ledger.settle_webhook(&ended).await.unwrap();
        }
        for name in ["submit-0", "submit-1", "repeat"] {
            assert_eq!(traces.iter().filter(|(_, trace)| *trace == named(name)).count(), 2, "the application and its acknowledgement");
        }
        assert!(traces.contains(&(true, None)) && traces.contains(&(false, named("move"))));
    }

    async fn a_message_that_was_lost_comes_back_with_its_names(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        traced(named("submit"), opened.ledger.submit(submission(job, "ada@example.net"))).await.unwrap();
        opened.sql("DELETE FROM notification").await;
        opened.clock.advance(TimeDelta::hours(1));
        for due in opened.ledger.claim_periodic().await.unwrap() {
            opened.ledger.run_periodic(due).await.unwrap();
        }
        let [message] = &opened.ledger.claim(8).await.unwrap()[..] else { panic!("it was derived again") };
        assert_eq!(message.trace, named("submit"));
    }
}
