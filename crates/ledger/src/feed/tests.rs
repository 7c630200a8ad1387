use std::time::Duration;

use chrono::TimeDelta;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use sea_orm::TransactionTrait;
use tokio::time::Instant;

use super::*;
use crate::opened::{Opened, open};

async fn all(opened: &Opened, mut after: EventCursor, limit: u64) -> (Vec<FeedEvent>, EventCursor) {
    opened.clock.advance(TimeDelta::milliseconds(1));
    let mut items = Vec::new();
    loop {
        let part = opened.ledger.feed(after, limit, None, None).await.unwrap();
        assert!(part.items.len() as u64 <= limit);
        items.extend(part.items);
        after = part.next.to_string().parse().unwrap();
        if !part.more {
            return (items, after);
        }
    }
}

/// Until there are so many. PostgreSQL numbers the transactions of all its databases together, so what is open in another test's holds
/// events back here as well.
async fn soon(opened: &Opened, mut after: EventCursor, limit: u64, wanted: usize) -> (Vec<FeedEvent>, EventCursor) {
    let mut items = Vec::new();
    let until = Instant::now() + Duration::from_secs(60);
    while items.len() < wanted && Instant::now() < until {
        let (part, next) = all(opened, after, limit).await;
        items.extend(part);
        after = next;
        tokio::task::yield_now().await;
    }
    (items, after)
}

on_both_databases! {
    async fn everything_that_happened_is_read_once_part_by_part(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let mut applications = Vec::new();
        for number in 0..7 {
            applications.push(opened.submitted(job, &format!("ada-{number}@example.net")).await.application);
        }
        let (first, after) = soon(&opened, EventCursor::default(), 3, 7).await;
        assert_eq!(first.iter().map(|item| item.application).collect::<Vec<_>>(), applications);
        assert!(first.iter().all(|item| item.job == job));
        opened.ledger.hire(&applications[..1], None, &crate::opened::somebody()).await.unwrap();
        let (then, after) = soon(&opened, after, 3, 1).await;
        assert_eq!(then.iter().map(|item| (item.application, item.event.kind.as_str())).collect::<Vec<_>>(), [(applications[0], "hired")]);
        assert!(all(&opened, after, 3).await.0.is_empty());
    }

    async fn a_cursor_is_taken_as_it_was_given_and_not_otherwise(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        let (_, after) = soon(&opened, EventCursor::default(), 3, 1).await;
        assert_eq!(after.to_string().parse(), Ok(after));
        for wrong in ["", "0", "x.evt_06dkv8y2t5w1r3n9q7c4h0m8zg", "-1.evt_06dkv8y2t5w1r3n9q7c4h0m8zg", "0.app_06dkv8y2t5w1r3n9q7c4h0m8zg", "99999999999999999999.evt_06dkv8y2t5w1r3n9q7c4h0m8zg"] {
            assert_eq!(wrong.parse::<EventCursor>(), Err(InvalidCursor), "{wrong}");
        }
    }

    async fn an_event_that_commits_late_is_not_passed_over(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (slow_one, quick_one) = (opened.applied().await, opened.applied().await);
        let (_, start) = soon(&opened, EventCursor::default(), 100, 2).await;
        if kind == DatabaseKind::Sqlite {
            // Nobody else can write in between.
            return;
        }
        // Its id is made first, its transaction begins before the other's and ends after it.
        let early: EventId = opened.ledger.ids().next();
        let slow = opened.ledger.database().writer().plain().begin().await.unwrap();
        let insert = format!(
            "INSERT INTO event (id, application_id, kind, at, actor_kind, actor_id, data)
            VALUES ('{}', '{}', 'withdrawn', now(), 'system', 'test', '{{}}')",
            early.uuid(),
            slow_one.uuid()
        );
        slow.execute_unprepared(&insert).await.unwrap();
        opened.ledger.hire(&[quick_one], None, &crate::opened::somebody()).await.unwrap();
        let (meanwhile, after) = all(&opened, start, 100).await;
        assert!(meanwhile.is_empty(), "what stands behind an open transaction waits for it: {meanwhile:?}");
        slow.commit().await.unwrap();
        let (then, after) = soon(&opened, after, 100, 2).await;
        assert_eq!(then.iter().map(|item| item.application).collect::<Vec<_>>(), [slow_one, quick_one]);

        // Its id is made first, and its transaction begins after the other has ended.
        let early: EventId = opened.ledger.ids().next();
        let third = opened.applied().await;
        let (then, after) = soon(&opened, after, 100, 1).await;
        assert_eq!(then.iter().map(|item| item.application).collect::<Vec<_>>(), [third]);
        let insert = format!(
            "INSERT INTO event (id, application_id, kind, at, actor_kind, actor_id, data)
            VALUES ('{}', '{}', 'withdrawn', now(), 'system', 'test', '{{}}')",
            early.uuid(),
            third.uuid()
        );
        opened.sql(&insert).await;
        assert_eq!(soon(&opened, after, 100, 1).await.0.iter().map(|item| item.event.id).collect::<Vec<_>>(), [early]);
    }
}
