//! An applicant writes on their own page.

use actix_web::http::{Method, StatusCode};
use hearback_domain::{
    application::RejectionReason,
    conversation::{Direction, Way},
    locale::Locale,
};
use hearback_ledger::{Message, Page, Rejection, StaffConversation};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use crate::support::{Opened, open, recruiter};

const REJECTED: Rejection =
    Rejection { reason: RejectionReason::PositionFilled, internal_note: None, words: None, send_after: None, exemption: None };

async fn messages(opened: &Opened, id: hearback_domain::ids::ApplicationId) -> Vec<Message> {
    opened.ledger.messages(id, Page { after: None, limit: 99 }).await.unwrap()
}

on_both_databases! {
    async fn what_an_applicant_writes_on_their_page_reaches_the_owner_and_waits_for_an_answer(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        opened.deliver().await;
        let page = format!("/s/{}", opened.ledger.status_token(id, 0));
        opened.get(&page).await.says("<input type=\"hidden\" name=\"once\" value=\"0\">");
        // Sent twice from one look, it is one message.
        for _ in 0..2 {
            let sent = opened.send(&format!("{page}/messages"), &[("once", "0"), ("text", "May I bring my <dog>?\r\n\r\nAda")]).await;
            assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, format!("/hearback{page}#so-far").as_str()));
        }
        let written = messages(&opened, id).await;
        let [one] = &written[..] else { panic!("{written:?}") };
        assert_eq!((one.direction, one.way, one.text.as_str()), (Direction::Received, Way::Page, "May I bring my <dog>?\n\nAda"));
        assert_eq!(opened.ledger.application(id).await.unwrap().unwrap().standing.unanswered.unwrap().since, one.at);
        let told = opened.ledger.claim_staff_mails(9).await.unwrap();
        let [mail] = &told[..] else { panic!("{told:?}") };
        let Some(StaffConversation::With(conversation)) = &mail.conversation else { panic!("{mail:?}") };
        assert_eq!((mail.to.as_str(), conversation.messages[0].text.as_str()), ("owner@example.com", "May I bring my <dog>?\n\nAda"));
        let seen = opened.get(&page).await;
        seen.says("<summary>You wrote</summary><div class=\"letter\">May I bring my &lt;dog&gt;?\n\nAda</div>");
        seen.says("name=\"once\" value=\"1\"");
        // The same words once more, from another look, are another message.
        opened.send(&format!("{page}/messages"), &[("once", "1"), ("text", "May I bring my <dog>?\r\n\r\nAda")]).await;
        assert_eq!(messages(&opened, id).await.len(), 2);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn what_cannot_be_sent_stays_in_the_box_with_the_reason(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        let to = format!("/s/{}/messages", opened.ledger.status_token(id, 0));
        let long = "<é>".repeat(2_000);
        for (text, status, says) in [
            (" \r\n ", StatusCode::UNPROCESSABLE_ENTITY, "There is nothing in it yet"),
            (long.as_str(), StatusCode::UNPROCESSABLE_ENTITY, "It is too long for this box."),
        ] {
            let refused = opened.send(&to, &[("once", "0"), ("text", text)]).await;
            assert_eq!(refused.status, status);
            refused.says(says);
            refused.says(&format!("autofocus>\n{}</textarea>", text.trim().replace('<', "&lt;").replace('>', "&gt;")));
        }
        let whole = opened.send(&to, &[("text", "x".repeat(300_000).as_str())]).await;
        assert_eq!(whole.status, StatusCode::UNPROCESSABLE_ENTITY);
        for number in 0..11 {
            let sent = opened.send(&to, &[("once", "0"), ("text", &format!("number {number}"))]).await;
            assert_eq!(sent.status, if number < 10 { StatusCode::SEE_OTHER } else { StatusCode::TOO_MANY_REQUESTS });
        }
        assert_eq!(messages(&opened, id).await.len(), 10);
    }

    async fn the_box_says_nothing_of_a_decision_that_nobody_was_told(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        opened.deliver().await;
        let to = format!("/s/{}/messages", opened.ledger.status_token(id, 0));
        opened.send(&to, &[("once", "0"), ("text", "Hello?")]).await;
        let before = opened.status_page(id).await.body;
        opened.ledger.reject(&[id], &REJECTED, &recruiter()).await.unwrap();
        opened.ledger.write_to_applicant(id, "We will write to you.", &recruiter()).await.unwrap().unwrap();
        assert_eq!(opened.status_page(id).await.body, before);
        // It is refused to nobody.
        let sent = opened.send(&to, &[("once", "1"), ("text", "Are you there?")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
    }

    async fn only_a_token_writes_and_looking_writes_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied_in(job, "ada@example.net", Locale::De).await;
        let to = format!("/s/{}/messages", opened.ledger.status_token(id, 0));
        assert_eq!(opened.send("/s/wrong/messages", &[("text", "Hello")]).await.status, StatusCode::NOT_FOUND);
        let looked = opened.request(Method::GET, &to).await;
        assert_eq!((looked.status, looked.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
        opened.send(&to, &[("text", "")]).await.says("Es steht noch nichts darin");
        assert_eq!(messages(&opened, id).await, []);
    }
}
