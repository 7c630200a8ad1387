//! Claims messages that are due, and adds what their mails are made of.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::{ApplicationId, BoardId},
    notification::{Kind, Outcome},
    promise::HoldReason,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Claim, Ended, MailAnswered, NOTIFICATIONS, OwedMessage, SentMail, locked,
    settle::{UPDATE_HELD, held_columns},
};
use crate::{
    BoardDetails, Ledger, LedgerError,
    decode::decoded,
    due::{LANES, Wanted},
    rows::{Cell, Column, Rows},
};

#[derive(FromQueryResult)]
struct ClaimedRow {
    id: Uuid,
    application_id: Uuid,
    kind: String,
    stage: Option<String>,
    words: Option<String>,
    promised_by: Option<DateTime<Utc>>,
    send_after: DateTime<Utc>,
    tries: i32,
    maybe_sent: bool,
    cancel_requested: bool,
    subject: Option<String>,
    text_part: Option<String>,
    template_version: Option<String>,
    sha256: Option<Vec<u8>>,
    raw: Option<Vec<u8>>,
    trace: Option<String>,
}

pub(super) const RETURNING: &str = "application_id, kind, stage, words, promised_by, send_after, tries, maybe_sent, cancel_requested,
    subject, text_part, template_version, sha256, raw, trace";

#[derive(FromQueryResult)]
struct RecipientRow {
    id: Uuid,
    name: String,
    email: String,
    locale: String,
    time_zone: String,
    is_test: bool,
    received_at: DateTime<Utc>,
    link_generation: i32,
    title: String,
    board_id: Uuid,
    board_version: i32,
    refused_at: Option<DateTime<Utc>>,
    complained_at: Option<DateTime<Utc>>,
}

const RECIPIENTS: &str =
    "SELECT a.id, a.name, a.email, a.locale, a.time_zone, a.is_test, a.received_at, a.link_generation, j.title, j.board_id,
    b.version AS board_version, c.refused_at, c.complained_at
    FROM application a JOIN job j ON j.id = a.job_id JOIN board b ON b.id = j.board_id JOIN candidate c ON c.id = a.candidate_id
    WHERE a.id IN (SELECT v.id FROM v)";

const ANSWERED: &str = "SELECT m.notification_id, m.subject, m.thread FROM message m
    WHERE m.notification_id IN (SELECT v.id FROM v) AND m.direction = 'sent'";

impl Ledger {
    /// Claims up to `slots` messages that are due, for the length of a lease. Rows that this release cannot read are held, and rows of
    /// kinds that it does not know are left to a newer one.
    pub async fn claim(&self, slots: usize) -> Result<Vec<OwedMessage>, LedgerError> {
        let token = Uuid::from_bytes(self.random().bytes());
        let now = self.clock().now();
        let lease_until = now + self.lease();
        let rows = self.claim_lanes(slots as u64, token, now, lease_until).await?;
        let applications: BTreeSet<Uuid> = rows.iter().filter_map(|row| row.try_get("", "application_id").ok()).collect();
        let recipients = self.recipients(&applications).await?;
        let boards = self.faces(recipients.values().map(|recipient| (recipient.board_id, recipient.board_version))).await?;
        // Whoever applies anew after a complaint is written to about that.
        let complained = |one: &&RecipientRow| one.complained_at.is_some_and(|at| at >= one.received_at);
        let complained: BTreeSet<ApplicationId> = recipients.values().filter(complained).map(|one| one.id.into()).collect();
        let unwanted = if complained.is_empty() { Vec::new() } else { self.stop_unwanted(&complained).await? };
        let mut answers = self.answered(&rows).await?;
        let (mut messages, mut ended, mut unreadable) = (Vec::with_capacity(rows.len()), vec![], vec![]);
        for row in rows {
            let id: Uuid = row.try_get("", "id")?;
            match decoded("notification", || read(&row, &recipients, &boards, token, lease_until)) {
                Ok((message, None)) if !unwanted.contains(&message.claim.notification) => {
                    messages.push(OwedMessage { answers: answers.remove(&id), ..message });
                }
                Ok((message, outcome)) => {
                    let outcome = outcome.unwrap_or_else(taken_back);
                    ended.push(Ended { claim: message.claim, at: now, outcome, mail: None, relay: "none".to_owned() });
                }
                Err(reason) => unreadable.push((id, reason)),
            }
        }
        if !unreadable.is_empty() {
            self.hold_unreadable(token, unreadable).await?;
        }
        if !ended.is_empty() {
            self.settle(&ended).await?;
        }
        Ok(messages)
    }

