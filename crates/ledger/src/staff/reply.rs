//! Owes a person a mail about what an applicant wrote, or about mail that fits no conversation: at once, not with the hour's other news.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    EmailAddress,
    ids::{ApplicationId, InboundMailId, MessageId, StaffMailId},
    staff::{ONE_MAIL_IN, Occasion, Person, StaffKind, next_person},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    database::Transaction,
    due::LANES,
    rows::{Cell, Column, Rows},
};

/// As many mails about one conversation within an hour; what an applicant writes beyond them goes together into the next.
const MAILS_AN_HOUR: i64 = 6;

/// Whose conversation it is.
#[derive(FromQueryResult)]
pub(super) struct Place {
    pub(super) owner: String,
    pub(super) manager: Option<String>,
    pub(super) board_id: Uuid,
    pub(super) is_test: bool,
}

/// What a mail is to be about.
pub(super) struct About<'a> {
    pub(super) application: Option<ApplicationId>,
    pub(super) occasion: Occasion,
    pub(super) recipient: &'a EmailAddress,
    pub(super) is_test: bool,
    pub(super) board: Uuid,
}

const PLACE: &str = "SELECT j.owner, j.manager, j.board_id, a.is_test FROM application a JOIN job j ON j.id = a.job_id WHERE a.id = $1";

const OPEN: &str = "SELECT id FROM staff_mail WHERE application_id = $1 AND recipient = $2 AND occasion = $3
    AND state = 'scheduled' AND NOT maybe_sent ORDER BY id DESC LIMIT 1";

const OPEN_STRAY: &str = "SELECT id FROM staff_mail WHERE recipient = $1 AND occasion = 'stray' AND is_test = $2
    AND state = 'scheduled' AND NOT maybe_sent ORDER BY id DESC LIMIT 1";

const RECENT: &str = "SELECT count(*) AS mails, max(send_after) AS last FROM staff_mail
    WHERE application_id = $1 AND recipient = $2 AND send_after > $3";

const LAST_STRAY: &str = "SELECT max(send_after) AS last FROM staff_mail WHERE recipient = $1 AND occasion = 'stray' AND is_test = $2";

const INSERT: &str = "INSERT INTO staff_mail (id, recipient, is_test, board_id, kind, state, lane, wake_at, due_at, send_after, tries,
    maybe_sent, application_id, occasion)
    SELECT id, recipient, is_test, board_id, kind, 'scheduled', lane, send_after, due_at, send_after, 0, false, application_id, occasion
    FROM v";

const TOLD_BY: &str = "UPDATE message SET staff_mail_id = v.mail, person = v.person, nobody = false FROM v WHERE message.id = v.id";

const STRAY_TOLD_BY: &str = "UPDATE inbound_mail SET staff_mail_id = v.mail FROM v WHERE inbound_mail.id = v.id";

/// Whoever answers for the job hears of a message, in the transaction that writes it. Returns whether a mail is due now.
pub(crate) async fn tell_of_message(
    ledger: &Ledger,
    transaction: &Transaction,
    application: ApplicationId,
    message: MessageId,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let place = place_of(transaction, application).await?;
    let Some((person, recipient)) = place.person(ledger, None) else {
        // The audit names it, and so does every look until somebody can be told.
        tracing::error!(%application, "nobody can be told that an applicant wrote: set organisation.fallback");
        return Ok(false);
    };
    let about = About {
        application: Some(application),
        occasion: Occasion::Wrote,
        recipient: &recipient,
        is_test: place.is_test,
        board: place.board_id,
    };
    let (mail, is_due) = open_mail(ledger, transaction, &about, now).await?;
    told_by(transaction, message, mail, person).await?;
    Ok(is_due)
}

/// The same for mail that is in no conversation. `tried` could not be reached.
pub(crate) async fn tell_of_stray(
    ledger: &Ledger,
    transaction: &Transaction,
    mail: InboundMailId,
    whose: Whose,
    tried: Option<&EmailAddress>,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let (place, people) = readers(ledger, transaction, whose).await?;
    let after = tried.and_then(|tried| people.iter().rposition(|person| person.identity() == tried.identity()));
    let next = after.map_or(0, |at| at + 1);
    let (Some(recipient), Some(board)) = (people.get(next), place.board) else {
        tracing::error!(%mail, "nobody can be told of a mail that came in: set organisation.fallback");
        return Ok(false);
    };
    let about = About { application: None, occasion: Occasion::Stray, recipient, is_test: place.is_test, board };
    let (staff_mail, is_due) = open_mail(ledger, transaction, &about, now).await?;
    let columns = [Column::Uuid("id"), Column::Uuid("mail")];
    let row = [mail.uuid().into(), staff_mail.uuid().into()];
    transaction.execute_raw(Rows::new(columns, [row]).statement(transaction.get_database_backend(), STRAY_TOLD_BY)).await?;
    Ok(is_due)
}

