//! Careers pages.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{EmailAddress, ids::BoardId, locale::Locale};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType,
};

use crate::{
    CreateError, Ledger, LedgerError, Page,
    entity::board,
    rows::{Column, Rows},
};

/// A careers page, as it was put on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    pub id: BoardId,
    pub details: BoardDetails,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardDetails {
    /// The caller's own id for it; unique in this ledger.
    pub external_id: Option<String>,
    /// The organisation as applicants know it.
    pub organisation: String,
    pub sender: EmailAddress,
    pub sender_name: String,
    /// Reaches a person (P7).
    pub reply_to: EmailAddress,
    pub locale: Locale,
    /// Where applicants live, as long as neither they nor the job say otherwise.
    pub time_zone: Tz,
}

const UPDATE: &str = "UPDATE board SET external_id = v.external_id, organisation = v.organisation, sender_address = v.sender_address,
    sender_name = v.sender_name, reply_to = v.reply_to, locale = v.locale, time_zone = v.time_zone, updated_at = v.at,
    version = board.version + 1 FROM v WHERE board.id = v.id";

impl Ledger {
    pub async fn create_board(&self, details: BoardDetails) -> Result<Board, CreateError> {
        let now = self.clock().now();
        let board = Board { id: self.ids().next(), details, created_at: now, updated_at: now };
        let row = board::Model::from(board.clone()).into_active_model();
        let transaction = self.database().begin().await?;
        row.insert(&transaction).await.map_err(CreateError::of)?;
        transaction.commit().await.map_err(LedgerError::from)?;
        Ok(board)
    }

    pub async fn board(&self, id: BoardId) -> Result<Option<Board>, LedgerError> {
        board::Entity::find_by_id(id.uuid()).one(self.database().reader()).await?.map(Board::try_from).transpose()
    }

    pub async fn board_by_external_id(&self, external_id: &str) -> Result<Option<Board>, LedgerError> {
        let found = board::Entity::find().filter(board::Column::ExternalId.eq(external_id)).one(self.database().reader()).await?;
        found.map(Board::try_from).transpose()
    }

    /// From now on it is like this; `None` if there is no such board. What is owed already is sent with the new face.
    pub async fn set_board(&self, id: BoardId, details: &BoardDetails) -> Result<Option<Board>, CreateError> {
        let transaction = self.database().begin().await?;
        let found = board::Entity::find_by_id(id.uuid()).lock(LockType::NoKeyUpdate).one(&transaction).await.map_err(LedgerError::from)?;
        let Some(board) = found.map(Board::try_from).transpose()? else { return Ok(None) };
        if board.details == *details {
            return Ok(Some(board));
        }
        let board = Board { details: details.clone(), updated_at: self.clock().now(), ..board };
        let BoardDetails { external_id, organisation, sender, sender_name, reply_to, locale, time_zone } = details.clone();
        let columns = [
            Column::Uuid("id"),
            Column::Text("external_id"),
            Column::Text("organisation"),
            Column::Text("sender_address"),
            Column::Text("sender_name"),
            Column::Text("reply_to"),
            Column::Text("locale"),
            Column::Text("time_zone"),
            Column::Time("at"),
        ];
        let row = [
            id.uuid().into(),
            external_id.into(),
            organisation.into(),
            sender.to_string().into(),
            sender_name.into(),
            reply_to.to_string().into(),
            locale.to_string().into(),
            time_zone.name().to_owned().into(),
            board.updated_at.into(),
        ];
        let statement = Rows::new(columns, [row]).statement(self.database().backend(), UPDATE);
        transaction.execute_raw(statement).await.map_err(CreateError::of)?;
        transaction.commit().await.map_err(LedgerError::from)?;
        Ok(Some(board))
    }

    pub async fn boards(&self, page: Page<BoardId>) -> Result<Vec<Board>, LedgerError> {
        let mut query = board::Entity::find();
        if let Some(after) = page.after {
            query = query.filter(board::Column::Id.gt(after.uuid()));
        }
        let rows = query.order_by_asc(board::Column::Id).limit(page.limit).all(self.database().reader()).await?;
        rows.into_iter().map(Board::try_from).collect()
    }
}

impl From<Board> for board::Model {
    fn from(board: Board) -> Self {
        let Board { id, details, created_at, updated_at } = board;
        let BoardDetails { external_id, organisation, sender, sender_name, reply_to, locale, time_zone } = details;
        Self {
            id: id.uuid(),
            external_id,
            organisation,
            sender_address: sender.to_string(),
            sender_name,
            reply_to: reply_to.to_string(),
            locale: locale.to_string(),
            time_zone: time_zone.name().to_owned(),
            created_at,
            updated_at,
        }
    }
}

impl TryFrom<board::Model> for Board {
    type Error = LedgerError;

    fn try_from(row: board::Model) -> Result<Self, LedgerError> {
        let board::Model {
            id,
            external_id,
            organisation,
            sender_address,
            sender_name,
            reply_to,
            locale,
            time_zone,
            created_at,
            updated_at,
        } = row;
        let details = BoardDetails {
            external_id,
            organisation,
            sender: sender_address.parse().map_err(|error| LedgerError::unreadable("board", error))?,
            sender_name,
            reply_to: reply_to.parse().map_err(|error| LedgerError::unreadable("board", error))?,
            locale: locale.parse().map_err(|error| LedgerError::unreadable("board", error))?,
            time_zone: time_zone.parse().map_err(|error| LedgerError::unreadable("board", error))?,
        };
        Ok(Self { id: id.into(), details, created_at, updated_at })
    }
}

#[cfg(test)]
mod tests;
