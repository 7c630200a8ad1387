//! Puts an operation on record, due at once. What it means for each application is decided by the worker.

use hearback_domain::{
    actor::Actor,
    ids::{ApplicationId, BoardId, OperationId},
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{BulkError, Operation, Selection, Spec, chosen::People, show};
use crate::{
    Ledger, LedgerError,
    due::LANES,
    rows::{Cell, Column, Rows},
};

/// An operation that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    pub spec: &'a Spec,
    /// What the dry run gave.
    pub confirmation: Option<&'a str>,
    /// Whose keys may see it, beside those for everything.
    pub board: Option<BoardId>,
    /// It was asked for with a test key, and reaches only what such keys submitted.
    pub is_test: bool,
    pub actor: &'a Actor,
}

const INSERT: &str = "INSERT INTO bulk_operation (id, kind, job_id, board_id, is_test, spec, actor, expected, up_to, state, lane, wake_at,
    tries, looked_twice, created_at)
    SELECT id, kind, job_id, board_id, is_test, spec, actor, expected, up_to, 'scheduled', lane, created_at, 0, false, created_at FROM v";

impl Ledger {
    /// Rejects or moves many applications. Closing a job has a door of its own.
    pub async fn begin_operation(&self, begin: Begin<'_>) -> Result<Operation, BulkError> {
        self.all_are_there(&begin).await?;
        let people = self.people(begin.spec).await?;
        self.check_confirmation(begin.spec, &people, begin.confirmation).await?;
        let transaction = self.database().begin().await?;
        let id = insert(self, &transaction, &begin, &people, Some(people.last)).await?;
        transaction.commit().await?;
        self.wake();
        self.operation(id).await?.ok_or(BulkError::NoSuchOperation)
    }

    /// Whoever names applications gets a clear answer if one is not there, or not theirs.
    pub(super) async fn all_are_there(&self, begin: &Begin<'_>) -> Result<(), BulkError> {
        const MISSING: &str = "SELECT v.id FROM v WHERE NOT EXISTS (SELECT 1 FROM application a JOIN job j ON j.id = a.job_id
            WHERE a.id = v.id AND (v.board IS NULL OR j.board_id = v.board) AND (NOT v.is_test OR a.is_test)) LIMIT 1";
        let these: &[ApplicationId] = match &begin.spec.who {
            Selection::These(ids) => ids,
            Selection::Those(_) => &[],
        };
        let columns = [Column::Uuid("id"), Column::Uuid("board"), Column::Bool("is_test")];
        let row = |id: &ApplicationId| [id.uuid().into(), begin.board.map(BoardId::uuid).into(), Cell::Bool(begin.is_test)];
        let rows = Rows::new(columns, these.iter().chain(&begin.spec.named).map(row));
        if rows.is_empty() {
            return Ok(());
        }
        let database = self.database();
        match database.reader().query_one_raw(rows.statement(database.backend(), MISSING)).await? {
            Some(row) => Err(BulkError::NoSuchApplication(row.try_get::<Uuid>("", "id")?.into())),
            None => Ok(()),
        }
    }
}

pub(super) async fn insert(
    ledger: &Ledger,
    connection: &impl ConnectionTrait,
    begin: &Begin<'_>,
    people: &People,
    up_to: Option<Uuid>,
) -> Result<OperationId, LedgerError> {
    let Begin { spec, confirmation: _, board, is_test, actor } = begin;
    let id: OperationId = ledger.ids().next();
    let columns = [
        Column::Uuid("id"),
        Column::Text("kind"),
        Column::Uuid("job_id"),
        Column::Uuid("board_id"),
        Column::Bool("is_test"),
        Column::Text("spec"),
        Column::Text("actor"),
        Column::Int("expected"),
        Column::Uuid("up_to"),
        Column::Int("lane"),
        Column::Time("created_at"),
    ];
    let text = serde_json::to_string(spec).map_err(|error| LedgerError::unreadable("bulk_operation", error))?;
    let row = [
        id.uuid().into(),
        spec.kind().as_str().to_owned().into(),
        spec.job().map(|job| job.uuid()).into(),
        board.map(BoardId::uuid).into(),
        Cell::Bool(*is_test),
        text.into(),
        show::actor_text(actor).into(),
        Cell::Int(people.count.into()),
        up_to.into(),
        Cell::Int(LANES[0].into()),
        ledger.now().into(),
    ];
    let statement = Rows::new(columns, [row]).statement(connection.get_database_backend(), INSERT);
    connection.execute_raw(statement).await?;
    Ok(id)
}
