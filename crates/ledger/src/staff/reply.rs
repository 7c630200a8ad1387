//! Owes a person a mail about what an applicant wrote, or about mail that fits no conversation: at once, not with the hour's other news.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    EmailAddress,
    ids::{ApplicationId, InboundMailId, MessageId, StaffMailId},
    staff::{ONE_MAIL_IN, Occasion, Person, StaffKind, next_person},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    change::execute,
    database::Transaction,
    due::LANES,
    rows::{Cell, Column, Rows},
};

/// As many mails about one conversation within an hour; what an applicant writes beyond them goes together into the next.
const MAILS_AN_HOUR: i64 = 6;

/// Whose conversation it is.
#[derive(FromQueryResult)]
pub(super) struct Place {
    application_id: Uuid,
    pub(super) owner: String,
    pub(super) manager: Option<String>,
    pub(super) board_id: Uuid,
    pub(super) is_test: bool,
}

/// What a mail about a conversation is to be about.
pub(super) struct About<'a> {
    pub(super) application: ApplicationId,
    pub(super) occasion: Occasion,
    pub(super) recipient: &'a EmailAddress,
    pub(super) is_test: bool,
    pub(super) board: Uuid,
}

const PLACES: &str = "SELECT a.id AS application_id, j.owner, j.manager, j.board_id, a.is_test
    FROM application a JOIN job j ON j.id = a.job_id WHERE a.id IN (SELECT v.id FROM v)";

const OPEN: &str = "SELECT v.number, s.id FROM v
    JOIN staff_mail s ON s.application_id = v.application AND s.recipient = v.recipient AND s.occasion = v.occasion
    WHERE s.state || '' = 'scheduled' AND NOT s.maybe_sent ORDER BY s.id";

const OPEN_STRAY: &str = "SELECT id FROM staff_mail WHERE recipient = $1 AND occasion = 'stray' AND is_test = $2
    AND state = 'scheduled' AND NOT maybe_sent ORDER BY id DESC LIMIT 1";

const RECENT: &str = "SELECT v.number, count(*) AS mails, max(s.send_after) AS last FROM v
    JOIN staff_mail s ON s.application_id = v.application AND s.recipient = v.recipient WHERE s.send_after > v.since GROUP BY v.number";

const LAST_STRAY: &str = "SELECT max(send_after) AS last FROM staff_mail WHERE recipient = $1 AND occasion = 'stray' AND is_test = $2";

const INSERT: &str = "INSERT INTO staff_mail (id, recipient, is_test, board_id, kind, state, lane, wake_at, due_at, send_after, tries,
    maybe_sent, application_id, occasion)
    SELECT id, recipient, is_test, board_id, kind, 'scheduled', lane, send_after, due_at, send_after, 0, false, application_id, occasion
    FROM v";

const TOLD_BY: &str = "UPDATE message SET staff_mail_id = v.mail, person = v.person, nobody = false FROM v WHERE message.id = v.id";

const STRAY_TOLD_BY: &str = "UPDATE inbound_mail SET staff_mail_id = v.mail FROM v WHERE inbound_mail.id = v.id";

