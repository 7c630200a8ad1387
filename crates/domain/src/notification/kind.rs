use crate::closed_set::closed_set;

closed_set! {
    /// What a message tells the applicant.
    Kind, "notification kind" {
        /// The acknowledgement.
        Received = "received",
        /// The application moved on, and the applicant is told.
        StageChanged = "stage_changed",
        /// A holding note: no news, and the date of the next word.
        StillConsidering = "still_considering",
        /// The time for a decision is over, or a law asks for word: no decision was made yet. Says that it is automatic.
        NoDecision = "no_decision",
        Rejected = "rejected",
        Hired = "hired",
        /// Confirms a withdrawal.
        Withdrawn = "withdrawn",
        /// Takes a rejection back that was, or may have been, told.
        Correction = "correction",
        /// A recruiter's own words.
        Message = "message",
    }
}

closed_set! {
    /// Which queue a message waits in. Lanes keep the few that somebody is waiting for ahead of the many.
    Lane, "lane" {
        /// Acknowledgements and human messages.
        Prompt = "prompt",
        /// Status changes.
        Status = "status",
        /// Bulk and holding notes.
        Bulk = "bulk",
    }
}

impl Kind {
    pub const fn lane(self) -> Lane {
        match self {
            Self::Received | Self::Correction | Self::Message => Lane::Prompt,
            Self::StageChanged | Self::Rejected | Self::Hired | Self::Withdrawn => Lane::Status,
            Self::StillConsidering | Self::NoDecision => Lane::Bulk,
        }
    }
}

impl Kind {
    /// Whether it waits for the applicant's morning. What answers something that the applicant did a moment ago does not.
    pub const fn respects_quiet_hours(self) -> bool {
        match self {
            Self::Received | Self::Withdrawn => false,
            Self::StageChanged
            | Self::StillConsidering
            | Self::NoDecision
            | Self::Rejected
            | Self::Hired
            | Self::Correction
            | Self::Message => true,
        }
    }
}

impl Lane {
    /// As stored: the lower, the sooner.
    pub const fn number(self) -> i16 {
        match self {
            Self::Prompt => 0,
            Self::Status => 1,
            Self::Bulk => 2,
        }
    }
}
