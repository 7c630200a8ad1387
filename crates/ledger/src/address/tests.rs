use chrono::TimeDelta;
use hearback_domain::{
    application::RejectionReason,
    ids::JobId,
    notification::{Kind, Outcome},
    promise::{Channel, Said},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Bounce, Recorded, Rejection, ReportFilter, ToldOtherwise,
    opened::{Opened, accepted, open, somebody},
};

const RIGHT: &str = "ada.okafor@example.org";

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

fn no_such_user() -> Outcome {
    Outcome::Undeliverable { reason: "550 5.1.1 no such user".to_owned() }
}

/// A mail system says that this message will not arrive.
async fn comes_back(opened: &Opened, about: NotificationId, is_address: bool) -> Recorded {
    let ledger = &opened.ledger;
    ledger.keep_inbound_mail("", &["bounce+x@example.com".to_owned()], format!("about {about}").as_bytes()).await.unwrap();
    let mail = ledger.claim_inbound_mail().await.unwrap().unwrap();
    let bounce = Bounce { about, is_final: true, is_address, reason: "5.1.1 failed hard".to_owned() };
    ledger.record_bounce(mail.claim, bounce).await.unwrap()
}

async fn corrected(opened: &Opened, id: ApplicationId, to: &str) -> Result<(), ChangeRefused> {
    opened.ledger.correct_address(id, &address(to), &somebody()).await.unwrap().result
}

async fn states(opened: &Opened, id: ApplicationId) -> Vec<(Kind, State)> {
    opened.notifications(id).await.iter().map(|one| (one.kind, one.state)).collect()
}

async fn rejected(opened: &Opened, id: ApplicationId, words: Option<&str>) {
    let rejection = Rejection {
        reason: RejectionReason::Unspecified,
        internal_note: None,
        words: words.map(str::to_owned),
        send_after: Some(opened.ledger.now()),
        exemption: None,
    };
    opened.ledger.reject(&[id], &rejection, &somebody()).await.unwrap().remove(0).result.unwrap();
    opened.clock.advance(TimeDelta::hours(12));
}

/// Staff are told of what is found; returns of how much.
async fn told(opened: &Opened) -> usize {
    opened.ledger.tell_staff(&json!({})).await.unwrap();
    let mut lines = 0;
    for mail in opened.ledger.claim_staff_mails(8).await.unwrap() {
        lines += mail.lines.len();
        let ended =
            crate::StaffEnded { claim: mail.claim, at: opened.ledger.now(), outcome: accepted(), mail: None, relay: "test".to_owned() };
        opened.ledger.settle_staff_mail(&ended).await.unwrap();
    }
    lines
}

async fn is_whole(opened: &Opened) {
    assert_eq!(opened.ledger.audit().await.unwrap(), []);
    assert!(opened.ledger.reconcile_dry_run().await.unwrap().is_empty(), "nothing else is owed");
}

async fn addresses(opened: &Opened, job: JobId) -> Vec<String> {
    let mut found = Vec::new();
    let database = opened.ledger.database();
    let sql = "SELECT c.address FROM application a JOIN candidate c ON c.id = a.candidate_id WHERE a.job_id = $1 ORDER BY a.id";
    for row in database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), sql, [job.uuid().into()])).await.unwrap()
    {
        found.push(row.try_get("", "address").unwrap());
    }
    found
}

