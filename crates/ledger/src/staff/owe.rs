//! A mail for everything that a person is to be told: the one that is on its way to them already, or a new one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    ids::StaffMailId,
    staff::{Cause, ONE_MAIL_IN, Person, StaffKind, next_person},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    database::Transaction,
    due::LANES,
    rows::{Cell, Column, Rows},
};

/// As many causes as one transaction places.
const AT_ONCE: u64 = 500;

/// A cause without a mail, or with one that could not be delivered, and everybody who might be told.
#[derive(FromQueryResult)]
struct Untold {
    id: Uuid,
    application_id: Uuid,
    cause: String,
    person: Option<String>,
    nobody: bool,
    /// Whom it was sent to in vain.
    tried: Option<String>,
    owner: String,
    manager: Option<String>,
    board_id: Uuid,
    is_test: bool,
}

#[derive(FromQueryResult)]
struct OpenMail {
    id: Uuid,
    kind: String,
    state: String,
    maybe_sent: bool,
}

impl OpenMail {
    /// What a worker has, or may have sent, says what it says, and a digest speaks of a day: what is new goes into the next one.
    fn takes_more(&self) -> bool {
        !self.maybe_sent && self.state == "scheduled" && self.kind != StaffKind::Digest.as_str()
    }
}

/// What is told to the same person together.
#[derive(Default)]
struct Group {
    board: Uuid,
    causes: Vec<(Uuid, Person)>,
    kinds: Vec<Cause>,
}

/// Not what a person saw to meanwhile.
const UNTOLD: &str =
    "SELECT c.id, a.id AS application_id, c.cause, c.person, c.nobody, m.recipient AS tried, j.owner, j.manager, j.board_id, a.is_test
    FROM (SELECT id FROM staff_cause WHERE staff_mail_id IS NULL AND id > $1
        UNION ALL SELECT g.id FROM staff_mail f JOIN staff_cause g ON g.staff_mail_id = f.id
        WHERE f.state IN ('undeliverable', 'held') AND g.id > $1) AS u
    JOIN staff_cause c ON c.id = u.id LEFT JOIN staff_mail m ON m.id = c.staff_mail_id
    LEFT JOIN notification n ON n.id = c.notification_id JOIN application a ON a.id = COALESCE(n.application_id, c.application_id)
    JOIN job j ON j.id = a.job_id
    WHERE NOT (c.cause IN ('undeliverable', 'bounced') AND n.state IN ('undeliverable', 'bounced')
        AND EXISTS (SELECT 1 FROM event e WHERE e.application_id = n.application_id
        AND e.kind IN ('told_otherwise', 'address_corrected') AND e.at >= n.settled_at))
    ORDER BY c.id LIMIT $2";

const OPEN: &str =
    "SELECT id, kind, state, maybe_sent FROM staff_mail WHERE recipient = $1 AND is_test = $2 AND state IN ('scheduled', 'sending')
    AND occasion IS NULL";

const LAST: &str =
    "SELECT max(settled_at) AS at FROM staff_mail WHERE recipient = $1 AND is_test = $2 AND occasion IS NULL AND kind <> 'digest'";

const INSERT: &str =
    "INSERT INTO staff_mail (id, recipient, is_test, board_id, kind, state, lane, wake_at, due_at, send_after, tries, maybe_sent)
    SELECT id, recipient, is_test, board_id, kind, 'scheduled', lane, send_after, due_at, send_after, 0, false FROM v";

const PLACE: &str = "UPDATE staff_cause SET staff_mail_id = v.mail, person = v.person, nobody = false FROM v WHERE staff_cause.id = v.id";

const NOBODY: &str = "UPDATE staff_cause SET staff_mail_id = NULL, nobody = true FROM v WHERE staff_cause.id = v.id";

/// A mail that told of refusals alone may come to tell more.
const WIDEN: &str = "UPDATE staff_mail SET kind = v.kind FROM v WHERE staff_mail.id = v.id";

impl Ledger {
    /// Looks at everything that is still to be told, a part at a time.
    pub(super) async fn owe_staff_mails(&self) -> Result<(), LedgerError> {
        let mut after = Uuid::nil();
        while let Some(last) = self.owe_part(after).await? {
            after = last;
        }
        Ok(())
    }

