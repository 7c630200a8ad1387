//! Whatever happens in whatever order, the promises hold.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    application::Status,
    notification::{Kind, Outcome, Settled, State, Tried, settle},
};

/// One step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Do(Happening),
    /// The head of the chain is claimed.
    Claim,
    /// The claimed message's try ends.
    End(u8),
    /// A person cancels one of the open messages.
    Cancel(u8),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let stage = prop::sample::select(Stage::ALL);
    let step = prop_oneof![
        2 => (stage, any::<bool>()).prop_map(|(to, tell)| Step::Do(Happening::Moved { to, tell })),
        2 => any::<bool>().prop_map(|exempt| Step::Do(Happening::Rejected { send_after: None, words: None, exempt })),
        2 => Just(Step::Do(Happening::Unrejected)),
        1 => Just(Step::Do(Happening::Hired { words: None })),
        1 => any::<bool>().prop_map(|by_applicant| Step::Do(Happening::Withdrawn { by_applicant })),
        6 => Just(Step::Claim),
        6 => (0..6u8).prop_map(Step::End),
        2 => any::<u8>().prop_map(Step::Cancel),
        3 => (1..500i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..40)
}

/// The ledger in small: one application and its chain.
struct Model {
    now: DateTime<Utc>,
    facts: Facts,
    rows: Vec<Row>,
    exempt: bool,
    /// A person decided that the applicant is not told of a reversal by mail.
    told_otherwise: bool,
    /// The last outcome that really reached the applicant, or may have.
    heard: Option<Kind>,
}

struct Row {
    message: Message,
    send_after: DateTime<Utc>,
    cancel_requested: bool,
    tries: u32,
}

impl Model {
    fn submitted() -> Self {
        let standing = Standing {
            stage: Stage::Received,
            status: Status::Active,
            shown_stage: Stage::Received,
            shown_status: Status::Active,
            next_word: None,
            told_at: None,
            promised_by: None,
        };
        let mut model = Self {
            now: DateTime::UNIX_EPOCH,
            facts: Facts { standing, carried_by: None, messages: vec![] },
            rows: vec![],
            exempt: false,
            told_otherwise: false,
            heard: None,
        };
        model.happen(&Happening::Submitted { suspected_spam: false, room: Room::Now }).unwrap();
        model
    }

    fn happen(&mut self, happening: &Happening) -> Result<(), Refusal> {
        self.facts.messages = self.rows.iter().map(|row| row.message.clone()).filter(Message::matters).collect();
        let decision = decide(happening, &self.facts, &Policy::default(), self.now)?;
        let ends = !self.facts.standing.status.is_final() || decision.standing.status != self.facts.standing.status;
        self.facts.standing = decision.standing;
        for cancel in decision.cancel {
            let row = self.rows.iter_mut().find(|row| row.message.id == cancel.id).unwrap();
            match cancel.how {
                How::AtOnce => row.message.state = State::Cancelled,
                How::Requested => row.cancel_requested = true,
            }
        }
        for owe in decision.owe {
            let id = Uuid::from_u128(self.rows.len() as u128 + 1).into();
            let message =
                Message { id, kind: owe.kind, state: State::Waiting, maybe_sent: false, stage: owe.stage, promised_by: owe.promised_by };
            self.rows.push(Row { message, send_after: owe.send_after, cancel_requested: false, tries: 0 });
        }
        match happening {
            Happening::Rejected { exempt, .. } => self.exempt = *exempt,
            Happening::Unrejected => self.exempt = false,
            // Each end owes a word of its own.
            Happening::Hired { .. } => self.exempt = false,
            Happening::Withdrawn { .. } if ends => self.exempt = false,
            _ => {}
        }
        self.exempt |= decision.exempt.is_some();
        self.promote();
        Ok(())
    }

    fn cancel(&mut self, which: u8) {
        let open: Vec<Message> = self.rows.iter().map(|row| row.message.clone()).filter(|message| message.state.is_open()).collect();
        if let Some(message) = open.get(usize::from(which) % open.len().max(1)) {
            self.told_otherwise |= message.kind == Kind::Correction;
            self.happen(&Happening::CancelAsked { message: message.clone() }).unwrap();
        }
    }

    fn promote(&mut self) {
        if self.rows.iter().any(|row| matches!(row.message.state, State::Scheduled | State::Sending | State::Held)) {
            return;
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.message.state == State::Waiting) {
            row.message.state = State::Scheduled;
        }
    }

