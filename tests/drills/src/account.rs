//! Who was told what: the answers that clients were given, the mails that the relay took, and the ledger, held against each other.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use hearback_domain::{clock::SystemClock, ids::NotificationId, policy::Policy, random::Random};
use hearback_ledger::{ApplicationFilter, Ledger, Page, Settings};
use hearback_testkit::smtp_sink::{AcceptedMessage, SmtpSink};
use tokio::time::sleep;

use crate::{
    load::{Answered, Load},
    outcome::Outcome,
    tables::Tables,
};

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Until so many different messages were accepted and nothing is on its way any more, or for `within`; how long that took. What is then
/// missing, the account will say.
pub(crate) async fn at_rest(tables: &Tables, sink: &SmtpSink, messages: usize, within: Duration) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        let all = sink.accepted_count() >= messages && sink.count_by_message_id().len() >= messages;
        if (all && tables.on_their_way().await? == 0) || began.elapsed() > within {
            return Ok(began.elapsed());
        }
        sleep(LOOK_AGAIN).await;
    }
}

pub(crate) async fn open(database: &str) -> anyhow::Result<Ledger> {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(Random::from_system()));
    let settings = Settings { policy: Policy { quiet_hours: None, ..Policy::default() }, ..Settings::default() };
    Ok(Ledger::open(database, settings, clock, random).await?)
}

/// What is to be known once everything is at rest and nobody but this load has asked for anything; `findings` are the audit's.
pub(crate) async fn settle(
    ledger: &Ledger,
    load: &Load,
    answered: &[Answered],
    mails: &[AcceptedMessage],
    findings: usize,
) -> anyhow::Result<Outcome> {
    let mut outcome = told(ledger, load, answered, mails, findings).await?;
    let mut known = HashSet::new();
    for Answered { application, .. } in answered {
        known.extend(ledger.notifications(*application).await?.into_iter().map(|notification| notification.id));
    }
    for notification in by_notification(mails)?.into_keys() {
        outcome.expect(known.contains(&notification), || format!("{notification} was sent, and the ledger knows nothing of it"));
    }
    let recorded = applications(ledger, load).await?;
    outcome.expect(recorded == answered.len(), || format!("{recorded} applications are on record for {} keys", answered.len()));
    Ok(outcome)
}

/// The same where others have asked for something too.
pub(crate) async fn told(
    ledger: &Ledger,
    load: &Load,
    answered: &[Answered],
    mails: &[AcceptedMessage],
    findings: usize,
) -> anyhow::Result<Outcome> {
    let copies = by_notification(mails)?;
    let mut outcome = Outcome { answered: load.answered_by_now(), findings, ..Outcome::default() };
    for Answered { application, at: _, owed } in answered {
        let notifications = ledger.notifications(*application).await?;
        for kind in owed {
            let of_kind: Vec<_> = notifications.iter().filter(|notification| notification.kind == *kind).collect();
            outcome.lost += usize::from(!of_kind.iter().any(|notification| copies.contains_key(&notification.id)));
            outcome.expect(of_kind.len() < 2, || format!("{application} owes {kind} {} times", of_kind.len()));
        }
        let more = notifications.iter().find(|notification| !owed.contains(&notification.kind));
        outcome.expect(more.is_none(), || format!("{application} owes what nobody asked for: {more:?}"));
    }
    for (notification, copies) in &copies {
        outcome.duplicates += copies.len() - 1;
        let same = copies.iter().all(|copy| copy.content == copies[0].content && copy.envelope == copies[0].envelope);
        outcome.expect(same, || format!("{notification} was sent again with other bytes"));
    }
    Ok(outcome)
}

/// The Message-ID is made from the notification's id.
pub(crate) fn by_notification(mails: &[AcceptedMessage]) -> anyhow::Result<HashMap<NotificationId, Vec<&AcceptedMessage>>> {
    let mut copies: HashMap<NotificationId, Vec<&AcceptedMessage>> = HashMap::new();
    for mail in mails.iter().filter(|mail| !is_internal(mail)) {
        copies.entry(notification_of(&mail.message_id)?).or_default().push(mail);
    }
    Ok(copies)
}

/// What goes wrong for long is told to a person of the organisation, and whether answers come in is tried, by mails of their own.
pub(crate) fn is_internal(mail: &AcceptedMessage) -> bool {
    is_internal_id(&mail.message_id)
}

pub(crate) fn is_internal_id(message_id: &str) -> bool {
    ["<stf_", "<prb_"].iter().any(|kind| message_id.starts_with(kind))
}

pub(crate) fn notification_of(message_id: &str) -> anyhow::Result<NotificationId> {
    let id = message_id.trim_start_matches('<').split('@').next().unwrap_or_default();
    id.parse().with_context(|| format!("the Message-ID {message_id} is none of ours"))
}

async fn applications(ledger: &Ledger, load: &Load) -> anyhow::Result<usize> {
    let filter = ApplicationFilter { job: Some(load.organisation.job), ..ApplicationFilter::default() };
    Ok(ledger.applications(&filter, Page { after: None, limit: 1_000_000 }).await?.len())
}
