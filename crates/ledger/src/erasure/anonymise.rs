//! Takes out of every table what says something about these applicants (`personal_data.rs`). The rows stay, so that all that is counted and
//! audited stays as it was. Doing it twice changes nothing the second time.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    erasure::NoFinalWord,
    ids::{ApplicationId, CandidateId, NotificationId, StaffMailId},
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::{
    scrub::{ERASED, is_reason},
    texts,
};
use crate::{
    LedgerError, attachments,
    change::execute,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

/// What stands in the place of a name.
pub(crate) const NAME: &str = "(erased)";

/// In the place of an address: nothing can be sent there (RFC 6761, section 6.4).
pub(crate) const EMAIL: &str = "erased@erased.invalid";

/// Everybody whose data was erased is the same person from then on: nobody.
const NOBODY: Uuid = Uuid::nil();

/// One application, and why no final message was sent, where that is known only now.
pub(super) type Erased = (ApplicationId, Option<NoFinalWord>);

#[derive(FromQueryResult)]
struct PersonRow {
    candidate_id: Uuid,
    name: String,
    email: String,
}

/// Who they were.
pub(super) struct People {
    candidates: BTreeSet<Uuid>,
    /// Lower case, and as they were given.
    addresses: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl People {
    /// Whether this is one of their names or addresses.
    pub(super) fn are_named(&self, text: &str) -> bool {
        self.names.contains(text) || self.addresses.contains(text)
    }
}

const PEOPLE: &str = "SELECT a.candidate_id, a.name, a.email FROM v JOIN application a ON a.id = v.id WHERE a.erased_at IS NULL";

const NOBODY_IS_THERE: &str =
    "INSERT INTO candidate (id, address, created_at) SELECT id, address, at FROM v WHERE true ON CONFLICT DO NOTHING";

const LOCK_CANDIDATES: &str = "SELECT c.id FROM candidate c WHERE c.id IN (SELECT v.id FROM v) ORDER BY c.address FOR UPDATE";

const FORGET_CANDIDATES: &str = "DELETE FROM candidate WHERE id IN (SELECT v.id FROM v)
    AND NOT EXISTS (SELECT 1 FROM application a WHERE a.candidate_id = candidate.id) RETURNING address";

const NOTIFICATIONS: &str = "UPDATE notification SET words = NULL, cancel_words = NULL, subject = NULL, text_part = NULL, sha256 = NULL,
    raw = NULL, sent_to = NULL, reply = CASE WHEN reply IS NULL THEN NULL ELSE substr(reply, 1, 3) || ' erased' END
    WHERE application_id IN (SELECT v.id FROM v)";

const TRIES: &str = "UPDATE try SET reason = 'erased'
    WHERE notification_id IN (SELECT n.id FROM notification n JOIN v ON n.application_id = v.id)";

const CONVERSATION: &str = "UPDATE message SET from_address = NULL, subject = NULL, text = '', html = NULL, mail_message_id = NULL,
    in_reply_to = NULL, thread = NULL WHERE application_id IN (SELECT v.id FROM v)";

/// What names them to people of the organisation: that a message did not arrive, that they wrote, that somebody wrote who may be them.
const STAFF_MAILS: &str = "UPDATE staff_mail SET subject = NULL, text_part = NULL, sha256 = NULL, raw = NULL
    WHERE application_id IN (SELECT v.id FROM v) OR id IN (
        SELECT c.staff_mail_id FROM v JOIN notification n ON n.application_id = v.id JOIN staff_cause c ON c.notification_id = n.id
        UNION SELECT c.staff_mail_id FROM v JOIN staff_cause c ON c.application_id = v.id
        UNION SELECT m.staff_mail_id FROM v JOIN message m ON m.application_id = v.id
        UNION SELECT i.staff_mail_id FROM v JOIN inbound_mail i ON i.guess_id = v.id)";

/// Mail that came in about their messages, from them, or perhaps from them. What waited for a person waits no more. `substr` makes nothing
/// of the right type on both databases, and on SQLite of nothing makes NULL.
const INBOUND: &str = "UPDATE inbound_mail SET envelope_from = '', raw = CASE WHEN length(raw) = 0 THEN raw ELSE substr(raw, 1, 0) END,
    result = 'erased', state = 'done', sender = NULL, subject = NULL, words = NULL
    WHERE state IN ('done', 'held') AND (guess_id IN (SELECT v.id FROM v)
        OR notification_id IN (SELECT n.id FROM notification n JOIN v ON n.application_id = v.id)
        OR message_id IN (SELECT m.id FROM message m JOIN v ON m.application_id = v.id))";

const STRANGERS: &str = "UPDATE inbound_mail SET envelope_from = '', raw = CASE WHEN length(raw) = 0 THEN raw ELSE substr(raw, 1, 0) END,
    result = 'erased', state = 'done', sender = NULL, subject = NULL, words = NULL
    WHERE state IN ('done', 'held') AND notification_id IS NULL AND lower(envelope_from) IN (SELECT v.address FROM v)";

const CAPTURED_OF: &str = "SELECT n.id AS notification, c.staff_mail_id AS staff_mail, b.sender_address FROM v
    JOIN application a ON a.id = v.id JOIN notification n ON n.application_id = a.id
    JOIN job j ON j.id = a.job_id JOIN board b ON b.id = j.board_id LEFT JOIN staff_cause c ON c.notification_id = n.id";

const CAPTURED: &str = "DELETE FROM captured_mail WHERE message_id IN (SELECT v.message_id FROM v)";

const KEYS: &str = "DELETE FROM idempotency_key WHERE application_id IN (SELECT v.id FROM v)";

const ITEMS: &str = "UPDATE bulk_item SET reason = 'erased' WHERE state = 'failed' AND application_id IN (SELECT v.id FROM v)";

pub(super) async fn anonymise(transaction: &Transaction, these: &[Erased], now: DateTime<Utc>) -> Result<(), LedgerError> {
    let ids: Vec<ApplicationId> = these.iter().map(|(id, _)| *id).collect();
    let people = people(transaction, &ids).await?;
    texts::of_events(transaction, &ids, &people).await?;
    texts::of_holds(transaction, &ids).await?;
    texts::of_operations(transaction, &ids).await?;
    captured(transaction, &ids).await?;
    attachments::erase(transaction, &ids).await?;
    for statement in [STAFF_MAILS, INBOUND, CONVERSATION, TRIES, NOTIFICATIONS, KEYS, ITEMS] {
        execute(transaction, of(&ids), statement).await?;
    }
    answers(transaction, &ids, &people).await?;
    applications(transaction, these, now).await?;
    candidates(transaction, people).await
}

pub(super) fn of(ids: &[ApplicationId]) -> Rows<1> {
    Rows::new([Column::Uuid("id")], ids.iter().map(|id| [id.uuid().into()]))
}

async fn people(transaction: &Transaction, ids: &[ApplicationId]) -> Result<People, LedgerError> {
    let mut people = People { candidates: BTreeSet::new(), addresses: BTreeSet::new(), names: BTreeSet::new() };
    for row in transaction.query_all_raw(of(ids).statement(transaction.get_database_backend(), PEOPLE)).await? {
        let PersonRow { candidate_id, name, email } = PersonRow::from_query_result(&row, "")?;
        people.candidates.insert(candidate_id);
        people.names.insert(name);
        // As given, and as compared: one that cannot be read is compared as it is.
        people.addresses.insert(email.parse::<EmailAddress>().map_or_else(|_| email.to_ascii_lowercase(), |email| email.identity()));
        people.addresses.insert(email);
    }
    Ok(people)
}

/// Mails that were captured instead of sent: their Message-IDs begin with the ids of the messages (`mailer`'s `compose`).
async fn captured(transaction: &Transaction, ids: &[ApplicationId]) -> Result<(), LedgerError> {
    let mut message_ids = BTreeSet::new();
    for row in transaction.query_all_raw(of(ids).statement(transaction.get_database_backend(), CAPTURED_OF)).await? {
        let (notification, staff_mail): (Uuid, Option<Uuid>) = (row.try_get("", "notification")?, row.try_get("", "staff_mail")?);
        let sender: String = row.try_get("", "sender_address")?;
        let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
        message_ids.insert(format!("<{}@{domain}>", NotificationId::from(notification)));
        message_ids.extend(staff_mail.map(|mail| format!("<{}@{domain}>", StaffMailId::from(mail))));
    }
    let rows = Rows::new([Column::Text("message_id")], message_ids.into_iter().map(|id| [id.into()]));
    execute(transaction, rows, CAPTURED).await
}

/// Answers that are kept for requests that may be sent again. Whoever sends one of those again is told that it was answered. What answers
/// the wish for an erasure has nothing of the applicant in it.
async fn answers(transaction: &Transaction, ids: &[ApplicationId], people: &People) -> Result<(), LedgerError> {
    let backend = transaction.get_database_backend();
    let [found, about_an_erasure, in_key] = match backend {
        sea_orm::DbBackend::Sqlite => [
            "instr(repeatable.body, CAST(v.word AS BLOB)) > 0",
            "instr(repeatable.body, CAST('\"waits_for\":' AS BLOB)) > 0",
            "instr(repeatable.idempotency_key, v.word) > 0",
        ],
        _ => [
            "position(convert_to(v.word, 'UTF8') IN repeatable.body) > 0",
            "position('\"waits_for\":'::bytea IN repeatable.body) > 0",
            "position(v.word IN repeatable.idempotency_key) > 0",
        ],
    };
    // Whoever calls makes keys from whatever they like.
    let named = format!("DELETE FROM repeatable WHERE EXISTS (SELECT 1 FROM v WHERE {in_key})");
    let words = people.addresses.iter().map(|word| [word.clone().into()]);
    execute(transaction, Rows::new([Column::Text("word")], words), &named).await?;
    let forget = format!(
        "UPDATE repeatable SET status = NULL, headers = NULL, body = NULL WHERE body IS NOT NULL AND NOT {about_an_erasure}
         AND EXISTS (SELECT 1 FROM v WHERE {found})"
    );
    let words = ids.iter().map(ToString::to_string).chain(people.addresses.iter().cloned());
    execute(transaction, Rows::new([Column::Text("word")], words.map(|word| [word.into()])), &forget).await
}

async fn applications(transaction: &Transaction, these: &[Erased], now: DateTime<Utc>) -> Result<(), LedgerError> {
    let nobody = [NOBODY.into(), ERASED.to_owned().into(), now.into()];
    let columns = [Column::Uuid("id"), Column::Text("address"), Column::Time("at")];
    execute(transaction, Rows::new(columns, [nobody]), NOBODY_IS_THERE).await?;
    let ours: Vec<String> = NoFinalWord::ALL.iter().map(|word| word.as_str()).chain([ERASED]).map(|word| format!("'{word}'")).collect();
    let update = format!(
        "UPDATE application SET name = '{NAME}', email = '{EMAIL}', locale = 'en', time_zone = 'UTC', internal_note = NULL,
            exemption = CASE WHEN application.exemption IS NULL THEN v.exempt
                WHEN application.exemption IN ({}) THEN application.exemption ELSE '{ERASED}' END,
            answer_since = NULL, answer_by = NULL,
            answer_alarmed_at = NULL, candidate_id = v.nobody, version = application.version + 1,
            link_generation = link_generation + 1, erased_at = v.at, updated_at = v.at
         FROM v WHERE application.id = v.id AND erased_at IS NULL",
        ours.join(", ")
    );
    let columns = [Column::Uuid("id"), Column::Text("exempt"), Column::Uuid("nobody"), Column::Time("at")];
    let rows = these.iter().map(|(id, exempt)| -> [Cell; 4] {
        [id.uuid().into(), exempt.map(|word| word.as_str().to_owned()).into(), NOBODY.into(), now.into()]
    });
    execute(transaction, Rows::new(columns, rows), &update).await
}

/// Those of whom no application is left. Whoever is just applying again has them locked, and keeps them.
async fn candidates(transaction: &Transaction, people: People) -> Result<(), LedgerError> {
    let backend = transaction.get_database_backend();
    let rows = || Rows::new([Column::Uuid("id")], people.candidates.iter().map(|id| [CandidateId::from(*id).uuid().into()]));
    if rows().is_empty() {
        return Ok(());
    }
    if backend != sea_orm::DbBackend::Sqlite {
        // A statement of its own: the next one sees what was committed while this one waited.
        transaction.query_all_raw(rows().statement(backend, LOCK_CANDIDATES)).await?;
    }
    let gone = transaction.query_all_raw(rows().statement(backend, FORGET_CANDIDATES)).await?;
    let address = |row: &QueryResult| Ok::<_, LedgerError>([row.try_get::<String>("", "address")?.to_ascii_lowercase().into()]);
    let addresses: Vec<[Cell; 1]> = gone.iter().map(address).collect::<Result<_, _>>()?;
    execute(transaction, Rows::new([Column::Text("address")], addresses), STRANGERS).await
}

/// Words of ours stay where a reason stands.
pub(super) fn reason(text: &str) -> &str {
    if is_reason(text) { text } else { ERASED }
}
