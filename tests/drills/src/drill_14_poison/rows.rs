//! What no door lets in, written into the rows themselves: by a restore, an import, a later release, or somebody with a database client.

use std::collections::HashMap;

use anyhow::{Context, ensure};
use hearback_domain::ids::{ApplicationId, NotificationId};
use hearback_testkit::database::DatabaseKind;
use serde_json::{Value, json};
use uuid::Uuid;

use super::THEIR_DOMAIN;
use crate::{load::answer, organisation::Organisation, tables::Tables};

const MEGABYTE: usize = 1 << 20;

/// One way to spoil a row.
struct Poison {
    what: &'static str,
    /// What a recruiter does with the application before.
    then: Option<(&'static str, Value)>,
    row: Row,
    set: String,
    fate: Fate,
}

#[derive(Clone, Copy)]
enum Row {
    Application,
    /// The last that is owed.
    Message,
}

/// What must become of the last message. Any before it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Held, with a reason: never sent.
    Held,
    /// Neither sent nor held nor tried: a later release will know what it is.
    Left,
    /// Sent once, and written down as sent: what cannot be read matters only afterwards.
    Told,
}

/// An application with a spoilt row.
pub(super) struct Spoilt {
    what: &'static str,
    fate: Fate,
    /// Oldest first; the last is the one in question.
    messages: Vec<NotificationId>,
}

fn poison(kind: DatabaseKind) -> Vec<Poison> {
    let application = |what, set: &str| Poison { what, then: None, row: Row::Application, set: set.to_owned(), fate: Fate::Held };
    let message = |what, set: &str| Poison { what, then: None, row: Row::Message, set: set.to_owned(), fate: Fate::Held };
    let moved = || Some(("move", json!({ "stage": "interview", "tell": true })));
    let rejected = || Some(("reject", json!({ "reason": "position_filled" })));
    let mut poison = vec![
        application("a name that brings a header along", "name = 'Ada\r\nBcc: everybody@example.net'"),
        application("a name with a control character", "name = 'Ada\u{1}'"),
        application("a name of a megabyte", &format!("name = '{}'", "A".repeat(MEGABYTE))),
        application("an address that is none", "email = 'nobody'"),
        application("an address that brings a header along", "email = 'ada@example.net\r\nBcc: everybody@example.net'"),
        application("a language of a later release", "locale = 'tlh'"),
        application("a time zone that is none", "time_zone = 'Mars/Olympus_Mons'"),
        application("received beyond a mail's calendar", "received_at = '12000-01-01 00:00:00+00'"),
        application("received at the end of time", "received_at = 'infinity'"),
        message("a promise at the end of time", "promised_by = 'infinity'"),
        Poison { then: moved(), ..message("a move to nowhere", "stage = NULL") },
        Poison { then: moved(), ..message("a move to a stage that is none", "stage = 'limbo'") },
        Poison { then: rejected(), ..message("a megabyte of a recruiter's words", &format!("words = '{}'", "no ".repeat(MEGABYTE / 3))) },
        Poison { then: moved(), fate: Fate::Left, ..message("a kind of a later release", "kind = 'postcard'") },
        Poison { fate: Fate::Told, ..application("an application that stands nowhere", "stage = 'limbo'") },
    ];
    if kind == DatabaseKind::Sqlite {
        // PostgreSQL takes no text that is none.
        poison.push(application("a name of bytes that are no text", "name = CAST(X'41ff' AS TEXT)"));
    }
    poison
}

/// An applicant for each; nothing may have been sent yet.
pub(super) async fn spoil(organisation: &Organisation, tables: &Tables) -> anyhow::Result<Vec<Spoilt>> {
    let mut spoilt = Vec::new();
    for (number, Poison { what, then, row, set, fate }) in poison(tables.kind()).into_iter().enumerate() {
        let application = apply(organisation, &format!("row-{number}")).await?;
        if let Some((verb, body)) = then {
            done(organisation, &format!("applications/{application}/{verb}"), &body).await?;
        }
        let messages = messages(tables, application).await?;
        let (table, id) = match row {
            Row::Application => ("application", application.uuid()),
            Row::Message => ("notification", messages.last().context("something is owed")?.uuid()),
        };
        let changed = tables.execute(&format!("UPDATE {table} SET {set} WHERE id = {}", tables.literal(id))).await?;
        ensure!(changed == 1, "{what}: {changed} rows were spoilt");
        spoilt.push(Spoilt { what, fate, messages });
    }
    Ok(spoilt)
}

