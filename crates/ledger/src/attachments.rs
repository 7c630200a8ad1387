//! Files that came with an application. They are written in its transaction, given out as they came, and never opened.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hearback_domain::{
    attachment::{AttachmentRole, FileKind},
    ids::{ApplicationId, AttachmentId, MessageId},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Statement, Value};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    database::Transaction,
    entity::attachment,
    rows::{Cell, Column, Rows},
};

/// As much of a file as one statement writes, and one answer holds in memory.
const PART: usize = 512 * 1024;

/// A file to be put on record.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAttachment {
    pub role: AttachmentRole,
    pub file_name: String,
    pub kind: FileKind,
    pub content: Arc<[u8]>,
    /// Of `content`.
    pub sha256: [u8; 32],
}

/// A file on record, without its content.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub application: ApplicationId,
    pub role: AttachmentRole,
    pub file_name: String,
    pub kind: FileKind,
    /// In bytes.
    pub size: u64,
    pub sha256: Vec<u8>,
    pub created_at: DateTime<Utc>,
    /// The message that it came with; without one, it came with the application.
    pub message: Option<MessageId>,
}

/// Debug output ends in logs, where neither a file nor its name, which is often a person's, must.
impl std::fmt::Debug for NewAttachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAttachment").field("role", &self.role).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment").field("id", &self.id).field("role", &self.role).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Ledger {
    /// In the order in which they came.
    pub async fn attachments(&self, application: ApplicationId) -> Result<Vec<Attachment>, LedgerError> {
        let of_it = attachment::Entity::find().filter(attachment::Column::ApplicationId.eq(application.uuid()));
        let rows = of_it.order_by_asc(attachment::Column::Id).all(self.database().reader()).await?;
        rows.into_iter().map(Attachment::try_from).collect()
    }

    pub async fn attachment(&self, id: AttachmentId) -> Result<Option<Attachment>, LedgerError> {
        let row = attachment::Entity::find_by_id(id.uuid()).one(self.database().reader()).await?;
        row.map(Attachment::try_from).transpose()
    }

    /// A piece of its content, from 0 on; `None` behind the last.
    pub async fn attachment_part(&self, id: AttachmentId, number: i32) -> Result<Option<Vec<u8>>, LedgerError> {
        const SELECT: &str = "SELECT content FROM attachment_part WHERE attachment_id = $1 AND number = $2";
        let database = self.database();
        let statement = Statement::from_sql_and_values(database.backend(), SELECT, [id.uuid().into(), number.into()]);
        let row = database.reader().query_one_raw(statement).await?;
        Ok(row.map(|row| row.try_get("", "content")).transpose()?)
    }
}

const INSERT: &str = "INSERT INTO attachment (id, application_id, role, file_name, media_type, size, sha256, created_at, message_id)
    SELECT id, application_id, role, file_name, media_type, size, sha256, created_at, message_id FROM v";

const INSERT_PART: &str = "INSERT INTO attachment_part (attachment_id, number, content) VALUES ($1, $2, $3)";

/// The files of applications that the transaction has written.
pub(crate) async fn insert<'a>(
    ledger: &Ledger,
    transaction: &Transaction,
    applications: impl Iterator<Item = (ApplicationId, &'a [NewAttachment])>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    insert_all(ledger, transaction, applications.map(|(application, files)| (application, None, files)), now).await
}

/// The files that came with messages which the transaction has written.
pub(crate) async fn insert_with_messages<'a>(
    ledger: &Ledger,
    transaction: &Transaction,
    messages: impl Iterator<Item = (ApplicationId, MessageId, &'a [NewAttachment])>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    insert_all(ledger, transaction, messages.map(|(application, message, files)| (application, Some(message), files)), now).await
}

