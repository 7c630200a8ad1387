//! Somebody asks for an applicant's data to be erased: the application ends if it has to, and what was asked for is put on record.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    erasure::{Basis, FinalWord, First, NoFinalWord, announcement, asked},
    event::EventKind,
    ids::ApplicationId,
    locale::Locale,
    notification::{Kind, State},
    policy::Policy,
    promise::{Cancel, CancelReason, Happening, How, decide},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{EraseRefused, Erasure, anonymise::of, read};
use crate::{
    Ledger, LedgerError,
    change::{ATTEMPTS, Lock, Locked, LockedAll, NewEvent, Rejected, Step, execute, insert_events, lock, look, write},
    rows::{Cell, Column, Rows},
};

/// As many as one transaction locks, their repeats not counted.
const CHUNK: usize = 200;

/// Why, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Erase<'a> {
    pub basis: Basis,
    /// No final message is sent, for this reason. What is on its way is taken back.
    pub exemption: Option<NoFinalWord>,
    pub actor: &'a Actor,
}

/// What the records say beside how it stands.
pub(super) struct OnRecord {
    pub(super) locale: Locale,
    pub(super) ended_at: DateTime<Utc>,
    pub(super) is_exempt: bool,
    /// How far the message that says how it ended has come.
    reached: Option<i32>,
    /// A mail that names the applicant is on its way to a person of the organisation.
    pub(super) is_being_told_of: bool,
}

impl OnRecord {
    pub(super) fn last(&self, locked: &Locked) -> FinalWord {
        match self.reached {
            _ if locked.facts.standing.told_by_person() => FinalWord::Told,
            Some(2) => FinalWord::Told,
            _ if self.is_exempt => FinalWord::Exempt,
            Some(1) => FinalWord::Unreachable,
            Some(_) | None => FinalWord::Missing,
        }
    }
}

/// A repeat of an application by the same person goes with it: nobody would answer it otherwise.
const REPEATS: &str = "SELECT a.id FROM v JOIN application a ON a.carried_by = v.id";

const RECORDS: &str = "SELECT a.id, a.locale, a.updated_at, CASE WHEN a.exemption IS NULL THEN 0 ELSE 1 END AS is_exempt,
    (SELECT MAX(CASE n.state WHEN 'sent' THEN 2 WHEN 'bounced' THEN 1 WHEN 'undeliverable' THEN 1 ELSE 0 END)
        FROM notification n WHERE n.application_id = a.id AND n.kind = a.status) AS reached,
    CASE WHEN EXISTS (SELECT 1 FROM notification n JOIN staff_cause c ON c.notification_id = n.id
        JOIN staff_mail m ON m.id = c.staff_mail_id WHERE n.application_id = a.id AND m.state = 'sending')
        OR EXISTS (SELECT 1 FROM staff_mail m WHERE m.application_id = a.id AND m.state = 'sending') THEN 1 ELSE 0 END AS told_of
    FROM v JOIN application a ON a.id = v.id";

const INSERT: &str = "INSERT INTO erasure (id, basis, exemption, actor_kind, actor_id, on_behalf_of, asked_at, state, wake_at)
    SELECT id, basis, exemption, actor_kind, actor_id, on_behalf_of, at, 'waiting', at FROM v WHERE true
    ON CONFLICT (id) DO UPDATE SET exemption = excluded.exemption, wake_at = excluded.wake_at WHERE erasure.state = 'waiting'";

const EXEMPT: &str =
    "UPDATE application SET exemption = COALESCE(application.exemption, v.word), updated_at = v.at FROM v WHERE application.id = v.id";

type Answered = (ApplicationId, Result<Erasure, EraseRefused>);

