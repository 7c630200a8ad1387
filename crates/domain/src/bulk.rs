//! Something done to many applications at once: its words. What it means for each of them is `promise::bulk`.

use crate::closed_set::closed_set;

closed_set! {
    /// What is done.
    OperationKind, "kind of operation" {
        Reject = "reject",
        Move = "move",
        CloseJob = "close_job",
    }
}

closed_set! {
    /// How far an operation has come.
    OperationState, "state of an operation" {
        /// It is to go on at its time.
        Scheduled = "scheduled",
        /// A worker has it.
        Running = "running",
        /// Everybody was dealt with.
        Done = "done",
        /// A person stopped it: whoever was not dealt with by then is not.
        Stopped = "stopped",
        /// A person took it back, as far as that was possible.
        Undone = "undone",
    }
}

impl OperationState {
    /// Whether there is more to be done.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Scheduled | Self::Running => true,
            Self::Done | Self::Stopped | Self::Undone => false,
        }
    }
}

closed_set! {
    /// What an operation did to one application.
    ItemState, "outcome of an operation" {
        Done = "done",
        /// Nothing was to be done, for the reason beside it.
        PassedOver = "passed_over",
        /// It could not be done, for the reason beside it. A person has to look.
        Failed = "failed",
        /// Done, and taken back.
        Undone = "undone",
        /// Done, and not to be taken back any more, for the reason beside it.
        Kept = "kept",
    }
}