    async fn claim_lanes(
        &self,
        slots: u64,
        token: Uuid,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> Result<Vec<QueryResult>, LedgerError> {
        let mut rows: Vec<QueryResult> = Vec::new();
        let mut drained = [false; LANES.len()];
        // The second round hands out what the first kept for lanes that had nothing.
        for round in 0..2 {
            for (lane, number) in LANES.into_iter().enumerate() {
                let free = slots.saturating_sub(rows.len() as u64);
                let share = if round == 0 { locked(&self.due_parts().shares).first(lane, free) } else { free };
                if share > 0 && !drained[lane] {
                    let wanted = Wanted { lane: number, rows: share, token, now, lease_until, after: None };
                    let claimed = self.claim_lane(lane, wanted).await?;
                    drained[lane] = (claimed.len() as u64) < share;
                    rows.extend(claimed);
                }
            }
            if rows.len() as u64 >= slots {
                break;
            }
        }
        Ok(rows)
    }

    async fn claim_lane(&self, lane: usize, wanted: Wanted) -> Result<Vec<QueryResult>, LedgerError> {
        let database = self.database();
        if database.backend() == sea_orm::DbBackend::Sqlite {
            // A dead index entry is gone at once: nothing to walk over.
            return Ok(NOTIFICATIONS.claim(database, wanted).await?);
        }
        let cursors = &self.due_parts().cursors;
        let began = Instant::now();
        let (from, after) = locked(cursors).begin(lane, began);
        let mut rows = NOTIFICATIONS.claim(database, Wanted { after, ..wanted }).await?;
        let took = began.elapsed();
        if from == crate::due::From::Last && (rows.len() as u64) < wanted.rows {
            let after = locked(cursors).look_back(lane, began);
            let rest = Wanted { rows: wanted.rows - rows.len() as u64, after, ..wanted };
            rows.extend(NOTIFICATIONS.claim(database, rest).await?);
        }
        // `send_after` is at or before the `wake_at` that the row had: behind the cursor nothing is left out.
        let place = |row: &QueryResult| decoded("notification", || Ok((row.try_get("", "send_after")?, row.try_get("", "id")?))).ok();
        let last = rows.iter().filter_map(place).max();
        locked(cursors).ended(lane, from, last, took, Instant::now());
        Ok(rows)
    }

    async fn recipients(&self, applications: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, RecipientRow>, LedgerError> {
        if applications.is_empty() {
            return Ok(HashMap::new());
        }
        let database = self.database();
        let statement =
            Rows::new([Column::Uuid("id")], applications.iter().map(|id| [Cell::Uuid(*id)])).statement(database.backend(), RECIPIENTS);
        let rows = database.reader().query_all_raw(statement).await?;
        // A row that cannot be decoded is missing here, and its message is held for that.
        let read = |row: &QueryResult| decoded("application", || Ok(RecipientRow::from_query_result(row, "")?)).ok();
        Ok(rows.iter().filter_map(read).map(|row| (row.id, row)).collect())
    }

    /// What the mails of recruiters' own words belong to.
    async fn answered(&self, rows: &[QueryResult]) -> Result<HashMap<Uuid, MailAnswered>, LedgerError> {
        let is_message = |row: &&QueryResult| row.try_get::<String>("", "kind").is_ok_and(|kind| kind == Kind::Message.as_str());
        let ids: Vec<Uuid> = rows.iter().filter(is_message).filter_map(|row| row.try_get("", "id").ok()).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let database = self.database();
        let statement = Rows::new([Column::Uuid("id")], ids.into_iter().map(|id| [Cell::Uuid(id)])).statement(database.backend(), ANSWERED);
        let rows = database.reader().query_all_raw(statement).await?;
        // One that cannot be read goes out on its own.
        let read = |row: &QueryResult| {
            decoded("message", || {
                let (id, subject, thread): (Uuid, _, Option<String>) =
                    (row.try_get("", "notification_id")?, row.try_get("", "subject")?, row.try_get("", "thread")?);
                let thread = thread.iter().flat_map(|thread| thread.split_whitespace()).map(str::to_owned).collect();
                Ok((id, MailAnswered { subject, thread }))
            })
        };
        Ok(rows.iter().filter_map(|row| read(row).ok()).collect())
    }

    /// What mails of these boards look like. Known as long as their versions say so: another process may change a board.
    async fn faces(&self, boards: impl Iterator<Item = (Uuid, i32)>) -> Result<HashMap<Uuid, Arc<BoardDetails>>, LedgerError> {
        let mut faces = HashMap::new();
        for (id, version) in boards.collect::<BTreeSet<_>>() {
            let known = locked(&self.due_parts().faces).get(&id).filter(|(known, _)| *known == version).map(|(_, face)| Arc::clone(face));
            let face = match known {
                Some(face) => Some(face),
                // One that cannot be read holds back its own messages only.
                None => match self.board(BoardId::from(id)).await {
                    Ok(board) => board.map(|board| Arc::new(board.details)),
                    Err(LedgerError::Unreadable { .. }) => None,
                    Err(error) => return Err(error),
                },
            };
            if let Some(face) = face {
                locked(&self.due_parts().faces).insert(id, (version, Arc::clone(&face)));
                faces.insert(id, face);
            }
        }
        Ok(faces)
    }

    /// Sets claimed messages aside for a person.
    pub(super) async fn hold_unreadable(&self, token: Uuid, rows: Vec<(Uuid, String)>) -> Result<(), LedgerError> {
        for (id, reason) in &rows {
            tracing::error!(notification = %id, reason, "a message is held: its row cannot be read");
        }
        let rows = rows.into_iter().map(|(id, reason)| [id.into(), token.into(), format!("unreadable: {reason}").into()]);
        let statement = Rows::new(held_columns(), rows).statement(self.database().backend(), UPDATE_HELD);
        self.database().writer().execute_raw(statement).await?;
        Ok(())
    }
}

/// The message; and how it ends without a try, where it does.
fn read(
    row: &QueryResult,
    recipients: &HashMap<Uuid, RecipientRow>,
    boards: &HashMap<Uuid, Arc<BoardDetails>>,
    token: Uuid,
    lease_until: DateTime<Utc>,
) -> Result<(OwedMessage, Option<Outcome>), LedgerError> {
    let unreadable = |error: &dyn std::fmt::Display| LedgerError::unreadable("notification", error);
    let row = ClaimedRow::from_query_result(row, "").map_err(|error| unreadable(&error))?;
    let ClaimedRow {
        id,
        application_id,
        kind,
        stage,
        words,
        promised_by,
        send_after,
        tries,
        maybe_sent,
        cancel_requested,
        subject,
        text_part,
        template_version,
        sha256,
        raw,
        trace,
    } = row;
    let recipient = recipients.get(&application_id).ok_or_else(|| unreadable(&"its application cannot be read"))?;
    let RecipientRow {
        id: _,
        name,
        email,
        locale,
        time_zone,
        is_test,
        received_at,
        link_generation,
        title,
        board_id,
        board_version: _,
        refused_at,
        complained_at: _,
    } = recipient;
    let board = boards.get(board_id).ok_or_else(|| unreadable(&"its board cannot be read"))?;
    let stored = match (maybe_sent, subject, text_part, template_version, sha256, raw) {
        (true, Some(subject), Some(text), Some(template_version), Some(sha256), Some(raw)) => {
            let sha256 = sha256.try_into().map_err(|_| unreadable(&"a hash is not 32 bytes long"))?;
            Some(SentMail { subject, text, template_version, sha256, raw })
        }
        _ => None,
    };
    let kind: Kind = kind.parse().map_err(|error| unreadable(&error))?;
    let message = OwedMessage {
        claim: Claim { notification: id.into(), application: ApplicationId::from(application_id), token },
        lease_until,
        application: application_id.into(),
        kind,
        applicant_name: name.clone(),
        to: email.parse().map_err(|error| unreadable(&error))?,
        locale: locale.parse().map_err(|error| unreadable(&error))?,
        time_zone: time_zone.parse().map_err(|error| unreadable(&error))?,
        is_test: *is_test,
        received_at: *received_at,
        link_generation: *link_generation,
        job_title: title.clone(),
        board: Arc::clone(board),
        stage: stage.map(|stage| stage.parse()).transpose().map_err(|error| unreadable(&error))?,
        words,
        promised_by,
        send_after,
        tries: u32::try_from(tries).map_err(|error| unreadable(&error))?,
        stored,
        // What cannot be read names nothing, and holds nobody's message back.
        trace: trace.and_then(|trace| trace.parse().ok()),
        answers: None,
    };
    let ends = if cancel_requested {
        // While an earlier claim had it.
        Some(taken_back())
    } else {
        refused_at.map(|_| Outcome::Hold { reason: HoldReason::AddressRefused.as_str().to_owned() })
    };
    Ok((message, ends))
}

/// A would-be retry of what was asked back becomes cancelled.
fn taken_back() -> Outcome {
    Outcome::Retry { reason: "taken back before this try".to_owned() }
}
