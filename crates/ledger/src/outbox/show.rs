//! Everything on record about one message.

use hearback_domain::ids::NotificationId;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use super::{
    OutboxItem,
    item::{ItemRow, select_items},
};
use crate::{Event, Ledger, LedgerError, Notification};

/// A message with its tries, and with what people did to it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRecord {
    pub item: OutboxItem,
    /// As the application's history tells it.
    pub notification: Notification,
    /// The events that owe it or speak of it, oldest first.
    pub events: Vec<Event>,
}

impl Ledger {
    pub async fn outbox_record(&self, id: NotificationId) -> Result<Option<OutboxRecord>, LedgerError> {
        let Some(item) = self.outbox_item(id).await? else { return Ok(None) };
        let notification = self.notifications(item.application).await?.into_iter().find(|notification| notification.id == id);
        let Some(notification) = notification else { return Ok(None) };
        let mut events = self.events(item.application).await?;
        events.retain(|event| event.owes == Some(id) || speaks_of(event, &id.to_string()));
        Ok(Some(OutboxRecord { item, notification, events }))
    }

    /// One message as a list shows it.
    pub async fn outbox_item(&self, id: NotificationId) -> Result<Option<OutboxItem>, LedgerError> {
        let database = self.database();
        let statement = select_items("SELECT id FROM notification WHERE id = $1");
        let row =
            database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), statement, [id.uuid().into()])).await?;
        row.map(|row| OutboxItem::try_from(ItemRow::from_query_result(&row, "")?)).transpose()
    }
}

/// As `act` and `change::write` put it on record.
fn speaks_of(event: &Event, id: &str) -> bool {
    let cancelled = event.data["cancelled"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == id));
    cancelled || event.data["retried"] == id || event.data["released"] == id
}
