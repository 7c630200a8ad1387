use crate::closed_set::closed_set;

closed_set! {
    /// Why an application was rejected, for the organisation's own records. The applicant reads their own wording, not this.
    RejectionReason, "rejection reason" {
        RequirementsNotMet = "requirements_not_met",
        AnotherCandidatePreferred = "another_candidate_preferred",
        PositionFilled = "position_filled",
        Duplicate = "duplicate",
        Spam = "spam",
        Other = "other",
        NotInterested = "not_interested",
        NotAvailable = "not_available",
        OfferDeclined = "offer_declined",
        OtherByCandidate = "other_by_candidate",
        Unspecified = "unspecified",
    }
}

closed_set! {
    /// Who ended it, as applicant-tracking systems group their reasons.
    ReasonGroup, "rejection reason group" {
        RejectedByEmployer = "rejected_by_employer",
        RejectedByCandidate = "rejected_by_candidate",
        Unspecified = "unspecified",
    }
}

impl RejectionReason {
    pub const fn group(self) -> ReasonGroup {
        match self {
            Self::RequirementsNotMet
            | Self::AnotherCandidatePreferred
            | Self::PositionFilled
            | Self::Duplicate
            | Self::Spam
            | Self::Other => ReasonGroup::RejectedByEmployer,
            Self::NotInterested | Self::NotAvailable | Self::OfferDeclined | Self::OtherByCandidate => ReasonGroup::RejectedByCandidate,
            Self::Unspecified => ReasonGroup::Unspecified,
        }
    }
}
