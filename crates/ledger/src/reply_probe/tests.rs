use hearback_domain::notification::Outcome;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Promise, Settings,
    opened::{Opened, accepted, open_with},
};

const EVERY: TimeDelta = TimeDelta::hours(6);
const WITHIN: TimeDelta = TimeDelta::minutes(30);

async fn opened(kind: DatabaseKind) -> Opened {
    let fallback = Some("people@example.com".parse().unwrap());
    let opened =
        open_with(kind, Settings { reply_probe: Some(ReplyProbing { every: EVERY, within: WITHIN }), fallback, ..Settings::default() })
            .await;
    opened.job().await;
    opened
}

/// What is due, sent and accepted.
async fn sent(opened: &Opened) -> Vec<ProbeMail> {
    let mut mails = Vec::new();
    while let Some(mail) = opened.ledger.claim_probe_mail().await.unwrap() {
        opened.ledger.settle_probe_mail(&mail, &accepted()).await.unwrap();
        mails.push(mail);
    }
    mails
}

async fn came_in(opened: &Opened, id: ReplyProbeId, news: ProbeNews<'_>) {
    let raw = format!("{id} {news:?}");
    opened.ledger.keep_inbound_mail("", &["reply+x@example.com".to_owned()], raw).await.unwrap();
    let mail = opened.ledger.claim_inbound_mails(1).await.unwrap().pop().unwrap();
    opened.ledger.record_probe_news(mail.claim, "auto_reply", id, news).await.unwrap();
}

async fn outcome(opened: &Opened, id: ReplyProbeId) -> ProbeOutcome {
    opened.ledger.reply_probe(id).await.unwrap().unwrap().outcome
}

async fn findings(opened: &Opened) -> Vec<Promise> {
    opened.ledger.audit().await.unwrap().into_iter().map(|finding| finding.promise).collect()
}

on_both_databases! {
    async fn a_mail_goes_to_ourselves_now_and_then_and_nobody_hears_of_one_that_comes_back(kind: DatabaseKind) {
        let opened = opened(kind).await;
        let mut probes = Vec::new();
        for _ in 0..3 {
            opened.ledger.probe_reply_path().await.unwrap();
            opened.ledger.probe_reply_path().await.unwrap();
            let [mail] = sent(&opened).await.try_into().unwrap();
            assert_eq!((mail.what, &mail.to), (ProbeWhat::Probe, &None));
            assert_eq!(outcome(&opened, mail.claim.probe).await, ProbeOutcome::Open);
            came_in(&opened, mail.claim.probe, ProbeNews::Returned).await;
            assert_eq!(outcome(&opened, mail.claim.probe).await, ProbeOutcome::Returned);
            probes.push(mail.claim.probe);
            opened.clock.advance(EVERY - TimeDelta::seconds(1));
            opened.ledger.probe_reply_path().await.unwrap();
            assert!(sent(&opened).await.is_empty(), "not before its time, and no alarm");
            opened.clock.advance(TimeDelta::seconds(1));
        }
        probes.dedup();
        assert_eq!(probes.len(), 3);
        assert_eq!(findings(&opened).await, []);
    }

    async fn one_that_does_not_come_back_is_told_to_a_person_once_a_day_and_found_until_one_does(kind: DatabaseKind) {
        let opened = opened(kind).await;
        opened.ledger.probe_reply_path().await.unwrap();
        let [probe] = sent(&opened).await.try_into().unwrap();
        opened.clock.advance(WITHIN - TimeDelta::seconds(1));
        opened.ledger.probe_reply_path().await.unwrap();
        assert!(sent(&opened).await.is_empty() && findings(&opened).await.is_empty(), "it is not late yet");
        opened.clock.advance(TimeDelta::seconds(1));
        opened.ledger.probe_reply_path().await.unwrap();
        let [alarm] = sent(&opened).await.try_into().unwrap();
        assert_eq!((alarm.what, alarm.to.unwrap().to_string()), (ProbeWhat::Alarm, "people@example.com".to_owned()));
        assert_eq!(findings(&opened).await, [Promise::P7]);
        // The next one is lost too: the person knows.
        opened.clock.advance(EVERY);
        opened.ledger.probe_reply_path().await.unwrap();
        let [next] = sent(&opened).await.try_into().unwrap();
        opened.clock.advance(WITHIN);
        opened.ledger.probe_reply_path().await.unwrap();
        assert!(sent(&opened).await.is_empty());
        // A day later the person is told again.
        opened.clock.advance(TELL_AGAIN);
        opened.ledger.probe_reply_path().await.unwrap();
        opened.clock.advance(WITHIN);
        assert_eq!(sent(&opened).await.len(), 1);
        opened.ledger.probe_reply_path().await.unwrap();
        let [alarm] = sent(&opened).await.try_into().unwrap();
        assert_eq!(alarm.what, ProbeWhat::Alarm);
        // An old one comes late: what came last decides.
        came_in(&opened, probe.claim.probe, ProbeNews::Returned).await;
        assert_eq!(outcome(&opened, probe.claim.probe).await, ProbeOutcome::Returned);
        assert_eq!(findings(&opened).await, [Promise::P7]);
        assert_eq!(outcome(&opened, next.claim.probe).await, ProbeOutcome::Lost);
        opened.clock.advance(EVERY);
        opened.ledger.probe_reply_path().await.unwrap();
        let [last] = sent(&opened).await.try_into().unwrap();
        came_in(&opened, last.claim.probe, ProbeNews::Returned).await;
        assert_eq!(findings(&opened).await, []);
    }

    async fn a_relay_that_takes_none_and_a_bounce_are_as_good_as_lost(kind: DatabaseKind) {
        let opened = opened(kind).await;
        opened.ledger.probe_reply_path().await.unwrap();
        let mail = opened.ledger.claim_probe_mail().await.unwrap().unwrap();
        opened.ledger.settle_probe_mail(&mail, &Outcome::Retry { reason: "451 later".to_owned() }).await.unwrap();
        assert!(opened.ledger.claim_probe_mail().await.unwrap().is_none(), "up the ladder");
        opened.clock.advance(WITHIN);
        opened.ledger.probe_reply_path().await.unwrap();
        let found = opened.ledger.reply_probe(mail.claim.probe).await.unwrap().unwrap();
        assert_eq!((found.outcome, found.trouble.as_deref()), (ProbeOutcome::Lost, Some("451 later")));
        assert_eq!(sent(&opened).await.len(), 1, "a person is told");

        let probe = opened.ledger.probe_reply_path_now(WITHIN).await.unwrap().unwrap();
        assert_eq!(sent(&opened).await.len(), 1);
        came_in(&opened, probe, ProbeNews::Bounced("5.1.1 failed hard")).await;
        opened.ledger.probe_reply_path().await.unwrap();
        assert_eq!(outcome(&opened, probe).await, ProbeOutcome::Lost, "before its time is over");
    }

    async fn while_nothing_may_be_sent_nothing_is_late(kind: DatabaseKind) {
        let opened = opened(kind).await;
        opened.ledger.probe_reply_path().await.unwrap();
        opened.ledger.pause_outbox("the relay moves", &crate::opened::somebody()).await.unwrap();
        opened.clock.advance(EVERY);
        opened.ledger.probe_reply_path().await.unwrap();
        assert!(sent(&opened).await.is_empty() && findings(&opened).await.is_empty());
    }

    async fn without_a_reply_domain_nothing_is_tried(kind: DatabaseKind) {
        let opened = open_with(kind, Settings::default()).await;
        opened.job().await;
        opened.ledger.probe_reply_path().await.unwrap();
        assert!(sent(&opened).await.is_empty());
    }
}
