//! Who is applied to: one job on one board.

use anyhow::Context;
use hearback_domain::{EmailAddress, actor::Actor, ids::JobId, locale::Locale};
use hearback_ledger::{ApiKeyKind, BoardDetails, JobDetails, Ledger, NewApiKey, Submission};

pub(crate) async fn job(ledger: &Ledger) -> anyhow::Result<JobId> {
    let board = BoardDetails {
        external_id: None,
        organisation: "Example Health".to_owned(),
        sender: address("careers@example.com"),
        sender_name: "Example Health careers".to_owned(),
        reply_to: address("people@example.com"),
        locale: Locale::En,
        time_zone: "Europe/Berlin".parse().expect("Berlin has a time zone"),
    };
    let board = ledger.create_board(board).await?;
    let owner = address("owner@example.com");
    let job = JobDetails { external_id: None, title: "Nurse".to_owned(), owner, manager: None, time_zone: None };
    Ok(ledger.create_job(board.id, job).await?.id)
}

/// What a careers page applies with.
pub(crate) async fn key(ledger: &Ledger) -> anyhow::Result<String> {
    let new = NewApiKey { kind: ApiKeyKind::Publishable, is_test: false, board: None, name: "bench".to_owned() };
    Ok(ledger.create_api_key(new).await.context("a key cannot be made")?.1)
}

/// An application like any other, by somebody who did not apply before.
pub(crate) fn application(job: JobId, number: usize) -> Submission {
    Submission {
        job,
        only_board: None,
        name: "Ada Okafor".to_owned(),
        email: address(&format!("ada-{number}@mail-{}.example.net", number % 1_000)),
        locale: None,
        time_zone: None,
        is_test: false,
        suspected_spam: false,
        actor: Actor::system("bench"),
        idempotency: None,
        attachments: Vec::new(),
        external_id: None,
    }
}

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address of an example domain")
}
