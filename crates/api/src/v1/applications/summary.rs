//! An application as it stands.

use chrono::{DateTime, Utc};
use hearback_domain::{
    application::Status,
    promise::{Channel, NextWord, Standing, Unanswered},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema;

/// One application of one person for one job.
#[derive(Serialize, ToSchema)]
pub(crate) struct Application {
    #[schema(value_type = schema::ApplicationId)]
    id: String,
    #[schema(value_type = schema::JobId)]
    job_id: String,
    /// Your own id for it; unique for its job.
    #[schema(required)]
    external_id: Option<String>,
    /// The person, as far as one address tells.
    #[schema(value_type = schema::CandidateId)]
    candidate_id: String,
    /// As given with this application.
    name: String,
    #[schema(format = Email)]
    email: String,
    #[schema(value_type = schema::Locale)]
    locale: &'static str,
    /// Where the applicant lives (IANA).
    #[schema(example = "Europe/Berlin")]
    time_zone: &'static str,
    /// Came in by a test key: its messages are captured, none is sent.
    is_test: bool,
    received_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[schema(value_type = schema::Stage)]
    stage: &'static str,
    #[schema(value_type = schema::Status)]
    status: &'static str,
    /// The stage that the applicant was last told.
    #[schema(value_type = schema::Stage)]
    shown_stage: &'static str,
    /// The status that the applicant was last told. It changes when a relay has accepted the message.
    #[schema(value_type = schema::Status)]
    shown_status: &'static str,
    /// The next word that the applicant will have, at the latest. An active application has one, unless another carries it.
    #[schema(required)]
    next_word: Option<Word>,
    /// When a message to the applicant was last accepted by a relay.
    #[schema(required)]
    told_at: Option<DateTime<Utc>>,
    /// The date of the next word as the applicant was last told it.
    #[schema(required)]
    promised_by: Option<DateTime<Utc>>,
    /// Until when a decision is due, if it is not there yet.
    #[schema(required)]
    decide_by: Option<DateTime<Utc>>,
    #[schema(required)]
    last_interview_at: Option<DateTime<Utc>>,
    /// When the applicant was last told how it ended, or that there is no decision yet.
    #[schema(required)]
    decision_told_at: Option<DateTime<Utc>>,
    /// How a person told the applicant the outcome that they know, where no message did.
    #[schema(required, value_type = Option<schema::Channel>)]
    told_otherwise: Option<&'static str>,
    /// Something that the applicant wrote waits for an answer. Ends when a relay has accepted one, or somebody marks it as answered.
    #[schema(required)]
    reply_waiting: Option<ReplyWaiting>,
    #[schema(required, value_type = Option<schema::RejectionReason>)]
    rejection_reason: Option<&'static str>,
    /// For the organisation's eyes only.
    #[schema(required)]
    internal_note: Option<String>,
    /// Why no final message is owed.
    #[schema(required)]
    exemption: Option<String>,
    /// The application that carries the promises of this one: the same person's first for the same job, or the one that it was merged into.
    #[schema(required, value_type = Option<schema::ApplicationId>)]
    carried_by: Option<String>,
    /// When the applicant's data was erased: name, address and texts are not there any more.
    #[schema(required)]
    erased_at: Option<DateTime<Utc>>,
}

/// Since when an applicant waits, and until when they were promised an answer.
#[derive(Serialize, ToSchema)]
struct ReplyWaiting {
    /// When they wrote the last time.
    since: DateTime<Utc>,
    answer_by: DateTime<Utc>,
}

/// A word to the applicant, and its date.
#[derive(Serialize, ToSchema)]
#[schema(as = NextWord)]
struct Word {
    #[schema(value_type = schema::NotificationKind)]
    kind: &'static str,
    by: DateTime<Utc>,
}

impl From<hearback_ledger::Application> for Application {
    fn from(application: hearback_ledger::Application) -> Self {
        let hearback_ledger::Application {
            id,
            job,
            external_id,
            candidate,
            name,
            email,
            locale,
            time_zone,
            is_test,
            received_at,
            updated_at,
            standing,
            rejection_reason,
            internal_note,
            exemption,
            carried_by,
            // Says nothing by itself; the address of the status page has it inside.
            link_generation: _,
            erased_at,
        } = application;
        let Standing {
            stage,
            status,
            shown_stage,
            shown_status,
            next_word,
            told_at,
            promised_by,
            deadline,
            last_interview,
            decision_told_at,
            told_otherwise,
            unanswered,
        } = standing;
        Self {
            id: id.to_string(),
            job_id: job.to_string(),
            external_id,
            candidate_id: candidate.to_string(),
            name,
            email: email.to_string(),
            locale: locale.as_str(),
            time_zone: time_zone.name(),
            is_test,
            received_at,
            updated_at,
            stage: stage.as_str(),
            status: status.as_str(),
            shown_stage: shown_stage.as_str(),
            shown_status: shown_status.as_str(),
            next_word: next_word.map(|NextWord { kind, by, at: _ }| Word { kind: kind.as_str(), by }),
            told_at,
            promised_by,
            decide_by: deadline.filter(|_| status == Status::Active).map(|deadline| deadline.by),
            last_interview_at: last_interview,
            decision_told_at,
            told_otherwise: told_otherwise.map(Channel::as_str),
            reply_waiting: unanswered.map(|Unanswered { since, by }| ReplyWaiting { since, answer_by: by }),
            rejection_reason: rejection_reason.map(|reason| reason.as_str()),
            internal_note,
            exemption,
            carried_by: carried_by.map(|first| first.to_string()),
            erased_at,
        }
    }
}
