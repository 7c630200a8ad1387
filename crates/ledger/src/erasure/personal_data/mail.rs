//! What goes out, what comes in, and who of the organisation hears of it.

use super::{
    Classified,
    PersonalData::{Applicant as APPLICANT, None as NONE, Pseudonymous as PSEUDONYMOUS, Staff as STAFF},
};

pub(super) const REPLY_PROBE: Classified = (
    "reply_probe",
    &[
        ("id", NONE),
        ("what", NONE),
        ("board_id", NONE),
        ("recipient", STAFF),
        ("state", NONE),
        ("lane", NONE),
        ("wake_at", NONE),
        ("claim_token", NONE),
        ("tries", NONE),
        ("owed_at", NONE),
        ("due_at", NONE),
        ("accepted_at", NONE),
        ("settled_at", NONE),
        ("trouble", NONE),
    ],
);

pub(super) const MESSAGE: Classified = (
    "message",
    &[
        ("id", PSEUDONYMOUS),
        ("application_id", PSEUDONYMOUS),
        ("direction", PSEUDONYMOUS),
        ("channel", PSEUDONYMOUS),
        ("actor_kind", STAFF),
        ("actor_id", STAFF),
        ("on_behalf_of", STAFF),
        ("at", PSEUDONYMOUS),
        ("from_address", APPLICANT),
        ("subject", APPLICANT),
        ("text", APPLICANT),
        ("html", APPLICANT),
        ("left_out", NONE),
        // Stays, so that the same message once more is still known.
        ("digest", PSEUDONYMOUS),
        ("mail_message_id", APPLICANT),
        ("in_reply_to", APPLICANT),
        ("thread", APPLICANT),
        ("inbound_mail_id", PSEUDONYMOUS),
        ("notification_id", PSEUDONYMOUS),
        ("staff_mail_id", NONE),
        ("person", NONE),
        ("nobody", NONE),
        ("answers_until", PSEUDONYMOUS),
    ],
);

pub(super) const NOTIFICATION: Classified = (
    "notification",
    &[
        ("id", PSEUDONYMOUS),
        ("application_id", PSEUDONYMOUS),
        ("kind", PSEUDONYMOUS),
        ("state", PSEUDONYMOUS),
        ("lane", NONE),
        ("wake_at", PSEUDONYMOUS),
        ("due_at", PSEUDONYMOUS),
        ("send_after", PSEUDONYMOUS),
        ("claim_token", NONE),
        ("tries", NONE),
        ("maybe_sent", NONE),
        ("cancel_requested", NONE),
        ("stage", PSEUDONYMOUS),
        ("words", APPLICANT),
        ("promised_by", PSEUDONYMOUS),
        ("hold_reason", APPLICANT),
        ("cancel_reason", PSEUDONYMOUS),
        ("settled_at", PSEUDONYMOUS),
        ("relay", NONE),
        // Relays name the address that they took.
        ("reply", APPLICANT),
        ("subject", APPLICANT),
        ("text_part", APPLICANT),
        ("template_version", NONE),
        ("sha256", APPLICANT),
        ("raw", APPLICANT),
        ("cancel_words", APPLICANT),
        ("sent_to", APPLICANT),
        ("trace", NONE),
    ],
);

pub(super) const TRY: Classified = (
    "try",
    &[
        ("id", PSEUDONYMOUS),
        ("notification_id", PSEUDONYMOUS),
        ("at", PSEUDONYMOUS),
        ("outcome", PSEUDONYMOUS),
        ("reason", APPLICANT),
        ("relay", NONE),
    ],
);

pub(super) const CAPTURED_MAIL: Classified = (
    "captured_mail",
    &[
        ("id", APPLICANT),
        ("message_id", APPLICANT),
        ("envelope_from", APPLICANT),
        ("recipient", APPLICANT),
        ("subject", APPLICANT),
        ("raw", APPLICANT),
        ("captured_at", APPLICANT),
    ],
);

pub(super) const INBOUND_MAIL: Classified = (
    "inbound_mail",
    &[
        ("id", PSEUDONYMOUS),
        // Stays, so that the same mail once more is still known.
        ("digest", PSEUDONYMOUS),
        ("envelope_from", APPLICANT),
        ("recipient", PSEUDONYMOUS),
        ("received_at", PSEUDONYMOUS),
        ("state", NONE),
        ("lane", NONE),
        ("wake_at", NONE),
        ("claim_token", NONE),
        ("tries", NONE),
        ("kind", PSEUDONYMOUS),
        ("result", APPLICANT),
        ("notification_id", PSEUDONYMOUS),
        ("settled_at", PSEUDONYMOUS),
        ("raw", APPLICANT),
        ("message_id", PSEUDONYMOUS),
        ("staff_mail_id", NONE),
        ("guess_id", PSEUDONYMOUS),
        ("stray", NONE),
        ("sender", APPLICANT),
        ("subject", APPLICANT),
        ("words", APPLICANT),
    ],
);

pub(super) const STAFF_MAIL: Classified = (
    "staff_mail",
    &[
        ("id", NONE),
        ("recipient", STAFF),
        ("is_test", NONE),
        ("board_id", NONE),
        ("kind", NONE),
        ("state", NONE),
        ("lane", NONE),
        ("wake_at", NONE),
        ("due_at", NONE),
        ("send_after", NONE),
        ("claim_token", NONE),
        ("tries", NONE),
        ("maybe_sent", NONE),
        ("trouble", STAFF),
        ("settled_at", NONE),
        ("relay", NONE),
        ("reply", STAFF),
        // They name the applicants that they are about.
        ("subject", APPLICANT),
        ("text_part", APPLICANT),
        ("template_version", NONE),
        ("sha256", APPLICANT),
        ("raw", APPLICANT),
        ("application_id", PSEUDONYMOUS),
        ("occasion", NONE),
    ],
);

pub(super) const STAFF_CAUSE: Classified = (
    "staff_cause",
    &[
        ("id", PSEUDONYMOUS),
        ("notification_id", PSEUDONYMOUS),
        ("cause", PSEUDONYMOUS),
        ("tries", NONE),
        ("at", PSEUDONYMOUS),
        ("staff_mail_id", NONE),
        ("person", NONE),
        ("nobody", NONE),
        ("application_id", PSEUDONYMOUS),
        ("due_at", PSEUDONYMOUS),
    ],
);

pub(super) const STAFF_DIGEST: Classified = (
    "staff_digest",
    &[("id", NONE), ("recipient", STAFF), ("day", NONE), ("at", NONE), ("board_id", NONE), ("content", NONE), ("staff_mail_id", NONE)],
);

pub(super) const OUTBOX_PAUSE: Classified = (
    "outbox_pause",
    &[
        ("id", NONE),
        ("paused_at", NONE),
        ("reason", STAFF),
        ("actor_kind", STAFF),
        ("actor_id", STAFF),
        ("on_behalf_of", STAFF),
        ("resumed_at", NONE),
        ("resumed_by_kind", STAFF),
        ("resumed_by_id", STAFF),
        ("resumed_on_behalf_of", STAFF),
    ],
);
