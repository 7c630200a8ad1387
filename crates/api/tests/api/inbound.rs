//! Mail that is handed over by HTTP.

use actix_web::http::Method;
use hearback_ledger::{ApiKeyKind, InboundMail};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use crate::support::{Answer, Opened, open};

const MAIL: &str = "From: MAILER-DAEMON@mx.example.net\r\nSubject: Undelivered\r\n\r\nNo such user.\r\n";

async fn hand_over(opened: &Opened, key: &str, query: &str, mail: &str) -> Answer {
    opened.ask(Method::POST, &format!("/v1/inbound/mime?{query}")).key(key).body("message/rfc822", mail).send().await
}

/// The next mail that a worker would look at.
async fn came_in(opened: &Opened) -> Option<InboundMail> {
    let mail = opened.ledger.claim_inbound_mails(1).await.unwrap().pop()?;
    Some(opened.ledger.open_inbound_mail(mail).await.unwrap().unwrap())
}

on_both_databases! {
    async fn a_mail_is_on_record_once_before_202_however_often_it_comes(kind: DatabaseKind) {
        let opened = open(kind).await;
        let give = async || hand_over(&opened, &opened.secret, "recipient=bounce%2Bx@replies.example.com", MAIL).await;
        let (a, b, c, d, e) = futures::join!(give(), give(), give(), give(), give());
        let id = a.expect(202).text_of("id").to_owned();
        for answer in [b, c, d, e] {
            assert_eq!(answer.expect(202).text_of("id"), id);
        }
        let mail = came_in(&opened).await.unwrap();
        assert_eq!((mail.claim.mail.to_string(), mail.envelope_from.as_str()), (id, ""));
        assert_eq!((mail.recipient.as_str(), mail.raw.as_slice()), ("bounce+x@replies.example.com", MAIL.as_bytes()));
        assert!(came_in(&opened).await.is_none());
        hand_over(&opened, &opened.secret, "recipient=reply%2By@replies.example.com&sender=ada@example.net", MAIL).await.expect(202);
        let mail = came_in(&opened).await.unwrap();
        assert_eq!(mail.envelope_from, "ada@example.net");
    }

    async fn what_is_no_mail_or_has_no_envelope_is_refused(kind: DatabaseKind) {
        let opened = open(kind).await;
        let give = async |query: &str, mail: &str| hand_over(&opened, &opened.secret, query, mail).await;
        assert_eq!(give("", MAIL).await.problem(400, "invalid_query").errors(), ["recipient required"]);
        give("recipient=a@b.example&to=x", MAIL).await.problem(400, "invalid_query");
        give("recipient=a@b.example", "").await.problem(400, "malformed_body");
        let path = "/v1/inbound/mime?recipient=a@b.example";
        opened.ask(Method::POST, path).key(&opened.secret).body("application/json", "{}").send().await.problem(415, "unsupported_media_type");
        // Larger than any other body may be, and larger than a mail may be.
        give("recipient=a@b.example", &"x".repeat(100 << 10)).await.expect(202);
        give("recipient=a@b.example", &"x".repeat((32 << 20) + 1)).await.problem(413, "body_too_large");
    }

    async fn only_a_key_for_the_whole_organisation_hands_mail_over(kind: DatabaseKind) {
        let opened = open(kind).await;
        let board = opened.board().await;
        let of_board = opened.key(ApiKeyKind::Secret, false, Some(board)).await;
        let for_trying = opened.key(ApiKeyKind::Secret, true, None).await;
        for key in [&of_board, &for_trying, &opened.publishable] {
            hand_over(&opened, key, "recipient=a@b.example", MAIL).await.problem(403, "forbidden");
        }
        assert!(came_in(&opened).await.is_none());
    }
}
