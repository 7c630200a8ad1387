//! Where webhooks are sent.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    ids::{BoardId, WebhookEndpointId},
    webhook::{EndpointUrl, WebhookSecret, WebhookType},
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement, Value};
use uuid::Uuid;

use super::derive::CURSORS;
use crate::{
    Ledger, LedgerError, Page,
    rows::{Cell, Column, Rows},
};

/// For how long what is sent is signed with the secret before as well.
const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// An endpoint to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEndpoint {
    /// The one board whose events it gets; without, all.
    pub board: Option<BoardId>,
    /// Gets the events of applications that came in by test keys, and no others.
    pub is_test: bool,
    pub details: EndpointDetails,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointDetails {
    pub url: EndpointUrl,
    /// Empty for all.
    pub types: Vec<WebhookType>,
    pub is_enabled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    pub id: WebhookEndpointId,
    pub board: Option<BoardId>,
    pub is_test: bool,
    pub details: EndpointDetails,
    /// Why it was switched off, if nobody did it.
    pub disabled_for: Option<String>,
    /// Until when the secret before the present one signs as well.
    pub old_secret_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    board_id: Option<Uuid>,
    is_test: bool,
    url: String,
    types: String,
    is_enabled: bool,
    disabled_for: Option<String>,
    old_secret_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

const COLUMNS: &str = "id, board_id, is_test, url, types, is_enabled, disabled_for, old_secret_until, created_at, updated_at";

impl Ledger {
    /// Returns its secret, which is shown to nobody again. It gets what happens from now on.
    pub async fn create_webhook_endpoint(&self, new: NewEndpoint) -> Result<(WebhookEndpoint, WebhookSecret), LedgerError> {
        const INSERT: &str = "INSERT INTO webhook_endpoint (id, board_id, is_test, url, types, secret, is_enabled, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
        const BEGIN: &str =
            "INSERT INTO webhook_cursor (endpoint_id, source, look, seen_at, seen_id) SELECT endpoint, source, look, at, id FROM v";
        let NewEndpoint { board, is_test, details } = new;
        let (id, now) = (self.ids().next::<WebhookEndpointId>(), self.now());
        let secret = WebhookSecret::new(self.random().bytes());
        let values: [Value; 8] = [
            id.uuid().into(),
            board.map(BoardId::uuid).into(),
            is_test.into(),
            details.url.to_string().into(),
            words(&details.types).into(),
            secret.bytes().to_vec().into(),
            details.is_enabled.into(),
            now.into(),
        ];
        let transaction = self.database().begin().await?;
        let backend = self.database().backend();
        transaction.execute_raw(Statement::from_sql_and_values(backend, INSERT, values)).await?;
        let columns = [Column::Uuid("endpoint"), Column::Text("source"), Column::Text("look"), Column::Time("at"), Column::Uuid("id")];
        let cursors = CURSORS.map(|cursor| {
            let [source, look] = [cursor.source.as_str(), cursor.look].map(|word| Cell::Text(word.to_owned()));
            let (at, behind) = cursor.source.begin(now);
            [id.uuid().into(), source, look, at.into(), behind.into()]
        });
        transaction.execute_raw(Rows::new(columns, cursors).statement(backend, BEGIN)).await?;
        transaction.commit().await?;
        let endpoint =
            WebhookEndpoint { id, board, is_test, details, disabled_for: None, old_secret_until: None, created_at: now, updated_at: now };
        Ok((endpoint, secret))
    }

    /// Those of a board, or all; for test keys, or the others. Oldest first.
    pub async fn webhook_endpoints(
        &self,
        board: Option<BoardId>,
        is_test: bool,
        page: Page<WebhookEndpointId>,
    ) -> Result<Vec<WebhookEndpoint>, LedgerError> {
        let after = page.after.map_or(Uuid::nil(), WebhookEndpointId::uuid);
        let mut values: Vec<Value> = vec![after.into(), is_test.into(), i64::try_from(page.limit).unwrap_or(i64::MAX).into()];
        let of_board = match board {
            None => "",
            Some(board) => {
                values.push(board.uuid().into());
                "AND board_id = $4"
            }
        };
        let select = format!(
            "SELECT {COLUMNS} FROM webhook_endpoint WHERE id > $1 AND is_test = $2 {of_board} AND deleted_at IS NULL ORDER BY id LIMIT $3"
        );
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), select, values)).await?;
        rows.iter().map(read).collect()
    }

    pub async fn webhook_endpoint(&self, id: WebhookEndpointId) -> Result<Option<WebhookEndpoint>, LedgerError> {
        let select = format!("SELECT {COLUMNS} FROM webhook_endpoint WHERE id = $1 AND deleted_at IS NULL");
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), select, [id.uuid().into()])).await?;
        row.as_ref().map(read).transpose()
    }

    /// What waits for it while it is switched off is sent once it is switched on again. `None` if there is no such endpoint.
    pub async fn set_webhook_endpoint(
        &self,
        id: WebhookEndpointId,
        details: &EndpointDetails,
    ) -> Result<Option<WebhookEndpoint>, LedgerError> {
        const UPDATE: &str = "UPDATE webhook_endpoint SET url = $2, types = $3, is_enabled = $4, updated_at = $5, disabled_for = NULL,
            version = version + 1
            WHERE id = $1 AND deleted_at IS NULL";
        let EndpointDetails { url, types, is_enabled } = details;
        let values = [id.uuid().into(), url.to_string().into(), words(types).into(), (*is_enabled).into(), self.now().into()];
        self.change_webhook_endpoint(UPDATE, values).await?;
        self.webhook_endpoint(id).await
    }

    /// Whether there was such an endpoint. Its deliveries are neither sent nor shown any more.
    pub async fn delete_webhook_endpoint(&self, id: WebhookEndpointId) -> Result<bool, LedgerError> {
        const UPDATE: &str = "UPDATE webhook_endpoint SET deleted_at = $2, is_enabled = false, updated_at = $2, version = version + 1
            WHERE id = $1 AND deleted_at IS NULL";
        self.change_webhook_endpoint(UPDATE, [id.uuid().into(), self.now().into()]).await
    }

    /// A new secret; the one before signs as well for a day. `None` if there is no such endpoint.
    pub async fn rotate_webhook_secret(&self, id: WebhookEndpointId) -> Result<Option<WebhookSecret>, LedgerError> {
        const UPDATE: &str =
            "UPDATE webhook_endpoint SET old_secret = secret, old_secret_until = $2, secret = $3, updated_at = $4, version = version + 1
            WHERE id = $1 AND deleted_at IS NULL";
        let secret = WebhookSecret::new(self.random().bytes());
        let now = self.now();
        let values = [id.uuid().into(), (now + OVERLAP).into(), secret.bytes().to_vec().into(), now.into()];
        Ok(self.change_webhook_endpoint(UPDATE, values).await?.then_some(secret))
    }

    async fn change_webhook_endpoint<const N: usize>(&self, update: &str, values: [Value; N]) -> Result<bool, LedgerError> {
        let database = self.database();
        let transaction = database.begin().await?;
        let done = transaction.execute_raw(Statement::from_sql_and_values(database.backend(), update, values)).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

fn words(types: &[WebhookType]) -> String {
    types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
}

/// Those that this release knows.
pub(super) fn types(words: &str) -> Vec<WebhookType> {
    words.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// Whether it is let out is judged again when it is sent to.
pub(super) fn url(text: &str) -> Result<EndpointUrl, LedgerError> {
    EndpointUrl::parse(text, true).map_err(|error| LedgerError::unreadable("webhook_endpoint", error))
}

fn read(row: &QueryResult) -> Result<WebhookEndpoint, LedgerError> {
    let Row { id, board_id, is_test, url: text, types: words, is_enabled, disabled_for, old_secret_until, created_at, updated_at } =
        Row::from_query_result(row, "")?;
    let details = EndpointDetails { url: url(&text)?, types: types(&words), is_enabled };
    let board = board_id.map(BoardId::from);
    Ok(WebhookEndpoint { id: id.into(), board, is_test, details, disabled_for, old_secret_until, created_at, updated_at })
}
