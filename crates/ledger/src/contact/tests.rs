use hearback_domain::application::RejectionReason;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Rejection,
    opened::{Opened, open, somebody},
};

async fn check(opened: &Opened, addresses: &[&str]) -> Vec<Vec<ContactReason>> {
    let addresses: Vec<EmailAddress> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    opened.ledger.contact_checks(&addresses).await.unwrap()
}

on_both_databases! {
    async fn nobody_is_solicited_who_was_left_without_an_answer(kind: DatabaseKind) {
        use ContactReason::{AskedNotTo, Complained, NeverAnswered, OwedAnAnswer, RejectedRecently};
        let opened = open(kind).await;
        let job = opened.job().await;
        let waits = "waits@example.net";
        opened.submitted(job, waits).await;
        let told = opened.submitted(job, "told@example.net").await.application;
        let ignored = opened.submitted(job, "ignored@example.net").await.application;
        opened.deliver_all().await;
        let rejection = Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: None, exemption: None };
        opened.ledger.reject(&[told], &rejection, &somebody()).await.unwrap();
        opened.clock.advance(chrono::TimeDelta::days(7));
        opened.deliver_all().await;
        opened.ledger.reject(&[ignored], &rejection, &somebody()).await.unwrap();
        assert_eq!(
            check(&opened, &["told@example.net", "Waits@Example.net", "stranger@example.net", "ignored@example.net"]).await,
            [vec![RejectedRecently], vec![OwedAnAnswer], vec![], vec![OwedAnAnswer, NeverAnswered]],
        );
        for (address, reason) in [("stranger@example.net", AskedNotTo), ("told@example.net", Complained)] {
            for _ in 0..2 {
                opened.ledger.do_not_contact(&[address.parse().unwrap()], reason).await.unwrap();
            }
        }
        opened.ledger.rotate_signing_key().await.unwrap();
        let checked = check(&opened, &["stranger@example.net", "told@example.net"]).await;
        assert_eq!(checked, [vec![AskedNotTo], vec![RejectedRecently, Complained]], "whatever key signs meanwhile");
        opened.clock.advance(chrono::TimeDelta::days(120));
        assert_eq!(check(&opened, &["told@example.net"]).await, [vec![Complained]]);
        let many: Vec<String> = (0..1_000).map(|person| format!("person{person}@example.net")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(check(&opened, &many).await.iter().all(Vec::is_empty));
    }
}
