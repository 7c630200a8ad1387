//! Keys as administrators see them: which there are, and how one ends or is followed by another.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    ids::{ApiKeyId, BoardId},
    origin::Origin,
    scope::Scopes,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{ApiKeyKind, KeyLimits, NewApiKey};
use crate::{Ledger, LedgerError, Page, entity::api_key};

/// A key, without its secret, which nobody has but its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub kind: ApiKeyKind,
    pub is_test: bool,
    pub board: Option<BoardId>,
    pub name: String,
    pub limits: KeyLimits,
    pub created_at: DateTime<Utc>,
    /// Within a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// It was replaced, and works until then.
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key that it follows.
    pub replaces: Option<ApiKeyId>,
}

#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    #[error("there is no such key, or it does not work any more")]
    NoSuchKey,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ApiKey {
    pub fn works_at(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

impl Ledger {
    pub async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, LedgerError> {
        api_key::Entity::find_by_id(id.uuid()).one(self.database().reader()).await?.map(ApiKey::try_from).transpose()
    }

    /// In the order in which they were made; `board` and `is_test` narrow the list.
    pub async fn api_keys(&self, board: Option<BoardId>, is_test: Option<bool>, page: Page<ApiKeyId>) -> Result<Vec<ApiKey>, LedgerError> {
        let mut query = api_key::Entity::find();
        if let Some(board) = board {
            query = query.filter(api_key::Column::BoardId.eq(board.uuid()));
        }
        if let Some(is_test) = is_test {
            query = query.filter(api_key::Column::IsTest.eq(is_test));
        }
        if let Some(after) = page.after {
            query = query.filter(api_key::Column::Id.gt(after.uuid()));
        }
        let rows = query.order_by_asc(api_key::Column::Id).limit(page.limit).all(self.database().reader()).await?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    /// For good, and at once in every process. Whether there was such a key that was not revoked yet.
    pub async fn revoke_api_key(&self, id: ApiKeyId) -> Result<bool, LedgerError> {
        let transaction = self.database().begin().await?;
        let revoked = api_key::Entity::update_many()
            .col_expr(api_key::Column::RevokedAt, Expr::value(self.clock().now()))
            .filter(api_key::Column::Id.eq(id.uuid()))
            .filter(api_key::Column::RevokedAt.is_null())
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        self.callers().forget();
        Ok(revoked.rows_affected > 0)
    }

    /// Makes a key like this one, which goes on working for a while, so that whoever uses it can change over.
    pub async fn rotate_api_key(&self, id: ApiKeyId, overlap: TimeDelta) -> Result<(ApiKey, String), RotateError> {
        let now = self.clock().now();
        let end = now + overlap;
        let transaction = self.database().begin().await?;
        let row = api_key::Entity::find_by_id(id.uuid()).one(&transaction).await.map_err(LedgerError::from)?;
        let old = row.map(ApiKey::try_from).transpose()?.filter(|old| old.works_at(now)).ok_or(RotateError::NoSuchKey)?;
        let ApiKey { kind, is_test, board, name, limits, .. } = old;
        let (row, text) = self.new_key(NewApiKey { kind, is_test, board, name }, limits, Some(id));
        let new = row.into_active_model().insert(&transaction).await.map_err(LedgerError::from)?;
        // A rotation never gives a key more time than it had, and never a revoked one any.
        api_key::Entity::update_many()
            .col_expr(api_key::Column::ExpiresAt, Expr::value(end))
            .filter(api_key::Column::Id.eq(id.uuid()))
            .filter(Condition::any().add(api_key::Column::ExpiresAt.is_null()).add(api_key::Column::ExpiresAt.gt(end)))
            .exec(&transaction)
            .await
            .map_err(LedgerError::from)?;
        transaction.commit().await.map_err(LedgerError::from)?;
        self.callers().forget();
        Ok((ApiKey::try_from(new)?, text))
    }

    /// Whether any key in use lets pages of this origin apply. A browser asks before it sends the key (a preflight, Fetch standard).
    pub async fn some_key_allows(&self, origin: &Origin) -> Result<bool, LedgerError> {
        if let Some(known) = self.callers().recall_origin(origin) {
            return Ok(known);
        }
        /// Far more publishable keys than an organisation has.
        const MOST: u64 = 1_000;
        let now = self.clock().now();
        let query = api_key::Entity::find().filter(api_key::Column::Kind.eq(ApiKeyKind::Publishable.as_str()));
        let working = query.filter(api_key::Column::RevokedAt.is_null()).order_by_desc(api_key::Column::Id).limit(MOST);
        let mut allowed = false;
        for row in working.all(self.database().reader()).await? {
            let key = ApiKey::try_from(row)?;
            allowed |= key.works_at(now) && (key.limits.origins.is_empty() || key.limits.origins.contains(origin));
        }
        self.callers().remember_origin(origin, allowed);
        Ok(allowed)
    }
}

impl TryFrom<api_key::Model> for ApiKey {
    type Error = LedgerError;

    fn try_from(row: api_key::Model) -> Result<Self, LedgerError> {
        let api_key::Model {
            id,
            kind,
            is_test,
            board_id,
            name,
            secret_hash: _,
            created_at,
            revoked_at,
            scopes,
            origins,
            last_used_at,
            expires_at,
            replaces,
        } = row;
        let known = ApiKeyKind::ALL.iter().copied().find(|known| known.as_str() == kind);
        let kind = known.ok_or_else(|| LedgerError::unreadable("api_key", format!("unknown kind `{kind}`")))?;
        // A key of a release without scopes may do what all could do then.
        let scopes = scopes.map_or_else(|| Ok(Scopes::all()), |scopes| scopes.parse());
        let scopes = scopes.map_err(|error| LedgerError::unreadable("api_key", error))?;
        let origins = origins.unwrap_or_default();
        let origins = origins.split(' ').filter(|origin| !origin.is_empty()).map(str::parse).collect::<Result<Vec<Origin>, _>>();
        let origins = origins.map_err(|error| LedgerError::unreadable("api_key", error))?;
        let limits = KeyLimits { scopes, origins };
        let (board, replaces) = (board_id.map(BoardId::from), replaces.map(ApiKeyId::from));
        Ok(Self { id: id.into(), kind, is_test, board, name, limits, created_at, last_used_at, expires_at, revoked_at, replaces })
    }
}
