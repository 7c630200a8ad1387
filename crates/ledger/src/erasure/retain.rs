//! What the policy does not want kept any longer is asked to be erased, an hour after its time at the latest.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    actor::Actor,
    erasure::Basis,
    ids::ApplicationId,
    policy::{Kept, OrNone, Overrides},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Erase, EraseRefused};
use crate::{Ledger, LedgerError, periodic::Done, policies::Overriding};

const AT_ONCE: i64 = 500;

const EVERY: TimeDelta = TimeDelta::hours(1);

/// An application that is to be kept no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRetention {
    pub application: ApplicationId,
    /// When its record last changed.
    pub ended_at: DateTime<Utc>,
    /// Why it is kept all the same.
    pub kept: Option<EraseRefused>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    updated_at: DateTime<Utc>,
    board_policy: Option<String>,
    job_policy: Option<String>,
}

/// The conditions of the index stand here as they stand there: SQLite takes an index only where it finds them.
const ENDED: &str = "SELECT a.id, a.updated_at, b.policy AS board_policy, j.policy AS job_policy
    FROM application a JOIN job j ON j.id = a.job_id JOIN board b ON b.id = j.board_id
    WHERE a.status <> 'active' AND a.erased_at IS NULL AND a.updated_at <= $1 AND (a.updated_at, a.id) > ($2, $3)
    AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.id = a.id)
    ORDER BY a.updated_at, a.id LIMIT $4";

const OVERRIDES: &str = "SELECT policy FROM board WHERE policy IS NOT NULL UNION SELECT policy FROM job WHERE policy IS NOT NULL";

type Place = (DateTime<Utc>, Uuid);

impl Ledger {
    /// The next part of those that ended long ago.
    pub(crate) async fn retain(&self, progress: &Value) -> Result<Done, LedgerError> {
        let at = progress["at"].as_str().and_then(|at| at.parse().ok()).unwrap_or(DateTime::UNIX_EPOCH);
        let after = progress["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        let (past, last) = self.past_retention_after((at, after), AT_ONCE).await?;
        let ids: Vec<ApplicationId> = past.into_iter().map(|(id, _)| id).collect();
        let actor = Actor::system("retention");
        self.erase(&ids, &Erase { basis: Basis::Retention, exemption: None, actor: &actor }).await?;
        Ok(match last {
            Some((at, id)) => Done { progress: json!({ "at": at, "id": id.to_string() }), again_in: TimeDelta::seconds(1) },
            None => Done { progress: json!({}), again_in: EVERY },
        })
    }

    /// Those that are to be kept no longer, the oldest first, up to `most`. Nothing is written.
    pub async fn past_retention(&self, most: usize) -> Result<Vec<PastRetention>, LedgerError> {
        let (mut all, mut place) = (Vec::new(), (DateTime::UNIX_EPOCH, Uuid::nil()));
        loop {
            let (past, last) = self.past_retention_after(place, AT_ONCE).await?;
            let ids: Vec<ApplicationId> = past.iter().map(|(id, _)| *id).collect();
            let answers = self.erase_dry_run(&ids, Basis::Retention).await?;
            all.extend(past.into_iter().zip(answers).map(|((application, ended_at), (_, answer))| PastRetention {
                application,
                ended_at,
                kept: answer.err(),
            }));
            match last {
                Some(last) if all.len() < most => place = last,
                Some(_) | None => {
                    all.truncate(most);
                    return Ok(all);
                }
            }
        }
    }

    /// And where the next part begins.
    async fn past_retention_after(
        &self,
        (at, id): Place,
        most: i64,
    ) -> Result<(Vec<(ApplicationId, DateTime<Utc>)>, Option<Place>), LedgerError> {
        let Some(shortest) = self.shortest_retention().await? else { return Ok((Vec::new(), None)) };
        let (database, now) = (self.database(), self.now());
        let values = [(now - shortest).into(), at.into(), id.into(), most.into()];
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), ENDED, values)).await?;
        let rows: Vec<Row> = rows.iter().map(|row| Row::from_query_result(row, "")).collect::<Result<_, _>>()?;
        let last = rows.last().filter(|_| rows.len() as i64 == most).map(|row| (row.updated_at, row.id));
        let past = rows.into_iter().filter_map(|Row { id, updated_at, board_policy, job_policy }| {
            let policy = self.policy_under(&Overriding { board: board_policy, job: job_policy });
            let is_past = policy.retention.is_some_and(|retention| updated_at + retention <= now);
            is_past.then(|| (ApplicationId::from(id), updated_at))
        });
        Ok((past.collect(), last))
    }

    /// Of the organisation, and of every board and job that has its own.
    async fn shortest_retention(&self) -> Result<Option<TimeDelta>, LedgerError> {
        let database = self.database();
        let mut shortest = self.policy().retention;
        for row in database.reader().query_all_raw(Statement::from_string(database.backend(), OVERRIDES)).await? {
            let text: String = row.try_get("", "policy")?;
            // What cannot be read is as if it were not there, like everywhere.
            let own = serde_json::from_str::<Overrides>(&text).ok().and_then(|overrides| overrides.retention);
            if let Some(OrNone::Some(Kept(own))) = own {
                shortest = Some(shortest.map_or(own, |shortest| shortest.min(own)));
            }
        }
        Ok(shortest)
    }
}
