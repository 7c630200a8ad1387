//! Who applied, and what became of it.

use super::{
    Classified,
    PersonalData::{Applicant as APPLICANT, None as NONE, Pseudonymous as PSEUDONYMOUS, Staff as STAFF},
};

pub(super) const CANDIDATE: Classified = (
    "candidate",
    &[
        ("id", PSEUDONYMOUS),
        ("address", APPLICANT),
        ("created_at", PSEUDONYMOUS),
        ("refused_at", PSEUDONYMOUS),
        ("complained_at", PSEUDONYMOUS),
        ("complained_of", PSEUDONYMOUS),
    ],
);

pub(super) const APPLICATION: Classified = (
    "application",
    &[
        ("id", PSEUDONYMOUS),
        ("job_id", NONE),
        ("candidate_id", APPLICANT),
        ("name", APPLICANT),
        ("email", APPLICANT),
        ("locale", APPLICANT),
        ("time_zone", APPLICANT),
        ("is_test", NONE),
        ("received_at", PSEUDONYMOUS),
        ("updated_at", PSEUDONYMOUS),
        ("stage", PSEUDONYMOUS),
        ("status", PSEUDONYMOUS),
        ("shown_stage", PSEUDONYMOUS),
        ("shown_status", PSEUDONYMOUS),
        ("rejection_reason", PSEUDONYMOUS),
        ("internal_note", APPLICANT),
        ("exemption", APPLICANT),
        ("carried_by", PSEUDONYMOUS),
        ("next_word_kind", PSEUDONYMOUS),
        ("next_word_by", PSEUDONYMOUS),
        ("next_word_at", PSEUDONYMOUS),
        ("told_at", PSEUDONYMOUS),
        ("promised_by", PSEUDONYMOUS),
        ("decide_from", PSEUDONYMOUS),
        ("decide_by", PSEUDONYMOUS),
        ("decide_alert_at", PSEUDONYMOUS),
        ("decide_rung", PSEUDONYMOUS),
        ("last_interview_at", PSEUDONYMOUS),
        ("decision_told_at", PSEUDONYMOUS),
        ("told_otherwise", PSEUDONYMOUS),
        ("link_generation", NONE),
        ("answer_since", PSEUDONYMOUS),
        ("answer_by", PSEUDONYMOUS),
        ("answer_alarmed_at", PSEUDONYMOUS),
        ("erased_at", PSEUDONYMOUS),
        // Of the organisation's own system: it stays, so that what is erased is not put on record again from there.
        ("external_id", PSEUDONYMOUS),
        ("version", NONE),
    ],
);

pub(super) const ERASURE: Classified = (
    "erasure",
    &[
        ("id", PSEUDONYMOUS),
        ("basis", NONE),
        ("exemption", NONE),
        ("actor_kind", STAFF),
        ("actor_id", STAFF),
        ("on_behalf_of", STAFF),
        ("asked_at", PSEUDONYMOUS),
        ("state", NONE),
        ("wake_at", NONE),
        ("waits_for", NONE),
        ("erased_at", PSEUDONYMOUS),
    ],
);

pub(super) const EVENT: Classified = (
    "event",
    &[
        ("id", PSEUDONYMOUS),
        ("application_id", PSEUDONYMOUS),
        ("kind", PSEUDONYMOUS),
        ("at", PSEUDONYMOUS),
        ("actor_kind", STAFF),
        ("actor_id", STAFF),
        // A careers page may have named the applicant as the one behind its key.
        ("on_behalf_of", APPLICANT),
        ("data", APPLICANT),
        ("owes", PSEUDONYMOUS),
        ("owed", APPLICANT),
        ("xid", NONE),
        ("trace", NONE),
    ],
);

pub(super) const ATTACHMENT: Classified = (
    "attachment",
    &[
        ("id", APPLICANT),
        ("application_id", APPLICANT),
        ("role", APPLICANT),
        ("file_name", APPLICANT),
        ("media_type", APPLICANT),
        ("size", APPLICANT),
        ("sha256", APPLICANT),
        ("created_at", APPLICANT),
        ("message_id", APPLICANT),
    ],
);

pub(super) const ATTACHMENT_PART: Classified =
    ("attachment_part", &[("attachment_id", APPLICANT), ("number", APPLICANT), ("content", APPLICANT)]);

pub(super) const DO_NOT_CONTACT: Classified =
    ("do_not_contact", &[("digest", PSEUDONYMOUS), ("reason", PSEUDONYMOUS), ("at", PSEUDONYMOUS)]);
