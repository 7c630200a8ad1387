//! Many rejections that are due at once, put on record the way a recruiter's are.

use futures::{StreamExt, TryStreamExt, stream};
use hearback_domain::{
    actor::Actor,
    application::RejectionReason,
    ids::{ApplicationId, JobId},
};
use hearback_ledger::{Ledger, Rejection};

use crate::{database::Session, organisation};

const AT_ONCE: usize = 256;

/// As many as the ledger changes in one transaction.
const CHUNK: usize = 500;

/// Who applied long ago was acknowledged then; what is owed now is the rejection.
const ACKNOWLEDGED: &str = "UPDATE notification SET state = 'sent', settled_at = send_after, relay = 'bench', reply = '250 2.0.0 Ok: taken'
    WHERE state = 'scheduled'";

pub(super) async fn reject(ledger: &Ledger, session: &mut Session, job: JobId, rejections: usize) -> anyhow::Result<()> {
    let submissions = stream::iter(0..rejections).map(|number| ledger.submit(organisation::application(job, number)));
    let applications: Vec<ApplicationId> =
        submissions.buffer_unordered(AT_ONCE).map_ok(|submitted| submitted.application).try_collect().await?;
    session.execute(ACKNOWLEDGED).await?;
    let rejection = Rejection {
        reason: RejectionReason::PositionFilled,
        internal_note: None,
        words: None,
        send_after: Some(ledger.now()),
        exemption: None,
    };
    for chunk in applications.chunks(CHUNK) {
        ledger.reject(chunk, &rejection, &Actor::system("bench")).await?;
    }
    let owed = left(session).await?;
    anyhow::ensure!(owed == i64::try_from(rejections)?, "{owed} rejections are owed instead of {rejections}");
    Ok(())
}

/// How many are neither sent nor given up.
pub(super) async fn left(session: &mut Session) -> anyhow::Result<i64> {
    session.number("SELECT count(*) FROM notification WHERE kind = 'rejected' AND state IN ('scheduled', 'sending')").await
}
