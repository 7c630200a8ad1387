use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub job_id: Uuid,
    pub candidate_id: Uuid,
    pub name: String,
    pub email: String,
    pub locale: String,
    pub time_zone: String,
    pub is_test: bool,
    pub received_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub stage: String,
    pub status: String,
    pub shown_stage: String,
    pub shown_status: String,
    pub rejection_reason: Option<String>,
    pub internal_note: Option<String>,
    pub exemption: Option<String>,
    pub carried_by: Option<Uuid>,
    pub next_word_kind: Option<String>,
    pub next_word_by: Option<DateTime<Utc>>,
    pub next_word_at: Option<DateTime<Utc>>,
    pub told_at: Option<DateTime<Utc>>,
    pub promised_by: Option<DateTime<Utc>>,
    pub decide_from: Option<DateTime<Utc>>,
    pub decide_by: Option<DateTime<Utc>>,
    pub decide_alert_at: Option<DateTime<Utc>>,
    pub decide_rung: Option<String>,
    pub last_interview_at: Option<DateTime<Utc>>,
    pub decision_told_at: Option<DateTime<Utc>>,
    pub told_otherwise: Option<String>,
    pub answer_since: Option<DateTime<Utc>>,
    pub answer_by: Option<DateTime<Utc>>,
    pub answer_alarmed_at: Option<DateTime<Utc>>,
    pub link_generation: i32,
    pub external_id: Option<String>,
    pub erased_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
