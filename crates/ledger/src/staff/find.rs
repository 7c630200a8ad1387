//! Which messages need a person.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    ids::{ApplicationId, StaffCauseId},
    notification::State,
    staff::{Cause, TELL_AFTER},
};
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use super::DecisionCause;
use crate::{
    Ledger, LedgerError,
    rows::{Cell, Column, Rows},
};

/// One transaction's worth.
const AT_ONCE: i64 = 500;

/// No pause between two tries is longer: the ladder's last step is some five hours, a relay that is away is left alone for less. So the
/// index of due rows leads to everything that is late, and past everything that is to go in days.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(1);

pub(super) struct Found {
    /// Whether there may be more.
    pub(super) is_whole_part: bool,
}

/// However often it is tried, it is late once.
const LATE: &str = "SELECT n.id, n.state, 0 AS tries FROM notification n
    WHERE n.state IN ('scheduled', 'sending') AND n.lane IN (0, 1, 2) AND n.wake_at <= $1 AND n.send_after <= $2
    AND NOT EXISTS (SELECT 1 FROM staff_cause c WHERE c.notification_id = n.id AND c.cause = 'late') LIMIT $3";

/// Once released and held again, it is held for something else: by then it was tried once more.
const HELD: &str = "SELECT n.id, n.state, n.tries FROM notification n
    WHERE n.state NOT IN ('scheduled', 'sending') AND n.state = 'held'
    AND NOT EXISTS (SELECT 1 FROM staff_cause c WHERE c.notification_id = n.id AND c.cause = 'held' AND c.tries = n.tries) LIMIT $1";

/// Whoever corrected the address, or told the applicant otherwise, need not be asked to.
const REFUSED: &str = "SELECT n.id, n.state, n.tries FROM notification n
    WHERE n.state IN ('undeliverable', 'bounced') AND n.settled_at >= $1
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.application_id = n.application_id
        AND e.kind IN ('told_otherwise', 'address_corrected') AND e.at >= n.settled_at)
    AND NOT EXISTS (SELECT 1 FROM staff_cause c WHERE c.notification_id = n.id AND c.cause = n.state AND c.tries = n.tries) LIMIT $2";

/// One person's complaints are told once: the first is on record.
const COMPLAINED: &str = "SELECT n.id, n.state, 0 AS tries FROM candidate p JOIN notification n ON n.id = p.complained_of
    WHERE p.complained_of IS NOT NULL AND p.complained_at >= $1
    AND NOT EXISTS (SELECT 1 FROM staff_cause c WHERE c.notification_id = n.id AND c.cause = 'complained') LIMIT $2";

const INSERT: &str = "INSERT INTO staff_cause (id, notification_id, cause, tries, at, nobody)
    SELECT id, notification_id, cause, tries, at, false FROM v WHERE true ON CONFLICT (notification_id, cause, tries) DO NOTHING";

/// Somebody was to hear of it, as the rung says, and nothing on record says that they did. `$1` stands for the cause.
fn forgotten(rungs: &str) -> String {
    format!(
        "SELECT a.id, a.decide_by FROM application a WHERE a.status = 'active' AND a.carried_by IS NULL
        AND a.decide_rung IN ('manager', 'applicant') AND a.decide_rung IN ({rungs}) AND a.decide_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM staff_cause c WHERE c.application_id = a.id AND c.cause = $1 AND c.due_at > a.decide_from)
        ORDER BY a.id LIMIT $2"
    )
}

impl Ledger {
    /// Decisions' alerts that are not on record any more, as applications say that they were. The first `most` of each kind.
    pub(crate) async fn forgotten_alerts(&self, most: i64) -> Result<Vec<DecisionCause>, LedgerError> {
        let database = self.database();
        let mut forgotten_ones = Vec::new();
        for (cause, rungs) in [(Cause::Undecided, "'manager', 'applicant'"), (Cause::StillUndecided, "'applicant'")] {
            let values = [cause.as_str().into(), most.into()];
            let statement = Statement::from_sql_and_values(database.backend(), forgotten(rungs), values);
            for row in database.reader().query_all_raw(statement).await? {
                let application = ApplicationId::from(row.try_get::<Uuid>("", "id")?);
                forgotten_ones.push(DecisionCause { application, cause, due_at: row.try_get("", "decide_by")? });
            }
        }
        Ok(forgotten_ones)
    }

    /// Puts what is found on record, each once. Of refusals and complaints only those since then; `None` for all.
    pub(super) async fn find_causes(&self, since: Option<DateTime<Utc>>) -> Result<Found, LedgerError> {
        let now = self.clock().now();
        if since.is_none() {
            let forgotten = self.forgotten_alerts(AT_ONCE).await?;
            for DecisionCause { application, cause, due_at: _ } in &forgotten {
                tracing::warn!(%application, %cause, "repaired: a person was to hear that there is no decision, and no record says so");
            }
            self.note_again(forgotten).await?;
        }
        let since = since.unwrap_or(DateTime::UNIX_EPOCH);
        let mut found =
            self.troubled(LATE, vec![(now + LONGEST_PAUSE).into(), (now - TELL_AFTER).into(), AT_ONCE.into()], |_| Cause::Late).await?;
        // Whatever is found is in a state that is a cause.
        let by_state = |state| Cause::of(state).unwrap_or(Cause::Held);
        found.extend(self.troubled(HELD, vec![AT_ONCE.into()], by_state).await?);
        found.extend(self.troubled(REFUSED, vec![since.into(), AT_ONCE.into()], by_state).await?);
        found.extend(self.troubled(COMPLAINED, vec![since.into(), AT_ONCE.into()], |_| Cause::Complained).await?);
        let is_whole_part = found.len() as i64 >= AT_ONCE;
        if !found.is_empty() {
            let columns =
                [Column::Uuid("id"), Column::Uuid("notification_id"), Column::Text("cause"), Column::Int("tries"), Column::Time("at")];
            let row = |(notification, cause, tries): (Uuid, Cause, i64)| {
                let id = self.ids().next::<StaffCauseId>().uuid();
                [id.into(), notification.into(), cause.as_str().to_owned().into(), Cell::Int(tries), now.into()]
            };
            let statement = Rows::new(columns, found.into_iter().map(row)).statement(self.database().backend(), INSERT);
            self.database().writer().execute_raw(statement).await?;
        }
        Ok(Found { is_whole_part })
    }

    async fn troubled(
        &self,
        query: &str,
        values: Vec<Value>,
        cause: impl Fn(State) -> Cause,
    ) -> Result<Vec<(Uuid, Cause, i64)>, LedgerError> {
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), query, values)).await?;
        let read = |row: &sea_orm::QueryResult| {
            let state: String = row.try_get("", "state")?;
            let state: State = state.parse().map_err(|error| LedgerError::unreadable("notification", error))?;
            Ok((row.try_get("", "id")?, cause(state), row.try_get::<i32>("", "tries")?.into()))
        };
        rows.iter().map(read).collect()
    }
}
