//! What applicants were told, with the proof of it, a part of the applications at a time.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use hearback_domain::{
    evidence::Evidence,
    ids::{ApplicationId, JobId},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    policies::Overriding,
    rows::{Column, Rows},
};

/// Applications of one part. A message's text may be some kilobytes.
const PART: i64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceOf {
    Application(ApplicationId),
    Job(JobId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidencePart {
    /// In the order of applications, and of when they were told.
    pub evidence: Vec<Evidence>,
    /// Where the next part begins.
    pub next: Option<ApplicationId>,
}

#[derive(FromQueryResult)]
struct ApplicationRow {
    id: Uuid,
    job_id: Uuid,
    name: String,
    email: String,
    exemption: Option<String>,
    last_interview_at: Option<DateTime<Utc>>,
    board_policy: Option<String>,
    job_policy: Option<String>,
}

#[derive(FromQueryResult)]
struct MessageRow {
    id: Uuid,
    application_id: Uuid,
    kind: String,
    state: String,
    settled_at: Option<DateTime<Utc>>,
    due_at: DateTime<Utc>,
    relay: Option<String>,
    reply: Option<String>,
    subject: Option<String>,
    text_part: Option<String>,
    sha256: Option<Vec<u8>>,
    sent_to: Option<String>,
}

#[derive(FromQueryResult)]
struct ToldRow {
    application_id: Uuid,
    at: DateTime<Utc>,
    actor_kind: String,
    actor_id: String,
    on_behalf_of: Option<String>,
    data: String,
}

const MESSAGES: &str = "SELECT n.id, application_id, kind, state, settled_at, due_at, relay, reply, subject, text_part, sha256, sent_to
    FROM notification n WHERE application_id IN (SELECT v.id FROM v) AND state IN ('sent', 'bounced') ORDER BY n.id";

const TOLD: &str = "SELECT application_id, at, actor_kind, actor_id, on_behalf_of, data
    FROM event e WHERE application_id IN (SELECT v.id FROM v) AND kind = 'told_otherwise' ORDER BY e.id";

impl Ledger {
    pub async fn evidence(&self, of: EvidenceOf, after: Option<ApplicationId>) -> Result<EvidencePart, LedgerError> {
        let applications = self.evidenced(of, after).await?;
        let is_full = applications.len() as i64 == PART;
        let next = applications.last().filter(|_| is_full).map(|last| last.id.into());
        let ids = || Rows::new([Column::Uuid("id")], applications.iter().map(|row| [row.id.into()]));
        if applications.is_empty() {
            return Ok(EvidencePart { evidence: Vec::new(), next: None });
        }
        let database = self.database();
        let messages = database.reader().query_all_raw(ids().statement(database.backend(), MESSAGES)).await?;
        let told = database.reader().query_all_raw(ids().statement(database.backend(), TOLD)).await?;
        let mut evidence = Vec::with_capacity(messages.len() + told.len());
        for row in &messages {
            let row = MessageRow::from_query_result(row, "")?;
            evidence.extend(self.about(&applications, row.application_id).map(|about| row.over(about)));
        }
        for row in &told {
            let row = ToldRow::from_query_result(row, "")?;
            evidence.extend(self.about(&applications, row.application_id).map(|about| row.over(about)));
        }
        for row in applications.iter().filter(|row| row.exemption.is_some()) {
            evidence.extend(self.about(&applications, row.id).map(|about| Evidence {
                what: "exemption".to_owned(),
                channel: "none".to_owned(),
                outcome: "exempt".to_owned(),
                note: row.exemption.clone(),
                ..about
            }));
        }
        evidence.sort_by_key(|one| (one.application_id, one.told_at));
        Ok(EvidencePart { evidence, next })
    }

    async fn evidenced(&self, of: EvidenceOf, after: Option<ApplicationId>) -> Result<Vec<ApplicationRow>, LedgerError> {
        let (condition, id) = match of {
            EvidenceOf::Application(id) => ("a.id", id.uuid()),
            EvidenceOf::Job(job) => ("a.job_id", job.uuid()),
        };
        let sql = format!(
            "SELECT a.id, a.job_id, a.name, a.email, a.exemption, a.last_interview_at, b.policy AS board_policy, j.policy AS job_policy
            FROM application a JOIN job j ON j.id = a.job_id JOIN board b ON b.id = j.board_id
            WHERE {condition} = $1 AND a.id > $2 ORDER BY a.id LIMIT {PART}"
        );
        let values: [Value; 2] = [id.into(), after.map_or(Uuid::nil(), ApplicationId::uuid).into()];
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), sql, values)).await?;
        Ok(rows.iter().map(|row| ApplicationRow::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    /// What all evidence about one application has in common.
    fn about(&self, applications: &[ApplicationRow], id: Uuid) -> Option<Evidence> {
        let at = applications.binary_search_by(|row| row.id.cmp(&id)).ok()?;
        let ApplicationRow { id, job_id, name, email, exemption: _, last_interview_at, board_policy, job_policy } = &applications[at];
        let overriding = Overriding { board: board_policy.clone(), job: job_policy.clone() };
        Some(Evidence {
            application_id: (*id).into(),
            job_id: (*job_id).into(),
            name: name.clone(),
            address: email.clone(),
            what: String::new(),
            channel: String::new(),
            outcome: String::new(),
            told_at: None,
            due_at: None,
            notification_id: None,
            relay: None,
            acceptance: None,
            subject: None,
            text: None,
            sha256: None,
            actor: None,
            note: None,
            last_interview_at: *last_interview_at,
            law: self.policy_under(&overriding).law.map(|law| law.to_string()),
        })
    }
}

impl MessageRow {
    fn over(self, about: Evidence) -> Evidence {
        let Self { id, application_id: _, kind, state, settled_at, due_at, relay, reply, subject, text_part, sha256, sent_to } = self;
        Evidence {
            what: kind,
            channel: "mail".to_owned(),
            // Where it went, whatever the address is now.
            address: sent_to.unwrap_or(about.address),
            outcome: state,
            told_at: settled_at,
            due_at: Some(due_at),
            notification_id: Some(id.into()),
            relay,
            acceptance: reply,
            subject,
            text: text_part,
            sha256: sha256.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            ..about
        }
    }
}

impl ToldRow {
    fn over(self, about: Evidence) -> Evidence {
        let Self { application_id: _, at, actor_kind, actor_id, on_behalf_of, data } = self;
        // What another release wrote otherwise is told by what can be read of it.
        let data: Json = serde_json::from_str(&data).unwrap_or_default();
        let word = |name: &str| data[name].as_str().map(str::to_owned);
        let with = format!("{actor_kind} {actor_id}");
        Evidence {
            what: word("said").unwrap_or_else(|| "told_otherwise".to_owned()),
            channel: word("channel").unwrap_or_else(|| "unknown".to_owned()),
            outcome: "told".to_owned(),
            told_at: word("at").and_then(|at| at.parse().ok()).or(Some(at)),
            actor: Some(on_behalf_of.map_or_else(|| with.clone(), |person| format!("{person} ({with})"))),
            note: word("note"),
            ..about
        }
    }
}