impl Ledger {
    /// Puts on record that these are to be erased, with what has to happen first. Asking twice is asking once; a reason for no final message
    /// may be added later. Applications do not depend on each other: a refusal stops only its own.
    pub async fn erase(&self, applications: &[ApplicationId], erase: &Erase<'_>) -> Result<Vec<Answered>, LedgerError> {
        let mut answers = BTreeMap::new();
        let ascending: Vec<ApplicationId> = applications.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        for chunk in ascending.chunks(CHUNK) {
            let mut attempt = 1;
            answers.extend(loop {
                match self.try_to_ask(chunk, erase).await {
                    Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                    other => break other?,
                }
            });
        }
        let answer = |id: &ApplicationId| answers.get(id).cloned().unwrap_or(Err(EraseRefused::NoSuchApplication));
        Ok(applications.iter().map(|id| (*id, answer(id))).collect())
    }

    /// What [`erase`](Self::erase) would do first, or why it would refuse. Writes nothing.
    pub async fn erase_dry_run(
        &self,
        applications: &[ApplicationId],
        basis: Basis,
    ) -> Result<Vec<(ApplicationId, Result<First, EraseRefused>)>, LedgerError> {
        let mut answers = Vec::with_capacity(applications.len());
        for chunk in applications.chunks(CHUNK) {
            let reader = self.database().reader();
            let LockedAll { readable, mut unreadable } = look(reader, chunk).await?;
            let (records, now) = (records(reader, chunk).await?, self.now());
            for id in chunk {
                let mut refused = || unreadable.remove(id).map_or(EraseRefused::NoSuchApplication, EraseRefused::Unreadable);
                let answer = match (readable.get(id), records.get(id)) {
                    (Some(locked), Some(record)) => {
                        let policy = self.policy_under(&locked.overriding);
                        asked(basis, &locked.facts, record.ended_at, &policy, now).map_err(EraseRefused::Conflict)
                    }
                    _ => Err(refused()),
                };
                answers.push((*id, answer));
            }
        }
        Ok(answers)
    }

    async fn try_to_ask(&self, chunk: &[ApplicationId], erase: &Erase<'_>) -> Result<Vec<Answered>, LedgerError> {
        let transaction = self.database().begin().await?;
        let mut all: BTreeSet<ApplicationId> = chunk.iter().copied().collect();
        for row in transaction.query_all_raw(of(chunk).statement(transaction.get_database_backend(), REPEATS)).await? {
            all.insert(row.try_get::<Uuid>("", "id")?.into());
        }
        let all: Vec<ApplicationId> = all.into_iter().collect();
        let LockedAll { readable, unreadable } = lock(&transaction, &all, Lock::WithMessages).await?;
        let now = self.now();
        let records = records(&transaction, &all).await?;
        let mut before: BTreeMap<ApplicationId, Erasure> =
            read(&transaction, &all).await?.into_iter().map(|erasure| (erasure.application, erasure)).collect();
        let mut answers: Vec<Answered> = unreadable.into_iter().map(|(id, reason)| (id, Err(EraseRefused::Unreadable(reason)))).collect();
        let (mut steps, mut events, mut rows, mut exempt, mut asked_for) = (vec![], vec![], vec![], vec![], vec![]);
        for (id, locked) in &readable {
            let Some(record) = records.get(id) else { continue };
            if let Some(before) = before.remove(id)
                && (before.erased_at.is_some() || erase.exemption.is_none() || before.exemption.is_some())
            {
                answers.push((*id, Ok(before)));
                continue;
            }
            let policy = self.policy_under(&locked.overriding);
            let first = match asked(erase.basis, &locked.facts, record.ended_at, &policy, now) {
                Ok(first) => first,
                Err(conflict) => {
                    answers.push((*id, Err(conflict.into())));
                    continue;
                }
            };
            if first == First::Withdraw {
                let event = NewEvent::of(EventKind::ErasureAsked, erase.actor, said(erase));
                events.push((self.ids().next(), *id, event));
            }
            if let Some(word) = erase.exemption
                && (first == First::Withdraw || record.last(locked) != FinalWord::Told)
            {
                exempt.push([id.uuid().into(), word.as_str().to_owned().into(), now.into()]);
            }
            steps.push(step(locked, record, first, erase, &policy, now)?);
            rows.push(row(*id, erase, now));
            asked_for.push(*id);
        }
        let something_due = write(self, &transaction, steps, now).await?;
        insert_events(&transaction, events, now).await?;
        execute(&transaction, Rows::new([Column::Uuid("id"), Column::Text("word"), Column::Time("at")], exempt), EXEMPT).await?;
        execute(&transaction, Rows::new(columns(), rows), INSERT).await?;
        answers.extend(read(&transaction, &asked_for).await?.into_iter().map(|erasure| (erasure.application, Ok(erasure))));
        transaction.commit().await?;
        if something_due {
            self.wake();
        }
        Ok(answers)
    }
}

