//! Somebody of whom everything is on record that can be, and then nothing.

use hearback_domain::{
    application::{RejectionReason, Stage},
    attachment::{AttachmentRole, FileKind},
    contact::ContactReason,
    event::EventKind,
    ids::{ApplicationId, NotificationId},
    notification::{Outcome, State},
    promise::{Channel, Said},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use sea_orm::{ConnectionTrait, Statement};

use super::{ask, erased, recruiter, search::found, work};
use crate::{
    ApiKeyKind, Begin, Idempotency, InboundEnd, KeptAnswer, MailToKeep, NewApiKey, NewAttachment, Rejection, Repeat, ReportBy,
    ReportFilter, Selection, SentMail, Spec, StaffEnded, Submission, ToldOtherwise, Understood, What,
    opened::{Opened, accepted, open, submission},
};

/// In everything that anybody says about her.
const WORDS: [&str; 3] = ["Ada Okafor", "ada@example.net", "marmalade"];

/// Where that is found as long as she is on record: every column that can hold a text about an applicant.
const PLACES: [&str; 41] = [
    "application.email",
    "application.exemption",
    "application.internal_note",
    "application.name",
    "attachment.file_name",
    "attachment_part.content",
    "bulk_item.reason",
    "bulk_operation.spec",
    "candidate.address",
    "captured_mail.raw",
    "captured_mail.recipient",
    "captured_mail.subject",
    "event.data",
    "event.on_behalf_of",
    "event.owed",
    "idempotency_key.idempotency_key",
    "inbound_mail.envelope_from",
    "inbound_mail.raw",
    "inbound_mail.result",
    "inbound_mail.sender",
    "inbound_mail.subject",
    "inbound_mail.words",
    "message.from_address",
    "message.html",
    "message.subject",
    "message.text",
    "message.thread",
    "notification.cancel_words",
    "notification.hold_reason",
    "notification.raw",
    "notification.reply",
    "notification.sent_to",
    "notification.subject",
    "notification.text_part",
    "notification.words",
    "repeatable.body",
    "repeatable.idempotency_key",
    "staff_mail.raw",
    "staff_mail.subject",
    "staff_mail.text_part",
    "try.reason",
];

struct Ada {
    opened: Opened,
    application: ApplicationId,
    other: ApplicationId,
    idempotency: Idempotency,
    token: String,
}

fn mail(subject: &str) -> SentMail {
    SentMail {
        subject: format!("Ada Okafor: {subject}"),
        text: "Dear Ada Okafor".to_owned(),
        template_version: "0123456789ab".to_owned(),
        sha256: [7; 32],
        raw: b"To: ada@example.net\r\n\r\nDear Ada Okafor\r\n".to_vec(),
    }
}

/// Hands over what is due, to a relay that says this.
async fn deliver(opened: &Opened, outcome: Outcome) {
    while let claimed = opened.ledger.claim(8).await.unwrap()
        && !claimed.is_empty()
    {
        for message in claimed {
            let ended = crate::Ended { mail: Some(mail("news")), ..opened.ended(&message, outcome.clone()) };
            opened.ledger.settle(&[ended]).await.unwrap();
        }
        if outcome != said_yes() {
            break;
        }
    }
}

fn said_yes() -> Outcome {
    Outcome::Accepted { reply: "250 2.1.5 <ada@example.net> taken".to_owned() }
}

async fn ada(kind: DatabaseKind) -> Ada {
    let opened = open(kind).await;
    let ledger = &opened.ledger;
    let job = opened.job().await;
    let other = opened.submitted(job, "bo@example.net").await.application;
    opened.sql("UPDATE application SET name = 'Bo Berg'").await;
    opened.deliver_all().await;
    let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "site".to_owned() };
    let (api_key, _) = ledger.create_api_key(new).await.unwrap();
    let idempotency = Idempotency { api_key, key: "ada@example.net".to_owned(), fingerprint: [7; 32] };
    let resume = NewAttachment {
        role: AttachmentRole::Resume,
        file_name: "Ada Okafor.pdf".to_owned(),
        kind: FileKind::Pdf,
        content: b"marmalade".to_vec().into(),
        sha256: [7; 32],
    };
    let submitted = ledger
        .submit(Submission {
            idempotency: Some(idempotency.clone()),
            attachments: vec![resume],
            actor: hearback_domain::actor::Actor::api_key(api_key, Some("Ada Okafor".to_owned())),
            ..submission(job, "ada@example.net")
        })
        .await
        .unwrap();
    let id = submitted.application;
    let token = ledger.status_token(id, submitted.link_generation);
    deliver(&opened, Outcome::Retry { reason: "450 <ada@example.net> greylisted".to_owned() }).await;
    opened.clock.advance(chrono::TimeDelta::hours(1));
    deliver(&opened, said_yes()).await;
    ledger.move_stage(&[id], Stage::Interview, true, &recruiter()).await.unwrap();
    deliver(&opened, Outcome::Hold { reason: "550 <ada@example.net> is looked at".to_owned() }).await;
    ledger.tell_staff(&serde_json::json!({})).await.unwrap();
    for told in ledger.claim_staff_mails(4).await.unwrap() {
        let ended =
            StaffEnded { claim: told.claim, at: ledger.now(), outcome: accepted(), mail: Some(mail("look")), relay: "r".to_owned() };
        ledger.settle_staff_mail(&ended).await.unwrap();
    }
    let held = opened.notifications(id).await[1].id;
    ledger.cancel_message(held, "marmalade", &recruiter()).await.unwrap();
    let until = ledger.now() + chrono::TimeDelta::days(20);
    ledger.postpone_decision(&[id], until, "marmalade", &recruiter()).await.unwrap();
    let told = ToldOtherwise { channel: Channel::Phone, said: Said::Update, at: None, note: Some("marmalade".to_owned()) };
    ledger.told_otherwise(&[id], &told, &recruiter()).await.unwrap();
    let rejection = Rejection {
        reason: RejectionReason::Other,
        internal_note: Some("marmalade".to_owned()),
        words: Some("Dear Ada, marmalade".to_owned()),
        send_after: Some(ledger.now()),
        exemption: None,
    };
    let spec = Spec { what: What::Reject(rejection), who: Selection::These(vec![id]), named: vec![id] };
    let begin = Begin { spec: &spec, confirmation: None, board: None, is_test: false, actor: &recruiter() };
    ledger.begin_operation(begin).await.unwrap();
    let due = ledger.claim_operation().await.unwrap().unwrap();
    while ledger.work_operation(&due).await.unwrap() {}
    opened.clock.advance(chrono::TimeDelta::days(3));
    deliver(&opened, said_yes()).await;
    came_in(&opened, Some(held)).await;
    came_in(&opened, None).await;
    for message in opened.notifications(id).await {
        ledger.keep_mails(vec![captured(message.id)]).await.unwrap();
    }
    let idempotency = Idempotency { key: "k1".to_owned(), ..idempotency };
    answered(&opened, &idempotency, &format!("{{\"id\":\"{id}\",\"name\":\"Ada Okafor\"}}")).await;
    answered(&opened, &Idempotency { key: "reject-ada@example.net".to_owned(), ..idempotency.clone() }, "{}").await;
    ledger.do_not_contact(&["ada@example.net".parse().unwrap()], ContactReason::AskedNotTo).await.unwrap();
    // What no door of the ledger does by itself in so short a life.
    opened.sql("UPDATE bulk_item SET state = 'failed', reason = 'marmalade'").await;
    opened.sql("UPDATE application SET exemption = 'marmalade' WHERE name = 'Ada Okafor'").await;
    let of_ada = "WHERE kind = 'rejected' AND application_id = (SELECT id FROM application WHERE name = 'Ada Okafor')";
    let bytes = if kind == DatabaseKind::Sqlite { "CAST('marmalade' AS BLOB)" } else { "'marmalade'::bytea" };
    opened.sql(&format!("UPDATE notification SET raw = {bytes} {of_ada}")).await;
    opened.sql(&format!("UPDATE staff_mail SET raw = {bytes}")).await;
    opened.sql(&format!("UPDATE notification SET sent_to = 'ada@example.net' {of_ada}")).await;
    opened.sql("UPDATE inbound_mail SET sender = 'Ada Okafor', subject = 'marmalade', words = 'marmalade'").await;
    let digest = if kind == DatabaseKind::Sqlite { "CAST('digest' AS BLOB)" } else { "'digest'::bytea" };
    // As she writes it: under the id of her application, which is no other message's.
    opened
        .sql(&format!(
            "INSERT INTO message (id, application_id, direction, channel, actor_kind, actor_id, at, from_address, subject, text, html,
                left_out, digest, mail_message_id, in_reply_to, thread, nobody)
            SELECT id, id, 'received', 'mail', 'system', 'test', received_at, 'ada@example.net', 'marmalade', 'marmalade', 'marmalade',
                0, {digest}, '<1@example.net>', '<2@example.net>', '<marmalade@example.net>', false
            FROM application WHERE name = 'Ada Okafor'"
        ))
        .await;
    Ada { opened, application: id, other, idempotency, token }
}