    fn claim(&mut self) {
        let now = self.now;
        if let Some(row) = self.rows.iter_mut().find(|row| row.message.state == State::Scheduled && row.send_after <= now) {
            row.message.state = State::Sending;
            row.tries += 1;
        }
    }

    fn end(&mut self, how: u8) {
        let Some(at) = self.rows.iter().position(|row| row.message.state == State::Sending) else { return };
        let row = &mut self.rows[at];
        let reason = "450 4.2.0 later".to_owned();
        let (outcome, reached) = match how {
            0..3 => (Outcome::Accepted { reply: "250 2.0.0 queued".into() }, true),
            3 => (Outcome::Retry { reason }, false),
            4 => (Outcome::MaybeSent { reason }, true),
            _ => (Outcome::Undeliverable { reason }, false),
        };
        if reached {
            self.heard = Some(row.message.kind);
        }
        let tried = Tried {
            tries: row.tries,
            send_after: row.send_after,
            cancel_requested: row.cancel_requested,
            maybe_sent: row.message.maybe_sent,
        };
        let settled = settle(tried, &outcome, self.now, 0.5);
        let mut message = row.message.clone();
        let follows = match settled {
            Settled::Sent => {
                message.state = State::Sent;
                Some(Happening::Accepted { message: message.clone() })
            }
            Settled::Again { maybe_sent, .. } => {
                message.state = State::Scheduled;
                message.maybe_sent = maybe_sent;
                None
            }
            Settled::Undeliverable => {
                message.state = State::Undeliverable;
                None
            }
            Settled::Held { maybe_sent, .. } => {
                message.state = State::Held;
                message.maybe_sent = maybe_sent;
                None
            }
            Settled::Cancelled { owes_correction } => {
                message.state = State::Cancelled;
                message.maybe_sent = owes_correction;
                let message = message.clone();
                Some(if owes_correction { Happening::TakenBackInDoubt { message } } else { Happening::TakenBack { message } })
            }
        };
        row.message = message;
        match follows {
            Some(happening) => self.happen(&happening).unwrap(),
            None => self.promote(),
        }
    }

    fn check(&self) {
        let standing = &self.facts.standing;
        let open = |kind| self.rows.iter().any(|row| row.message.kind == kind && row.message.state.is_open());
        let kept = |kind| self.rows.iter().any(|row| row.message.kind == kind && row.message.state != State::Cancelled);
        match standing.status {
            Status::Active => {
                let word = standing.next_word.expect("P2: an active application has a next word");
                assert!(word.kind == Kind::Received || word.by > self.now, "P2: {word:?} at {}", self.now);
            }
            Status::Rejected => assert!(self.exempt || kept(Kind::Rejected), "P3: rejected in silence"),
            Status::Hired => assert!(self.exempt || kept(Kind::Hired), "P3: hired in silence"),
            Status::Withdrawn => assert!(self.exempt || kept(Kind::Withdrawn), "P3: withdrawn in silence"),
        }
        if standing.status == Status::Active && standing.shown_status == Status::Rejected && !self.told_otherwise {
            assert!(kept(Kind::Correction), "P9: the applicant believes in a rejection that was taken back");
        }
        let in_doubt = self.rows.iter().any(|row| row.message.state == State::Sending);
        if standing.status == Status::Active && self.heard == Some(Kind::Rejected) && !in_doubt && !self.told_otherwise {
            assert!(open(Kind::Correction) || kept(Kind::Correction), "P9: a rejection that was heard stands uncorrected");
        }
        let heads = self.rows.iter().filter(|row| matches!(row.message.state, State::Scheduled | State::Sending | State::Held)).count();
        assert!(heads <= 1, "a chain has one head");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_history_ends_in_silence_or_leaves_a_wrong_belief_uncorrected(steps in steps()) {
        let mut model = Model::submitted();
        for step in steps {
            match step {
                // A verb that makes no sense now is refused and changes nothing.
                Step::Do(happening) => { let _refused = model.happen(&happening); }
                Step::Claim => model.claim(),
                Step::End(how) => model.end(how),
                Step::Cancel(which) => model.cancel(which),
                Step::Wait(hours) => model.now += TimeDelta::hours(hours),
            }
            model.happen(&Happening::NextWordDue).unwrap();
            model.check();
        }
    }
}
