//! Makes applications whole again, each from its own records.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::{ApplicationId, EventId, MessageId, NotificationId},
    notification::{Kind, State},
    policy::Policy,
    promise::{
        CancelReason, Facts, Happening, Message, Owe, Standing,
        repair::{self, NextWordIs, final_word, next_word, owed_at_last, still_owed},
    },
};
use serde_json::json;

use super::{
    AT_ONCE, Damage, GRACE, Mode, Repaired,
    records::{Lost, Records, records},
};
use crate::{
    Ledger, LedgerError,
    change::{
        Change, Lock, Locked, LockedAll, NewEvent, NewNotification, Rejected, change, execute, insert_events, insert_notifications, lock,
        read_owed, write_standings,
    },
    database::Transaction,
    rows::{Cell, Column, Rows},
};

/// What one application lacks, and what has to be written.
struct Cure {
    application: ApplicationId,
    damage: Vec<Damage>,
    new: Vec<NewNotification>,
    /// Rows that come back only to say that they were taken back: in doubt or not.
    cancelled: Vec<(NewNotification, CancelReason, bool)>,
    events: Vec<NewEvent>,
    stuck: Vec<NotificationId>,
    /// Which message brings a person's words.
    links: Vec<(MessageId, NotificationId)>,
    /// How it stands from now on.
    standing: Option<Standing>,
    /// Its next word is to be seen to, once the rest is written.
    is_past: bool,
}

const SET_STATE: &str = "UPDATE notification SET state = v.state, wake_at = CASE WHEN send_after > v.now THEN send_after ELSE v.now END
    FROM v WHERE notification.id = v.id";

const SET_CANCELLED: &str =
    "UPDATE notification SET state = 'cancelled', cancel_reason = v.reason, maybe_sent = v.maybe_sent, settled_at = v.now
    FROM v WHERE notification.id = v.id";

/// As a claim of it would count: it may have been sent.
const SET_FREE: &str = "UPDATE notification SET state = 'scheduled', maybe_sent = true, claim_token = NULL, wake_at = v.now
    FROM v WHERE notification.id = v.id AND state || '' = 'sending'";

const SET_LINK: &str = "UPDATE message SET notification_id = v.brings FROM v WHERE message.id = v.id AND message.notification_id IS NULL";

impl Ledger {
    /// Repairs these applications as far as they need it.
    pub(super) async fn repair(&self, applications: &[ApplicationId], mode: Mode) -> Result<Vec<Repaired>, LedgerError> {
        const ATTEMPTS: usize = 4;
        let mut repaired = Vec::new();
        for chunk in applications.chunks(AT_ONCE) {
            let mut attempt = 1;
            repaired.extend(loop {
                match self.repair_chunk(chunk, mode).await {
                    Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                    other => break other?,
                }
            });
        }
        Ok(repaired)
    }

    async fn repair_chunk(&self, chunk: &[ApplicationId], mode: Mode) -> Result<Vec<Repaired>, LedgerError> {
        let believable = self.believable_leases(self.clock().now()).await?;
        let transaction = self.database().begin().await?;
        // What cannot be read cannot be repaired; it does not keep others from being.
        let LockedAll { readable: locked, unreadable } = lock(&transaction, chunk, Lock::WithMessages).await?;
        for (application, reason) in &unreadable {
            tracing::error!(%application, reason, "an application cannot be repaired");
        }
        let now = self.clock().now();
        let mut records = records(&transaction, chunk, believable).await?;
        let mut cures = Vec::new();
        for (id, locked) in &locked {
            let cure = self.cure(locked, records.remove(id).unwrap_or_default(), now)?;
            if !cure.damage.is_empty() {
                cures.push((locked, cure));
            }
        }
        if mode == Mode::Look {
            return Ok(cures.into_iter().map(|(_, Cure { application, damage, .. })| Repaired { application, damage }).collect());
        }
        let past: Vec<ApplicationId> = cures.iter().filter(|(_, cure)| cure.is_past).map(|(locked, _)| locked.id).collect();
        let repaired = self.write_cures(&transaction, cures, now).await?;
        transaction.commit().await?;
        report(&repaired);
        self.tell_past_next_words(&past).await?;
        if !repaired.is_empty() {
            self.wake();
        }
        Ok(repaired)
    }

