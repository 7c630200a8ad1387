use std::sync::Arc;

use hearback_domain::{clock::SystemClock, ids::JobId, random::Random};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    JobDetails, JobStatus, OpenError, Settings,
    opened::{Opened, open},
};

fn details(external_id: Option<&str>) -> BoardDetails {
    BoardDetails {
        external_id: external_id.map(str::to_owned),
        organisation: "Example Health".to_owned(),
        sender: "careers@example.com".parse().unwrap(),
        sender_name: "Example Health careers".to_owned(),
        reply_to: "people@example.com".parse().unwrap(),
        locale: Locale::En,
        time_zone: Tz::Europe__Berlin,
    }
}

fn nurse(external_id: Option<&str>) -> JobDetails {
    JobDetails {
        external_id: external_id.map(str::to_owned),
        title: "Nurse".to_owned(),
        owner: "owner@example.com".parse().unwrap(),
        manager: Some("manager@example.com".parse().unwrap()),
        time_zone: None,
    }
}

const ALL: Page<BoardId> = Page { after: None, limit: 100 };

on_both_databases! {
    async fn what_is_put_on_record_is_read_back(kind: DatabaseKind) {
        let Opened { ledger, database, .. } = open(kind).await;
        let board = ledger.create_board(details(Some("main"))).await.unwrap();
        let job = ledger.create_job(board.id, nurse(Some("j1"))).await.unwrap();
        assert_eq!(job.status, JobStatus::Open);
        // Also by the next process.
        let again = Ledger::open(database.url(), Settings::default(), Arc::new(SystemClock), Arc::new(Random::from_seed(2))).await.unwrap();
        assert_eq!(again.board(board.id).await.unwrap(), Some(board));
        assert_eq!(again.job(job.id).await.unwrap(), Some(job));
    }

    async fn an_external_id_is_used_once(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let [one, other] = [ledger.create_board(details(Some("one"))).await.unwrap(), ledger.create_board(details(None)).await.unwrap()];
        assert!(matches!(ledger.create_board(details(Some("one"))).await, Err(CreateError::ExternalIdTaken)));
        ledger.create_board(details(None)).await.unwrap();
        ledger.create_job(one.id, nurse(Some("j1"))).await.unwrap();
        assert!(matches!(ledger.create_job(one.id, nurse(Some("j1"))).await, Err(CreateError::ExternalIdTaken)));
        ledger.create_job(other.id, nurse(Some("j1"))).await.unwrap();
        assert_eq!(ledger.boards(ALL).await.unwrap().len(), 3);
    }

    async fn a_job_needs_its_board(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let nowhere = ledger.ids().next();
        assert!(matches!(ledger.create_job(nowhere, nurse(None)).await, Err(CreateError::NoSuchBoard)));
        assert_eq!(ledger.job(ledger.ids().next::<JobId>()).await.unwrap(), None);
    }

    async fn pages_show_everything_once_in_order(kind: DatabaseKind) {
        let Opened { ledger, database: _kept, .. } = open(kind).await;
        let [one, other] = [ledger.create_board(details(None)).await.unwrap().id, ledger.create_board(details(None)).await.unwrap().id];
        let mut made = Vec::new();
        for number in 0..7 {
            let board = if number == 3 { other } else { one };
            made.push(ledger.create_job(board, nurse(None)).await.unwrap());
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = ledger.jobs(None, Page { after, limit: 3 }).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            seen.extend(page);
        }
        assert_eq!(seen, made);
        let of_other = ledger.jobs(Some(other), Page { after: None, limit: 100 }).await.unwrap();
        assert_eq!(of_other, made[3..4]);
    }
}

#[tokio::test]
async fn a_database_that_cannot_last_is_refused() {
    for url in ["sqlite::memory:", "sqlite://x?mode=memory", "mysql://localhost/x", "hearback.sqlite"] {
        let opened = Ledger::open(url, Settings::default(), Arc::new(SystemClock), Arc::new(Random::from_seed(1))).await;
        assert!(matches!(opened, Err(OpenError::Url)), "{url}");
    }
}
