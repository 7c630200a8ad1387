//! What can stand in an application's history.

use crate::closed_set::closed_set;

closed_set! {
    /// Something that happened to an application and changed its record.
    EventKind, "event kind" {
        Submitted = "submitted",
        /// It came from another system, where it had come that far.
        Imported = "imported",
        Moved = "moved",
        Rejected = "rejected",
        Unrejected = "unrejected",
        Hired = "hired",
        Withdrawn = "withdrawn",
        /// The decision was put off to a date, for a reason.
        Postponed = "postponed",
        /// An interview took place.
        Interviewed = "interviewed",
        /// A person told the applicant, by phone or face to face.
        ToldOtherwise = "told_otherwise",
        /// The applicant wrote: by mail, or on their page.
        Replied = "replied",
        /// A recruiter wrote to the applicant.
        WrittenTo = "written_to",
        /// A person said that what the applicant wrote needs no answer, or was answered by other means.
        MarkedAsAnswered = "marked_as_answered",
        /// A person gave the applicant's right address. Neither the old one nor the new is in the event.
        AddressCorrected = "address_corrected",
        /// The applicant reported a mail of ours as unwanted: nothing more is sent to them but what a law asks for.
        Complained = "complained",
        /// The time for a decision runs out: somebody of the organisation was alerted.
        DecisionDue = "decision_due",
        /// A message did not reach the applicant: a person was asked to act.
        NotTold = "not_told",
        /// The policy changed, and what is owed was derived again from it.
        PolicyChanged = "policy_changed",
        /// The date of the next word came.
        NextWordDue = "next_word_due",
        /// A relay accepted a rejection that had been taken back meanwhile.
        AcceptedAfterUndo = "accepted_after_undo",
        /// A rejection was taken back, and nobody can know whether it was sent.
        TakenBackInDoubt = "taken_back_in_doubt",
        /// A person made a message's next try happen at once.
        MessageRetried = "message_retried",
        /// A person let a message go out that was held.
        MessageReleased = "message_released",
        /// A person decided that a message is not to be sent, or the applicant had reported an earlier one. If it was to tell how the application ended, this is its exemption.
        MessageCancelled = "message_cancelled",
        /// It was merged into another application, or another was merged into it.
        Merged = "merged",
        /// It was merged into another application, and is not any more.
        Unmerged = "unmerged",
        /// The organisation's own system says otherwise what the applicant is called, or how they are written to.
        Corrected = "corrected",
        /// The applicant's data is to be erased, once everything that is owed to them was said.
        ErasureAsked = "erasure_asked",
        /// It is erased. What remains says that there was an application, and how it was dealt with.
        Erased = "erased",
        /// Something owed was missing and was derived again from the records.
        Repaired = "repaired",
    }
}