    /// The rule that should have, does.
    async fn tell_past_next_words(&self, past: &[ApplicationId]) -> Result<(), LedgerError> {
        let (happening, event, rejected) = (Happening::NextWordDue, EventKind::NextWordDue, Rejected::Unchanged);
        let (data, actor) = (json!({}), Actor::system("reconcile"));
        change(self, past, &Change { happening, event, data, rejected, actor: &actor }).await?;
        Ok(())
    }

    fn cure(&self, locked: &Locked, records: Records, now: DateTime<Utc>) -> Result<Cure, LedgerError> {
        let Records {
            without_message,
            taken_back,
            released,
            rescheduled,
            has_acknowledgement,
            mut told_or_owed,
            exempt,
            owed,
            stuck,
            open,
            unanswered,
            unlinked,
        } = records;
        let standing = &locked.facts.standing;
        let policy = self.policy_under(&locked.overriding);
        let mut cure = Cure::of(locked.id);
        let mut acknowledged = has_acknowledgement;
        for (id, Lost { owed, trace }) in without_message {
            let mut owe = read_owed(&owed)?;
            owe.hold = owe.hold.filter(|_| !released.contains(&id));
            if let Some(moved) = rescheduled.get(&id) {
                (owe.send_after, owe.due_at) = (moved.send_after, moved.due_at);
            }
            let row = NewNotification { id, application: locked.id, owe, state: State::Waiting, trace };
            acknowledged |= row.owe.kind == Kind::Received;
            match (taken_back.get(&id), still_owed(row.owe.kind, row.owe.stage, standing)) {
                (Some((reason, in_doubt)), _) => {
                    note(&mut cure.damage, Damage::MessageMissing);
                    cure.cancelled.push((row, *reason, *in_doubt));
                }
                // There is nobody left to tell.
                (None, still) if !still || locked.is_erased => {
                    note(&mut cure.damage, Damage::MessageMissing);
                    cure.cancelled.push((row, CancelReason::Superseded, false));
                }
                (None, _) => {
                    note(&mut cure.damage, missing(row.owe.kind));
                    told_or_owed.push(row.owe.kind.as_str().to_owned());
                    cure.new.push(row);
                }
            }
        }
        if !acknowledged && !locked.is_erased {
            self.owe_at_last(&mut cure, Damage::AcknowledgementMissing, Kind::Received, &locked.facts, &policy, now);
        }
        if let Some(kind) = final_word(standing.status)
            && !exempt
            && !locked.is_erased
            && !standing.told_by_person()
            && !told_or_owed.iter().any(|told| told == kind.as_str())
        {
            self.owe_at_last(&mut cure, Damage::FinalMessageMissing, kind, &locked.facts, &policy, now);
        }
        if is_out_of_order(locked) {
            note(&mut cure.damage, Damage::ChainBroken);
        }
        self.owe_corrections(&mut cure, &locked.facts, &policy, now);
        self.see_to_next_word(&mut cure, locked, &policy, now);
        if let Some(wrote_at) = unanswered
            && standing.unanswered.is_none()
            && !locked.is_erased
        {
            note(&mut cure.damage, Damage::AnswerDateMissing);
            let standing = cure.standing.take().unwrap_or_else(|| standing.clone());
            let waiting = repair::unanswered(&locked.facts, &policy, wrote_at);
            cure.standing = Some(Standing { unanswered: Some(waiting), ..standing });
        }
        if !unlinked.is_empty() {
            note(&mut cure.damage, Damage::MessageUnlinked);
            cure.links = unlinked;
        }
        if !stuck.is_empty() {
            note(&mut cure.damage, Damage::LeaseStuck);
            cure.stuck = stuck;
        }
        adopt(&mut cure, locked, &owed, &open);
        Ok(cure)
    }

    fn owe_at_last(&self, cure: &mut Cure, damage: Damage, kind: Kind, facts: &Facts, policy: &Policy, now: DateTime<Utc>) {
        note(&mut cure.damage, damage);
        self.owe(cure, owed_at_last(kind, facts, policy, now));
    }

