use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Settings, StaffMail, Submission,
    opened::{Opened, accepted, open, submission},
    staff::tests::{job_of, no_such_user, tick, with_fallback, work},
};

/// Everybody's digest of the day, as a worker that knows of none before makes it.
async fn digest(opened: &Opened) {
    opened.ledger.make_digests(&json!({})).await.unwrap();
}

async fn digests(opened: &Opened) -> Vec<StaffMail> {
    work(opened, &accepted()).await.into_iter().filter(|mail| mail.kind == StaffKind::Digest).collect()
}

/// One address refuses, one message is held.
async fn two_wait(opened: &Opened) {
    let job = opened.job().await;
    opened.submitted(job, "gone@example.net").await;
    opened.work(&no_such_user()).await;
    opened.clock.advance(TimeDelta::minutes(1));
    opened.ledger.submit(Submission { suspected_spam: true, ..submission(job, "odd@example.net") }).await.unwrap();
    opened.submitted(job, "fine@example.net").await;
    opened.deliver_all().await;
}

on_both_databases! {
    async fn each_morning_a_person_has_one_mail_with_everybody_who_waits_longest_first(kind: DatabaseKind) {
        let opened = open(kind).await;
        two_wait(&opened).await;
        let eight = "2026-11-24T07:00:00Z".parse().unwrap();
        opened.clock.set(eight - TimeDelta::minutes(1));
        let done = opened.ledger.make_digests(&json!({ "day": "2026-11-23" })).await.unwrap();
        assert_eq!((done.again_in, digests(&opened).await.len()), (TimeDelta::minutes(1), 0), "in Berlin it is not eight yet");
        opened.clock.set(eight);
        digest(&opened).await;
        let mails = digests(&opened).await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!((mail.to.as_str(), mail.count, mail.is_test), ("owner@example.com", 2, false));
        let content = mail.digest.as_ref().unwrap();
        assert_eq!(content.counts, [(Waits::Undeliverable, 1), (Waits::Held, 1)].into());
        assert_eq!(content.lines.iter().map(|line| line.waiting.how).collect::<Vec<_>>(), [Waits::Undeliverable, Waits::Held]);
        assert!(content.lines.iter().all(|line| line.applicant_name == "Ada Okafor" && line.waiting.message.is_some()));
        for _ in 0..3 {
            opened.clock.advance(TimeDelta::hours(4));
            digest(&opened).await;
            assert!(digests(&opened).await.is_empty(), "once a day");
        }
        opened.clock.set(eight + TimeDelta::days(1));
        digest(&opened).await;
        assert_eq!(digests(&opened).await.len(), 1, "they still wait");
    }

    async fn who_waits_for_nobody_is_in_no_mail(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        opened.submitted(job, "fine@example.net").await;
        opened.deliver_all().await;
        opened.ledger.submit(Submission { is_test: true, suspected_spam: true, ..submission(job, "test@example.net") }).await.unwrap();
        digest(&opened).await;
        assert!(digests(&opened).await.is_empty());
    }

    async fn overdue_at_risk_and_undecided_count_once_each_by_what_is_worst(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        opened.submitted(job, "decide@example.net").await;
        opened.deliver_all().await;
        opened.clock.advance(TimeDelta::days(45));
        while opened.ledger.tell_next_words(100).await.unwrap() > 0 {}
        opened.deliver_all().await;
        opened.ledger.alert_of_due_decisions().await.unwrap();
        opened.submitted(job, "late@example.net").await;
        opened.work(&hearback_domain::notification::Outcome::Retry { reason: "450 later".to_owned() }).await;
        let now = opened.ledger.now();
        let how = async |after| {
            let waiting = opened.ledger.who_waits(now + after).await.unwrap();
            waiting.into_values().next().unwrap().digest.counts
        };
        assert_eq!(how(TimeDelta::minutes(5)).await, [(Waits::AtRisk, 1), (Waits::Undecided, 1)].into());
        assert_eq!(how(TimeDelta::minutes(16)).await, [(Waits::Overdue, 1), (Waits::Undecided, 1)].into());
    }

    async fn a_digest_is_sent_once_whoever_is_killed_and_however_many_look(kind: DatabaseKind) {
        let opened = open(kind).await;
        two_wait(&opened).await;
        let looks = (0..4).map(|_| opened.ledger.make_digests(&Value::Null));
        // One that lost a race is done again, as periodic work is.
        futures::future::join_all(looks).await;
        digest(&opened).await;
        // A worker dies with it.
        let lost = opened.ledger.claim_staff_mails(8).await.unwrap();
        assert_eq!(lost.len(), 1);
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        digest(&opened).await;
        let mails = digests(&opened).await;
        assert_eq!(mails.iter().map(|mail| mail.claim.mail).collect::<Vec<_>>(), [lost[0].claim.mail]);
        digest(&opened).await;
        assert!(digests(&opened).await.is_empty());
    }

    async fn a_digest_that_was_made_and_not_owed_is_owed_by_whoever_comes_next(kind: DatabaseKind) {
        let opened = open(kind).await;
        two_wait(&opened).await;
        let (recipient, theirs) = opened.ledger.who_waits(opened.ledger.now()).await.unwrap().pop_first().unwrap();
        opened.ledger.make_digest(&recipient, "2026-11-23".parse().unwrap(), theirs).await.unwrap();
        opened.ledger.owe_digests().await.unwrap();
        assert_eq!(digests(&opened).await.len(), 1);
    }

    async fn beside_an_alert_it_waits_for_its_turn_and_takes_no_causes_in(kind: DatabaseKind) {
        let opened = open(kind).await;
        two_wait(&opened).await;
        tick(&opened).await;
        digest(&opened).await;
        let first = work(&opened, &accepted()).await;
        assert_eq!(first.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [StaffKind::PromiseAtRisk]);
        tick(&opened).await;
        let job = job_of(&opened, "owner@example.com", None).await;
        opened.submitted(job, "alsogone@example.net").await;
        opened.work(&no_such_user()).await;
        tick(&opened).await;
        let second = work(&opened, &accepted()).await;
        assert_eq!(second.iter().map(|mail| (mail.kind, mail.lines.len())).collect::<Vec<_>>(), [(StaffKind::Digest, 0)]);
        tick(&opened).await;
        opened.clock.advance(TimeDelta::hours(1));
        assert_eq!(work(&opened, &accepted()).await.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [StaffKind::Undeliverable]);
    }

    async fn who_takes_no_mail_is_stood_in_for(kind: DatabaseKind) {
        let opened = open(kind).await;
        let ledger = with_fallback(&opened, "hr@example.com").await;
        two_wait(&opened).await;
        for expected in ["owner@example.com", "hr@example.com"] {
            ledger.make_digests(&json!({})).await.unwrap();
            let mails = work(&opened, &no_such_user()).await;
            assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), [expected]);
            opened.clock.advance(TimeDelta::days(1));
        }
        ledger.make_digests(&json!({})).await.unwrap();
        assert!(work(&opened, &accepted()).await.is_empty(), "nobody is left, and the log says so");
    }

    async fn switched_off_nobody_has_one(kind: DatabaseKind) {
        let opened = open(kind).await;
        two_wait(&opened).await;
        let settings = Settings { digest: None, ..Settings::default() };
        let random = std::sync::Arc::new(hearback_domain::random::Random::from_seed(5));
        let ledger = Ledger::open(opened.database.url(), settings, opened.clock.clone(), random).await.unwrap();
        ledger.make_digests(&json!({})).await.unwrap();
        assert!(digests(&opened).await.is_empty());
        let settings = Settings { digest: Some(DigestHour { hour: 23, zone: Some(Tz::Asia__Tokyo) }), ..Settings::default() };
        let random = std::sync::Arc::new(hearback_domain::random::Random::from_seed(7));
        let ledger = Ledger::open(opened.database.url(), settings, opened.clock.clone(), random).await.unwrap();
        ledger.make_digests(&json!({})).await.unwrap();
        assert!(digests(&opened).await.is_empty(), "in Tokyo it is not eleven in the evening yet");
    }
}
