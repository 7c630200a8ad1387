//! The ledger's own claim and settlement, one after the other: no worker, no slots, no leases to keep.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use hearback_domain::notification::Outcome;
use hearback_ledger::{Ended, Ledger};

/// As many as the ledger settles in one transaction.
const BATCH: usize = 512;

/// Messages a second.
pub(crate) async fn drain(ledger: &Ledger, loops: usize, messages: usize) -> anyhow::Result<f64> {
    let (began, settled) = (Instant::now(), AtomicUsize::new(0));
    try_join_all((0..loops).map(|_| tokio::spawn(claim_and_settle(ledger.clone()))).map(async |task| {
        settled.fetch_add(task.await??, Ordering::Relaxed);
        anyhow::Ok(())
    }))
    .await?;
    let (took, settled) = (began.elapsed(), settled.into_inner());
    ensure!(settled == messages, "{settled} of {messages} were settled");
    Ok(messages as f64 / took.as_secs_f64())
}

async fn claim_and_settle(ledger: Ledger) -> anyhow::Result<usize> {
    let mut settled = 0;
    loop {
        let claimed = ledger.claim(BATCH).await?;
        if claimed.is_empty() {
            return Ok(settled);
        }
        settled += claimed.len();
        let ended = claimed.into_iter().map(|message| {
            let outcome = Outcome::Accepted { reply: "250 2.0.0 Ok: taken".to_owned() };
            let mail = Some(message.stored.context("its mail was prepared")?);
            Ok(Ended { claim: message.claim, at: ledger.now(), outcome, mail, relay: "bench".to_owned() })
        });
        ledger.settle(&ended.collect::<anyhow::Result<Vec<_>>>()?).await?;
    }
}