    /// A rejection that was being sent while it was taken back, and whose row is gone: nobody can know any more what became of it (P9).
    fn owe_corrections(&self, cure: &mut Cure, facts: &Facts, policy: &Policy, now: DateTime<Utc>) {
        let standing = &facts.standing;
        let in_doubt = cure.cancelled.iter().any(|(row, _, in_doubt)| *in_doubt && row.owe.kind == Kind::Rejected);
        if in_doubt && still_owed(Kind::Correction, None, standing) {
            let owe = Owe { stage: Some(standing.shown_stage), ..owed_at_last(Kind::Correction, facts, policy, now) };
            self.owe(cure, owe);
        }
    }

    fn owe(&self, cure: &mut Cure, owe: Owe) {
        let row = NewNotification { id: self.ids().next(), application: cure.application, owe, state: State::Waiting, trace: None };
        let mut event = NewEvent::of(EventKind::Repaired, &Actor::system("reconcile"), json!({}));
        event.owes = Some((row.id, row.owed()));
        cure.events.push(event);
        cure.new.push(row);
    }

    /// Decided from what is there once the rest is written.
    fn see_to_next_word(&self, cure: &mut Cure, locked: &Locked, policy: &Policy, now: DateTime<Utc>) {
        let mut facts = locked.facts.clone();
        facts.messages.extend(cure.new.iter().map(NewNotification::message));
        match next_word(&facts, policy, now - GRACE, now) {
            NextWordIs::Whole => {}
            NextWordIs::Missing(standing) => {
                note(&mut cure.damage, Damage::NextWordMissing);
                cure.standing = Some(standing);
            }
            // What cannot be read may be on its way as well.
            NextWordIs::Past if locked.opaque.is_empty() => {
                note(&mut cure.damage, Damage::NextWordPast);
                cure.is_past = true;
            }
            NextWordIs::Past => {}
        }
    }

