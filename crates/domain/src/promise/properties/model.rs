//! The ledger in small: one application and its chain, changed by decisions and by what becomes of the tries to send.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::super::{bulk::Operation, examples::with, rederive::rederive, repair::final_word, *};
use crate::{
    application::Status,
    law::Law,
    notification::{Kind, Outcome, Settled, State, Tried, settle},
    policy::{Policy, Undecided},
};

/// One step of a random history.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Do(Happening),
    Reject {
        after: Option<TimeDelta>,
        exempt: bool,
    },
    /// So far into the future.
    Postpone(TimeDelta),
    /// So long ago.
    Interview(TimeDelta),
    Tell {
        channel: Channel,
        said: Said,
        ago: TimeDelta,
    },
    /// The applicant may be named.
    CloseJob(bool),
    ChangePolicy(usize),
    /// A person releases what is held.
    Release,
    /// The last message that was sent comes back.
    Bounce,
    /// The head of the chain is claimed.
    Claim,
    /// The claimed message's try ends.
    End(u8),
    /// A person cancels one of the open messages.
    Cancel(u8),
    Wait(TimeDelta),
}

pub(super) fn policies() -> [Policy; 5] {
    let base = Policy::default;
    let short = TimeDelta::days(3);
    [
        base(),
        Policy { law: Some(Law::Ontario), ..base() },
        Policy { undecided: Undecided::Reject, decide_within: TimeDelta::days(20), ..base() },
        Policy { quiet_hours: None, update_every: short, decide_within: short, deliver_within: TimeDelta::hours(1), ..base() },
        // Close to what validation refuses: notes nearly as often as one may take to arrive.
        Policy { update_every: TimeDelta::hours(5), law: Some(Law::Ontario), ..base() },
    ]
}

pub(super) struct Model {
    pub(super) now: DateTime<Utc>,
    pub(super) policy: Policy,
    facts: Facts,
    rows: Vec<Row>,
    exempt: bool,
    /// The last row that told a rejection, or may have, or how many rows there were when a person told it.
    heard_rejection: Option<usize>,
}

struct Row {
    message: Message,
    hold: bool,
    cancel_requested: bool,
    tries: u32,
}

impl Model {
    pub(super) fn submitted(policy: Policy, suspected_spam: bool, has_address: bool) -> Self {
        Self::submitted_at(policy, suspected_spam, has_address, "2026-03-02T15:00:00Z".parse().unwrap())
    }

    pub(super) fn submitted_at(policy: Policy, suspected_spam: bool, has_address: bool, now: DateTime<Utc>) -> Self {
        let facts = Facts { has_address, zone: Tz::America__New_York, ..with(Standing::received()) };
        let mut model = Self { now, policy, facts, rows: vec![], exempt: false, heard_rejection: None };
        model.happen(&Happening::Submitted { suspected_spam, room: Room::Now }).unwrap();
        model
    }

    pub(super) fn standing(&self) -> &Standing {
        &self.facts.standing
    }

    pub(super) fn facts(&self) -> Facts {
        let messages = self.rows.iter().map(|row| row.message.clone()).filter(Message::matters).collect();
        Facts { messages, ..self.facts.clone() }
    }

    /// A verb that makes no sense now is refused and changes nothing.
    pub(super) fn step(&mut self, step: &Step) {
        let (embargo, seen) = (self.standing().under_embargo(), self.standing().seen_by_applicant());
        let _refused = match step {
            Step::Do(happening) => self.happen(happening),
            Step::Reject { after, exempt } => {
                let send_after = after.map(|after| self.now + after);
                self.happen(&Happening::Rejected { send_after, words: None, exempt: *exempt })
            }
            Step::Postpone(later) => self.happen(&Happening::Postponed { until: self.now + *later }),
            Step::Interview(ago) => self.happen(&Happening::Interviewed { at: self.now - *ago }),
            Step::Tell { channel, said, ago } => {
                return drop(self.happen(&Happening::ToldOtherwise { channel: *channel, said: *said, at: self.now - *ago }));
            }
            Step::CloseJob(named) => {
                let verdict = bulk::verdict(&Operation::CloseJob { words: None }, &self.facts(), *named, &self.policy, self.now);
                if let Some(decision) = verdict.decision {
                    self.carry_out(decision);
                }
                Ok(())
            }
            Step::ChangePolicy(to) => {
                let new = policies()[*to].clone();
                let rederived = rederive(&self.facts(), &self.policy, &new, self.now);
                self.policy = new;
                self.carry_out(rederived.decision);
                Ok(())
            }
            Step::Release => {
                self.release();
                Ok(())
            }
            Step::Bounce => self.bounce(),
            Step::Claim => {
                self.claim();
                Ok(())
            }
            Step::End(how) => return self.end(*how),
            Step::Cancel(which) => self.cancel(*which),
            Step::Wait(length) => {
                self.now += *length;
                Ok(())
            }
        };
        if embargo && self.standing().under_embargo() {
            assert_eq!(self.standing().seen_by_applicant(), seen, "embargo: {step:?} gives the rejection away");
        }
    }

