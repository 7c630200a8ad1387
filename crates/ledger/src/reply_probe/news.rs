//! A mail to ourselves came back, or a mail server says that it will not.

use hearback_domain::ids::ReplyProbeId;
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    InboundClaim, InboundEnd, Ledger, LedgerError, Understood,
    inbound::understood,
    rows::{Column, Rows},
};

/// What came in about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeNews<'a> {
    /// The mail itself.
    Returned,
    /// A report that it cannot be delivered, with a status code and a word.
    Bounced(&'a str),
}

/// However late: the way works.
const RETURNED: &str = "UPDATE reply_probe SET state = 'returned', settled_at = v.at, claim_token = NULL
    FROM v WHERE reply_probe.id = v.id AND what = 'probe' AND reply_probe.state <> 'returned'";

/// It need not be waited for any longer: it is late from now on.
const BOUNCED: &str = "UPDATE reply_probe SET due_at = v.at, trouble = v.trouble
    FROM v WHERE reply_probe.id = v.id AND what = 'probe' AND reply_probe.state IN ('scheduled', 'sending', 'waiting')";

impl Ledger {
    /// Whether there is such a mail to ourselves.
    pub async fn has_reply_probe(&self, id: ReplyProbeId) -> Result<bool, LedgerError> {
        const SELECT: &str = "SELECT id FROM reply_probe WHERE id = $1 AND what = 'probe'";
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), SELECT, [id.uuid().into()])).await?;
        Ok(row.is_some())
    }

    /// What is known of it by now, and the end of the mail that says so, in one transaction.
    pub async fn record_probe_news(
        &self,
        claim: InboundClaim,
        kind: &str,
        id: ReplyProbeId,
        news: ProbeNews<'_>,
    ) -> Result<(), LedgerError> {
        let (statement, trouble, result) = match news {
            ProbeNews::Returned => (RETURNED, "", "our own mail came back: the way of answers works"),
            ProbeNews::Bounced(why) => (BOUNCED, why, "our own mail cannot be delivered to ourselves"),
        };
        let transaction = self.database().begin().await?;
        let columns = [Column::Uuid("id"), Column::Time("at"), Column::Text("trouble")];
        let row = [id.uuid().into(), self.clock().now().into(), kept(trouble).into()];
        transaction.execute_raw(Rows::new(columns, [row]).statement(transaction.get_database_backend(), statement)).await?;
        let ended = Understood { kind, result, end: InboundEnd::Done, about: None };
        if understood::end(self, &transaction, claim, &ended).await? {
            transaction.commit().await?;
        }
        Ok(())
    }
}

/// What another server said, as it can be stored and shown.
pub(super) fn kept(said: &str) -> String {
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(2_000).collect()
}