    async fn write_cures(
        &self,
        transaction: &Transaction,
        cures: Vec<(&Locked, Cure)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Repaired>, LedgerError> {
        let (mut new, mut cancelled, mut events, mut states) = (vec![], vec![], vec![], vec![]);
        let (mut standings, mut free, mut links) = (vec![], vec![], vec![]);
        let mut repaired = Vec::with_capacity(cures.len());
        for (locked, cure) in cures {
            let Cure { application, damage, new: rows, cancelled: taken_back, events: owing, stuck, links: linked, standing, is_past: _ } =
                cure;
            links.extend(linked.into_iter().map(|(message, brings)| [message.uuid().into(), brings.uuid().into()]));
            standings.extend(standing.map(|standing| (locked, standing)));
            free.extend(stuck.into_iter().map(|id| [id.uuid().into(), now.into()]));
            states.push(heads(locked, &rows));
            new.extend(rows);
            for (row, reason, in_doubt) in taken_back {
                cancelled.push([row.id.uuid().into(), reason.as_str().to_owned().into(), Cell::Bool(in_doubt), now.into()]);
                new.push(row);
            }
            let names: Vec<&str> = damage.iter().map(|damage| damage.as_str()).collect();
            let mut said = owing;
            if said.is_empty() {
                said.push(NewEvent::of(EventKind::Repaired, &Actor::system("reconcile"), json!({})));
            }
            events.extend(said.into_iter().map(|mut event| {
                event.data = json!({ "damage": names });
                (self.ids().next::<EventId>(), application, event)
            }));
            repaired.push(Repaired { application, damage });
        }
        write_standings(transaction, standings, now).await?;
        execute(transaction, Rows::new([Column::Uuid("id"), Column::Time("now")], free), SET_FREE).await?;
        insert_notifications(transaction, new).await?;
        execute(transaction, Rows::new([Column::Uuid("id"), Column::Uuid("brings")], links), SET_LINK).await?;
        let columns = [Column::Uuid("id"), Column::Text("reason"), Column::Bool("maybe_sent"), Column::Time("now")];
        execute(transaction, Rows::new(columns, cancelled), SET_CANCELLED).await?;
        // The head that gives way leaves before the other is promoted: a unique index allows one.
        let columns = [Column::Uuid("id"), Column::Text("state"), Column::Time("now")];
        let row = |(id, state): (NotificationId, State)| [id.uuid().into(), state.as_str().to_owned().into(), now.into()];
        let (leave, lead): (Vec<_>, Vec<_>) = states.into_iter().flatten().partition(|(_, state)| *state == State::Waiting);
        execute(transaction, Rows::new(columns, leave.into_iter().map(row)), SET_STATE).await?;
        execute(transaction, Rows::new(columns, lead.into_iter().map(row)), SET_STATE).await?;
        insert_events(transaction, events, now).await?;
        Ok(repaired)
    }
}

fn note(damage: &mut Vec<Damage>, one: Damage) {
    if !damage.contains(&one) {
        damage.push(one);
    }
}

/// As it is logged: by name, and by id.
pub(super) fn report(repaired: &[Repaired]) {
    for Repaired { application, damage } in repaired {
        let damage: Vec<&str> = damage.iter().map(|damage| damage.as_str()).collect();
        tracing::warn!(%application, ?damage, "repaired: what was owed is derived again from the records");
    }
}

/// What it is called that a message is missing which is still owed.
const fn missing(kind: Kind) -> Damage {
    match kind {
        Kind::Received => Damage::AcknowledgementMissing,
        Kind::Rejected | Kind::Hired | Kind::Withdrawn => Damage::FinalMessageMissing,
        Kind::StageChanged | Kind::StillConsidering | Kind::NoDecision | Kind::Correction | Kind::Message => Damage::MessageMissing,
    }
}

/// Messages wait behind none, or behind a later one that nobody has begun to send.
fn is_out_of_order(locked: &Locked) -> bool {
    let chain = locked.chain();
    let head = chain.iter().find(|(_, state)| *state != State::Waiting);
    match (chain.first(), head) {
        (Some(_), None) => true,
        (Some((first, _)), Some((head, State::Scheduled))) => first < head,
        (None, _) | (Some(_), Some(_)) => false,
    }
}

/// Open messages that no event owes could not be derived again. From now on an event does.
fn adopt(
    cure: &mut Cure,
    locked: &Locked,
    owed: &HashSet<NotificationId>,
    open: &HashMap<NotificationId, (Option<String>, Option<String>)>,
) {
    for message in locked.facts.messages.iter().filter(|message| message.state.is_open() && !owed.contains(&message.id)) {
        let Some((words, hold)) = open.get(&message.id) else { continue };
        let Message { id, kind, state, maybe_sent: _, stage, promised_by, send_after, due_at, answers_until: _ } = message.clone();
        let hold = hold.as_deref().and_then(|reason| reason.parse().ok());
        let owe = Owe { kind, due_at, send_after, stage, words: words.clone(), promised_by, hold };
        let row = NewNotification { id, application: locked.id, owe, state, trace: None };
        note(&mut cure.damage, Damage::OrphanRow);
        let mut event = NewEvent::of(EventKind::Repaired, &Actor::system("reconcile"), json!({}));
        event.owes = Some((id, row.owed()));
        cure.events.push(event);
    }
}

impl Cure {
    fn of(application: ApplicationId) -> Self {
        let (damage, new, cancelled, events, stuck, links) = (vec![], vec![], vec![], vec![], vec![], vec![]);
        Self { application, damage, new, cancelled, events, stuck, links, standing: None, is_past: false }
    }
}

/// The chain runs in the order of ids, so a message that comes back may belong before the present head. One that is being sent stays.
fn heads(locked: &Locked, new: &[NewNotification]) -> Vec<(NotificationId, State)> {
    let mut chain: BTreeMap<NotificationId, (State, bool)> =
        new.iter().map(|row| (row.id, (State::Waiting, row.owe.hold.is_some()))).collect();
    chain.extend(locked.chain().into_iter().map(|(id, state)| (id, (state, state == State::Held))));
    if chain.values().any(|(state, _)| *state == State::Sending) {
        return Vec::new();
    }
    let Some((first, (state, is_held))) = chain.pop_first() else { return Vec::new() };
    let mut moves: Vec<_> =
        chain.into_iter().filter(|(_, (state, _))| *state != State::Waiting).map(|(id, _)| (id, State::Waiting)).collect();
    if state == State::Waiting {
        moves.push((first, if is_held { State::Held } else { State::Scheduled }));
    }
    moves
}