on_both_databases! {
    async fn a_rejection_that_came_back_is_owed_again_to_the_right_address_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        rejected(&opened, id, Some("Thank you for the long talk.")).await;
        opened.deliver_all().await;
        let rejection = opened.notifications(id).await[1].id;
        assert_eq!(comes_back(&opened, rejection, true).await, Recorded::Reopened);
        assert_eq!(told(&opened).await, 1);
        assert_eq!(corrected(&opened, id, RIGHT).await, Ok(()));
        assert_eq!(corrected(&opened, id, RIGHT).await, Ok(()), "twice is no mistake");
        opened.clock.advance(TimeDelta::hours(12));
        let sent = opened.work(&accepted()).await;
        let [again] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!((again.kind, again.to.as_str(), again.words.as_deref()), (Kind::Rejected, RIGHT, Some("Thank you for the long talk.")));
        assert_ne!(again.claim.notification, rejection, "a new message");
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Sent), (Kind::Rejected, State::Bounced), (Kind::Rejected, State::Sent)]);
        let events = opened.ledger.events(id).await.unwrap();
        let corrections: Vec<_> = events.iter().filter(|event| event.kind == EventKind::AddressCorrected).collect();
        assert_eq!((corrections.len(), &corrections[0].actor), (1, &somebody()));
        let text = corrections[0].data.to_string();
        assert!(!text.contains("example.org") && !text.contains("example.net"), "no address outlives an erasure in it: {text}");
        is_whole(&opened).await;
    }

    async fn what_the_relay_refused_at_once_is_owed_again_as_well(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.work(&no_such_user()).await;
        assert_eq!(opened.ledger.in_silence(&ReportFilter::default(), None, 9).await.unwrap().len(), 1);
        assert_eq!(corrected(&opened, id, RIGHT).await, Ok(()));
        assert_eq!(told(&opened).await, 0, "a person saw to it before anybody was asked");
        assert!(opened.ledger.in_silence(&ReportFilter::default(), None, 9).await.unwrap().is_empty());
        opened.deliver_all().await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Undeliverable), (Kind::Received, State::Sent)]);
        is_whole(&opened).await;
    }

    async fn an_address_that_bounced_is_not_tried_blindly_and_a_person_decides(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let (id, other) = (opened.submitted(job, "ada@example.net").await.application, opened.submitted(job, "bo@example.net").await.application);
        opened.deliver_all().await;
        assert_eq!(comes_back(&opened, opened.notifications(id).await[0].id, true).await, Recorded::Reopened);
        rejected(&opened, id, None).await;
        rejected(&opened, other, None).await;
        opened.deliver_all().await;
        let held = opened.notifications(id).await.remove(1);
        assert_eq!((held.state, held.hold_reason.as_deref()), (State::Held, Some("address_refused")));
        assert_eq!(states(&opened, other).await[1], (Kind::Rejected, State::Sent), "nobody else's trouble");
        assert_eq!(told(&opened).await, 2, "of the bounce, and of what is held");
        assert_eq!(corrected(&opened, id, RIGHT).await, Ok(()));
        let sent = opened.work(&accepted()).await;
        assert_eq!(sent.iter().map(|sent| (sent.kind, sent.to.as_str())).collect::<Vec<_>>(), [(Kind::Rejected, RIGHT)]);
        assert!(opened.work(&accepted()).await.is_empty(), "no acknowledgement after the word that ends it");
        is_whole(&opened).await;
    }

    async fn whoever_lets_a_held_message_go_has_it_tried(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        comes_back(&opened, opened.notifications(id).await[0].id, true).await;
        rejected(&opened, id, None).await;
        opened.deliver_all().await;
        opened.ledger.release_message(opened.notifications(id).await[1].id, &somebody()).await.unwrap();
        opened.deliver_all().await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Bounced), (Kind::Rejected, State::Sent)]);
    }

    async fn a_full_mailbox_says_nothing_about_the_address(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        comes_back(&opened, opened.notifications(id).await[0].id, false).await;
        rejected(&opened, id, None).await;
        opened.deliver_all().await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Bounced), (Kind::Rejected, State::Sent)]);
    }

    async fn told_by_phone_ends_it_without_an_address(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        rejected(&opened, id, None).await;
        opened.deliver_all().await;
        comes_back(&opened, opened.notifications(id).await[1].id, true).await;
        // The call was before the bounce came.
        let told_at = opened.ledger.now() - TimeDelta::hours(1);
        let phoned = ToldOtherwise { channel: Channel::Phone, said: Said::Outcome, at: Some(told_at), note: None };
        opened.ledger.told_otherwise(&[id], &phoned, &somebody()).await.unwrap().remove(0).result.unwrap();
        assert_eq!(told(&opened).await, 0, "nobody is asked any more");
        assert!(opened.ledger.in_silence(&ReportFilter::default(), None, 9).await.unwrap().is_empty());
        // An address that turns up later has nothing to tell.
        assert_eq!(corrected(&opened, id, RIGHT).await, Ok(()));
        assert!(opened.work(&accepted()).await.is_empty());
        is_whole(&opened).await;
    }

    async fn a_late_bounce_of_the_old_address_says_nothing_about_the_new_one(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        assert_eq!(corrected(&opened, id, RIGHT).await, Ok(()));
        opened.clock.advance(TimeDelta::minutes(1));
        assert_eq!(comes_back(&opened, opened.notifications(id).await[0].id, true).await, Recorded::Reopened);
        assert_eq!(told(&opened).await, 1);
        rejected(&opened, id, None).await;
        assert_eq!(opened.work(&accepted()).await.len(), 1, "it is not held");
    }

    async fn what_went_out_before_went_to_the_old_address_for_good(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        rejected(&opened, id, None).await;
        corrected(&opened, id, RIGHT).await.unwrap();
        opened.deliver_all().await;
        let evidence = opened.ledger.evidence(crate::EvidenceOf::Application(id), None).await.unwrap().evidence;
        let went: Vec<_> = evidence.iter().map(|one| (one.what.as_str(), one.address.as_str())).collect();
        assert_eq!(went, [("received", "ada@example.net"), ("rejected", RIGHT)]);
    }

    async fn bytes_that_may_have_gone_to_the_old_address_are_not_sent_to_the_new_one(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.work(&Outcome::MaybeSent { reason: "no answer after the dot".to_owned() }).await;
        corrected(&opened, id, RIGHT).await.unwrap();
        opened.clock.advance(TimeDelta::minutes(11));
        let sent = opened.work(&accepted()).await;
        assert_eq!((sent[0].to.as_str(), sent[0].stored.is_none()), (RIGHT, true));
    }

    async fn a_public_submission_changes_no_address_that_is_on_record(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let id = opened.submitted(job, "ada@example.net").await.application;
        corrected(&opened, id, RIGHT).await.unwrap();
        let (again, old) = (opened.submitted(job, RIGHT).await.application, opened.submitted(job, "ada@example.net").await.application);
        let (again, old) = (opened.application(again).await, opened.application(old).await);
        assert_eq!((again.carried_by, old.carried_by), (Some(id), None), "whoever has the right address is the applicant");
        assert_eq!(opened.application(id).await.email.as_str(), RIGHT);
        assert_eq!(addresses(&opened, job).await, [RIGHT, RIGHT, "ada@example.net"]);
        assert_eq!(corrected(&opened, old.id, RIGHT).await, Err(ChangeRefused::AppliedAgain(id)), "both would carry promises");
    }

    async fn the_cap_of_the_right_address_holds_for_corrections_too(kind: DatabaseKind) {
        let opened = open(kind).await;
        for _ in 0..3 {
            let job = opened.job().await;
            opened.submitted(job, RIGHT).await;
        }
        let id = opened.applied().await;
        opened.work(&no_such_user()).await;
        corrected(&opened, id, RIGHT).await.unwrap();
        assert!(opened.work(&accepted()).await.is_empty(), "the hour's three were theirs");
        opened.clock.advance(TimeDelta::hours(1));
        assert_eq!(opened.work(&accepted()).await.iter().map(|sent| sent.application).collect::<Vec<_>>(), [id]);
    }

    async fn corrections_at_once_leave_one_story(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.work(&no_such_user()).await;
        let (right, someone) = (address(RIGHT), somebody());
        let corrections = (0..6).map(|_| opened.ledger.correct_address(id, &right, &someone));
        assert!(futures::future::join_all(corrections).await.into_iter().all(|one| one.unwrap().result == Ok(())));
        assert_eq!(opened.work(&accepted()).await.len(), 1);
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Undeliverable), (Kind::Received, State::Sent)]);
        let nobody = ApplicationId::from(Uuid::from_u128(5));
        assert_eq!(corrected(&opened, nobody, RIGHT).await, Err(ChangeRefused::NoSuchApplication));
    }
}
