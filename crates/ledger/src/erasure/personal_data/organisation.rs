//! Who hires, and who is told what happens.

use super::{
    Classified,
    PersonalData::{Applicant as APPLICANT, None as NONE, Pseudonymous as PSEUDONYMOUS, Staff as STAFF},
};

pub(super) const BOARD: Classified = (
    "board",
    &[
        ("id", NONE),
        ("external_id", NONE),
        ("organisation", NONE),
        ("sender_address", NONE),
        ("sender_name", NONE),
        ("reply_to", STAFF),
        ("locale", NONE),
        ("time_zone", NONE),
        ("created_at", NONE),
        ("updated_at", NONE),
        ("policy", NONE),
        ("version", NONE),
    ],
);

pub(super) const JOB: Classified = (
    "job",
    &[
        ("id", NONE),
        ("board_id", NONE),
        ("external_id", NONE),
        ("title", NONE),
        ("owner", STAFF),
        ("manager", STAFF),
        ("time_zone", NONE),
        ("status", NONE),
        ("created_at", NONE),
        ("updated_at", NONE),
        ("closed_at", NONE),
        ("archived_at", NONE),
        ("policy", NONE),
        ("version", NONE),
    ],
);

pub(super) const BULK_OPERATION: Classified = (
    "bulk_operation",
    &[
        ("id", NONE),
        ("kind", NONE),
        ("job_id", NONE),
        ("board_id", NONE),
        ("is_test", NONE),
        ("spec", APPLICANT),
        ("actor", STAFF),
        ("expected", NONE),
        ("up_to", PSEUDONYMOUS),
        ("state", NONE),
        ("lane", NONE),
        ("wake_at", NONE),
        ("claim_token", NONE),
        ("tries", NONE),
        ("reached", PSEUDONYMOUS),
        ("looked_twice", NONE),
        ("undone_by", STAFF),
        ("stopped_by", STAFF),
        ("created_at", NONE),
        ("finished_at", NONE),
    ],
);

pub(super) const BULK_ITEM: Classified = (
    "bulk_item",
    &[
        ("operation_id", PSEUDONYMOUS),
        ("application_id", PSEUDONYMOUS),
        ("state", PSEUDONYMOUS),
        ("reason", APPLICANT),
        ("was_stage", PSEUDONYMOUS),
        ("mark", PSEUDONYMOUS),
        ("at", PSEUDONYMOUS),
    ],
);

pub(super) const API_KEY: Classified = (
    "api_key",
    &[
        ("id", NONE),
        ("kind", NONE),
        ("is_test", NONE),
        ("board_id", NONE),
        ("name", STAFF),
        ("secret_hash", NONE),
        ("created_at", NONE),
        ("revoked_at", NONE),
        ("scopes", NONE),
        ("origins", NONE),
        ("last_used_at", NONE),
        ("expires_at", NONE),
        ("replaces", NONE),
    ],
);

pub(super) const POLICY_CHANGE: Classified = (
    "policy_change",
    &[
        ("id", NONE),
        ("board_id", NONE),
        ("job_id", NONE),
        ("before", NONE),
        ("after", NONE),
        ("actor_kind", STAFF),
        ("actor_id", STAFF),
        ("on_behalf_of", STAFF),
        ("created_at", NONE),
        ("seen_to", PSEUDONYMOUS),
        ("examined", NONE),
        ("changed", NONE),
        ("finished_at", NONE),
    ],
);

pub(super) const WEBHOOK_ENDPOINT: Classified = (
    "webhook_endpoint",
    &[
        ("id", NONE),
        ("board_id", NONE),
        ("is_test", NONE),
        ("url", NONE),
        ("types", NONE),
        ("secret", NONE),
        ("old_secret", NONE),
        ("old_secret_until", NONE),
        ("is_enabled", NONE),
        ("disabled_for", NONE),
        ("created_at", NONE),
        ("updated_at", NONE),
        ("deleted_at", NONE),
        ("version", NONE),
    ],
);

pub(super) const WEBHOOK_CURSOR: Classified =
    ("webhook_cursor", &[("endpoint_id", NONE), ("source", NONE), ("look", NONE), ("seen_at", NONE), ("seen_id", PSEUDONYMOUS)]);

pub(super) const WEBHOOK_DELIVERY: Classified = (
    "webhook_delivery",
    &[
        ("id", NONE),
        ("endpoint_id", NONE),
        ("type", NONE),
        ("source_id", PSEUDONYMOUS),
        // Ids and where things stand, and nothing about a person (`webhooks/payload.rs`).
        ("payload", PSEUDONYMOUS),
        ("state", NONE),
        ("lane", NONE),
        ("wake_at", NONE),
        ("claim_token", NONE),
        ("tries", NONE),
        ("created_at", NONE),
        ("settled_at", NONE),
        ("trace", NONE),
    ],
);

pub(super) const WEBHOOK_TRY: Classified =
    ("webhook_try", &[("id", NONE), ("delivery_id", NONE), ("at", NONE), ("status", NONE), ("duration_ms", NONE), ("trouble", NONE)]);
