use chrono::TimeDelta;
use hearback_domain::{
    conversation::Direction,
    ids::{ApplicationId, MessageId, NotificationId},
    notification::{Kind, Outcome, State},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use crate::{
    ChangeRefused, Damage, MailAnswered, Page, Promise, Repaired, Reply,
    opened::{Opened, accepted, open, somebody},
};

const ALL: Page<MessageId> = Page { after: None, limit: 100 };

async fn told(opened: &Opened) -> (ApplicationId, NotificationId) {
    let application = opened.applied().await;
    opened.deliver_all().await;
    (application, opened.notifications(application).await[0].id)
}

/// The applicant answers a mail of ours.
async fn wrote(opened: &Opened, (application, about): (ApplicationId, NotificationId), id: &str) {
    let raw = format!("Message-ID: <{id}@example.net>\r\n\r\nMay I bring my dog?");
    opened.ledger.keep_inbound_mail("ada@example.net", &["reply+x@example.com".to_owned()], raw.as_bytes()).await.unwrap();
    let mail = opened.ledger.claim_inbound_mail().await.unwrap().unwrap();
    let reply = Reply {
        application,
        about: Some(about),
        from: Some("ada@example.net".to_owned()),
        subject: Some("My dog".to_owned()),
        text: format!("May I bring my dog? {id}"),
        html: None,
        message_id: Some(format!("<{id}@example.net>")),
        in_reply_to: Some(format!("<{about}@example.com>")),
        files: Vec::new(),
        left_out: 0,
    };
    opened.ledger.record_reply(mail.claim, reply).await.unwrap();
}

async fn write(opened: &Opened, application: ApplicationId, words: &str) -> MessageId {
    opened.ledger.write_to_applicant(application, words, &somebody()).await.unwrap().unwrap()
}

async fn waits(opened: &Opened, application: ApplicationId) -> bool {
    opened.application(application).await.standing.unanswered.is_some()
}

async fn of_kind(opened: &Opened, application: ApplicationId) -> Vec<(Kind, State)> {
    opened.notifications(application).await.iter().map(|one| (one.kind, one.state)).collect()
}

fn undeliverable() -> Outcome {
    Outcome::Undeliverable { reason: "550 5.1.1 no such user".to_owned() }
}

on_both_databases! {
    async fn an_answer_goes_out_in_the_thread_of_what_it_answers_and_ends_the_promise(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (application, about) = told(&opened).await;
        wrote(&opened, (application, about), "a1").await;
        let message = write(&opened, application, "Yes, you may.").await;
        assert!(waits(&opened, application).await, "nobody has read it");
        let [mail] = &opened.work(&accepted()).await[..] else { panic!("one mail") };
        assert_eq!((mail.kind, mail.words.as_deref()), (Kind::Message, Some("Yes, you may.")));
        let thread = vec![format!("<{about}@example.com>"), "<a1@example.net>".to_owned()];
        assert_eq!(mail.answers, Some(MailAnswered { subject: Some("Re: My dog".to_owned()), thread }));
        assert!(!waits(&opened, application).await);
        let messages = opened.ledger.messages(application, ALL).await.unwrap();
        let shown: Vec<_> = messages.iter().map(|one| (one.direction, one.text.as_str(), one.state)).collect();
        assert_eq!(
            shown,
            [
                (Direction::Received, "May I bring my dog? a1", Some(State::Sent)),
                (Direction::Sent, "Yes, you may.", Some(State::Sent))
            ]
        );
        assert_eq!((messages[1].id, messages[1].notification), (message, Some(mail.claim.notification)));
        // The next answer goes on where the applicant's next mail ended.
        wrote(&opened, (application, mail.claim.notification), "a2").await;
        write(&opened, application, "And your cat.").await;
        let [next] = &opened.work(&accepted()).await[..] else { panic!("one mail") };
        let ids = [about.to_string(), mail.claim.notification.to_string()].map(|id| format!("<{id}@example.com>"));
        let [first, second] = ids;
        assert_eq!(next.answers.as_ref().unwrap().thread, [first, "<a1@example.net>".to_owned(), second, "<a2@example.net>".to_owned()]);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_recruiter_writes_first_in_the_thread_of_the_last_mail(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (application, about) = told(&opened).await;
        write(&opened, application, "Could you send your certificate?").await;
        let [mail] = &opened.work(&accepted()).await[..] else { panic!("one mail") };
        let answers = mail.answers.clone().unwrap();
        assert_eq!((answers.subject.as_deref(), answers.thread), (Some("Re: About received"), vec![format!("<{about}@example.com>")]));
    }

    async fn what_the_applicant_writes_while_an_answer_is_on_its_way_still_waits(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        wrote(&opened, about, "a1").await;
        opened.clock.advance(TimeDelta::minutes(1));
        write(&opened, about.0, "Yes.").await;
        opened.clock.advance(TimeDelta::minutes(1));
        wrote(&opened, about, "a2").await;
        opened.deliver_all().await;
        assert!(waits(&opened, about.0).await, "the second question has no answer");
        write(&opened, about.0, "Also yes.").await;
        opened.deliver_all().await;
        assert!(!waits(&opened, about.0).await);
    }

    async fn an_answer_never_overtakes_what_is_on_its_way(kind: DatabaseKind) {
        let opened = open(kind).await;
        let application = opened.applied().await;
        write(&opened, application, "Hello.").await;
        assert_eq!(of_kind(&opened, application).await, [(Kind::Received, State::Scheduled), (Kind::Message, State::Waiting)]);
        opened.deliver_all().await;
        assert_eq!(of_kind(&opened, application).await, [(Kind::Received, State::Sent), (Kind::Message, State::Sent)]);
    }

    async fn an_answer_that_did_not_arrive_is_owed_again_to_the_right_address(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        wrote(&opened, about, "a1").await;
        for words in ["One.", "Two."] {
            write(&opened, about.0, words).await;
        }
        assert_eq!(opened.work(&undeliverable()).await.len(), 1);
        opened.work(&undeliverable()).await;
        assert!(waits(&opened, about.0).await, "nothing has reached them");
        let address = "ada@example.org".parse().unwrap();
        opened.ledger.correct_address(about.0, &address, &somebody()).await.unwrap().result.unwrap();
        opened.deliver_all().await;
        let shown = opened.ledger.messages(about.0, ALL).await.unwrap();
        assert_eq!(
            shown.iter().map(|one| (one.text.as_str(), one.state)).skip(1).collect::<Vec<_>>(),
            [("One.", Some(State::Sent)), ("Two.", Some(State::Sent))]
        );
        assert!(!waits(&opened, about.0).await);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn what_is_lost_of_a_conversation_is_found_and_derived_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        wrote(&opened, about, "a1").await;
        write(&opened, about.0, "Yes.").await;
        let repaired = async |damage: &[Damage], broken_by: &[&str], promise: Promise| {
            for statement in broken_by {
                opened.sql(statement).await;
            }
            let found = opened.ledger.audit().await.unwrap();
            assert!(!found.is_empty() && found.iter().all(|one| one.application == Some(about.0)), "{found:?}");
            assert!(found.iter().any(|one| one.promise == promise), "{found:?}");
            let expected = vec![Repaired { application: about.0, damage: damage.to_vec() }];
            assert_eq!(opened.ledger.reconcile_dry_run().await.unwrap(), expected);
            assert_eq!(opened.ledger.reconcile().await.unwrap(), expected);
            assert_eq!(opened.ledger.reconcile().await.unwrap(), []);
            assert_eq!(opened.ledger.audit().await.unwrap(), []);
        };
        let by = opened.application(about.0).await.standing.unanswered;
        repaired(&[Damage::AnswerDateMissing], &["UPDATE application SET answer_since = NULL, answer_by = NULL"], Promise::P7).await;
        assert_eq!(opened.application(about.0).await.standing.unanswered, by);
        let unlink = "UPDATE message SET notification_id = NULL WHERE direction = 'sent'";
        repaired(&[Damage::MessageUnlinked], &[unlink], Promise::P7).await;
        let gone = "DELETE FROM notification WHERE kind = 'message'";
        repaired(&[Damage::MessageMissing, Damage::MessageUnlinked], &[unlink, gone], Promise::P4).await;
        opened.deliver_all().await;
        let shown = opened.ledger.messages(about.0, ALL).await.unwrap();
        assert_eq!((shown[1].text.as_str(), shown[1].state, waits(&opened, about.0).await), ("Yes.", Some(State::Sent), false));
        // What was answered, or needs no answer, has no date and lacks none.
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        wrote(&opened, about, "a2").await;
        opened.ledger.mark_as_answered(&[about.0], None, &somebody()).await.unwrap();
        assert_eq!((opened.ledger.audit().await.unwrap(), opened.ledger.reconcile().await.unwrap()), (vec![], vec![]));
    }

    async fn an_applicant_whom_nobody_heard_is_a_finding_until_a_person_is_told(kind: DatabaseKind) {
        let opened = open(kind).await;
        let about = told(&opened).await;
        wrote(&opened, about, "a1").await;
        opened.sql("UPDATE message SET staff_mail_id = NULL, person = NULL").await;
        opened.clock.advance(TimeDelta::minutes(16));
        let found = opened.ledger.audit().await.unwrap();
        assert_eq!(found.iter().map(|one| (one.promise, one.application)).collect::<Vec<_>>(), [(Promise::P7, Some(about.0))]);
        opened.ledger.tell_staff(&serde_json::json!({})).await.unwrap();
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn an_erased_applicant_is_written_to_by_nobody(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (application, _) = told(&opened).await;
        opened.sql("UPDATE application SET erased_at = received_at").await;
        let refused = opened.ledger.write_to_applicant(application, "Hello.", &somebody()).await.unwrap();
        assert_eq!(refused, Err(ChangeRefused::Erased));
        assert_eq!(opened.ledger.messages(application, ALL).await.unwrap(), []);
    }
}
