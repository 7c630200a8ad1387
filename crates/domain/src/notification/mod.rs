//! One message owed: its kind, its state, and what a try to send it leads to.

mod kind;
mod ladder;
mod outbox;
mod outcome;
mod state;

pub use kind::{Kind, Lane};
pub use ladder::{LADDER, MAYBE_SENT_PAUSE, RETRY_FOR, next_try};
pub use outbox::{Does, InOutbox, OutboxRefusal, OutboxVerb, decide};
pub use outcome::{Outcome, Settled, Tried, settle};
pub use state::State;
