//! One file per promise.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod a_person_is_told_of_what_is_late;
mod a_rejected_applicant_is_told_once;
mod a_rejection_never_overtakes_its_acknowledgement;
mod a_rejection_taken_back_in_time_is_never_told;
mod a_repeat_is_answered_like_the_first_and_carried;
mod an_applicant_is_written_to_in_their_own_language;
mod an_application_is_acknowledged;
mod the_same_idempotency_key_makes_one_application;
