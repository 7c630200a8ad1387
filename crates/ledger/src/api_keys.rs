//! Who may call, and what a key says about its caller.

mod known;
mod text;

use hearback_domain::ids::{ApiKeyId, BoardId};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(crate) use self::known::KnownCallers;
use self::text::KeyText;
use crate::{CreateError, Ledger, LedgerError, entity::api_key};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyKind {
    /// `pk_…`: submits applications and nothing else, so it may stand in a page that everybody can read.
    Publishable,
    /// `sk_…`: everything; stays on servers.
    Secret,
}

impl ApiKeyKind {
    pub const ALL: &'static [Self] = &[Self::Publishable, Self::Secret];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publishable => "publishable",
            Self::Secret => "secret",
        }
    }
}

/// What a key to be made should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    pub kind: ApiKeyKind,
    /// What it submits goes to the capture transport, whatever the transport is.
    pub is_test: bool,
    /// The one board that it is for; without, all.
    pub board: Option<BoardId>,
    /// For people who look at the list of keys.
    pub name: String,
}

/// Whoever called with a key that is valid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub key: ApiKeyId,
    pub kind: ApiKeyKind,
    pub is_test: bool,
    pub board: Option<BoardId>,
}

impl Ledger {
    /// Makes a key and returns its text, which is kept nowhere: only a hash of its secret is.
    pub async fn create_api_key(&self, new: NewApiKey) -> Result<(ApiKeyId, String), CreateError> {
        let NewApiKey { kind, is_test, board, name } = new;
        let id: ApiKeyId = self.ids().next();
        let key = KeyText { kind, is_test, id, secret: self.random().bytes() };
        let row = api_key::Model {
            id: id.uuid(),
            kind: kind.as_str().to_owned(),
            is_test,
            board_id: board.map(BoardId::uuid),
            name,
            secret_hash: hash(&key.secret),
            created_at: self.clock().now(),
            revoked_at: None,
        };
        row.into_active_model().insert(self.database().writer()).await.map_err(CreateError::of)?;
        Ok((id, key.to_string()))
    }

    /// Who calls with this text; nobody if it is no key, not one of ours, altered, or revoked. A key that was revoked by another process may
    /// be taken for a second more.
    pub async fn caller(&self, text: &str) -> Result<Option<Caller>, LedgerError> {
        if let Some(caller) = self.callers().recall(text) {
            return Ok(Some(caller));
        }
        let caller = self.look_up_caller(text).await?;
        if let Some(caller) = caller {
            self.callers().remember(text, caller);
        }
        Ok(caller)
    }

    async fn look_up_caller(&self, text: &str) -> Result<Option<Caller>, LedgerError> {
        let Some(given) = KeyText::read(text) else { return Ok(None) };
        let Some(row) = api_key::Entity::find_by_id(given.id.uuid()).one(self.database().reader()).await? else { return Ok(None) };
        let api_key::Model { id, kind, is_test, board_id, name: _, secret_hash, created_at: _, revoked_at } = row;
        let known = ApiKeyKind::ALL.iter().copied().find(|known| known.as_str() == kind);
        let kind = known.ok_or_else(|| LedgerError::unreadable("api_key", format!("unknown kind `{kind}`")))?;
        let caller = Caller { key: id.into(), kind, is_test, board: board_id.map(BoardId::from) };
        // In constant time, so that the answer's delay says nothing about how much of a guess was right.
        let right: bool = hash(&given.secret).ct_eq(&secret_hash).into();
        // The words in front of the id are not secret, but a key that says `test` must not act for real.
        Ok((right && revoked_at.is_none() && given.kind == kind && given.is_test == is_test).then_some(caller))
    }

    /// For good; at once in this process, within a second in others. Whether there was such a key that still worked.
    pub async fn revoke_api_key(&self, id: ApiKeyId) -> Result<bool, LedgerError> {
        let revoked = api_key::Entity::update_many()
            .col_expr(api_key::Column::RevokedAt, Expr::value(self.clock().now()))
            .filter(api_key::Column::Id.eq(id.uuid()))
            .filter(api_key::Column::RevokedAt.is_null())
            .exec(self.database().writer())
            .await?;
        self.callers().forget();
        Ok(revoked.rows_affected > 0)
    }
}

/// A plain hash is enough: the secret is 160 random bits, not a password that could be guessed.
fn hash(secret: &[u8; 20]) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

#[cfg(test)]
mod tests;
