//! What the service itself works with.

use super::{
    Classified,
    PersonalData::{Applicant as APPLICANT, None as NONE, Pseudonymous as PSEUDONYMOUS},
};

pub(super) const IDEMPOTENCY_KEY: Classified = (
    "idempotency_key",
    &[
        ("api_key_id", APPLICANT),
        // Whoever calls makes them, from whatever they like.
        ("idempotency_key", APPLICANT),
        ("fingerprint", APPLICANT),
        ("application_id", APPLICANT),
        ("created_at", APPLICANT),
    ],
);

pub(super) const REPEATABLE: Classified = (
    "repeatable",
    &[
        ("api_key_id", NONE),
        ("idempotency_key", APPLICANT),
        ("fingerprint", PSEUDONYMOUS),
        ("claim_token", NONE),
        ("lease_until", NONE),
        ("created_at", NONE),
        ("done_at", NONE),
        ("status", NONE),
        ("headers", APPLICANT),
        ("body", APPLICANT),
    ],
);

pub(super) const SIGNING_KEY: Classified = ("signing_key", &[("id", NONE), ("secret", NONE), ("created_at", NONE)]);

pub(super) const PERIODIC: Classified = (
    "periodic",
    &[
        ("id", NONE),
        ("name", NONE),
        ("state", NONE),
        ("lane", NONE),
        ("wake_at", NONE),
        ("claim_token", NONE),
        ("tries", NONE),
        ("progress", NONE),
    ],
);