/// One applicant, and then the board.
pub(super) async fn spoil_board(organisation: &Organisation, tables: &Tables) -> anyhow::Result<Spoilt> {
    let messages = messages(tables, apply(organisation, "board").await?).await?;
    let board = format!("(SELECT board_id FROM job WHERE id = {})", tables.literal(organisation.job.uuid()));
    let changed = tables.execute(&format!("UPDATE board SET sender_address = 'nobody' WHERE id = {board}")).await?;
    ensure!(changed == 1, "{changed} boards were spoilt");
    Ok(Spoilt { what: "a board whose sender is none", fate: Fate::Held, messages })
}

async fn apply(organisation: &Organisation, local_part: &str) -> anyhow::Result<ApplicationId> {
    let path = format!("jobs/{}/applications", organisation.job);
    let body = json!({ "name": "Ada Okafor", "email": format!("{local_part}@{THEIR_DOMAIN}") });
    let answer = done(organisation, &path, &body).await?;
    Ok(answer["id"].as_str().context("an application has an id")?.parse()?)
}

async fn done(organisation: &Organisation, path: &str, body: &Value) -> anyhow::Result<Value> {
    let (status, answer) = answer(organisation.post(path, body)).await?;
    ensure!(status.is_success(), "{path} was answered {status}: {answer}");
    Ok(answer)
}

async fn messages(tables: &Tables, application: ApplicationId) -> anyhow::Result<Vec<NotificationId>> {
    let of_it = format!("SELECT id FROM notification WHERE application_id = {} ORDER BY id", tables.literal(application.uuid()));
    let ids: Vec<Uuid> = tables.column(&of_it).await?;
    Ok(ids.into_iter().map(NotificationId::from).collect())
}

/// What did not become of them what must, given how often each message was accepted.
pub(super) async fn broken(spoilt: &[Spoilt], tables: &Tables, copies: &HashMap<NotificationId, usize>) -> anyhow::Result<Vec<String>> {
    let mut broken = Vec::new();
    for Spoilt { what, fate, messages } in spoilt {
        let (last, before) = messages.split_last().context("something is owed")?;
        for (message, fate) in before.iter().map(|message| (message, Fate::Told)).chain([(last, *fate)]) {
            let accepted = copies.get(message).copied().unwrap_or_default();
            let is_so =
                tables.number(&format!("SELECT count(*) FROM notification WHERE {} AND {}", is(tables, *message), fate.sql())).await?;
            if is_so != 1 || accepted != fate.copies() {
                let state = state(tables, *message).await?;
                broken.push(format!("{what}: {message} should be {fate:?}, and is {state}, accepted {accepted} times"));
            }
        }
    }
    Ok(broken)
}

/// A line for each.
pub(super) async fn account(spoilt: &[Spoilt], tables: &Tables) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for Spoilt { what, messages, .. } in spoilt {
        let last = messages.last().context("something is owed")?;
        lines.push(format!("{what}: {}", state(tables, *last).await?));
    }
    Ok(lines)
}

async fn state(tables: &Tables, message: NotificationId) -> anyhow::Result<String> {
    let said = "state || ', tries ' || tries || COALESCE(', ' || hold_reason, '')";
    let state = tables.column(&format!("SELECT {said} FROM notification WHERE {}", is(tables, message))).await?.pop();
    Ok(state.unwrap_or_else(|| "gone".to_owned()))
}

fn is(tables: &Tables, message: NotificationId) -> String {
    format!("id = {}", tables.literal(message.uuid()))
}

impl Fate {
    const fn sql(self) -> &'static str {
        match self {
            Self::Held => "state = 'held' AND length(hold_reason) > 0",
            Self::Left => "state IN ('waiting', 'scheduled') AND tries = 0 AND claim_token IS NULL",
            Self::Told => "state = 'sent'",
        }
    }

    const fn copies(self) -> usize {
        match self {
            Self::Held | Self::Left => 0,
            Self::Told => 1,
        }
    }
}
