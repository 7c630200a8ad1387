use chrono::TimeDelta;
use hearback_domain::{
    actor::Actor,
    application::{RejectionReason, Stage},
    ids::ApplicationId,
    notification::{Kind, Outcome, State},
    promise::{Channel, Said},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Rejection, ToldOtherwise,
    opened::{Opened, open, submission},
};

fn recruiter() -> Actor {
    Actor::operator("rita", None)
}

async fn everybody(opened: &Opened) -> Report {
    opened.ledger.report(&ReportFilter::default(), ReportBy::Job).await.unwrap()
}

async fn silent(opened: &Opened) -> Vec<ApplicationId> {
    let silent = opened.ledger.in_silence(&ReportFilter::default(), None, 100).await.unwrap();
    silent.into_iter().map(|silent| silent.application).collect()
}

on_both_databases! {
    async fn every_promise_is_counted_where_it_stands(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (busy, quiet) = (opened.job().await, opened.job().await);
        let mut ids = Vec::new();
        for person in 0..4 {
            ids.push(opened.submitted(busy, &format!("person{person}@example.net")).await.application);
        }
        opened.deliver_all().await;
        opened.submitted(quiet, "late@example.net").await;
        opened.clock.advance(TimeDelta::hours(1));
        let report = everybody(&opened).await;
        let Figures { applications, active, owed, kept, on_time, open, overdue, .. } = report.total;
        assert_eq!((applications, active, owed, kept, on_time, open, overdue), (5, 5, 5, 4, 4, 1, 1));
        assert_eq!(report.total.on_time_share(), Some(0.8));
        assert_eq!(report.groups.len(), 2);
        assert_eq!(report.groups[0].figures.overdue, 1, "the job that needs somebody comes first");
        opened.work(&Outcome::Undeliverable { reason: "550 5.1.1 no such user".into() }).await;
        let total = everybody(&opened).await.total;
        assert_eq!((total.open, total.overdue, total.undeliverable), (0, 0, 1));
    }

    async fn the_first_decision_is_a_persons_and_rejected_people_count(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let mut ids = Vec::new();
        for person in 0..3 {
            ids.push(opened.submitted(job, &format!("person{person}@example.net")).await.application);
        }
        opened.deliver_all().await;
        opened.clock.advance(TimeDelta::days(1));
        opened.ledger.move_stage(&ids[..1], Stage::Review, false, &recruiter()).await.unwrap();
        opened.clock.advance(TimeDelta::days(1));
        let rejection = Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: None, exemption: None };
        opened.ledger.reject(&ids[..2], &rejection, &recruiter()).await.unwrap();
        opened.ledger.reject(&ids[2..], &rejection, &Actor::system("decide_within")).await.unwrap();
        let first = everybody(&opened).await.total.first_decision.unwrap();
        assert_eq!((first.decided, first.median, first.p95), (2, TimeDelta::days(1), TimeDelta::days(2)));
    }

    async fn months_are_counted_by_when_people_applied(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        opened.submitted(job, "one@example.net").await;
        opened.clock.advance(TimeDelta::days(40));
        opened.submitted(job, "two@example.net").await;
        let report = opened.ledger.report(&ReportFilter::default(), ReportBy::Month).await.unwrap();
        let months: Vec<u64> = report.groups.iter().map(|group| group.figures.applications).collect();
        assert_eq!((months.iter().sum::<u64>(), report.total.applications), (2, 2), "{report:?}");
        let from = Some(opened.ledger.now() - TimeDelta::days(1));
        let recent = opened.ledger.report(&ReportFilter { from, ..ReportFilter::default() }, ReportBy::Job).await.unwrap();
        assert_eq!(recent.total.applications, 1);
        let until = from;
        let old = opened.ledger.report(&ReportFilter { until, ..ReportFilter::default() }, ReportBy::Job).await.unwrap();
        assert_eq!(old.total.applications, 1);
    }

    async fn whoever_waits_longest_comes_first_and_leaves_when_they_are_told(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let refused = opened.submitted(job, "refused@example.net").await.application;
        opened.work(&Outcome::Undeliverable { reason: "550 5.1.1 no such user".into() }).await;
        opened.clock.advance(TimeDelta::hours(1));
        let told = opened.submitted(job, "told@example.net").await.application;
        opened.deliver_all().await;
        let unsent = opened.submitted(job, "unsent@example.net").await.application;
        assert_eq!(silent(&opened).await, [refused], "the others' time has not come");
        opened.clock.advance(TimeDelta::hours(2));
        assert_eq!(silent(&opened).await, [refused, unsent]);
        let all = opened.ledger.in_silence(&ReportFilter::default(), None, 1).await.unwrap();
        assert!(matches!(all[0].why, InSilence::Message { kind: Kind::Received, state: State::Undeliverable, .. }), "{:?}", all[0]);
        let cursor = SilenceCursor { since: all[0].since, application: all[0].application };
        assert_eq!(opened.ledger.in_silence(&ReportFilter::default(), Some(cursor), 9).await.unwrap()[0].application, unsent);
        let by_phone = ToldOtherwise { channel: Channel::Phone, said: Said::Update, at: None, note: None };
        opened.ledger.told_otherwise(&[refused], &by_phone, &recruiter()).await.unwrap();
        assert_eq!(silent(&opened).await, [unsent]);
        opened.deliver_all().await;
        assert_eq!(silent(&opened).await, []);
        // A next word whose date has passed while nobody worked.
        opened.clock.advance(TimeDelta::days(15));
        let waiting = silent(&opened).await;
        assert!(waiting.contains(&told) && waiting.contains(&unsent), "{waiting:?}");
    }

    async fn applications_for_trying_out_are_another_matter(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let test = crate::Submission { is_test: true, ..submission(job, "test@example.net") };
        opened.ledger.submit(test).await.unwrap();
        opened.clock.advance(TimeDelta::hours(1));
        assert_eq!(everybody(&opened).await.total, Figures::default());
        assert_eq!(silent(&opened).await, []);
        let tests = ReportFilter { is_test: true, ..ReportFilter::default() };
        assert_eq!(opened.ledger.report(&tests, ReportBy::Job).await.unwrap().total.overdue, 1);
    }
}
