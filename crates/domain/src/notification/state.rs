use crate::closed_set::closed_set;

closed_set! {
    /// Where a message is between owed and settled.
    State, "notification state" {
        /// Behind another message of the same application.
        Waiting = "waiting",
        /// Head of its chain: goes out when `wake_at` has come.
        Scheduled = "scheduled",
        /// Claimed by a worker until `wake_at`, which is then the end of its lease.
        Sending = "sending",
        /// A relay answered 2yz after the dot.
        Sent = "sent",
        /// Sent, and came back.
        Bounced = "bounced",
        /// The address refused it for good: a person is asked.
        Undeliverable = "undeliverable",
        /// Set aside with a reason until a person releases it.
        Held = "held",
        /// Will not be sent, with a reason and an actor.
        Cancelled = "cancelled",
    }
}

impl State {
    /// Whether the message may still go out.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Waiting | Self::Scheduled | Self::Sending | Self::Held => true,
            Self::Sent | Self::Bounced | Self::Undeliverable | Self::Cancelled => false,
        }
    }
}