/// The application's part of it: it ends, its messages are taken back, its last one says what follows.
pub(super) fn step<'a>(
    locked: &'a Locked,
    record: &OnRecord,
    first: First,
    erase: &Erase<'a>,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Step<'a>, LedgerError> {
    let facts = &locked.facts;
    let (mut decision, kind, data) = match first {
        First::Withdraw => {
            let withdrawn = decide(&Happening::Withdrawn { by_applicant: true }, facts, policy, now);
            let withdrawn = withdrawn.map_err(|refusal| LedgerError::unreadable("application", refusal))?;
            (withdrawn, EventKind::Withdrawn, json!({ "by_applicant": true }))
        }
        First::Nothing => (facts.unchanged(), EventKind::ErasureAsked, said(erase)),
    };
    match erase.exemption {
        None => {
            for owe in decision.owe.iter_mut().filter(|owe| owe.kind == Kind::Withdrawn) {
                owe.words = Some(announcement(record.locale).to_owned());
            }
        }
        Some(_) => {
            decision.owe.clear();
            let how = |state| if state == State::Sending { How::Requested } else { How::AtOnce };
            let open = facts.messages.iter().filter(|message| message.state.is_open());
            let cancel = open.map(|message| Cancel { id: message.id, how: how(message.state), reason: CancelReason::ByPerson });
            decision.cancel = cancel.collect();
        }
    }
    let event = Some(NewEvent::of(kind, erase.actor, data));
    Ok(Step { locked, decision, settled: None, event, rejected: Rejected::Unchanged, words: erase.exemption.map(NoFinalWord::as_str) })
}

fn said(erase: &Erase<'_>) -> Value {
    match erase.exemption {
        None => json!({ "basis": erase.basis }),
        Some(word) => json!({ "basis": erase.basis, "exemption": word }),
    }
}

pub(super) async fn records(
    connection: &impl ConnectionTrait,
    ids: &[ApplicationId],
) -> Result<HashMap<ApplicationId, OnRecord>, LedgerError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
        locale: String,
        updated_at: DateTime<Utc>,
        is_exempt: i32,
        reached: Option<i32>,
        told_of: i32,
    }
    let mut records = HashMap::with_capacity(ids.len());
    for row in connection.query_all_raw(of(ids).statement(connection.get_database_backend(), RECORDS)).await? {
        let Row { id, locale, updated_at, is_exempt, reached, told_of } = Row::from_query_result(&row, "")?;
        // In words that nobody here knows they cannot be told; in English they can.
        let locale = locale.parse().unwrap_or(Locale::En);
        let record = OnRecord { locale, ended_at: updated_at, is_exempt: is_exempt == 1, reached, is_being_told_of: told_of == 1 };
        records.insert(id.into(), record);
    }
    Ok(records)
}

const fn columns() -> [Column; 7] {
    [
        Column::Uuid("id"),
        Column::Text("basis"),
        Column::Text("exemption"),
        Column::Text("actor_kind"),
        Column::Text("actor_id"),
        Column::Text("on_behalf_of"),
        Column::Time("at"),
    ]
}

fn row(id: ApplicationId, erase: &Erase<'_>, now: DateTime<Utc>) -> [Cell; 7] {
    let Actor { kind, id: actor, on_behalf_of } = erase.actor;
    [
        id.uuid().into(),
        erase.basis.as_str().to_owned().into(),
        erase.exemption.map(|word| word.as_str().to_owned()).into(),
        kind.as_str().to_owned().into(),
        actor.clone().into(),
        on_behalf_of.clone().into(),
        now.into(),
    ]
}
