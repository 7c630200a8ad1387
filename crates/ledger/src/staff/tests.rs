use hearback_domain::{
    ids::{ApplicationId, JobId},
    notification::{LADDER, Outcome, State},
    staff::{Cause, StaffKind},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    JobDetails, Settings,
    opened::{Opened, accepted, open, somebody, submission},
};

fn full() -> Outcome {
    Outcome::Retry { reason: "452 4.2.2 mailbox full".to_owned() }
}

pub(super) fn no_such_user() -> Outcome {
    Outcome::Undeliverable { reason: "550 5.1.1 no such user".to_owned() }
}

/// What a tick of the periodic work does.
pub(super) async fn tick(opened: &Opened) {
    opened.ledger.tell_staff(&json!({})).await.unwrap();
}

fn ended(opened: &Opened, mail: &StaffMail, outcome: Outcome) -> StaffEnded {
    StaffEnded { claim: mail.claim, at: opened.ledger.now(), outcome, mail: None, relay: "test".to_owned() }
}

/// Claims the mails to staff that are due, and settles them all the same way.
pub(super) async fn work(opened: &Opened, outcome: &Outcome) -> Vec<StaffMail> {
    let mails = opened.ledger.claim_staff_mails(64).await.unwrap();
    for mail in &mails {
        opened.ledger.settle_staff_mail(&ended(opened, mail, outcome.clone())).await.unwrap();
    }
    mails
}

async fn told(opened: &Opened) -> Vec<(String, usize)> {
    work(opened, &accepted()).await.iter().map(|mail| (mail.to.to_string(), mail.lines.len())).collect()
}

/// A job with these people, on a board of its own.
pub(super) async fn job_of(opened: &Opened, owner: &str, manager: Option<&str>) -> JobId {
    let board = opened.ledger.job(opened.job().await).await.unwrap().unwrap().board;
    let (owner, manager) = (owner.parse().unwrap(), manager.map(|manager| manager.parse().unwrap()));
    let job = JobDetails { external_id: None, title: "Baker".to_owned(), owner, manager, time_zone: None };
    opened.ledger.create_job(board, job).await.unwrap().id
}

pub(super) async fn with_fallback(opened: &Opened, fallback: &str) -> Ledger {
    let settings = Settings { fallback: Some(fallback.parse().unwrap()), ..Settings::default() };
    Ledger::open(opened.database.url(), settings, opened.clock.clone(), std::sync::Arc::new(hearback_domain::random::Random::from_seed(3)))
        .await
        .unwrap()
}

async fn applied(opened: &Opened, job: JobId, email: &str) -> ApplicationId {
    opened.submitted(job, email).await.application
}

