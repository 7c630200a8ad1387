//! Who may call, and what a key says about its caller.

mod ended;
mod known;
mod manage;
mod text;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    ids::{ApiKeyId, BoardId},
    origin::Origin,
    scope::Scopes,
};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Statement};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use self::manage::{ApiKey, RotateError};
use self::text::KeyText;
pub(crate) use self::{ended::ended, known::KnownCallers};
use crate::{CreateError, Ledger, LedgerError, entity::api_key};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyKind {
    /// `pk_…`: submits applications and nothing else, so it may stand in a page that everybody can read.
    Publishable,
    /// `sk_…`: as much as its scopes allow; stays on servers.
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

/// What a key may be used for, beside what its kind says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLimits {
    /// A secret key's; a publishable one submits applications, whatever stands here.
    pub scopes: Scopes,
    /// Where pages may use a publishable key from; none is everywhere.
    pub origins: Vec<Origin>,
}

impl KeyLimits {
    /// Everything that the kind allows, from everywhere.
    pub fn none() -> Self {
        Self { scopes: Scopes::all(), origins: Vec::new() }
    }
}

/// Whoever called with a key that is valid now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub key: ApiKeyId,
    pub kind: ApiKeyKind,
    pub is_test: bool,
    pub board: Option<BoardId>,
    pub scopes: Scopes,
    /// Where a page that uses it may come from; none is everywhere.
    pub origins: Arc<[Origin]>,
}

impl Caller {
    /// A page of an origin that is not on the key's list does not use it. Programs, which have no origin, are not asked.
    pub fn may_come_from(&self, origin: &str) -> bool {
        self.origins.is_empty() || origin.parse::<Origin>().is_ok_and(|origin| self.origins.contains(&origin))
    }
}

impl Ledger {
    /// Makes a key that may do all that its kind allows, and returns its text.
    pub async fn create_api_key(&self, new: NewApiKey) -> Result<(ApiKeyId, String), CreateError> {
        self.create_limited_key(new, KeyLimits::none()).await
    }

    /// Makes a key and returns its text, which is kept nowhere: only a hash of its secret is.
    pub async fn create_limited_key(&self, new: NewApiKey, limits: KeyLimits) -> Result<(ApiKeyId, String), CreateError> {
        let (row, text) = self.new_key(new, limits, None);
        let id = row.id.into();
        let transaction = self.database().begin().await?;
        row.into_active_model().insert(&transaction).await.map_err(CreateError::of)?;
        transaction.commit().await.map_err(LedgerError::from)?;
        self.callers().forget();
        Ok((id, text))
    }

    fn new_key(&self, new: NewApiKey, limits: KeyLimits, replaces: Option<ApiKeyId>) -> (api_key::Model, String) {
        let NewApiKey { kind, is_test, board, name } = new;
        let KeyLimits { scopes, origins } = limits;
        let id: ApiKeyId = self.ids().next();
        let key = KeyText { kind, is_test, id, secret: self.random().bytes() };
        let origins: Vec<&str> = origins.iter().map(Origin::as_str).collect();
        let row = api_key::Model {
            id: id.uuid(),
            kind: kind.as_str().to_owned(),
            is_test,
            board_id: board.map(BoardId::uuid),
            name,
            secret_hash: hash(&key.secret),
            created_at: self.clock().now(),
            revoked_at: None,
            scopes: Some(scopes.to_string()),
            origins: Some(origins.join(" ")),
            last_used_at: None,
            expires_at: None,
            replaces: replaces.map(ApiKeyId::uuid),
        };
        (row, key.to_string())
    }

    /// Who calls with this text; nobody if it is no key, not one of ours, altered, revoked, or replaced and past its time.
    pub async fn caller(&self, text: &str) -> Result<Option<Caller>, LedgerError> {
        let Some(given) = KeyText::read(text) else { return Ok(None) };
        let Some(row) = api_key::Entity::find_by_id(given.id.uuid()).one(self.database().reader()).await? else { return Ok(None) };
        let now = self.clock().now();
        // In constant time, so that the answer's delay says nothing about how much of a guess was right.
        let right: bool = hash(&given.secret).ct_eq(&row.secret_hash).into();
        let key = ApiKey::try_from(row)?;
        // The words in front of the id are not secret, but a key that says `test` must not act for real.
        let holds = right && key.works_at(now) && given.kind == key.kind && given.is_test == key.is_test;
        if !holds {
            return Ok(None);
        }
        self.note_use(&key, now);
        let ApiKey { id, kind, is_test, board, limits: KeyLimits { scopes, origins }, .. } = key;
        Ok(Some(Caller { key: id, kind, is_test, board, scopes, origins: origins.into() }))
    }

    /// The same for whoever submits an application, from memory if it was looked up within the last second: whether the key still works is
    /// looked at once more where the application is written.
    pub async fn submitting_caller(&self, text: &str) -> Result<Option<Caller>, LedgerError> {
        if let Some(caller) = self.callers().recall(text) {
            return Ok(Some(caller));
        }
        let caller = self.caller(text).await?;
        if let Some(caller) = &caller {
            self.callers().remember(text, caller.clone());
        }
        Ok(caller)
    }

    /// At most once a minute, beside the request and never in its way: an old date is a small loss, a request that waits is not.
    fn note_use(&self, key: &ApiKey, now: DateTime<Utc>) {
        const EVERY: TimeDelta = TimeDelta::minutes(1);
        const UPDATE: &str = "UPDATE api_key SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)";
        if key.last_used_at.is_some_and(|last| now - last < EVERY) || !self.callers().notes_use_of(key.id, now, EVERY) {
            return;
        }
        let (database, id) = (self.database().clone(), key.id);
        tokio::spawn(async move {
            let statement = Statement::from_sql_and_values(database.backend(), UPDATE, [now.into(), id.uuid().into()]);
            if let Err(error) = database.writer().execute_raw(statement).await {
                tracing::debug!(key = %id, %error, "the use of a key is not noted");
            }
        });
    }
}

/// A plain hash is enough: the secret is 160 random bits, not a password that could be guessed.
fn hash(secret: &[u8; 20]) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

#[cfg(test)]
mod tests;
