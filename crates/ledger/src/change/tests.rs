use chrono::TimeDelta;
use hearback_domain::{
    application::{RejectionReason, Stage, Status},
    notification::{Kind, State},
    promise::Verb,
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Rejection,
    opened::{Opened, open, somebody},
};

fn rejection() -> Rejection {
    Rejection {
        reason: RejectionReason::PositionFilled,
        internal_note: Some("met on Monday".to_owned()),
        words: Some("Thank you for the good talk.".to_owned()),
        send_after: None,
        exemption: None,
    }
}

async fn reject(opened: &Opened, ids: &[ApplicationId], rejection: &Rejection) -> Vec<Result<(), ChangeRefused>> {
    let changed = opened.ledger.reject(ids, rejection, &somebody()).await.unwrap();
    changed.into_iter().map(|changed| changed.result).collect()
}

on_both_databases! {
    async fn a_rejection_is_on_record_with_its_message_and_who_made_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        assert_eq!(reject(&opened, &[id], &rejection()).await, [Ok(())]);
        let application = opened.application(id).await;
        assert_eq!((application.standing.status, application.standing.shown_status), (Status::Rejected, Status::Active));
        assert_eq!(application.rejection_reason, Some(RejectionReason::PositionFilled));
        assert_eq!(application.internal_note.as_deref(), Some("met on Monday"));
        let notifications = opened.notifications(id).await;
        let delay = TimeDelta::days(2);
        assert_eq!((notifications[1].kind, notifications[1].send_after), (Kind::Rejected, application.updated_at + delay));
        let events = opened.ledger.events(id).await.unwrap();
        assert_eq!((events[1].kind, &events[1].actor, events[1].owes), (EventKind::Rejected, &somebody(), Some(notifications[1].id)));
        assert_eq!(events[1].data["reason"], "position_filled");
        opened.clock.advance(delay);
        let claimed = opened.ledger.claim(8).await.unwrap();
        assert_eq!(claimed[0].words.as_deref(), Some("Thank you for the good talk."));
    }

    async fn taking_a_rejection_back_clears_what_the_record_says_of_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        reject(&opened, &[id], &rejection()).await;
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        let application = opened.application(id).await;
        assert_eq!((application.standing.status, application.rejection_reason, application.internal_note), (Status::Active, None, None));
        assert!(application.standing.next_word.is_some());
        let events = opened.ledger.events(id).await.unwrap();
        let cancelled = opened.notifications(id).await[1].id;
        assert_eq!(events[2].data["cancelled"][0]["id"], cancelled.to_string());
    }

    async fn what_makes_no_sense_is_refused_with_what_does(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        reject(&opened, &[id], &rejection()).await;
        let hired = opened.ledger.hire(&[id], None, &somebody()).await.unwrap();
        let possible = Verb::possible(Status::Rejected);
        assert_eq!(hired[0].result, Err(Refusal::Status { status: Status::Rejected, possible }.into()));
        assert_eq!(opened.ledger.events(id).await.unwrap().len(), 2);
    }

    async fn each_of_many_has_its_own_result(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let mut ids = Vec::new();
        for number in 0..3 {
            ids.push(opened.submitted(job, &format!("n{number}@example.net")).await.application);
        }
        let repeat = opened.submitted(job, "n0@example.net").await.application;
        let nobody = ApplicationId::from(uuid::Uuid::from_u128(5));
        opened.ledger.withdraw(&[ids[1]], true, &somebody()).await.unwrap();
        let results = reject(&opened, &[ids[2], nobody, ids[1], repeat, ids[0]], &rejection()).await;
        assert_eq!((&results[0], &results[4]), (&Ok(()), &Ok(())));
        assert_eq!(results[1], Err(ChangeRefused::NoSuchApplication));
        assert!(matches!(results[2], Err(ChangeRefused::Refused(Refusal::Status { status: Status::Withdrawn, .. }))));
        assert_eq!(results[3], Err(ChangeRefused::Refused(Refusal::CarriedBy(ids[0]))));
    }

    async fn a_move_is_told_or_not_and_the_same_move_again_leaves_no_trace(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        opened.ledger.move_stage(&[id], Stage::Review, false, &somebody()).await.unwrap();
        assert_eq!(opened.notifications(id).await.len(), 1);
        opened.ledger.move_stage(&[id], Stage::Interview, true, &somebody()).await.unwrap();
        opened.ledger.move_stage(&[id], Stage::Interview, true, &somebody()).await.unwrap();
        assert_eq!(opened.ledger.events(id).await.unwrap().len(), 3);
        opened.deliver_all().await;
        assert_eq!(opened.application(id).await.standing.shown_stage, Stage::Interview);
    }

    async fn a_rejection_without_a_message_names_its_reason(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let exempt = Rejection { exemption: Some("told on the phone".to_owned()), words: None, ..rejection() };
        reject(&opened, &[id], &exempt).await;
        assert_eq!(opened.application(id).await.exemption.as_deref(), Some("told on the phone"));
        assert_eq!(opened.notifications(id).await.len(), 1);
    }

    async fn a_withdrawal_takes_back_what_contradicts_it_and_is_confirmed(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        reject(&opened, &[id], &rejection()).await;
        for _ in 0..2 {
            assert_eq!(opened.ledger.withdraw(&[id], true, &somebody()).await.unwrap()[0].result, Ok(()));
        }
        let kinds: Vec<_> = opened.notifications(id).await.iter().map(|one| (one.kind, one.state)).collect();
        let expected = [(Kind::Received, State::Sent), (Kind::Rejected, State::Cancelled), (Kind::Withdrawn, State::Scheduled)];
        assert_eq!(kinds, expected);
    }

    async fn many_hands_at_once_leave_one_story(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let mut ids = Vec::new();
        for number in 0..20 {
            ids.push(opened.submitted(job, &format!("n{number}@example.net")).await.application);
        }
        let backwards: Vec<ApplicationId> = ids.iter().rev().copied().collect();
        let (someone, refused) = (somebody(), rejection());
        let rejections = futures::future::join_all((0..6).map(|turn| {
            opened.ledger.reject(if turn % 2 == 0 { &ids } else { &backwards }, &refused, &someone)
        }));
        let (rejections, hires, worked) = futures::future::join3(rejections, opened.ledger.hire(&ids, None, &someone), opened.deliver_all()).await;
        let wins = rejections.into_iter().flat_map(Result::unwrap).chain(hires.unwrap()).filter(|one| one.result.is_ok()).count();
        assert_eq!((wins, worked), (20, ()), "each application has one winner");
        opened.clock.advance(TimeDelta::days(3));
        opened.deliver_all().await;
        for id in ids {
            let standing = opened.application(id).await.standing;
            assert_eq!(standing.status, standing.shown_status);
        }
    }

    async fn a_bulk_change_is_as_good_as_many_small_ones(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let addresses: Vec<String> = (0..1_100).map(|number| format!("n{number}@example.net")).collect();
        let all = futures::future::join_all(addresses.iter().map(|address| opened.submitted(job, address))).await;
        let ids: Vec<ApplicationId> = all.iter().map(|submitted| submitted.application).collect();
        assert!(reject(&opened, &ids, &rejection()).await.iter().all(Result::is_ok));
    }
}
