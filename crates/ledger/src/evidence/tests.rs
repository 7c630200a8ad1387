use chrono::TimeDelta;
use hearback_domain::{
    actor::Actor,
    application::RejectionReason,
    promise::{Channel, Said},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{Rejection, ToldOtherwise, opened::open};

on_both_databases! {
    async fn what_was_told_is_there_with_its_proof(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        let rita = Actor::operator("rita", Some("Rita Moreno".to_owned()));
        opened.ledger.interviewed(&[id], opened.ledger.now(), &rita).await.unwrap();
        opened.clock.advance(TimeDelta::hours(1));
        let told = ToldOtherwise { channel: Channel::Phone, said: Said::Outcome, at: None, note: Some("she took it well".into()) };
        let rejection = Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: None, exemption: None };
        opened.ledger.reject(&[id], &rejection, &rita).await.unwrap();
        opened.ledger.told_otherwise(&[id], &told, &rita).await.unwrap();
        let part = opened.ledger.evidence(EvidenceOf::Application(id), None).await.unwrap();
        let said: Vec<_> = part.evidence.iter().map(|evidence| (&*evidence.what, &*evidence.channel, &*evidence.outcome)).collect();
        assert_eq!(said, [("received", "mail", "sent"), ("outcome", "phone", "told")]);
        let [mail, phone] = &part.evidence[..] else { panic!("{part:?}") };
        assert_eq!((mail.acceptance.as_deref(), mail.text.as_deref()), (Some("250 2.0.0 taken"), Some("Dear you")));
        assert_eq!(mail.sha256, Some("07".repeat(32)));
        assert!(mail.told_at <= mail.due_at);
        assert_eq!((phone.actor.as_deref(), phone.note.as_deref()), (Some("Rita Moreno (operator rita)"), Some("she took it well")));
        assert!(phone.last_interview_at.is_some());
    }

    async fn a_job_is_handed_over_part_by_part(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        for person in 0..PART + 1 {
            opened.submitted(job, &format!("person{person}@example.net")).await;
        }
        opened.deliver_all().await;
        let first = opened.ledger.evidence(EvidenceOf::Job(job), None).await.unwrap();
        assert_eq!(first.evidence.len() as i64, PART);
        let rest = opened.ledger.evidence(EvidenceOf::Job(job), first.next).await.unwrap();
        assert_eq!((rest.evidence.len(), rest.next), (1, None));
    }

    async fn an_exemption_is_on_the_record_too(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        let exemption = Some("asked us not to write any more".to_owned());
        let rejection = Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: None, exemption: exemption.clone() };
        opened.ledger.reject(&[id], &rejection, &Actor::operator("rita", None)).await.unwrap();
        let evidence = opened.ledger.evidence(EvidenceOf::Application(id), None).await.unwrap().evidence;
        assert!(evidence.iter().any(|evidence| evidence.outcome == "exempt" && evidence.note == exemption), "{evidence:?}");
    }
}
