//! Mail of a person that no machine knows where to put: somebody of the organisation is told, and it stays on record.

use hearback_domain::{
    EmailAddress,
    ids::{ApplicationId, NotificationId},
    staff::Stray,
};
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use super::{InboundClaim, InboundEnd, Understood, end, kept};
use crate::{
    Ledger, LedgerError,
    change::ATTEMPTS,
    conversation::record::plain,
    rows::{Cell, Column, Rows},
    staff::reply::{Whose, tell_of_stray},
};

/// As much of a mail as a notice of it shows.
const MOST_WORDS: usize = 2_000;

/// What came in, and what is known of it.
#[derive(Clone, PartialEq, Eq)]
pub struct StrayMail {
    /// What the mail was taken for.
    pub kind: &'static str,
    pub why: Stray,
    pub from: Option<String>,
    pub subject: Option<String>,
    pub text: String,
    /// The application that it has to do with, where that is certain. Its people are told; otherwise whoever reads for everybody.
    pub application: Option<ApplicationId>,
    pub about: Option<NotificationId>,
}

/// Debug output ends in logs, where texts must not.
impl std::fmt::Debug for StrayMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StrayMail").field("why", &self.why).field("application", &self.application).finish_non_exhaustive()
    }
}

const NOTE: &str = "UPDATE inbound_mail SET stray = v.stray, sender = v.sender, subject = v.subject, words = v.words, guess_id = v.guess
    FROM v WHERE inbound_mail.id = v.id";

/// The newest: whoever applied often writes about the last time. Only real ones, unless there is no other.
const GUESS: &str = "SELECT a.id FROM candidate c JOIN application a ON a.candidate_id = c.id WHERE c.address = $1
    ORDER BY a.is_test, a.id DESC LIMIT 1";

impl Ledger {
    /// Ends the mail, and owes a person a mail about it, in one transaction. `false` if the mail is somebody else's by now.
    pub async fn record_stray_mail(&self, claim: InboundClaim, stray: &StrayMail) -> Result<bool, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_record_stray(claim, stray).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_record_stray(&self, claim: InboundClaim, stray: &StrayMail) -> Result<bool, LedgerError> {
        let StrayMail { kind, why, from, subject, text, application, about } = stray;
        let (transaction, backend) = (self.database().begin().await?, self.database().backend());
        let whose = match application {
            Some(application) => Whose::Of(*application),
            None => guess(&transaction, from.as_deref()).await?.map_or(Whose::Unknown, Whose::Perhaps),
        };
        let understood = Understood { kind, result: why_text(*why), end: InboundEnd::Done, about: *about };
        if !end(self, &transaction, claim, &understood).await? {
            return Ok(false);
        }
        let columns = [
            Column::Uuid("id"),
            Column::Text("stray"),
            Column::Text("sender"),
            Column::Text("subject"),
            Column::Text("words"),
            Column::Uuid("guess"),
        ];
        let guess = match whose {
            Whose::Of(application) | Whose::Perhaps(application) => Cell::Uuid(application.uuid()),
            Whose::Unknown => Cell::Null,
        };
        let row = [
            claim.mail.uuid().into(),
            why.as_str().to_owned().into(),
            from.as_deref().map(kept).into(),
            subject.as_deref().map(kept).into(),
            plain(text.trim(), MOST_WORDS).into(),
            guess,
        ];
        transaction.execute_raw(Rows::new(columns, [row]).statement(backend, NOTE)).await?;
        let is_due = tell_of_stray(self, &transaction, claim.mail, whose, None, self.clock().now()).await?;
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(true)
    }
}

/// A guess for a person to look at: what a mail says of its sender is no proof, so nothing is done with it.
async fn guess(connection: &impl ConnectionTrait, from: Option<&str>) -> Result<Option<ApplicationId>, LedgerError> {
    let Some(address) = from.and_then(|from| from.parse::<EmailAddress>().ok()) else { return Ok(None) };
    let values: [Value; 1] = [address.identity().to_string().into()];
    let row = connection.query_one_raw(Statement::from_sql_and_values(connection.get_database_backend(), GUESS, values)).await?;
    Ok(row.map(|row| row.try_get::<Uuid>("", "id")).transpose()?.map(ApplicationId::from))
}

const fn why_text(why: Stray) -> &'static str {
    match why {
        Stray::Unmatched => "it names no message of ours: a person is told",
        Stray::Stranger => "an answer from somebody who is none of the job's people: not passed on, a person is told",
        Stray::Challenge => "its sender holds our mail back: a person is told",
        Stray::Unknown => "nobody can say what it is: a person is told",
        Stray::NotForThem => "an answer without words of its own, or with ours in it: not passed on, a person is told",
        Stray::WithFiles => "an answer with files: not passed on, a person is told",
        Stray::TooMany => "the conversation had too many messages within the hour: not passed on, a person is told",
    }
}