async fn insert_all<'a>(
    ledger: &Ledger,
    transaction: &Transaction,
    all: impl Iterator<Item = (ApplicationId, Option<MessageId>, &'a [NewAttachment])>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let (mut rows, mut contents) = (Vec::new(), Vec::new());
    for (application, message, files) in all {
        for NewAttachment { role, file_name, kind, content, sha256 } in files {
            let id: Uuid = ledger.ids().next::<AttachmentId>().uuid();
            let size = i64::try_from(content.len()).expect("a file fits into memory");
            rows.push([
                id.into(),
                application.uuid().into(),
                role.as_str().to_owned().into(),
                file_name.clone().into(),
                kind.as_str().to_owned().into(),
                Cell::Int(size),
                Cell::Bytes(sha256.to_vec()),
                now.into(),
                message.map_or(Cell::Null, |message| message.uuid().into()),
            ]);
            contents.push((id, content));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let columns = [
        Column::Uuid("id"),
        Column::Uuid("application_id"),
        Column::Text("role"),
        Column::Text("file_name"),
        Column::Text("media_type"),
        Column::Int("size"),
        Column::Bytes("sha256"),
        Column::Time("created_at"),
        Column::Uuid("message_id"),
    ];
    let backend = transaction.get_database_backend();
    transaction.execute_raw(Rows::new(columns, rows).statement(backend, INSERT)).await?;
    for (id, content) in contents {
        for (number, part) in (0_i32..).zip(content.chunks(PART)) {
            // Bound as bytes: as a row of a batch they would be written in hexadecimal digits.
            let values: [Value; 3] = [id.into(), number.into(), part.to_vec().into()];
            transaction.execute_raw(Statement::from_sql_and_values(backend, INSERT_PART, values)).await?;
        }
    }
    Ok(())
}

/// Takes away the files of these applications, names and contents. Part of erasing an applicant: the caller holds the applications' locks.
pub(crate) async fn erase(transaction: &Transaction, applications: &[ApplicationId]) -> Result<(), LedgerError> {
    const PARTS: &str =
        "DELETE FROM attachment_part WHERE attachment_id IN (SELECT a.id FROM attachment a JOIN v ON a.application_id = v.application_id)";
    const FILES: &str = "DELETE FROM attachment WHERE application_id IN (SELECT v.application_id FROM v)";
    let rows = Rows::new([Column::Uuid("application_id")], applications.iter().map(|id| [id.uuid().into()]));
    for statement in [PARTS, FILES] {
        transaction.execute_raw(rows.statement(transaction.get_database_backend(), statement)).await?;
    }
    Ok(())
}

impl TryFrom<attachment::Model> for Attachment {
    type Error = LedgerError;

    fn try_from(row: attachment::Model) -> Result<Self, LedgerError> {
        let attachment::Model { id, application_id, role, file_name, media_type, size, sha256, created_at, message_id } = row;
        Ok(Self {
            id: id.into(),
            application: application_id.into(),
            role: role.parse().map_err(|error| LedgerError::unreadable("attachment", error))?,
            file_name,
            kind: media_type.parse().map_err(|error| LedgerError::unreadable("attachment", error))?,
            size: u64::try_from(size).map_err(|error| LedgerError::unreadable("attachment", error))?,
            sha256,
            created_at,
            message: message_id.map(MessageId::from),
        })
    }
}

#[cfg(test)]
mod tests {
    use hearback_testkit::{database::DatabaseKind, on_both_databases};

    use super::*;
    use crate::{
        ApiKeyKind, Idempotency, NewApiKey, Submission,
        opened::{open, submission},
    };

    fn file(role: AttachmentRole, length: usize) -> NewAttachment {
        let content: Vec<u8> = (0..length).map(|at| (at * 31 % 251) as u8).collect();
        NewAttachment { role, file_name: "Zoë \"CV\".pdf".to_owned(), kind: FileKind::Pdf, content: content.into(), sha256: [7; 32] }
    }

    async fn content(ledger: &Ledger, id: AttachmentId) -> Vec<u8> {
        let mut content = Vec::new();
        for number in 0.. {
            match ledger.attachment_part(id, number).await.unwrap() {
                Some(part) => content.extend(part),
                None => break,
            }
        }
        content
    }

    on_both_databases! {
        async fn files_are_on_record_with_their_application_and_come_back_as_they_were(kind: DatabaseKind) {
            let opened = open(kind).await;
            let job = opened.job().await;
            let files = vec![file(AttachmentRole::Resume, 3 * PART + 5), file(AttachmentRole::Other, 1), file(AttachmentRole::Other, PART)];
            // A first application, a repeat of it, and one of a stranger without files: each takes another way in.
            let with_files = |email: &str| Submission { attachments: files.clone(), ..submission(job, email) };
            let (one, repeat, other) = tokio::join!(
                opened.ledger.submit(with_files("ada@example.net")),
                opened.ledger.submit(with_files("ada@example.net")),
                opened.ledger.submit(submission(job, "bob@example.net")),
            );
            for submitted in [one.unwrap(), repeat.unwrap()] {
                let kept = opened.ledger.attachments(submitted.application).await.unwrap();
                assert_eq!(kept.iter().map(|file| file.role).collect::<Vec<_>>(), files.iter().map(|file| file.role).collect::<Vec<_>>());
                for (kept, given) in kept.iter().zip(&files) {
                    assert_eq!((kept.file_name.as_str(), kept.kind, kept.size), (given.file_name.as_str(), given.kind, given.content.len() as u64));
                    assert_eq!(opened.ledger.attachment(kept.id).await.unwrap().as_ref(), Some(kept));
                    assert!(content(&opened.ledger, kept.id).await == *given.content);
                }
            }
            assert_eq!(opened.ledger.attachments(other.unwrap().application).await.unwrap(), []);
        }

        async fn a_repeated_request_keeps_its_files_once(kind: DatabaseKind) {
            let opened = open(kind).await;
            let job = opened.job().await;
            let new = NewApiKey { kind: ApiKeyKind::Publishable, is_test: false, board: None, name: "test".to_owned() };
            let (key, _) = opened.ledger.create_api_key(new).await.unwrap();
            let idempotency = Some(Idempotency { api_key: key, key: "k".to_owned(), fingerprint: [1; 32] });
            let given = Submission { attachments: vec![file(AttachmentRole::Resume, 10)], idempotency, ..submission(job, "ada@example.net") };
            let first = opened.ledger.submit(given.clone()).await.unwrap();
            let again = opened.ledger.submit(given).await.unwrap();
            assert_eq!((again.application, again.replayed), (first.application, true));
            assert_eq!(opened.ledger.attachments(first.application).await.unwrap().len(), 1);
        }

        async fn erasing_takes_the_files_of_these_applications_and_no_others(kind: DatabaseKind) {
            let opened = open(kind).await;
            let job = opened.job().await;
            let mut ids = Vec::new();
            for email in ["ada@example.net", "bob@example.net"] {
                let given = Submission { attachments: vec![file(AttachmentRole::Resume, PART + 1)], ..submission(job, email) };
                ids.push(opened.ledger.submit(given).await.unwrap().application);
            }
            let file = opened.ledger.attachments(ids[0]).await.unwrap()[0].id;
            let transaction = opened.ledger.database().begin().await.unwrap();
            erase(&transaction, &ids[..1]).await.unwrap();
            transaction.commit().await.unwrap();
            assert_eq!(opened.ledger.attachments(ids[0]).await.unwrap(), []);
            assert_eq!(opened.ledger.attachment_part(file, 0).await.unwrap(), None);
            assert_eq!(opened.ledger.attachments(ids[1]).await.unwrap().len(), 1);
        }
    }
}
