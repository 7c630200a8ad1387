use hearback_domain::{
    application::Status,
    event::EventKind,
    ids::ApplicationId,
    notification::Kind,
    promise::{Deadline, Rung},
    staff::{Cause, StaffKind},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use crate::{
    Rejection, StaffMail, WhosePolicy,
    opened::{Opened, accepted, open, somebody},
    staff::tests::{job_of, no_such_user, tick, with_fallback, work},
};

use super::*;

/// What an hour's periodic work does, so many days after the application came in; the mails to staff that came of it.
async fn day(opened: &Opened, start: chrono::DateTime<chrono::Utc>, days: i64) -> Vec<StaffMail> {
    opened.clock.set(start + TimeDelta::days(days));
    while opened.ledger.tell_next_words(100).await.unwrap() > 0 {}
    opened.deliver_all().await;
    opened.ledger.alert_of_due_decisions().await.unwrap();
    tick(opened).await;
    work(opened, &accepted()).await
}

fn told(mails: &[StaffMail]) -> Vec<(&str, StaffKind, Vec<Cause>)> {
    mails.iter().map(|mail| (mail.to.as_str(), mail.kind, mail.decisions.iter().map(|line| line.cause).collect())).collect()
}

async fn deadline(opened: &Opened, id: ApplicationId) -> Deadline {
    opened.application(id).await.standing.deadline.unwrap()
}

async fn applied(opened: &Opened, manager: Option<&str>) -> (ApplicationId, chrono::DateTime<chrono::Utc>) {
    let job = job_of(opened, "owner@example.com", manager).await;
    let id = opened.submitted(job, "ada@example.net").await.application;
    opened.deliver_all().await;
    (id, opened.ledger.now())
}

on_both_databases! {
    async fn the_owner_hears_at_three_quarters_and_the_manager_at_nine_tenths_once_each(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (id, start) = applied(&opened, Some("manager@example.com")).await;
        let mut all = Vec::new();
        for days in 0..60 {
            for mail in day(&opened, start, days).await {
                all.push((days, mail));
            }
            assert_eq!(opened.ledger.audit().await.unwrap(), [], "day {days}");
        }
        let [(45, first), (54, second)] = &all[..] else { panic!("{all:?}") };
        assert_eq!(told(std::slice::from_ref(first)), [("owner@example.com", StaffKind::PromiseAtRisk, vec![Cause::Undecided])]);
        assert_eq!(told(std::slice::from_ref(second)), [("manager@example.com", StaffKind::PromiseAtRisk, vec![Cause::StillUndecided])]);
        let line = &first.decisions[0];
        assert_eq!((line.application, line.applicant_name.as_str(), line.due_at), (id, "Ada Okafor", start + TimeDelta::days(60)));
        let events = opened.ledger.events(id).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::DecisionDue).count(), 2);
        // The applicant is next; and then it begins anew.
        day(&opened, start, 61).await;
        assert_eq!(opened.notifications(id).await.iter().filter(|message| message.kind == Kind::NoDecision).count(), 1);
        assert_eq!(deadline(&opened, id).await.next, Rung::Owner);
    }

    async fn an_alert_is_on_record_with_its_rung_whoever_is_killed_then(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (id, start) = applied(&opened, None).await;
        opened.clock.set(start + TimeDelta::days(45));
        // The process that decided dies before it owes a mail; several others look at once.
        let looks = (0..4).map(|_| opened.ledger.alert_of_due_decisions());
        futures::future::join_all(looks).await;
        assert_eq!(deadline(&opened, id).await.next, Rung::Manager);
        for _ in 0..3 {
            opened.ledger.alert_of_due_decisions().await.unwrap();
        }
        tick(&opened).await;
        assert_eq!(told(&work(&opened, &accepted()).await), [("owner@example.com", StaffKind::PromiseAtRisk, vec![Cause::Undecided])]);
        tick(&opened).await;
        opened.clock.advance(TimeDelta::hours(2));
        assert!(work(&opened, &accepted()).await.is_empty());
    }

    async fn who_postpones_hears_of_the_new_date_and_a_policy_that_goes_to_and_fro_of_none_twice(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (id, start) = applied(&opened, Some("manager@example.com")).await;
        let job = opened.application(id).await.job;
        assert_eq!(day(&opened, start, 45).await.len(), 1);
        // To and fro: the owner hears of the earlier date, once.
        let mut heard = Vec::new();
        for decide_within in ["50 days", "60 days", "50 days"] {
            let overrides = serde_json::from_str(&format!(r#"{{"decide_within": "{decide_within}"}}"#)).unwrap();
            opened.ledger.set_policy(WhosePolicy::Job(job), &overrides, &somebody()).await.unwrap();
            while opened.ledger.rederive_part().await.unwrap() {}
            for _ in 0..2 {
                heard.extend(day(&opened, opened.ledger.now(), 0).await);
                opened.clock.advance(TimeDelta::minutes(61));
            }
        }
        let dates: Vec<_> = heard.iter().flat_map(|mail| &mail.decisions).map(|line| (line.cause, line.due_at)).collect();
        assert!(dates.iter().enumerate().all(|(at, date)| !dates[..at].contains(date)), "{dates:?}");
        // Put off by forty days: three quarters of them later the owner hears of that date.
        let now = opened.ledger.now();
        opened.ledger.postpone_decision(&[id], now + TimeDelta::days(40), "The budget is decided in May.", &somebody()).await.unwrap();
        assert!(day(&opened, now, 29).await.is_empty());
        let mails = day(&opened, now, 30).await;
        assert_eq!(told(&mails), [("owner@example.com", StaffKind::PromiseAtRisk, vec![Cause::Undecided])]);
        assert_eq!(mails[0].decisions[0].due_at, now + TimeDelta::days(40));
    }

    async fn many_are_one_mail_to_each_person_and_who_was_decided_about_is_said_to_be(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = job_of(&opened, "owner@example.com", None).await;
        let addresses: Vec<String> = (0..30).map(|number| format!("n{number}@example.net")).collect();
        let submitted = futures::future::join_all(addresses.iter().map(|address| opened.submitted(job, address))).await;
        opened.deliver_all().await;
        opened.clock.advance(TimeDelta::days(45));
        opened.ledger.alert_of_due_decisions().await.unwrap();
        tick(&opened).await;
        let reason = hearback_domain::application::RejectionReason::Other;
        let rejection = Rejection { reason, internal_note: None, words: None, send_after: None, exemption: None };
        let first = submitted.iter().map(|one| one.application).min().unwrap();
        opened.ledger.reject(&[first], &rejection, &somebody()).await.unwrap();
        let mails = work(&opened, &accepted()).await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!((mail.count, mail.decisions.len(), mail.lines.len()), (30, 20, 0));
        let decided: Vec<_> = mail.decisions.iter().filter(|line| line.status == Status::Rejected).map(|line| line.application).collect();
        assert_eq!(decided, [first]);
    }

    async fn without_a_manager_the_fallback_hears(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (_, start) = applied(&opened, None).await;
        let ledger = with_fallback(&opened, "hr@example.com").await;
        opened.clock.set(start + TimeDelta::days(54));
        while opened.ledger.tell_next_words(100).await.unwrap() > 0 {}
        opened.deliver_all().await;
        ledger.alert_of_due_decisions().await.unwrap();
        ledger.tell_staff(&json!({})).await.unwrap();
        let mails = work(&opened, &no_such_user()).await;
        let mut told = told(&mails);
        told.sort_by_key(|(to, ..)| to.to_owned());
        assert_eq!(told, [
            ("hr@example.com", StaffKind::PromiseAtRisk, vec![Cause::StillUndecided]),
            ("owner@example.com", StaffKind::PromiseAtRisk, vec![Cause::Undecided]),
        ]);
        // The owner cannot be reached, and so the fallback hears of that one as well; its own mail failed, and nobody is behind it.
        ledger.tell_staff(&json!({})).await.unwrap();
        opened.clock.advance(TimeDelta::hours(1));
        let again = work(&opened, &accepted()).await;
        assert_eq!(again.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["hr@example.com"]);
    }

    async fn an_alert_that_is_lost_is_found_by_the_audit_and_owed_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (id, start) = applied(&opened, None).await;
        opened.clock.set(start + TimeDelta::days(45));
        while opened.ledger.tell_next_words(100).await.unwrap() > 0 {}
        opened.deliver_all().await;
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        opened.clock.advance(TimeDelta::minutes(16));
        let findings = opened.ledger.audit().await.unwrap();
        assert_eq!(findings.iter().map(|finding| finding.application).collect::<Vec<_>>(), [Some(id)], "no worker puts it on record: {findings:?}");
        opened.ledger.alert_of_due_decisions().await.unwrap();
        opened.clock.advance(TimeDelta::minutes(16));
        let findings = opened.ledger.audit().await.unwrap();
        assert!(findings.iter().any(|finding| finding.what.contains("no mail to one is owed")), "no worker owes a mail: {findings:?}");
        opened.sql("DELETE FROM staff_cause").await;
        let findings = opened.ledger.audit().await.unwrap();
        assert!(findings.iter().any(|finding| finding.what.contains("no record says")), "{findings:?}");
        tick(&opened).await;
        assert_eq!(told(&work(&opened, &accepted()).await), [("owner@example.com", StaffKind::PromiseAtRisk, vec![Cause::Undecided])]);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }
}