    pub(super) fn happen(&mut self, happening: &Happening) -> Result<(), Refusal> {
        let decision = decide(happening, &self.facts(), &self.policy, self.now)?;
        match happening {
            Happening::ToldOtherwise { said: Said::Outcome, .. } if decision.standing.status == Status::Rejected => {
                self.heard_rejection = Some(self.rows.len());
            }
            Happening::NotTold { .. } => assert_eq!(decision.alerts.len(), 1, "P4: nobody is asked to act"),
            _ => {}
        }
        self.carry_out(decision);
        self.exempt |= matches!(happening, Happening::Rejected { exempt: true, .. });
        Ok(())
    }

    fn cancel(&mut self, which: u8) -> Result<(), Refusal> {
        let open: Vec<Message> = self.facts().open().cloned().collect();
        let Some(message) = open.get(usize::from(which) % open.len().max(1)).cloned() else { return Ok(()) };
        if message.kind == Kind::Correction {
            // A person decided that the applicant is not told of the reversal by mail.
            self.heard_rejection = None;
        }
        self.happen(&Happening::CancelAsked { message })
    }

    fn carry_out(&mut self, decision: Decision) {
        let Decision { standing, owe, cancel, reschedule, alerts: _, exempt } = decision;
        // Each end owes a word of its own.
        self.exempt &= standing.status == self.standing().status;
        self.exempt |= exempt.is_some();
        self.facts.standing = standing;
        for cancel in cancel {
            let row = self.rows.iter_mut().find(|row| row.message.id == cancel.id).unwrap();
            match cancel.how {
                How::AtOnce => {
                    assert_ne!(row.message.state, State::Sending, "a worker has it");
                    row.message.state = State::Cancelled;
                }
                How::Requested => {
                    assert_eq!(row.message.state, State::Sending);
                    row.cancel_requested = true;
                }
            }
        }
        for Reschedule { id, send_after, due_at } in reschedule {
            let message = &mut self.rows.iter_mut().find(|row| row.message.id == id).unwrap().message;
            assert!(matches!(message.state, State::Waiting | State::Scheduled));
            (message.send_after, message.due_at) = (send_after, due_at);
        }
        for Owe { kind, due_at, send_after, stage, words: _, promised_by, hold } in owe {
            assert!(send_after >= self.now);
            let id = Uuid::from_u128(self.rows.len() as u128 + 1).into();
            let message =
                Message { id, kind, state: State::Waiting, maybe_sent: false, stage, promised_by, send_after, due_at, answers_until: None };
            self.rows.push(Row { message, hold: hold.is_some(), cancel_requested: false, tries: 0 });
        }
        self.promote();
    }

    fn promote(&mut self) {
        let is_head = |row: &&mut Row| matches!(row.message.state, State::Scheduled | State::Sending | State::Held);
        if self.rows.iter_mut().find(is_head).is_some() {
            return;
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.message.state == State::Waiting) {
            row.message.state = if row.hold { State::Held } else { State::Scheduled };
        }
    }

    fn release(&mut self) {
        self.facts.has_address = true;
        if let Some(row) = self.rows.iter_mut().find(|row| row.message.state == State::Held) {
            row.hold = false;
            row.message.state = State::Scheduled;
        }
    }

    fn bounce(&mut self) -> Result<(), Refusal> {
        let Some(row) = self.rows.iter_mut().rfind(|row| row.message.state == State::Sent) else { return Ok(()) };
        row.message.state = State::Bounced;
        let message = row.message.clone();
        self.happen(&Happening::NotTold { message })
    }

    pub(super) fn claim(&mut self) {
        let (now, embargo) = (self.now, self.standing().under_embargo());
        if let Some(row) = self.rows.iter_mut().find(|row| row.message.state == State::Scheduled && row.message.send_after <= now) {
            let kind = row.message.kind;
            let says_nothing =
                matches!(kind, Kind::Received | Kind::Rejected | Kind::Hired | Kind::Correction | Kind::Withdrawn | Kind::Message);
            assert!(!embargo || says_nothing, "embargo: {kind} goes out while {} waits", self.facts.standing.status);
            row.message.state = State::Sending;
            row.tries += 1;
        }
    }

