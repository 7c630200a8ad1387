//! What an operator does to messages, each by itself: one that is refused stops no other.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use hearback_domain::{actor::Actor, ids::NotificationId, notification::State, one_line::one_line};
use hearback_ledger::{Ledger, OutboxError, OutboxItem};

use super::words::{by, moment};
use crate::{cli::Whose, terminal::Paint};

/// In characters.
const LONGEST_NAME: usize = 200;
const LONGEST_REASON: usize = 1_000;

pub(super) async fn retry(ledger: &Ledger, ids: &[NotificationId], whose: &Whose) -> anyhow::Result<ExitCode> {
    let actor = actor(whose)?;
    each(ledger, ids, async |id| ledger.retry_message(id, &actor).await).await
}

pub(super) async fn release(ledger: &Ledger, ids: &[NotificationId], whose: &Whose) -> anyhow::Result<ExitCode> {
    let actor = actor(whose)?;
    each(ledger, ids, async |id| ledger.release_message(id, &actor).await).await
}

pub(super) async fn cancel(ledger: &Ledger, ids: &[NotificationId], reason: &str, whose: &Whose) -> anyhow::Result<ExitCode> {
    let (actor, reason) = (actor(whose)?, given_reason(reason)?);
    each(ledger, ids, async |id| ledger.cancel_message(id, &reason, &actor).await).await
}

pub(super) async fn pause(ledger: &Ledger, reason: &str, whose: &Whose) -> anyhow::Result<ExitCode> {
    let (actor, reason) = (actor(whose)?, given_reason(reason)?);
    let (before, pause) = (ledger.outbox_pause().await?, ledger.pause_outbox(&reason, &actor).await?);
    let (mut out, paint) = (io::stdout(), Paint::stdout());
    match before {
        Some(_) => writeln!(out, "It was paused already. {}", super::paused(paint, &pause, ledger.now()))?,
        None => writeln!(
            out,
            "{}. Applications are taken, and what they are owed is kept. What workers have already goes out.\nTo send again: hearback outbox resume",
            paint.yellow("The outbox is paused")
        )?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn resume(ledger: &Ledger, whose: &Whose) -> anyhow::Result<ExitCode> {
    let ended = ledger.resume_outbox(&actor(whose)?).await?;
    let (mut out, paint) = (io::stdout(), Paint::stdout());
    match ended {
        None => writeln!(out, "The outbox was not paused.")?,
        Some(pause) => writeln!(
            out,
            "{}. It was paused {} by {}: {}",
            paint.green("Messages go out again"),
            moment(pause.since, ledger.now()),
            by(&pause.by),
            pause.reason
        )?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each message: how it stands now, or why nothing was changed.
async fn each(
    ledger: &Ledger,
    ids: &[NotificationId],
    act: impl AsyncFn(NotificationId) -> Result<(), OutboxError>,
) -> anyhow::Result<ExitCode> {
    let (mut out, paint) = (io::stdout(), Paint::stdout());
    let mut code = ExitCode::SUCCESS;
    for id in ids {
        match act(*id).await {
            Ok(()) => {
                let stands = ledger.outbox_item(*id).await?.map_or_else(String::new, |item| stands(&item, ledger));
                writeln!(out, "{id}  {}", paint.green(stands))?;
            }
            Err(OutboxError::Ledger(error)) => return Err(error.into()),
            Err(refused @ (OutboxError::NoSuchMessage | OutboxError::Refused(_) | OutboxError::Unreadable(..))) => {
                writeln!(out, "{id}  {}", paint.red(refused))?;
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn stands(item: &OutboxItem, ledger: &Ledger) -> String {
    match (item.state, item.wake_at) {
        (State::Scheduled, Some(at)) => {
            format!("scheduled: goes out {}", if at <= ledger.now() { "now".to_owned() } else { moment(at, ledger.now()) })
        }
        (State::Sending, _) if item.cancel_requested => {
            "a worker is sending it: if that fails it is cancelled, if a relay takes it it is sent".to_owned()
        }
        (state, _) => state.to_string(),
    }
}

/// Whoever is logged in, and the person whom they name.
pub(in crate::command) fn actor(whose: &Whose) -> anyhow::Result<Actor> {
    let named = whose.actor.as_deref().map(|name| one_line(name, LONGEST_NAME)).transpose();
    let named = named.map_err(|error| anyhow::anyhow!("--actor {error}"))?;
    let account =
        ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| env::var(name).ok()).and_then(|name| one_line(&name, LONGEST_NAME).ok());
    Ok(Actor::operator(account.as_deref().unwrap_or("unknown"), named))
}

fn given_reason(reason: &str) -> anyhow::Result<String> {
    one_line(reason, LONGEST_REASON).map_err(|error| anyhow::anyhow!("--reason {error}"))
}