/// A mail from her: about one of her messages, or out of the blue.
async fn came_in(opened: &Opened, about: Option<NotificationId>) {
    let to = [format!("reply+{about:?}@example.com")];
    opened.ledger.keep_inbound_mail("Ada@example.net", &to, b"From: Ada Okafor\r\n\r\nmarmalade").await.unwrap();
    let mail = opened.ledger.claim_inbound_mail().await.unwrap().unwrap();
    let understood = Understood { kind: "reply", result: "marmalade", end: InboundEnd::Held, about };
    opened.ledger.inbound_mail_understood(mail.claim, &understood).await.unwrap();
}

fn captured(id: NotificationId) -> MailToKeep {
    MailToKeep {
        message_id: format!("<{id}@example.com>"),
        envelope_from: "bounce@example.com".parse().unwrap(),
        recipient: "ada@example.net".parse().unwrap(),
        subject: "Ada Okafor".to_owned(),
        raw: b"Dear Ada Okafor".to_vec(),
    }
}

async fn answered(opened: &Opened, request: &Idempotency, body: &str) {
    let Repeat::Answer(answering) = opened.ledger.repeat(request).await.unwrap() else { panic!("it was answered before") };
    let answer = KeptAnswer { status: 200, headers: "{}".to_owned(), body: body.as_bytes().to_vec() };
    opened.ledger.keep_answer(&answering, answer).await.unwrap();
}

