use chrono::TimeDelta;
use hearback_domain::{
    attachment::{AttachmentRole, FileKind},
    conversation::Direction,
    ids::{ApplicationId, NotificationId},
    notification::Outcome,
    staff::{StaffKind, Stray},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use super::*;
use crate::{
    NewAttachment, Page, Settings, StaffConversation, StaffEnded, StaffMail, Told,
    opened::{Opened, accepted, open, somebody},
};

const ALL: Page<hearback_domain::ids::MessageId> = Page { after: None, limit: 100 };

async fn told(opened: &Opened) -> (ApplicationId, NotificationId) {
    let application = opened.applied().await;
    opened.deliver_all().await;
    (application, opened.notifications(application).await[0].id)
}

async fn came_in(opened: &Opened, raw: &str) -> InboundMail {
    opened.ledger.keep_inbound_mail("ada@example.net", &["reply+x@example.com".to_owned()], raw.as_bytes()).await.unwrap();
    opened.ledger.claim_inbound_mail().await.unwrap().unwrap()
}

fn reply((application, about): (ApplicationId, NotificationId), message_id: &str) -> Reply {
    let content: std::sync::Arc<[u8]> = b"%PDF-1.7"[..].into();
    let file = NewAttachment { role: AttachmentRole::Other, file_name: "CV.pdf".to_owned(), kind: FileKind::Pdf, content, sha256: [1; 32] };
    Reply {
        application,
        about: Some(about),
        from: Some("ada@private.example".to_owned()),
        subject: Some("Re: Your application".to_owned()),
        text: "May I bring my\0 dog?\n".to_owned(),
        html: None,
        message_id: Some(message_id.to_owned()),
        in_reply_to: Some("<x@example.com>".to_owned()),
        files: vec![file],
        left_out: 2,
    }
}

async fn count(opened: &Opened, query: &str) -> i64 {
    let database = opened.ledger.database();
    let row = database.reader().query_one_raw(Statement::from_string(database.backend(), query)).await.unwrap();
    row.unwrap().try_get::<i64>("", "count").unwrap()
}

async fn settle(opened: &Opened, outcome: &Outcome) -> Vec<StaffMail> {
    let mails = opened.ledger.claim_staff_mails(64).await.unwrap();
    for mail in &mails {
        let ended =
            StaffEnded { claim: mail.claim, at: opened.ledger.now(), outcome: outcome.clone(), mail: None, relay: "test".to_owned() };
        opened.ledger.settle_staff_mail(&ended).await.unwrap();
    }
    mails
}

fn conversation(mail: &StaffMail) -> &Told {
    match &mail.conversation {
        Some(StaffConversation::With(told)) => told,
        other => panic!("{other:?}"),
    }
}

fn stray(why: Stray, application: Option<ApplicationId>, from: &str) -> StrayMail {
    let (from, subject) = (Some(from.to_owned()), Some("Hello".to_owned()));
    StrayMail { kind: "reply", why, from, subject, text: "Is the job still open?".to_owned(), application, about: None }
}

/// The organisation's fallback, on the same database.
async fn with_fallback(opened: &Opened) -> crate::Ledger {
    let settings = Settings { fallback: Some("all@example.com".parse().unwrap()), ..Settings::default() };
    crate::Ledger::open(
        opened.database.url(),
        settings,
        opened.clock.clone(),
        std::sync::Arc::new(hearback_domain::random::Random::from_seed(3)),
    )
    .await
    .unwrap()
}

on_both_databases! {
    async fn a_reply_is_a_message_a_promise_and_a_mail_to_the_owner_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        // The same mail by five ways: each has other Received fields.
        for way in 0..5 {
            let mail = came_in(&opened, &format!("Received: {way}\r\n\r\nMay I bring my dog?")).await;
            let recorded = opened.ledger.record_reply(mail.claim, reply(about, "<a1@example.net>")).await.unwrap();
            assert_eq!(matches!(recorded, ReplyRecorded::Recorded(_)), way == 0, "{recorded:?}");
        }
        let messages = opened.ledger.messages(about.0, ALL).await.unwrap();
        let [message] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!((message.direction, message.text.as_str(), message.left_out), (Direction::Received, "May I bring my dog?", 2));
        assert_eq!((message.notification, message.mail_message_id.as_deref()), (Some(about.1), Some("<a1@example.net>")));
        assert_eq!(opened.ledger.message(message.id).await.unwrap().as_ref(), Some(message));
        let files = opened.ledger.attachments(about.0).await.unwrap();
        assert_eq!(files.iter().map(|file| file.message).collect::<Vec<_>>(), [Some(message.id)]);
        let waiting = opened.application(about.0).await.standing.unanswered.unwrap();
        assert_eq!(waiting.since, message.at);
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM event WHERE kind = 'replied'").await, 1);
        let mails = settle(&opened, &accepted()).await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!((mail.to.as_str(), mail.kind), ("owner@example.com", StaffKind::ReplyWaiting));
        let told = conversation(mail);
        assert_eq!((told.is_late, told.answer_by, told.count), (false, Some(waiting.by), 1));
        assert_eq!((told.messages[0].text.as_str(), &told.messages[0].files[..]), ("May I bring my dog?", &["CV.pdf".to_owned()][..]));
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        assert_eq!(opened.ledger.claim(8).await.unwrap().len(), 0, "nothing is sent back");
    }

    async fn two_mails_without_a_message_id_that_say_the_same_are_two(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        for raw in ["one", "two"] {
            let mail = came_in(&opened, raw).await;
            let reply = Reply { message_id: None, ..reply(about, "") };
            assert!(matches!(opened.ledger.record_reply(mail.claim, reply).await.unwrap(), ReplyRecorded::Recorded(_)));
        }
        assert_eq!(opened.ledger.messages(about.0, ALL).await.unwrap().len(), 2);
        // Nobody had taken the first mail to the owner yet: both are in it.
        let mails = settle(&opened, &accepted()).await;
        assert_eq!(mails.iter().map(|mail| conversation(mail).count).collect::<Vec<_>>(), [2]);
    }

    async fn who_lost_the_lease_records_no_reply(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        let late = came_in(&opened, "x").await;
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        let mail = opened.ledger.claim_inbound_mail().await.unwrap().unwrap();
        assert_eq!(opened.ledger.record_reply(late.claim, reply(about, "<a@x>")).await.unwrap(), ReplyRecorded::LostClaim);
        assert_eq!(opened.ledger.messages(about.0, ALL).await.unwrap(), []);
        assert!(opened.application(about.0).await.standing.unanswered.is_none());
        assert!(matches!(opened.ledger.record_reply(mail.claim, reply(about, "<a@x>")).await.unwrap(), ReplyRecorded::Recorded(_)));
    }

    async fn a_mailbox_of_the_owner_that_refuses_mail_passes_the_reply_on(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        let mail = came_in(&opened, "x").await;
        opened.ledger.record_reply(mail.claim, reply(about, "<a@x>")).await.unwrap();
        let gone = Outcome::Undeliverable { reason: "550 5.1.1 gone".to_owned() };
        assert_eq!(settle(&opened, &gone).await[0].to.as_str(), "owner@example.com");
        let ledger = with_fallback(&opened).await;
        ledger.tell_staff(&json!({})).await.unwrap();
        let next = settle(&opened, &accepted()).await;
        assert_eq!(next.iter().map(|mail| (mail.to.as_str(), conversation(mail).count)).collect::<Vec<_>>(), [("all@example.com", 1)]);
        ledger.tell_staff(&json!({})).await.unwrap();
        assert_eq!(settle(&opened, &accepted()).await, [], "told once");
    }

    async fn an_answer_that_is_late_alarms_another_person_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let ledger = with_fallback(&opened).await;
        let about = told(&opened).await;
        let mail = came_in(&opened, "x").await;
        opened.ledger.record_reply(mail.claim, reply(about, "<a@x>")).await.unwrap();
        assert_eq!(settle(&opened, &accepted()).await.len(), 1);
        let by = opened.application(about.0).await.standing.unanswered.unwrap().by;
        opened.clock.set(by - TimeDelta::seconds(1));
        ledger.tell_staff(&json!({})).await.unwrap();
        assert_eq!(settle(&opened, &accepted()).await, []);
        opened.clock.set(by);
        for _ in 0..2 {
            ledger.tell_staff(&json!({})).await.unwrap();
        }
        let alarms = settle(&opened, &accepted()).await;
        let [alarm] = &alarms[..] else { panic!("{alarms:?}") };
        let told = conversation(alarm);
        assert_eq!((alarm.to.as_str(), told.is_late, told.messages.len(), told.thread.len()), ("all@example.com", true, 1, 1));
        opened.clock.advance(TimeDelta::days(3));
        ledger.tell_staff(&json!({})).await.unwrap();
        assert_eq!(settle(&opened, &accepted()).await, [], "once");
    }

    async fn what_a_person_marks_as_answered_alarms_nobody(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        let mail = came_in(&opened, "x").await;
        opened.ledger.record_reply(mail.claim, reply(about, "<a@x>")).await.unwrap();
        settle(&opened, &accepted()).await;
        for _ in 0..2 {
            let changed = opened.ledger.mark_as_answered(&[about.0], Some("by phone"), &somebody()).await.unwrap();
            assert!(changed[0].result.is_ok());
        }
        assert_eq!(count(&opened, "SELECT count(*) AS count FROM event WHERE kind = 'marked_as_answered'").await, 1);
        opened.clock.advance(TimeDelta::days(10));
        opened.ledger.tell_staff(&json!({})).await.unwrap();
        assert!(settle(&opened, &accepted()).await.iter().all(|mail| mail.conversation.is_none()));
    }

    async fn mail_that_fits_nowhere_is_told_with_a_guess_and_once_an_hour(kind: DatabaseKind) {
        let opened = open(kind).await;
        let ledger = with_fallback(&opened).await;
        let application = told(&opened).await.0;
        for (number, from) in ["ADA@example.net", "who@example.org", "who@example.org"].iter().enumerate() {
            let mail = came_in(&opened, &format!("stray {number}")).await;
            assert!(ledger.record_stray_mail(mail.claim, &stray(Stray::Unmatched, None, from)).await.unwrap());
            if number == 0 {
                let mails = settle(&opened, &accepted()).await;
                let Some(StaffConversation::Stray { mails: strays, count: 1 }) = &mails[0].conversation else { panic!("{mails:?}") };
                assert_eq!((mails[0].to.as_str(), strays[0].guess.as_ref().map(|guess| guess.application)), ("all@example.com", Some(application)));
            }
        }
        assert_eq!(settle(&opened, &accepted()).await, [], "not again within the hour");
        opened.clock.advance(TimeDelta::hours(1));
        let mails = settle(&opened, &accepted()).await;
        let Some(StaffConversation::Stray { mails: strays, count: 2 }) = &mails[0].conversation else { panic!("{mails:?}") };
        assert!(strays.iter().all(|stray| stray.guess.is_none()));
        assert_eq!(opened.ledger.messages(application, ALL).await.unwrap(), [], "a guess puts nothing into a conversation");
        assert!(opened.application(application).await.standing.unanswered.is_none());
    }

    async fn mail_that_fits_nowhere_is_told_to_the_boards_mailbox_where_nobody_reads_for_everybody(kind: DatabaseKind) {
        let opened = open(kind).await;
        told(&opened).await;
        let mail = came_in(&opened, "stray").await;
        assert!(opened.ledger.record_stray_mail(mail.claim, &stray(Stray::Unmatched, None, "who@example.org")).await.unwrap());
        assert_eq!(settle(&opened, &accepted()).await[0].to.as_str(), "people@example.com");
    }
}