/// Whose mail it is, as far as that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    /// A token or a Message-ID says so.
    Of(ApplicationId),
    /// Its sender says so, which proves nothing.
    Perhaps(ApplicationId),
    Unknown,
}

struct StrayPlace {
    board: Option<Uuid>,
    is_test: bool,
}

/// Everybody who may be told, in their order. Whoever is known to be concerned comes first; a guess is for when nobody reads for everybody.
async fn readers(ledger: &Ledger, transaction: &Transaction, whose: Whose) -> Result<(StrayPlace, Vec<EmailAddress>), LedgerError> {
    let fallback = ledger.fallback().cloned();
    let (application, known) = match whose {
        Whose::Of(application) => (Some(application), true),
        Whose::Perhaps(application) => (Some(application), false),
        Whose::Unknown => (None, false),
    };
    let place = match application {
        Some(application) => Some(place_of(transaction, application).await?),
        None => None,
    };
    let own = place.iter().flat_map(|place| [Some(place.owner.as_str()), place.manager.as_deref()]).flatten();
    let own: Vec<EmailAddress> = own.filter_map(|address| address.parse().ok()).collect();
    let mut people: Vec<EmailAddress> =
        if known { own.into_iter().chain(fallback).collect() } else { fallback.into_iter().chain(own).collect() };
    let board = first_board(transaction).await?;
    people.extend(board.as_ref().and_then(|(_, reply_to)| reply_to.parse().ok()));
    let place_board = place.as_ref().filter(|_| known).map(|place| place.board_id);
    let is_test = known && place.is_some_and(|place| place.is_test);
    Ok((StrayPlace { board: place_board.or(board.map(|(id, _)| id)), is_test }, people))
}

pub(super) async fn told_by(transaction: &Transaction, message: MessageId, mail: StaffMailId, person: Person) -> Result<(), LedgerError> {
    let columns = [Column::Uuid("id"), Column::Uuid("mail"), Column::Text("person")];
    let row = [message.uuid().into(), mail.uuid().into(), person.as_str().to_owned().into()];
    transaction.execute_raw(Rows::new(columns, [row]).statement(transaction.get_database_backend(), TOLD_BY)).await?;
    Ok(())
}

pub(super) async fn place_of(connection: &impl ConnectionTrait, application: ApplicationId) -> Result<Place, LedgerError> {
    let values: [Value; 1] = [application.uuid().into()];
    let row = connection.query_one_raw(Statement::from_sql_and_values(connection.get_database_backend(), PLACE, values)).await?;
    let row = row.ok_or_else(|| LedgerError::unreadable("application", "its job is missing"))?;
    Ok(Place::from_query_result(&row, "")?)
}

/// The mailbox of a board is one that a person reads (P7).
async fn first_board(connection: &impl ConnectionTrait) -> Result<Option<(Uuid, String)>, LedgerError> {
    const FIRST: &str = "SELECT id, reply_to FROM board ORDER BY id LIMIT 1";
    let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), FIRST)).await?;
    row.map(|row| Ok((row.try_get("", "id")?, row.try_get("", "reply_to")?))).transpose()
}

/// Which of the people of the job has this address.
pub(crate) async fn person_of(
    ledger: &Ledger,
    connection: &impl ConnectionTrait,
    application: ApplicationId,
    address: &EmailAddress,
) -> Result<Option<Person>, LedgerError> {
    let Place { owner, manager, .. } = place_of(connection, application).await?;
    let is_theirs = |text: &str| text.parse::<EmailAddress>().is_ok_and(|theirs| theirs.identity() == address.identity());
    let has = |person: &Person| match person {
        Person::Owner => is_theirs(&owner),
        Person::Manager => manager.as_deref().is_some_and(is_theirs),
        Person::Fallback => ledger.fallback().is_some_and(|fallback| fallback.identity() == address.identity()),
    };
    Ok([Person::Owner, Person::Manager, Person::Fallback].into_iter().find(has))
}