/// Whoever answers for the job hears of a message, in the transaction that writes it. Each is of another application. Returns whether a mail
/// is due now.
pub(crate) async fn tell_of_messages(
    ledger: &Ledger,
    transaction: &Transaction,
    messages: &[(ApplicationId, MessageId)],
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let applications: Vec<ApplicationId> = messages.iter().map(|(application, _)| *application).collect();
    let places = places_of(transaction, &applications).await?;
    let mut people = Vec::with_capacity(messages.len());
    for (application, message) in messages {
        let place = places.get(application).ok_or_else(no_place)?;
        match place.person(ledger, None) {
            Some((person, recipient)) => people.push((*application, *message, place, person, recipient)),
            // The audit names it, and so does every look until somebody can be told.
            None => tracing::error!(%application, "nobody can be told that an applicant wrote: set organisation.fallback"),
        }
    }
    let mut abouts = Vec::with_capacity(people.len());
    for (application, _, Place { is_test, board_id, .. }, _, recipient) in &people {
        abouts.push(About { application: *application, occasion: Occasion::Wrote, recipient, is_test: *is_test, board: *board_id });
    }
    let mails = open_mails(ledger, transaction, &abouts, now).await?;
    let told = people.iter().zip(&mails).map(|((_, message, _, person, _), (mail, _))| (*message, *mail, *person));
    told_by(transaction, told).await?;
    Ok(mails.iter().any(|(_, is_due)| *is_due))
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
    let (staff_mail, is_due) = open_stray_mail(ledger, transaction, recipient, place.is_test, board, now).await?;
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

pub(super) async fn told_by(
    transaction: &Transaction,
    told: impl Iterator<Item = (MessageId, StaffMailId, Person)>,
) -> Result<(), LedgerError> {
    let columns = [Column::Uuid("id"), Column::Uuid("mail"), Column::Text("person")];
    let rows = told.map(|(message, mail, person)| [message.uuid().into(), mail.uuid().into(), person.as_str().to_owned().into()]);
    execute(transaction, Rows::new(columns, rows), TOLD_BY).await
}

pub(super) async fn place_of(connection: &impl ConnectionTrait, application: ApplicationId) -> Result<Place, LedgerError> {
    places_of(connection, &[application]).await?.remove(&application).ok_or_else(no_place)
}

async fn places_of(
    connection: &impl ConnectionTrait,
    applications: &[ApplicationId],
) -> Result<HashMap<ApplicationId, Place>, LedgerError> {
    let ids = Rows::new([Column::Uuid("id")], applications.iter().map(|id| [id.uuid().into()]));
    let rows = connection.query_all_raw(ids.statement(connection.get_database_backend(), PLACES)).await?;
    let place = |row: &QueryResult| {
        let place = Place::from_query_result(row, "")?;
        Ok((place.application_id.into(), place))
    };
    rows.iter().map(place).collect()
}

fn no_place() -> LedgerError {
    LedgerError::unreadable("application", "its job is missing")
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

/// As [`open_mails`], about one conversation.
pub(super) async fn open_mail(
    ledger: &Ledger,
    transaction: &Transaction,
    about: &About<'_>,
    now: DateTime<Utc>,
) -> Result<(StaffMailId, bool), LedgerError> {
    let opened = open_mails(ledger, transaction, std::slice::from_ref(about), now).await?;
    opened.first().copied().ok_or_else(|| LedgerError::unreadable("staff_mail", "none was opened"))
}

/// The mail that is on its way to a person about this, if no worker has it and it cannot have been sent; else a new one. A conversation is
/// told as it goes, within reason. In the order given, each with whether it is new and due now.
async fn open_mails(
    ledger: &Ledger,
    transaction: &Transaction,
    abouts: &[About<'_>],
    now: DateTime<Utc>,
) -> Result<Vec<(StaffMailId, bool)>, LedgerError> {
    if abouts.is_empty() {
        return Ok(Vec::new());
    }
    let backend = transaction.get_database_backend();
    let since = now - TimeDelta::hours(1);
    let numbered = (0_i64..).zip(abouts).map(|(number, about)| {
        let About { application, occasion, recipient, is_test: _, board: _ } = about;
        [Cell::Int(number), application.uuid().into(), recipient.to_string().into(), occasion.as_str().to_owned().into(), since.into()]
    });
    let columns =
        [Column::Int("number"), Column::Uuid("application"), Column::Text("recipient"), Column::Text("occasion"), Column::Time("since")];
    let numbered = Rows::new(columns, numbered);
    let locking = if backend == DbBackend::Sqlite { OPEN.to_owned() } else { format!("{OPEN} FOR UPDATE OF s") };
    let mut open = HashMap::<i64, Uuid>::new();
    for row in transaction.query_all_raw(numbered.statement(backend, &locking)).await? {
        // The newest, which comes last.
        open.insert(row.try_get("", "number")?, row.try_get("", "id")?);
    }
    let mut recent = HashMap::<i64, (i64, Option<DateTime<Utc>>)>::new();
    if open.len() < abouts.len() {
        for row in transaction.query_all_raw(numbered.statement(backend, RECENT)).await? {
            recent.insert(row.try_get("", "number")?, (row.try_get("", "mails")?, row.try_get("", "last")?));
        }
    }
    let (mut mails, mut new) = (Vec::with_capacity(abouts.len()), Vec::new());
    for (number, about) in (0_i64..).zip(abouts) {
        if let Some(id) = open.get(&number) {
            mails.push(((*id).into(), false));
            continue;
        }
        let last = recent.get(&number).and_then(|(mails, last)| last.filter(|_| *mails >= MAILS_AN_HOUR));
        let send_after = last.map_or(now, |last| now.max(last + ONE_MAIL_IN));
        let id: StaffMailId = ledger.ids().next();
        let About { application, occasion, recipient, is_test, board } = about;
        new.push(new_mail(ledger, id, (Some(*application), *occasion), recipient, (*is_test, *board), send_after));
        mails.push((id, send_after <= now));
    }
    execute(transaction, Rows::new(mail_columns(), new), INSERT).await?;
    Ok(mails)
}

/// The same for mail that fits no conversation: at most once an hour, all of it together.
async fn open_stray_mail(
    ledger: &Ledger,
    transaction: &Transaction,
    recipient: &EmailAddress,
    is_test: bool,
    board: Uuid,
    now: DateTime<Utc>,
) -> Result<(StaffMailId, bool), LedgerError> {
    let backend = transaction.get_database_backend();
    let locking = if backend == DbBackend::Sqlite { OPEN_STRAY.to_owned() } else { format!("{OPEN_STRAY} FOR UPDATE") };
    let values = || [Value::from(recipient.to_string()), is_test.into()];
    if let Some(row) = transaction.query_one_raw(Statement::from_sql_and_values(backend, locking, values())).await? {
        return Ok((row.try_get::<Uuid>("", "id")?.into(), false));
    }
    let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, LAST_STRAY, values())).await?;
    let last: Option<DateTime<Utc>> = row.map(|row| row.try_get("", "last")).transpose()?.flatten();
    let send_after = last.map_or(now, |last| now.max(last + ONE_MAIL_IN));
    let id: StaffMailId = ledger.ids().next();
    let row = new_mail(ledger, id, (None, Occasion::Stray), recipient, (is_test, board), send_after);
    execute(transaction, Rows::new(mail_columns(), [row]), INSERT).await?;
    Ok((id, send_after <= now))
}

const fn mail_columns() -> [Column; 10] {
    [
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
    ]
}

fn new_mail(
    ledger: &Ledger,
    id: StaffMailId,
    (application, occasion): (Option<ApplicationId>, Occasion),
    recipient: &EmailAddress,
    (is_test, board): (bool, Uuid),
    send_after: DateTime<Utc>,
) -> [Cell; 10] {
    [
        id.uuid().into(),
        recipient.to_string().into(),
        Cell::Bool(is_test),
        board.into(),
        StaffKind::ReplyWaiting.as_str().to_owned().into(),
        Cell::Int(LANES[0].into()),
        (send_after + ledger.policy().deliver_within).into(),
        send_after.into(),
        application.map_or(Cell::Null, |application| application.uuid().into()),
        occasion.as_str().to_owned().into(),
    ]
}