async fn number(opened: &Opened, query: &str) -> i64 {
    let database = opened.ledger.database();
    let row = database.reader().query_one_raw(Statement::from_string(database.backend(), query)).await.unwrap().unwrap();
    row.try_get("", "count").unwrap()
}

on_both_databases! {
    async fn nothing_that_anybody_said_about_her_is_found_any_more(kind: DatabaseKind) {
        let Ada { opened, application, .. } = ada(kind).await;
        let before = found(&opened, &WORDS).await;
        for place in PLACES {
            assert!(before.contains(place), "{place} has nothing to erase, so this would not find out: {before:?}");
        }
        erased(&opened, application).await;
        assert_eq!(found(&opened, &WORDS).await, std::collections::BTreeSet::new());
        let left = opened.ledger.attachments(application).await.unwrap();
        assert!(left.is_empty());
    }

    async fn everybody_else_is_as_they_were(kind: DatabaseKind) {
        let Ada { opened, application, other, .. } = ada(kind).await;
        let of_bo = |opened: &Opened| { let ledger = opened.ledger.clone(); async move {
            (ledger.application(other).await.unwrap(), ledger.events(other).await.unwrap(), ledger.notifications(other).await.unwrap())
        } };
        let before = of_bo(&opened).await;
        erased(&opened, application).await;
        assert_eq!(of_bo(&opened).await, before);
        assert!(found(&opened, &["bo@example.net"]).await.contains("candidate.address"));
    }

    async fn what_was_promised_and_kept_stays_countable(kind: DatabaseKind) {
        let Ada { opened, application, .. } = ada(kind).await;
        let ledger = &opened.ledger;
        let report = |by| { let ledger = ledger.clone(); async move { ledger.report(&ReportFilter::default(), by).await.unwrap() } };
        let before = [report(ReportBy::Job).await, report(ReportBy::Month).await];
        let events = ledger.events(application).await.unwrap().len();
        erased(&opened, application).await;
        let after = [report(ReportBy::Job).await, report(ReportBy::Month).await];
        assert_eq!(after.map(|report| (report.total, report.groups)), before.map(|report| (report.total, report.groups)));
        let left = ledger.events(application).await.unwrap();
        assert_eq!(left.len(), events + 2, "asked for, and erased");
        let last = left.last().unwrap();
        assert_eq!((last.kind, &last.actor, &last.data["basis"]), (EventKind::Erased, &recruiter(), &"requested".into()));
        assert_eq!(ledger.audit().await.unwrap(), []);
        assert_eq!(ledger.reconcile().await.unwrap(), []);
        let message = &opened.notifications(application).await[0];
        assert_eq!((message.state, message.reply.as_deref(), &message.text), (State::Sent, Some("250 erased"), &None));
        ledger.evidence(crate::EvidenceOf::Application(application), None).await.unwrap();
    }

    async fn a_lost_row_of_hers_does_not_bring_a_mail_back(kind: DatabaseKind) {
        let Ada { opened, application, .. } = ada(kind).await;
        erased(&opened, application).await;
        opened.sql("UPDATE inbound_mail SET notification_id = NULL").await;
        opened.sql("DELETE FROM notification").await;
        opened.ledger.reconcile().await.unwrap();
        assert!(opened.notifications(application).await.iter().all(|message| message.state == State::Cancelled));
        opened.clock.advance(chrono::TimeDelta::days(30));
        opened.ledger.reconcile().await.unwrap();
        let claimed = opened.ledger.claim(64).await.unwrap();
        assert!(claimed.iter().all(|message| message.application != application), "{claimed:?}");
        assert_eq!(found(&opened, &WORDS).await, std::collections::BTreeSet::new());
    }

    async fn her_page_answers_like_a_page_that_never_was(kind: DatabaseKind) {
        let Ada { opened, application, token, .. } = ada(kind).await;
        assert!(opened.ledger.application_of_token(&token).await.unwrap().is_some());
        erased(&opened, application).await;
        assert!(opened.ledger.application_of_token(&token).await.unwrap().is_none());
        let generation = opened.application(application).await.link_generation;
        let new = opened.ledger.status_token(application, generation);
        assert!(opened.ledger.application_of_token(&new).await.unwrap().is_none(), "nor does a link that is made now");
    }

    async fn that_she_asked_not_to_be_written_to_is_still_known(kind: DatabaseKind) {
        let Ada { opened, application, .. } = ada(kind).await;
        erased(&opened, application).await;
        let reasons = opened.ledger.contact_checks(&["Ada@example.net".parse().unwrap(), "new@example.net".parse().unwrap()]).await.unwrap();
        assert_eq!(reasons, [vec![ContactReason::AskedNotTo], vec![]]);
    }

    async fn whoever_sends_a_request_again_is_not_answered_with_her_data(kind: DatabaseKind) {
        let Ada { opened, application, idempotency, .. } = ada(kind).await;
        let about_it = Idempotency { key: "erase".to_owned(), ..idempotency.clone() };
        answered(&opened, &about_it, &format!("{{\"application_id\":\"{application}\",\"waits_for\":null}}")).await;
        erased(&opened, application).await;
        opened.clock.advance(chrono::TimeDelta::minutes(1));
        assert!(matches!(opened.ledger.repeat(&idempotency).await.unwrap(), Repeat::Lost));
        assert!(matches!(opened.ledger.repeat(&about_it).await.unwrap(), Repeat::Again(_)), "how far the erasure came is nobody's data");
    }

    async fn the_same_mail_again_is_still_known_and_brings_nothing_back(kind: DatabaseKind) {
        let Ada { opened, application, .. } = ada(kind).await;
        let message = opened.notifications(application).await[1].id;
        erased(&opened, application).await;
        let mails = number(&opened, "SELECT count(*) AS count FROM inbound_mail").await;
        let to = [format!("reply+{:?}@example.com", Some(message))];
        opened.ledger.keep_inbound_mail("Ada@example.net", &to, b"From: Ada Okafor\r\n\r\nmarmalade").await.unwrap();
        assert_eq!(number(&opened, "SELECT count(*) AS count FROM inbound_mail").await, mails);
        // And one that was late.
        opened.ledger.keep_inbound_mail("Ada@example.net", &to, b"From: Ada Okafor\r\n\r\nmore marmalade").await.unwrap();
        let mail = opened.ledger.claim_inbound_mail().await.unwrap().unwrap();
        let understood = Understood { kind: "auto_reply", result: "marmalade", end: InboundEnd::Held, about: Some(message) };
        opened.ledger.inbound_mail_understood(mail.claim, &understood).await.unwrap();
        // And a mailbox provider's report of what she marked as unwanted, with the mail itself.
        opened.ledger.keep_inbound_mail("", &to, b"From: fbl@example.net\r\n\r\nTo: ada@example.net").await.unwrap();
        let report = opened.ledger.claim_inbound_mail().await.unwrap().unwrap();
        opened.ledger.record_complaint(report.claim, message).await.unwrap();
        assert_eq!(found(&opened, &WORDS).await, std::collections::BTreeSet::new());
    }

    async fn what_came_after_is_found_a_day_later(kind: DatabaseKind) {
        let Ada { opened, application, idempotency, .. } = ada(kind).await;
        erased(&opened, application).await;
        let late = Idempotency { key: "late".to_owned(), ..idempotency };
        answered(&opened, &late, &format!("{{\"id\":\"{application}\",\"name\":\"Ada Okafor\"}}")).await;
        let at = opened.application(application).await;
        opened.clock.advance(chrono::TimeDelta::hours(26));
        work(&opened).await;
        assert_eq!(found(&opened, &WORDS).await, std::collections::BTreeSet::new());
        assert_eq!(opened.application(application).await, at, "the second look changes nothing else");
        assert_eq!(opened.ledger.erasure(application).await.unwrap().unwrap().state.as_str(), "settled");
        opened.clock.advance(chrono::TimeDelta::hours(26));
        assert_eq!(opened.ledger.erase_part(7).await.unwrap(), 0, "and there is no third");
    }

    async fn erasing_twice_is_one_effect(kind: DatabaseKind) {
        let Ada { opened, application, .. } = ada(kind).await;
        let first = ask(&opened, application).await.unwrap();
        assert_eq!(ask(&opened, application).await.unwrap(), first);
        work(&opened).await;
        let before = (opened.application(application).await, opened.ledger.events(application).await.unwrap());
        let again = ask(&opened, application).await.unwrap();
        assert_eq!((again.asked_at, again.erased_at), (first.asked_at, before.0.erased_at));
        work(&opened).await;
        assert_eq!((opened.application(application).await, opened.ledger.events(application).await.unwrap()), before);
        let refused = opened.ledger.unreject(&[application], &recruiter()).await.unwrap().remove(0).result;
        assert_eq!(refused, Err(crate::ChangeRefused::Erased));
    }
}
