#![expect(unreachable_pub, reason = "the types that SeaORM derives beside these are public")]

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub application_id: Uuid,
    pub kind: String,
    pub state: String,
    pub lane: i32,
    pub wake_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub send_after: DateTime<Utc>,
    pub claim_token: Option<Uuid>,
    pub tries: i32,
    pub maybe_sent: bool,
    pub cancel_requested: bool,
    pub stage: Option<String>,
    pub words: Option<String>,
    pub promised_by: Option<DateTime<Utc>>,
    pub hold_reason: Option<String>,
    pub cancel_reason: Option<String>,
    pub cancel_words: Option<String>,
    pub settled_at: Option<DateTime<Utc>>,
    pub relay: Option<String>,
    pub reply: Option<String>,
    pub subject: Option<String>,
    pub text_part: Option<String>,
    pub template_version: Option<String>,
    pub sha256: Option<Vec<u8>>,
    pub raw: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