on_both_databases! {
    async fn a_relay_that_is_away_for_five_hours_is_told_once_and_in_time(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        for number in 0..3 {
            applied(&opened, job, &format!("n{number}@example.net")).await;
        }
        let start = opened.ledger.now();
        let mut mails: Vec<(TimeDelta, StaffMail)> = Vec::new();
        // A minute at a time, as the worker does it: what is due is tried, and the relay is not there.
        for minute in 0..=300 {
            opened.clock.set(start + TimeDelta::minutes(minute));
            let resume_at = opened.ledger.now() + TimeDelta::seconds(30);
            opened.work(&Outcome::RelayDown { reason: "connection refused".to_owned(), resume_at }).await;
            tick(&opened).await;
            let told = work(&opened, &accepted()).await;
            mails.extend(told.into_iter().map(|mail| (TimeDelta::minutes(minute), mail)));
        }
        let [(at, mail)] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(*at, TimeDelta::hours(4));
        assert_eq!((mail.to.as_str(), mail.kind, mail.count, mail.lines.len()), ("owner@example.com", StaffKind::PromiseAtRisk, 3, 3));
        assert!(mail.lines.iter().all(|line| (line.cause, line.state, line.send_after) == (Cause::Late, State::Scheduled, start)));
        opened.deliver_all().await;
        tick(&opened).await;
        assert_eq!(told(&opened).await, []);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_mailbox_that_is_full_is_told_once_and_in_time(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let (start, mut mails) = (opened.ledger.now(), Vec::new());
        for minute in 0..=300 {
            opened.clock.set(start + TimeDelta::minutes(minute));
            opened.work(&full()).await;
            tick(&opened).await;
            mails.extend(work(&opened, &accepted()).await.into_iter().map(|mail| (minute, mail)));
        }
        let [(240, mail)] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(mail.lines[0].reason.as_deref(), Some("452 4.2.2 mailbox full"));
        assert_eq!((mail.lines[0].application, mail.lines[0].applicant_name.as_str()), (id, "Ada Okafor"));
        assert!(opened.notifications(id).await[0].tries.len() >= LADDER.len() - 2);
    }

    async fn what_an_address_refuses_or_a_person_must_see_is_told_at_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        applied(&opened, job, "gone@example.net").await;
        opened.work(&no_such_user()).await;
        tick(&opened).await;
        let mail = work(&opened, &accepted()).await.remove(0);
        assert_eq!((mail.kind, mail.lines[0].cause), (StaffKind::Undeliverable, Cause::Undeliverable));
        opened.ledger.submit(crate::Submission { suspected_spam: true, ..submission(job, "spam@example.net") }).await.unwrap();
        tick(&opened).await;
        assert_eq!(told(&opened).await, [], "not again within the hour");
        opened.clock.advance(TimeDelta::hours(1));
        let mail = work(&opened, &accepted()).await.remove(0);
        assert_eq!((mail.kind, mail.lines[0].cause, mail.lines[0].reason.as_deref()), (StaffKind::PromiseAtRisk, Cause::Held, Some("suspected_spam")));
    }

    async fn what_happens_within_an_hour_goes_in_one_mail_to_each_person(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (mine, yours) = (opened.job().await, job_of(&opened, "you@example.com", None).await);
        applied(&opened, mine, "a@example.net").await;
        opened.work(&no_such_user()).await;
        tick(&opened).await;
        assert_eq!(told(&opened).await, [("owner@example.com".to_owned(), 1)]);
        for minute in 1..=5 {
            opened.clock.advance(TimeDelta::minutes(1));
            applied(&opened, if minute == 3 { yours } else { mine }, &format!("n{minute}@example.net")).await;
            opened.work(&no_such_user()).await;
            tick(&opened).await;
        }
        assert_eq!(told(&opened).await, [("you@example.com".to_owned(), 1)]);
        opened.clock.advance(TimeDelta::minutes(54));
        assert_eq!(told(&opened).await, []);
        opened.clock.advance(TimeDelta::minutes(1));
        assert_eq!(told(&opened).await, [("owner@example.com".to_owned(), 4)]);
        for _ in 0..3 {
            tick(&opened).await;
            opened.clock.advance(TimeDelta::hours(2));
            assert_eq!(told(&opened).await, [], "a cause is told once");
        }
    }

    async fn a_mail_that_cannot_be_delivered_goes_to_the_next_person(kind: DatabaseKind) {
        let opened = open(kind).await;
        let ledger = with_fallback(&opened, "hr@example.com").await;
        let job = job_of(&opened, "owner@example.com", Some("manager@example.com")).await;
        applied(&opened, job, "gone@example.net").await;
        opened.work(&no_such_user()).await;
        for expected in ["owner@example.com", "manager@example.com", "hr@example.com"] {
            ledger.tell_staff(&json!({})).await.unwrap();
            let mail = work(&opened, &no_such_user()).await.remove(0);
            assert_eq!((mail.to.as_str(), mail.lines.len()), (expected, 1));
            assert_eq!(opened.ledger.audit().await.unwrap(), []);
        }
        ledger.tell_staff(&json!({})).await.unwrap();
        assert!(work(&opened, &accepted()).await.is_empty());
        let findings = opened.ledger.audit().await.unwrap();
        assert_eq!(findings.len(), 1);
        assert!(findings[0].what.contains("nobody"), "{findings:?}");
    }

    async fn without_any_address_it_is_a_finding_until_there_is_one(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        opened.sql("UPDATE job SET owner = 'nobody'").await;
        opened.work(&no_such_user()).await;
        for _ in 0..2 {
            tick(&opened).await;
            assert_eq!(opened.ledger.audit().await.unwrap().len(), 1);
        }
        let ledger = with_fallback(&opened, "hr@example.com").await;
        ledger.tell_staff(&json!({})).await.unwrap();
        assert_eq!(told(&opened).await, [("hr@example.com".to_owned(), 1)]);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_mail_to_staff_climbs_the_same_ladder_and_is_repeated_byte_for_byte(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        applied(&opened, job, "gone@example.net").await;
        opened.work(&no_such_user()).await;
        tick(&opened).await;
        assert_eq!(work(&opened, &Outcome::Retry { reason: "450 later".to_owned() }).await[0].tries, 1);
        assert!(work(&opened, &accepted()).await.is_empty());
        opened.clock.advance(TimeDelta::minutes(2));
        let mail = opened.ledger.claim_staff_mails(1).await.unwrap().remove(0);
        let handed = crate::SentMail {
            subject: "s".to_owned(), text: "t".to_owned(), template_version: "v".to_owned(), sha256: [7; 32], raw: b"as it went".to_vec(),
        };
        let doubt = Outcome::MaybeSent { reason: "no answer after the dot".to_owned() };
        opened.ledger.settle_staff_mail(&StaffEnded { mail: Some(handed.clone()), ..ended(&opened, &mail, doubt) }).await.unwrap();
        // What happens meanwhile must not change what may have been read.
        applied(&opened, job, "gone2@example.net").await;
        opened.work(&no_such_user()).await;
        tick(&opened).await;
        opened.clock.advance(TimeDelta::minutes(10));
        let again = work(&opened, &accepted()).await.remove(0);
        assert_eq!((again.claim.mail, again.stored, again.lines.len()), (mail.claim.mail, Some(handed), 1));
        tick(&opened).await;
        opened.clock.advance(TimeDelta::hours(1));
        assert_eq!(told(&opened).await, [("owner@example.com".to_owned(), 1)]);
    }

    async fn a_worker_that_died_with_a_mail_leaves_it_to_another(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        opened.work(&no_such_user()).await;
        tick(&opened).await;
        let lost = opened.ledger.claim_staff_mails(8).await.unwrap().remove(0);
        assert!(opened.ledger.claim_staff_mails(8).await.unwrap().is_empty());
        opened.clock.advance(opened.ledger.lease() / 2);
        assert!(opened.ledger.renew_staff_mail(&lost.claim).await.unwrap());
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        let taken = opened.ledger.claim_staff_mails(8).await.unwrap().remove(0);
        assert!(!opened.ledger.renew_staff_mail(&lost.claim).await.unwrap());
        opened.ledger.settle_staff_mail(&ended(&opened, &lost, no_such_user())).await.unwrap();
        opened.ledger.settle_staff_mail(&ended(&opened, &taken, accepted())).await.unwrap();
        tick(&opened).await;
        opened.clock.advance(TimeDelta::hours(2));
        assert_eq!(told(&opened).await, []);
    }

    async fn a_board_that_cannot_be_read_keeps_nobody_from_hearing_of_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        opened.sql("UPDATE board SET sender_address = 'nobody'").await;
        opened.job().await;
        applied(&opened, job, "ada@example.net").await;
        assert!(opened.ledger.claim(8).await.unwrap().is_empty(), "its mail cannot be made, and is held");
        tick(&opened).await;
        let mail = work(&opened, &accepted()).await.remove(0);
        assert_eq!((mail.board.sender.as_str(), mail.lines[0].cause), ("careers@example.com", Cause::Held));
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_paused_outbox_tells_staff_when_it_is_resumed(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        opened.work(&no_such_user()).await;
        opened.ledger.pause_outbox("the relay moves", &somebody()).await.unwrap();
        tick(&opened).await;
        assert_eq!(told(&opened).await, []);
        opened.ledger.resume_outbox(&somebody()).await.unwrap();
        assert_eq!(told(&opened).await.len(), 1);
    }

    async fn many_causes_are_one_mail_that_counts_them(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let addresses: Vec<String> = (0..620).map(|number| format!("n{number}@example.net")).collect();
        futures::future::join_all(addresses.iter().map(|address| opened.submitted(job, address))).await;
        opened.clock.advance(TimeDelta::hours(5));
        let first = opened.ledger.tell_staff(&json!({})).await.unwrap();
        assert_eq!(first.again_in, TimeDelta::zero(), "the rest follows at once");
        tick(&opened).await;
        let mails = work(&opened, &accepted()).await;
        assert_eq!(mails.iter().map(|mail| (mail.count, mail.lines.len())).collect::<Vec<_>>(), [(620, 20)]);
    }

    async fn two_processes_that_look_at_once_tell_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        for number in 0..40 {
            applied(&opened, job, &format!("n{number}@example.net")).await;
        }
        opened.work(&no_such_user()).await;
        let looks = (0..4).map(|_| opened.ledger.tell_staff(&Value::Null));
        // One that lost a race is done again, as periodic work is.
        futures::future::join_all(looks).await;
        tick(&opened).await;
        assert_eq!(work(&opened, &accepted()).await.iter().map(|mail| mail.count).collect::<Vec<_>>(), [40]);
    }
}
