//! A mail to a person of the organisation came back: the next person is told.

use hearback_domain::ids::StaffMailId;
use sea_orm::{ConnectionTrait, Statement, Value};

use super::{InboundClaim, InboundEnd, Understood, end, kept};
use crate::{Ledger, LedgerError};

/// What a report about such a mail led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffBounced {
    /// Whoever is told next of what it told is found by its state.
    CameBack,
    /// Its sending is not written down yet: look again later.
    NotYet,
    NothingToDo,
    LostClaim,
}

/// As one that its relay refused.
const CAME_BACK: &str = "UPDATE staff_mail SET state = 'undeliverable', trouble = $1 WHERE id = $2 AND state = 'sent' RETURNING id";

const OPEN: &str = "SELECT id FROM staff_mail WHERE id = $1 AND (state = 'sending' OR (state = 'scheduled' AND maybe_sent))";

const THERE: &str = "SELECT id FROM staff_mail WHERE id = $1";

impl Ledger {
    /// Whether there is such a mail: what a Message-ID says of itself is no proof.
    pub async fn has_staff_mail(&self, id: StaffMailId) -> Result<bool, LedgerError> {
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), THERE, [id.uuid().into()])).await?;
        Ok(row.is_some())
    }

    /// It will not arrive. Nothing is sent to whoever reported it.
    pub async fn record_staff_bounce(&self, claim: InboundClaim, mail: StaffMailId, reason: &str) -> Result<StaffBounced, LedgerError> {
        let transaction = self.database().begin().await?;
        let backend = transaction.get_database_backend();
        let values: [Value; 2] = [format!("came back: {}", kept(reason)).into(), mail.uuid().into()];
        let came_back = transaction.query_one_raw(Statement::from_sql_and_values(backend, CAME_BACK, values)).await?.is_some();
        if !came_back && transaction.query_one_raw(Statement::from_sql_and_values(backend, OPEN, [mail.uuid().into()])).await?.is_some() {
            return Ok(StaffBounced::NotYet);
        }
        let (recorded, result) = if came_back {
            (StaffBounced::CameBack, "a mail to a person came back: the next person is told")
        } else {
            (StaffBounced::NothingToDo, "a mail to a person had not arrived before: nothing to do")
        };
        if !end(self, &transaction, claim, &Understood { kind: "bounce", result, end: InboundEnd::Done, about: None }).await? {
            return Ok(StaffBounced::LostClaim);
        }
        transaction.commit().await?;
        Ok(recorded)
    }
}
