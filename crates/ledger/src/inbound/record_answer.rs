//! A person of the job answered the mail that told them of an applicant: their words go to the applicant, in the organisation's name.

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    actor::Actor,
    conversation::{Direction, LONGEST, Way},
    ids::{ApplicationId, MessageId, StaffMailId},
    reply_token::AnswerClaim,
    staff::{Person, Stray},
};
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use super::{
    InboundClaim, InboundEnd, Understood, end,
    record_reply::{became_messages, same_mail},
};
use crate::{
    Ledger, LedgerError,
    change::{ATTEMPTS, Lock, lock},
    conversation::{
        record::{Put, lately, plain},
        write::{Written, written_to},
    },
    database::Transaction,
    staff::reply::person_of,
};

/// As many as people write in an hour. Two machines that take each other for people would write more.
const MOST_AN_HOUR: i64 = 12;

/// What came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The mail of ours that it answers: its address says so, and we made that.
    pub mail: StaffMailId,
    /// As the mail's `From` says.
    pub from: Option<String>,
    /// Their own words, and nothing else.
    pub words: String,
    /// In angle brackets.
    pub message_id: Option<String>,
}

/// Debug output ends in logs, where texts must not.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("mail", &self.mail).finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerRecorded {
    /// It is owed to the applicant.
    Recorded(MessageId),
    /// The same had come before.
    OnRecord(MessageId),
    /// It is not for the applicant, or nobody can be sure: somebody has to look. Nothing is on record for it yet.
    NotPassedOn { why: Stray, application: Option<ApplicationId> },
    /// The mail is somebody else's by now.
    LostClaim,
}

const MAIL: &str = "SELECT application_id, send_after FROM staff_mail WHERE id = $1";

/// What the person had been told of when they answered: by this mail, or by one before it.
const TOLD: &str = "SELECT max(m.at) AS until FROM message m
    WHERE m.application_id = $1 AND m.direction = 'received' AND m.staff_mail_id <= $2";

impl Ledger {
    /// Whether we made the address, with any of the keys there are.
    pub async fn is_our_answer_address(&self, claim: &AnswerClaim) -> Result<bool, LedgerError> {
        Ok(claim.is_ours(&self.link_keys()) || claim.is_ours(self.read_link_keys().await?.as_ref()))
    }

    /// The message, what is owed for it, and the end of the mail that came in: one transaction.
    pub async fn record_answer(&self, claim: InboundClaim, answer: &Answer) -> Result<AnswerRecorded, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_record_answer(claim, answer).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_record_answer(&self, claim: InboundClaim, answer: &Answer) -> Result<AnswerRecorded, LedgerError> {
        let Answer { mail, from, words, message_id } = answer;
        let transaction = self.database().begin().await?;
        let Some((application, asked_at)) = asked(&transaction, *mail).await? else {
            return Ok(AnswerRecorded::NotPassedOn { why: Stray::Unmatched, application: None });
        };
        let not_passed_on = |why| Ok(AnswerRecorded::NotPassedOn { why, application: Some(application) });
        let Some(locked) = lock(&transaction, &[application], Lock::WithMessages).await?.readable.remove(&application) else {
            return not_passed_on(Stray::Unknown);
        };
        if locked.is_erased {
            return not_passed_on(Stray::Unknown);
        }
        // A forwarded alert has the address in it: that alone lets nobody speak for the organisation.
        let Some((person, address)) = self.sender(&transaction, application, from.as_deref()).await? else {
            return not_passed_on(Stray::Stranger);
        };
        let (words, now) = (plain(words.trim(), LONGEST), self.clock().now());
        let digest = same_mail(claim, message_id.as_deref(), &words);
        // The same mail once more is no further one.
        let lately = lately(&transaction, application, (Direction::Sent, Way::Mail), digest, now).await?;
        if !lately.is_known && lately.others >= MOST_AN_HOUR {
            return not_passed_on(Stray::TooMany);
        }
        let actor = Actor::staff(person, &address);
        let written = Written {
            way: Way::Mail,
            actor: &actor,
            words: &words,
            answers_until: told_until(&transaction, application, *mail).await?.unwrap_or(asked_at),
            digest,
            mail_message_id: message_id.clone(),
            inbound_mail: Some(claim.mail),
        };
        let (put, is_due) = written_to(self, &transaction, &locked, written, now).await?;
        let (message, recorded, result) = match put {
            Put::New(message) => (message, AnswerRecorded::Recorded(message), "an answer: it is owed to the applicant"),
            Put::OnRecord(message) => (message, AnswerRecorded::OnRecord(message), "the same answer is on record"),
        };
        if !end(self, &transaction, claim, &Understood { kind: "reply", result, end: InboundEnd::Done, about: None }).await? {
            // Dropped: whoever has the mail now writes all of it.
            return Ok(AnswerRecorded::LostClaim);
        }
        became_messages(&transaction, &[(claim, message)]).await?;
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(recorded)
    }

    /// Which of the job's people it is, by the address that the job has for them.
    async fn sender(
        &self,
        transaction: &Transaction,
        application: ApplicationId,
        from: Option<&str>,
    ) -> Result<Option<(Person, EmailAddress)>, LedgerError> {
        let Some(from) = from.and_then(|from| from.parse::<EmailAddress>().ok()) else { return Ok(None) };
        Ok(person_of(self, transaction, application, &from).await?.map(|person| (person, from)))
    }
}

/// Of which conversation the mail told, and when.
async fn asked(transaction: &Transaction, mail: StaffMailId) -> Result<Option<(ApplicationId, DateTime<Utc>)>, LedgerError> {
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), MAIL, [mail.uuid().into()]);
    let Some(row) = transaction.query_one_raw(statement).await? else { return Ok(None) };
    let (application, at): (Option<Uuid>, DateTime<Utc>) = (row.try_get("", "application_id")?, row.try_get("", "send_after")?);
    Ok(application.map(|application| (application.into(), at)))
}

async fn told_until(
    transaction: &Transaction,
    application: ApplicationId,
    mail: StaffMailId,
) -> Result<Option<DateTime<Utc>>, LedgerError> {
    let values: [Value; 2] = [application.uuid().into(), mail.uuid().into()];
    let row = transaction.query_one_raw(Statement::from_sql_and_values(transaction.get_database_backend(), TOLD, values)).await?;
    Ok(row.map(|row| row.try_get("", "until")).transpose()?.flatten())
}
