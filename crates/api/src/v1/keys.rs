//! Keys: who may call, and for what.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod rotate;
pub(crate) mod show;

use chrono::{DateTime, Utc};
use hearback_ledger::{ApiKey, KeyLimits};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema;

/// A key, without its secret: that is shown once, to whoever made it, and kept nowhere.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct Key {
    #[schema(value_type = schema::ApiKeyId)]
    id: String,
    #[schema(value_type = schema::ApiKeyKind)]
    kind: &'static str,
    /// What it submits is for trying out: mail goes to the capture transport.
    is_test: bool,
    /// The one board that it is for; `null` for all.
    #[schema(required, value_type = Option<schema::BoardId>)]
    board_id: Option<String>,
    /// What it is for.
    name: String,
    /// What a secret key may be used for; empty for a publishable one, which submits applications and nothing else.
    #[schema(value_type = Vec<schema::Scope>)]
    scopes: Vec<&'static str>,
    /// Where pages may use a publishable key from; empty for everywhere.
    origins: Vec<String>,
    created_at: DateTime<Utc>,
    /// To the minute.
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
    /// It was replaced, and works until then.
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    /// The key that it follows.
    #[schema(required, value_type = Option<schema::ApiKeyId>)]
    replaces: Option<String>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeKey {
    key: Key,
    /// The key itself. It is shown this once: keep it where secrets are kept.
    secret: String,
}

impl From<ApiKey> for Key {
    fn from(key: ApiKey) -> Self {
        let ApiKey { id, kind, is_test, board, name, limits, created_at, last_used_at, expires_at, revoked_at, replaces } = key;
        let KeyLimits { scopes, origins } = limits;
        Self {
            id: id.to_string(),
            kind: kind.as_str(),
            is_test,
            board_id: board.map(|board| board.to_string()),
            name,
            scopes: match kind {
                hearback_ledger::ApiKeyKind::Secret => scopes.words().map(hearback_domain::scope::Scope::as_str).collect(),
                hearback_ledger::ApiKeyKind::Publishable => Vec::new(),
            },
            origins: origins.iter().map(ToString::to_string).collect(),
            created_at,
            last_used_at,
            expires_at,
            revoked_at,
            replaces: replaces.map(|key| key.to_string()),
        }
    }
}
