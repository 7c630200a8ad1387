//! What other programs are told by HTTP, as [Standard Webhooks](https://www.standardwebhooks.com) ask for it.

mod address;
mod ladder;
mod secret;
mod url;

pub use self::{
    address::is_public,
    ladder::{LADDER, next_try},
    secret::WebhookSecret,
    url::{EndpointUrl, InvalidEndpointUrl},
};
use crate::{closed_set::closed_set, event::EventKind, notification::State};

closed_set! {
    /// What a webhook tells of.
    WebhookType, "webhook type" {
        Submitted = "application.submitted",
        Moved = "application.moved",
        Rejected = "application.rejected",
        Unrejected = "application.unrejected",
        Hired = "application.hired",
        Withdrawn = "application.withdrawn",
        Postponed = "application.postponed",
        Interviewed = "application.interviewed",
        ToldOtherwise = "application.told_otherwise",
        /// The applicant wrote, and waits for an answer.
        Replied = "application.replied",
        /// A recruiter wrote to the applicant.
        WrittenTo = "application.written_to",
        MarkedAsAnswered = "application.marked_as_answered",
        AddressCorrected = "application.address_corrected",
        Complained = "application.complained",
        DecisionDue = "application.decision_due",
        NotTold = "application.not_told",
        Merged = "application.merged",
        Unmerged = "application.unmerged",
        Corrected = "application.corrected",
        /// The applicant's data is erased here. Whoever has a copy of it has it to erase as well.
        Erased = "application.erased",
        /// A relay accepted a message: the applicant is told.
        MessageSent = "message.sent",
        /// It came back after it was accepted.
        MessageBounced = "message.bounced",
        /// Its address refused it for good.
        MessageUndeliverable = "message.undeliverable",
        MessageRetried = "message.retried",
        MessageReleased = "message.released",
        MessageCancelled = "message.cancelled",
        /// Sent on request, to see whether it arrives.
        Ping = "webhook.ping",
    }
}

closed_set! {
    /// Where a delivery is.
    DeliveryState, "delivery state" {
        Scheduled = "scheduled",
        Sending = "sending",
        /// The endpoint answered 2xx.
        Delivered = "delivered",
        /// Every try failed, or the endpoint is gone.
        Dead = "dead",
    }
}

impl WebhookType {
    /// `None` for what is the ledger's own affair.
    pub const fn of_event(kind: EventKind) -> Option<Self> {
        match kind {
            EventKind::Submitted => Some(Self::Submitted),
            EventKind::Moved => Some(Self::Moved),
            EventKind::Rejected => Some(Self::Rejected),
            EventKind::Unrejected => Some(Self::Unrejected),
            EventKind::Hired => Some(Self::Hired),
            EventKind::Withdrawn => Some(Self::Withdrawn),
            EventKind::Postponed => Some(Self::Postponed),
            EventKind::Interviewed => Some(Self::Interviewed),
            EventKind::ToldOtherwise => Some(Self::ToldOtherwise),
            EventKind::Replied => Some(Self::Replied),
            EventKind::WrittenTo => Some(Self::WrittenTo),
            EventKind::MarkedAsAnswered => Some(Self::MarkedAsAnswered),
            EventKind::AddressCorrected => Some(Self::AddressCorrected),
            EventKind::Complained => Some(Self::Complained),
            EventKind::DecisionDue => Some(Self::DecisionDue),
            EventKind::NotTold => Some(Self::NotTold),
            EventKind::Merged => Some(Self::Merged),
            EventKind::Unmerged => Some(Self::Unmerged),
            EventKind::Corrected => Some(Self::Corrected),
            EventKind::Erased => Some(Self::Erased),
            EventKind::MessageRetried => Some(Self::MessageRetried),
            EventKind::MessageReleased => Some(Self::MessageReleased),
            EventKind::MessageCancelled => Some(Self::MessageCancelled),
            EventKind::Imported
            | EventKind::PolicyChanged
            | EventKind::NextWordDue
            | EventKind::AcceptedAfterUndo
            | EventKind::TakenBackInDoubt
            | EventKind::ErasureAsked
            | EventKind::Repaired => None,
        }
    }

    /// What becomes of a message, as far as it is told.
    pub const fn of_message(state: State) -> Option<Self> {
        match state {
            State::Sent => Some(Self::MessageSent),
            State::Bounced => Some(Self::MessageBounced),
            State::Undeliverable => Some(Self::MessageUndeliverable),
            State::Waiting | State::Scheduled | State::Sending | State::Held | State::Cancelled => None,
        }
    }
}
