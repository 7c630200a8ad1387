//! What applicants wrote and nobody has heard of, or answered in time: derived from the records at every look, so that no way in can forget it.

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    ids::{ApplicationId, MessageId, StaffMailId},
    promise::Unanswered,
    staff::{Occasion, Person, Stray},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::reply::{About, Whose, open_mail, place_of, tell_of_stray, told_by};
use crate::{Ledger, LedgerError, change::ATTEMPTS, database::Transaction};

/// One look's worth; the rest follows with the next.
const AT_ONCE: i64 = 200;

/// Messages without a mail to a person, and those whose mail could not be delivered. What was answered meanwhile is nobody's concern.
const UNTOLD: &str = "SELECT m.id, m.application_id, m.person, m.nobody, f.recipient AS tried
    FROM (SELECT id FROM message WHERE staff_mail_id IS NULL AND direction = 'received'
        UNION SELECT g.id FROM staff_mail f JOIN message g ON g.staff_mail_id = f.id WHERE f.state IN ('undeliverable', 'held')) AS u
    JOIN message m ON m.id = u.id JOIN application a ON a.id = m.application_id LEFT JOIN staff_mail f ON f.id = m.staff_mail_id
    WHERE a.answer_by IS NOT NULL ORDER BY m.id LIMIT $1";

const STRAY_UNTOLD: &str = "SELECT i.id, i.stray, i.guess_id, f.recipient AS tried FROM (
        SELECT id FROM inbound_mail WHERE state IN ('done', 'held') AND kind IN ('reply', 'challenge', 'unknown')
            AND message_id IS NULL AND staff_mail_id IS NULL AND stray IS NOT NULL
        UNION SELECT g.id FROM staff_mail f JOIN inbound_mail g ON g.staff_mail_id = f.id WHERE f.state IN ('undeliverable', 'held')
    ) AS u JOIN inbound_mail i ON i.id = u.id LEFT JOIN staff_mail f ON f.id = i.staff_mail_id ORDER BY i.id LIMIT $1";

const LATE: &str = "SELECT id FROM application WHERE answer_by IS NOT NULL AND answer_by <= $1
    AND (answer_alarmed_at IS NULL OR answer_alarmed_at < answer_since) ORDER BY answer_by LIMIT $2";

const ANSWER: &str = "SELECT answer_since, answer_by, answer_alarmed_at FROM application WHERE id = $1";

/// Who could not be reached about an application.
const REFUSED: &str =
    "SELECT DISTINCT recipient FROM staff_mail WHERE application_id = $1 AND occasion = 'wrote' AND state IN ('undeliverable', 'held')";

const NOBODY: &str = "UPDATE message SET staff_mail_id = NULL, nobody = true WHERE id = $1";

#[derive(FromQueryResult)]
struct Untold {
    id: Uuid,
    application_id: Uuid,
    person: Option<String>,
    nobody: bool,
    tried: Option<String>,
}

#[derive(FromQueryResult)]
struct UntoldStray {
    id: Uuid,
    stray: Option<String>,
    guess_id: Option<Uuid>,
    tried: Option<String>,
}

#[derive(FromQueryResult)]
struct Answer {
    answer_since: Option<DateTime<Utc>>,
    answer_by: Option<DateTime<Utc>>,
    answer_alarmed_at: Option<DateTime<Utc>>,
}

impl Ledger {
    /// Owes the mails that are missing, to the next person where one could not be reached, and the alarms.
    pub(super) async fn tell_the_unheard(&self) -> Result<(), LedgerError> {
        let (database, now) = (self.database(), self.clock().now());
        let read = |query: &str, values: Vec<Value>| Statement::from_sql_and_values(database.backend(), query, values);
        for row in database.reader().query_all_raw(read(UNTOLD, vec![AT_ONCE.into()])).await? {
            passed_over(self.tell_next(Untold::from_query_result(&row, "")?).await)?;
        }
        for row in database.reader().query_all_raw(read(STRAY_UNTOLD, vec![AT_ONCE.into()])).await? {
            passed_over(self.tell_of_stray_again(UntoldStray::from_query_result(&row, "")?).await)?;
        }
        for row in database.reader().query_all_raw(read(LATE, vec![now.into(), AT_ONCE.into()])).await? {
            passed_over(self.alarm(row.try_get::<Uuid>("", "id")?.into()).await)?;
        }
        Ok(())
    }

    async fn tell_of_stray_again(&self, untold: UntoldStray) -> Result<(), LedgerError> {
        let UntoldStray { id, stray, guess_id, tried } = untold;
        let is_a_guess = stray.as_deref() == Some(Stray::Unmatched.as_str());
        let whose = match guess_id.map(ApplicationId::from) {
            Some(application) if is_a_guess => Whose::Perhaps(application),
            Some(application) => Whose::Of(application),
            None => Whose::Unknown,
        };
        let tried = tried.as_deref().and_then(|tried| tried.parse::<EmailAddress>().ok());
        let transaction = self.database().begin().await?;
        let is_due = tell_of_stray(self, &transaction, id.into(), whose, tried.as_ref(), self.clock().now()).await?;
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(())
    }