    /// Returns the last cause of the part; `None` behind the last.
    async fn owe_part(&self, after: Uuid) -> Result<Option<Uuid>, LedgerError> {
        let database = self.database();
        let values = [after.into(), i64::try_from(AT_ONCE).unwrap_or(i64::MAX).into()];
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), UNTOLD, values)).await?;
        let untold: Vec<Untold> = rows.iter().map(|row| Untold::from_query_result(row, "")).collect::<Result<_, _>>()?;
        let Some(last) = untold.last().map(|cause| cause.id) else { return Ok(None) };
        let mut groups: BTreeMap<(String, bool), Group> = BTreeMap::new();
        let mut nobody: Vec<[Cell; 1]> = Vec::new();
        for cause in untold {
            match self.person_for(&cause)? {
                Some((person, address)) => {
                    // In the order of their addresses, as everybody who locks them does.
                    let group = groups.entry((address.to_string(), cause.is_test)).or_default();
                    group.board = cause.board_id;
                    group.causes.push((cause.id, person));
                    group.kinds.push(cause.cause.parse().map_err(|error| LedgerError::unreadable("staff_cause", error))?);
                }
                None if cause.nobody => {}
                None => {
                    tracing::error!(
                        application = %hearback_domain::ids::ApplicationId::from(cause.application_id), cause = cause.cause,
                        "nobody can be told: neither owner nor manager of the job has an address that takes mail, and organisation.fallback is not set or does not either"
                    );
                    nobody.push([cause.id.into()]);
                }
            }
        }
        let transaction = database.begin().await?;
        let mut is_due = false;
        for ((recipient, is_test), group) in groups {
            is_due |= self.place(&transaction, &recipient, is_test, group).await?;
        }
        let rows = Rows::new([Column::Uuid("id")], nobody);
        if !rows.is_empty() {
            transaction.execute_raw(rows.statement(database.backend(), NOBODY)).await?;
        }
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(Some(last))
    }

    fn person_for(&self, cause: &Untold) -> Result<Option<(Person, EmailAddress)>, LedgerError> {
        // An address that cannot be read is one that nobody has.
        let address = |text: &str| text.parse::<EmailAddress>().ok();
        let (owner, manager) = (address(&cause.owner), cause.manager.as_deref().and_then(address));
        let of = |person| match person {
            Person::Owner => owner.as_ref(),
            Person::Manager => manager.as_ref(),
            Person::Fallback => self.fallback(),
        };
        let person = cause.person.as_deref().map(str::parse::<Person>).transpose();
        let person = person.map_err(|error| LedgerError::unreadable("staff_cause", error))?;
        // Once everybody was tried, only a fallback that is new is worth a try.
        let tried = cause.tried.as_deref().and_then(address).or_else(|| person.and_then(of).cloned());
        let after = person.zip(tried.as_ref());
        let first = cause.cause.parse::<Cause>().map_or(Person::Owner, Cause::asks_first);
        Ok(next_person(first, after, of).map(|(person, address)| (person, address.clone())))
    }

    /// Adds causes to the mail that is on its way to a person, or to a new one. Returns whether a mail is due now.
    async fn place(&self, transaction: &Transaction, recipient: &str, is_test: bool, group: Group) -> Result<bool, LedgerError> {
        let (backend, now) = (transaction.get_database_backend(), self.clock().now());
        let whose = || [sea_orm::Value::from(recipient), is_test.into()];
        let locking = if backend == DbBackend::Sqlite { OPEN.to_owned() } else { format!("{OPEN} FOR UPDATE") };
        let open = transaction.query_one_raw(Statement::from_sql_and_values(backend, locking, whose())).await?;
        let open = open.map(|row| OpenMail::from_query_result(&row, "")).transpose()?;
        let Group { board, causes, kinds } = group;
        let kind = StaffKind::of(&kinds).as_str().to_owned();
        let (mail, is_due) = match open {
            Some(open) if !open.takes_more() => return Ok(false),
            Some(OpenMail { id, .. }) => {
                if kind == StaffKind::PromiseAtRisk.as_str() {
                    let rows = Rows::new([Column::Uuid("id"), Column::Text("kind")], [[id.into(), kind.into()]]);
                    transaction.execute_raw(rows.statement(backend, WIDEN)).await?;
                }
                (id, false)
            }
            None => {
                let last = transaction.query_one_raw(Statement::from_sql_and_values(backend, LAST, whose())).await?;
                let last: Option<DateTime<Utc>> = last.map(|row| row.try_get("", "at")).transpose()?.flatten();
                let send_after = last.map_or(now, |last| now.max(last + ONE_MAIL_IN));
                let kind = StaffKind::of(&kinds);
                (self.owe_mail(transaction, NewMail { recipient, is_test, board, kind, send_after }).await?, send_after <= now)
            }
        };
        let columns = [Column::Uuid("id"), Column::Uuid("mail"), Column::Text("person")];
        let rows = causes.into_iter().map(|(cause, person)| [cause.into(), mail.into(), person.as_str().to_owned().into()]);
        transaction.execute_raw(Rows::new(columns, rows).statement(backend, PLACE)).await?;
        Ok(is_due)
    }

    /// A mail that is due from `send_after` on.
    pub(super) async fn owe_mail(&self, transaction: &Transaction, new: NewMail<'_>) -> Result<Uuid, LedgerError> {
        let NewMail { recipient, is_test, board, kind, send_after } = new;
        let id = self.ids().next::<StaffMailId>().uuid();
        let row = [
            id.into(),
            recipient.to_owned().into(),
            Cell::Bool(is_test),
            board.into(),
            kind.as_str().to_owned().into(),
            Cell::Int(LANES[0].into()),
            (send_after + self.policy().deliver_within).into(),
            send_after.into(),
        ];
        transaction.execute_raw(Rows::new(mail_columns(), [row]).statement(transaction.get_database_backend(), INSERT)).await?;
        Ok(id)
    }

    /// Whether a mail is on its way to a person, or being sent.
    pub(super) async fn has_open_mail(&self, transaction: &Transaction, recipient: &str) -> Result<bool, LedgerError> {
        let values = [sea_orm::Value::from(recipient), false.into()];
        let statement = Statement::from_sql_and_values(transaction.get_database_backend(), OPEN, values);
        Ok(transaction.query_one_raw(statement).await?.is_some())
    }
}

pub(super) struct NewMail<'a> {
    pub(super) recipient: &'a str,
    pub(super) is_test: bool,
    /// Whose sender it comes from.
    pub(super) board: Uuid,
    pub(super) kind: StaffKind,
    pub(super) send_after: DateTime<Utc>,
}

const fn mail_columns() -> [Column; 8] {
    [
        Column::Uuid("id"),
        Column::Text("recipient"),
        Column::Bool("is_test"),
        Column::Uuid("board_id"),
        Column::Text("kind"),
        Column::Int("lane"),
        Column::Time("due_at"),
        Column::Time("send_after"),
    ]
}
