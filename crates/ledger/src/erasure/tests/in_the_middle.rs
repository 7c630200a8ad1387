//! What else happens at the same moment.

use std::{collections::BTreeSet, sync::Arc};

use chrono::TimeDelta;
use hearback_domain::{erasure::WaitsFor, notification::State, random::Random};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::{ask, erased, search::found, work};
use crate::{
    Ended, Ledger, SentMail, Settings, StaffEnded,
    change::{Lock, lock},
    opened::{accepted, open},
};

const WORDS: [&str; 2] = ["Ada Okafor", "ada@example.net"];

fn mail() -> SentMail {
    SentMail {
        subject: "Ada Okafor".to_owned(),
        text: "Dear Ada Okafor".to_owned(),
        template_version: "0123456789ab".to_owned(),
        sha256: [7; 32],
        raw: b"To: ada@example.net".to_vec(),
    }
}

on_both_databases! {
    async fn who_dies_in_the_middle_has_erased_nothing_and_another_goes_on(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let mut ids = Vec::new();
        for person in 0..5 {
            ids.push(opened.submitted(job, &format!("ada{person}@example.net")).await.application);
        }
        opened.deliver_all().await;
        for id in &ids {
            ask(&opened, *id).await.unwrap();
        }
        opened.clock.advance(TimeDelta::days(1));
        opened.deliver_all().await;
        assert_eq!(opened.ledger.erase_part(2).await.unwrap(), 2);
        // A process that got as far as its commit, and no further.
        let transaction = opened.ledger.database().begin().await.unwrap();
        lock(&transaction, &ids, Lock::WithMessages).await.unwrap();
        super::super::anonymise::anonymise(&transaction, &[(ids[2], None), (ids[3], None)], opened.ledger.now()).await.unwrap();
        drop(transaction);
        let whole = |application: &crate::Application| (application.erased_at.is_some(), application.name.as_str() == "(erased)");
        for (id, expected) in ids.iter().zip([true, true, false, false, false]) {
            assert_eq!(whole(&opened.application(*id).await), (expected, expected));
            assert_eq!(opened.notifications(*id).await[0].text.is_none(), expected, "all of it or nothing");
        }
        let another = Ledger::open(opened.database.url(), Settings::default(), opened.clock.clone(), Arc::new(Random::from_seed(9))).await.unwrap();
        while another.erase_part(2).await.unwrap() > 0 {}
        assert_eq!(found(&opened, &["Ada Okafor", "example.net"]).await, BTreeSet::new());
        assert_eq!(another.audit().await.unwrap(), []);
    }

    async fn a_message_that_is_being_sent_is_waited_for(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let sending = opened.ledger.claim(1).await.unwrap();
        ask(&opened, id).await.unwrap();
        opened.clock.advance(TimeDelta::minutes(2));
        work(&opened).await;
        assert_eq!(opened.ledger.erasure(id).await.unwrap().unwrap().waits_for, Some(WaitsFor::Message));
        let ended = Ended { mail: Some(mail()), ..opened.ended(&sending[0], accepted()) };
        opened.ledger.settle(std::slice::from_ref(&ended)).await.unwrap();
        opened.clock.advance(TimeDelta::days(1));
        opened.deliver_all().await;
        work(&opened).await;
        assert!(opened.application(id).await.erased_at.is_some());
        opened.ledger.settle(&[ended]).await.unwrap();
        assert_eq!(found(&opened, &WORDS).await, BTreeSet::new(), "a settlement that comes twice brings nothing back");
    }

    /// Its lease ended, another worker was told to let go of it, and then the first one comes with an acceptance.
    async fn an_acceptance_that_comes_after_all_says_nothing_of_what_was_sent(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let sending = opened.ledger.claim(1).await.unwrap();
        opened.clock.advance(TimeDelta::hours(1));
        let again = opened.ledger.claim(1).await.unwrap();
        let erase = crate::Erase {
            basis: hearback_domain::erasure::Basis::Requested,
            exemption: Some(hearback_domain::erasure::NoFinalWord::AskedForNone),
            actor: &super::recruiter(),
        };
        opened.ledger.erase(&[id], &erase).await.unwrap().remove(0).1.unwrap();
        let not_sent = hearback_domain::notification::Outcome::Retry { reason: "451 <ada@example.net> later".to_owned() };
        opened.ledger.settle(&[opened.ended(&again[0], not_sent)]).await.unwrap();
        opened.clock.advance(TimeDelta::minutes(2));
        work(&opened).await;
        assert!(opened.application(id).await.erased_at.is_some());
        let reply = hearback_domain::notification::Outcome::Accepted { reply: "250 <ada@example.net> taken".to_owned() };
        opened.ledger.settle(&[Ended { mail: Some(mail()), ..opened.ended(&sending[0], reply) }]).await.unwrap();
        assert_eq!(found(&opened, &WORDS).await, BTreeSet::new());
        let message = opened.notifications(id).await.remove(0);
        assert_eq!((message.state, message.reply.as_deref()), (State::Sent, Some("250 erased")), "that it was sent is on record");
        assert_eq!(opened.notifications(id).await.len(), 1, "and nothing is owed for it");
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_mail_that_tells_a_person_of_her_is_waited_for(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.work(&hearback_domain::notification::Outcome::Undeliverable { reason: "550 5.1.1".to_owned() }).await;
        opened.ledger.tell_staff(&serde_json::json!({})).await.unwrap();
        ask(&opened, id).await.unwrap();
        opened.clock.advance(TimeDelta::days(1));
        opened.deliver_all().await;
        let telling = opened.ledger.claim_staff_mails(4).await.unwrap().remove(0);
        assert_eq!(telling.lines[0].applicant_name, "Ada Okafor");
        work(&opened).await;
        assert!(opened.application(id).await.erased_at.is_none());
        let ended = StaffEnded { claim: telling.claim, at: opened.ledger.now(), outcome: accepted(), mail: Some(mail()), relay: "r".to_owned() };
        opened.ledger.settle_staff_mail(&ended).await.unwrap();
        opened.clock.advance(TimeDelta::minutes(2));
        work(&opened).await;
        assert_eq!(found(&opened, &WORDS).await, BTreeSet::new());
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn who_applies_again_while_she_is_being_erased_is_on_record(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        for round in 0..8 {
            let id = opened.submitted(job, "ada@example.net").await.application;
            ask(&opened, id).await.unwrap();
            opened.clock.advance(TimeDelta::days(2));
            opened.deliver_all().await;
            let (_, again) = tokio::join!(opened.ledger.erase_part(7), opened.ledger.submit(crate::opened::submission(job, "ada@example.net")));
            let again = again.unwrap_or_else(|error| panic!("round {round}: {error}")).application;
            assert_eq!(opened.application(again).await.email.to_string(), "ada@example.net");
            erased(&opened, again).await;
        }
    }

    async fn one_that_cannot_be_read_keeps_nobody_else(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let (bad, good) = (opened.submitted(job, "ada@example.net").await.application, opened.submitted(job, "bo@example.net").await.application);
        opened.deliver_all().await;
        for id in [bad, good] {
            ask(&opened, id).await.unwrap();
        }
        opened.clock.advance(TimeDelta::days(1));
        opened.deliver_all().await;
        opened.sql("UPDATE application SET stage = 'of_next_year' WHERE email = 'ada@example.net'").await;
        work(&opened).await;
        assert!(opened.application(good).await.erased_at.is_some());
        opened.sql("UPDATE application SET stage = 'received' WHERE email = 'ada@example.net'").await;
        opened.clock.advance(TimeDelta::hours(1));
        work(&opened).await;
        assert!(opened.application(bad).await.erased_at.is_some(), "it is looked at again");
    }
}