    pub(super) fn end(&mut self, how: u8) {
        let Some(at) = self.rows.iter().position(|row| row.message.state == State::Sending) else { return };
        let row = &mut self.rows[at];
        let reason = "450 4.2.0 later".to_owned();
        let (outcome, reached) = match how {
            0..4 => (Outcome::Accepted { reply: "250 2.0.0 queued".into() }, true),
            4 => (Outcome::Retry { reason }, false),
            5 => (Outcome::MaybeSent { reason }, true),
            6 => (Outcome::Hold { reason }, false),
            _ => (Outcome::Undeliverable { reason }, false),
        };
        if reached {
            match row.message.kind {
                Kind::Rejected => self.heard_rejection = Some(at),
                Kind::Correction => self.heard_rejection = None,
                Kind::Received
                | Kind::StageChanged
                | Kind::StillConsidering
                | Kind::NoDecision
                | Kind::Hired
                | Kind::Withdrawn
                | Kind::Message => {}
            }
        }
        let Message { send_after, maybe_sent, .. } = row.message;
        let tried = Tried { tries: row.tries, send_after, cancel_requested: row.cancel_requested, maybe_sent };
        let settled = settle(tried, &outcome, self.now, 0.5);
        let message = &mut row.message;
        (message.state, message.maybe_sent) = match settled {
            Settled::Sent => (State::Sent, maybe_sent),
            Settled::Again { maybe_sent, .. } => (State::Scheduled, maybe_sent),
            Settled::Undeliverable => (State::Undeliverable, maybe_sent),
            Settled::Held { maybe_sent, .. } => (State::Held, maybe_sent),
            Settled::Cancelled { owes_correction } => (State::Cancelled, owes_correction),
        };
        let message = message.clone();
        let follows = match (message.state, message.maybe_sent) {
            (State::Sent, _) => Some(Happening::Accepted { message }),
            (State::Undeliverable | State::Held, _) => Some(Happening::NotTold { message }),
            (State::Cancelled, true) => Some(Happening::TakenBackInDoubt { message }),
            (State::Cancelled, false) => Some(Happening::TakenBack { message }),
            _ => None,
        };
        match follows {
            Some(happening) => self.happen(&happening).unwrap(),
            None => self.promote(),
        }
    }

    pub(super) fn check(&self) {
        let (standing, now) = (self.standing(), self.now);
        let kept = |kind| self.rows.iter().any(|row| row.message.kind == kind && row.message.state != State::Cancelled);
        match final_word(standing.status) {
            None => {
                let word = standing.next_word.expect("P2: an active application has a next word");
                assert!(word.by > now && word.at <= word.by, "P2: {word:?} at {now}");
                assert!(word.at > now, "one word brings the next at once: {word:?} at {now}");
                let alert_at = standing.deadline.expect("P2: an active application has a time for its decision").alert_at();
                assert!(alert_at.is_none_or(|at| at > now), "nobody was alerted at {alert_at:?}");
            }
            Some(kind) => {
                assert!(standing.next_word.is_none());
                assert!(self.exempt || kept(kind) || standing.told_by_person(), "P3: {} in silence", standing.status);
            }
        }
        let sending = self.rows.iter().any(|row| row.message.state == State::Sending);
        if let (Status::Active, Some(row), false) = (standing.status, self.heard_rejection, sending) {
            let corrects = |row: &Row| row.message.kind == Kind::Correction && row.message.state != State::Cancelled;
            assert!(self.rows.iter().skip(row).any(corrects), "P9: a rejection that was heard stands uncorrected");
        }
        for kind in Kind::ALL.iter().filter(|kind| !matches!(kind, Kind::StageChanged | Kind::Correction | Kind::Message)) {
            let open = self.rows.iter().filter(|row| row.message.kind == *kind && row.message.state.is_open() && !row.cancel_requested);
            assert!(open.count() <= 1, "{kind} is owed twice at once");
        }
        let heads = self.rows.iter().filter(|row| matches!(row.message.state, State::Scheduled | State::Sending | State::Held)).count();
        assert!(heads <= 1, "a chain has one head");
    }

    /// Messages of this kind that were accepted.
    pub(super) fn told(&self, kind: Kind) -> usize {
        self.rows.iter().filter(|row| row.message.kind == kind && row.message.state == State::Sent).count()
    }

    pub(super) fn can_claim(&self) -> bool {
        self.rows.iter().any(|row| row.message.state == State::Scheduled && row.message.send_after <= self.now)
    }
}
