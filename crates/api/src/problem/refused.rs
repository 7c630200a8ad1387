//! What the ledger refuses, as the caller is told.

use hearback_domain::{
    application::Status,
    erasure::Conflict,
    promise::{Refusal, WrongDate},
};
use hearback_ledger::{BulkError, ChangeRefused, CreateError, EraseRefused, LedgerError, OutboxError, RotateError, SubmitError};

use super::{Missing, Problem};
use crate::fields::{FieldCode, Fields, NoSuchBoard};

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::ExternalIdTaken => Self::ExternalIdTaken,
            CreateError::NoSuchBoard => Self::no_such_board(),
            CreateError::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::NoSuchJob => Self::NotFound(Missing::Job),
            SubmitError::JobClosed => Self::JobClosed,
            SubmitError::KeyEnded => Self::Unauthenticated { given: true },
            SubmitError::ExternalIdTaken => Self::ExternalIdTaken,
            SubmitError::IdempotencyKeyReused => Self::IdempotencyKeyReused,
            SubmitError::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl From<RotateError> for Problem {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::NoSuchKey => Self::NotFound(Missing::Key),
            RotateError::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl From<OutboxError> for Problem {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::NoSuchMessage => Self::NotFound(Missing::Message),
            OutboxError::Refused(refusal) => Self::MessageNotPossible(refusal),
            OutboxError::Unreadable(_, reason) => Self::Ledger(LedgerError::Unreadable { table: "notification", reason }),
            OutboxError::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl From<BulkError> for Problem {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::NoSuchJob => Self::NotFound(Missing::Job),
            BulkError::NoSuchOperation => Self::NotFound(Missing::Operation),
            BulkError::NoSuchApplication(id) => {
                let mut fields = Fields::default();
                fields.refuse("applications", FieldCode::NotFound, format!("names {id}, and there is none such here"));
                Self::InvalidBody(fields)
            }
            BulkError::Unconfirmed { people, cap } => Self::ConfirmationRequired { people, cap },
            BulkError::NotConfirmed(why) => Self::ConfirmationOutdated(why),
            BulkError::NotPossible { state, undoing } => Self::OperationNotPossible { state, undoing },
            BulkError::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl From<ChangeRefused> for Problem {
    fn from(refused: ChangeRefused) -> Self {
        match refused {
            ChangeRefused::NoSuchApplication => Self::NotFound(Missing::Application),
            ChangeRefused::Refused(Refusal::Status { status, possible }) => Self::NotPossible { status, possible },
            ChangeRefused::Refused(Refusal::CarriedBy(first)) => Self::CarriedBy(first),
            ChangeRefused::Refused(Refusal::Date(wrong)) => Self::wrong_date(wrong),
            ChangeRefused::Refused(Refusal::Said { said: _, status }) => Self::wrong_said(status),
            ChangeRefused::Erased => Self::Erased,
            ChangeRefused::AppliedAgain(active) => Self::AppliedAgain(active),
            ChangeRefused::Unreadable(reason) => Self::Ledger(LedgerError::Unreadable { table: "application", reason }),
        }
    }
}

impl From<EraseRefused> for Problem {
    fn from(refused: EraseRefused) -> Self {
        match refused {
            EraseRefused::NoSuchApplication => Self::NotFound(Missing::Application),
            EraseRefused::Conflict(Conflict::Law { law, until }) => Self::KeptByLaw(law, until),
            // What only the end of a retention can meet, and nobody asks for that here.
            EraseRefused::Conflict(Conflict::Active | Conflict::NotYet) => Self::NotPossible { status: Status::Active, possible: &[] },
            EraseRefused::Unreadable(reason) => Self::Ledger(LedgerError::Unreadable { table: "application", reason }),
        }
    }
}

impl Problem {
    /// A date that is well-formed and cannot be meant.
    fn wrong_date(wrong: WrongDate) -> Self {
        let field = match wrong {
            WrongDate::NotInTheFuture | WrongDate::After(_) => "until",
            WrongDate::InTheFuture => "at",
        };
        let mut fields = Fields::default();
        fields.refuse_for(field, &wrong);
        Self::InvalidBody(fields)
    }

    /// Something that nobody can have told an applicant of this status.
    fn wrong_said(status: Status) -> Self {
        let words = match status {
            Status::Active => "must be `update` or `no_decision`: the application is active, and there is no outcome to tell".to_owned(),
            Status::Hired | Status::Rejected | Status::Withdrawn => {
                format!("must be `outcome`: the application is {status}, and anything else would hide it")
            }
        };
        let mut fields = Fields::default();
        fields.refuse("said", FieldCode::Contradictory, words);
        Self::InvalidBody(fields)
    }

    /// A body that names a board that is not there, or not the caller's.
    pub(crate) fn no_such_board() -> Self {
        let mut fields = Fields::default();
        fields.refuse_for("board_id", &NoSuchBoard);
        Self::InvalidBody(fields)
    }
}