    async fn tell_next(&self, untold: Untold) -> Result<(), LedgerError> {
        let Untold { id, application_id, person, nobody, tried } = untold;
        let (application, now) = (ApplicationId::from(application_id), self.clock().now());
        let transaction = self.database().begin().await?;
        let place = place_of(&transaction, application).await?;
        let person = person.as_deref().map(str::parse::<Person>).transpose().map_err(|error| LedgerError::unreadable("message", error))?;
        let tried = tried.as_deref().and_then(|tried| tried.parse::<EmailAddress>().ok());
        // Where nobody was left, only somebody who is new is told: those before would refuse it again, and so on for ever.
        let next = if nobody {
            place.person_beside(self, &refused(&transaction, application).await?)
        } else {
            place.person(self, person.zip(tried.as_ref()))
        };
        let Some((person, recipient)) = next else {
            if !nobody {
                tracing::error!(%application, "nobody is left who can be told that an applicant wrote: set organisation.fallback");
                let values: [Value; 1] = [id.into()];
                transaction.execute_raw(Statement::from_sql_and_values(self.database().backend(), NOBODY, values)).await?;
                transaction.commit().await?;
            }
            return Ok(());
        };
        let about = About { application, occasion: Occasion::Wrote, recipient: &recipient, is_test: place.is_test, board: place.board_id };
        let (mail, is_due) = open_mail(self, &transaction, &about, now).await?;
        told_by(&transaction, std::iter::once((MessageId::from(id), mail, person))).await?;
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(())
    }

    /// Somebody else than the first hears that an answer is late: the manager, else whoever reads for everybody, else the owner once more.
    async fn alarm(&self, application: ApplicationId) -> Result<(), LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_alarm(application).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other.map(drop),
            }
        }
    }

    async fn try_to_alarm(&self, application: ApplicationId) -> Result<Option<StaffMailId>, LedgerError> {
        const ALARMED: &str = "UPDATE application SET answer_alarmed_at = $1 WHERE id = $2";
        let (transaction, backend) = (self.database().begin().await?, self.database().backend());
        let locking = if backend == DbBackend::Sqlite { ANSWER.to_owned() } else { format!("{ANSWER} FOR NO KEY UPDATE") };
        let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, locking, [application.uuid().into()])).await?;
        let Some(row) = row else { return Ok(None) };
        let now = self.clock().now();
        let Answer { answer_since, answer_by, answer_alarmed_at } = Answer::from_query_result(&row, "")?;
        let waiting = answer_by.map(|by| Unanswered { since: answer_since.unwrap_or(by), by });
        if !waiting.is_some_and(|waiting| waiting.is_alarming(answer_alarmed_at, now)) {
            return Ok(None);
        }
        let place = place_of(&transaction, application).await?;
        let owner = place.owner.parse::<EmailAddress>().ok();
        let second = owner.as_ref().and_then(|owner| place.person(self, Some((Person::Owner, owner))));
        let Some((_, recipient)) = second.or_else(|| place.person(self, None)) else { return Ok(None) };
        let about = About { application, occasion: Occasion::Late, recipient: &recipient, is_test: place.is_test, board: place.board_id };
        let (mail, is_due) = open_mail(self, &transaction, &about, now).await?;
        transaction.execute_raw(Statement::from_sql_and_values(backend, ALARMED, [Value::from(now), application.uuid().into()])).await?;
        transaction.commit().await?;
        tracing::warn!(%application, "an applicant waits for an answer for longer than promised; a person is told");
        if is_due {
            self.wake();
        }
        Ok(Some(mail))
    }
}

async fn refused(transaction: &Transaction, application: ApplicationId) -> Result<Vec<EmailAddress>, LedgerError> {
    let values: [Value; 1] = [application.uuid().into()];
    let rows = transaction.query_all_raw(Statement::from_sql_and_values(transaction.get_database_backend(), REFUSED, values)).await?;
    let recipients = rows.iter().map(|row| row.try_get::<String>("", "recipient")).collect::<Result<Vec<_>, _>>()?;
    // One that cannot be read is nobody's.
    Ok(recipients.iter().filter_map(|recipient| recipient.parse().ok()).collect())
}

/// One that cannot be read keeps nobody from hearing of the others.
fn passed_over(done: Result<(), LedgerError>) -> Result<(), LedgerError> {
    match done {
        Err(LedgerError::Unreadable { table, reason }) => {
            tracing::error!(table, reason, "nobody can be told of what an applicant wrote");
            Ok(())
        }
        other => other,
    }
}