impl Place {
    /// The first who has an address, behind the one who could not be reached.
    pub(super) fn person(&self, ledger: &Ledger, after: Option<(Person, &EmailAddress)>) -> Option<(Person, EmailAddress)> {
        // An address that cannot be read is one that nobody has.
        let address = |text: &str| text.parse::<EmailAddress>().ok();
        let (owner, manager) = (address(&self.owner), self.manager.as_deref().and_then(address));
        let of = |person| match person {
            Person::Owner => owner.as_ref(),
            Person::Manager => manager.as_ref(),
            Person::Fallback => ledger.fallback(),
        };
        next_person(Person::Owner, after, of).map(|(person, address)| (person, address.clone()))
    }

    /// The first whose address has not refused yet.
    pub(super) fn person_beside(&self, ledger: &Ledger, refused: &[EmailAddress]) -> Option<(Person, EmailAddress)> {
        let mut next = self.person(ledger, None);
        while let Some((person, address)) = next {
            if !refused.iter().any(|refused| refused.identity() == address.identity()) {
                return Some((person, address));
            }
            next = self.person(ledger, Some((person, &address)));
        }
        None
    }
}

/// The mail that is on its way to a person about this, if no worker has it and it cannot have been sent; else a new one. Returns whether
/// that is due now.
pub(super) async fn open_mail(
    ledger: &Ledger,
    transaction: &Transaction,
    about: &About<'_>,
    now: DateTime<Utc>,
) -> Result<(StaffMailId, bool), LedgerError> {
    let backend = transaction.get_database_backend();
    let About { application, occasion, recipient, is_test, board } = about;
    let locking = |query: &str| if backend == DbBackend::Sqlite { query.to_owned() } else { format!("{query} FOR UPDATE") };
    let open = match application {
        Some(application) => {
            let values: [Value; 3] = [application.uuid().into(), recipient.to_string().into(), occasion.as_str().into()];
            Statement::from_sql_and_values(backend, locking(OPEN), values)
        }
        None => Statement::from_sql_and_values(backend, locking(OPEN_STRAY), [Value::from(recipient.to_string()), (*is_test).into()]),
    };
    if let Some(row) = transaction.query_one_raw(open).await? {
        return Ok((row.try_get::<Uuid>("", "id")?.into(), false));
    }
    let send_after = send_after(transaction, about, now).await?;
    let id: StaffMailId = ledger.ids().next();
    let row = [
        id.uuid().into(),
        recipient.to_string().into(),
        Cell::Bool(*is_test),
        (*board).into(),
        StaffKind::ReplyWaiting.as_str().to_owned().into(),
        Cell::Int(LANES[0].into()),
        (send_after + ledger.policy().deliver_within).into(),
        send_after.into(),
        application.map_or(Cell::Null, |application| application.uuid().into()),
        occasion.as_str().to_owned().into(),
    ];
    let columns = [
        Column::Uuid("id"),
        Column::Text("recipient"),
        Column::Bool("is_test"),
        Column::Uuid("board_id"),
        Column::Text("kind"),
        Column::Int("lane"),
        Column::Time("due_at"),
        Column::Time("send_after"),
        Column::Uuid("application_id"),
        Column::Text("occasion"),
    ];
    transaction.execute_raw(Rows::new(columns, [row]).statement(backend, INSERT)).await?;
    Ok((id, send_after <= now))
}

/// A conversation is told as it goes, within reason; mail that fits none at most once an hour, all of it together.
async fn send_after(transaction: &Transaction, about: &About<'_>, now: DateTime<Utc>) -> Result<DateTime<Utc>, LedgerError> {
    let backend = transaction.get_database_backend();
    let About { application, recipient, is_test, .. } = about;
    let last = match application {
        Some(application) => {
            let since = now - TimeDelta::hours(1);
            let values: [Value; 3] = [application.uuid().into(), recipient.to_string().into(), since.into()];
            let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, RECENT, values)).await?;
            let Some(row) = row else { return Ok(now) };
            let (mails, last): (i64, Option<DateTime<Utc>>) = (row.try_get("", "mails")?, row.try_get("", "last")?);
            last.filter(|_| mails >= MAILS_AN_HOUR)
        }
        None => {
            let values: [Value; 2] = [recipient.to_string().into(), (*is_test).into()];
            let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, LAST_STRAY, values)).await?;
            row.map(|row| row.try_get("", "last")).transpose()?.flatten()
        }
    };
    Ok(last.map_or(now, |last| now.max(last + ONE_MAIL_IN)))
}
