//! What remains of somebody whose data was erased, and of everybody else.

mod asking;
mod everything;
mod in_the_middle;
mod retention;
mod search;

use chrono::TimeDelta;
use hearback_domain::{actor::Actor, erasure::Basis, ids::ApplicationId};

use crate::{Erase, EraseRefused, Erasure, opened::Opened};

pub(super) fn recruiter() -> Actor {
    Actor::operator("root", Some("Mo".to_owned()))
}

/// Asks at the applicant's request.
pub(super) async fn ask(opened: &Opened, id: ApplicationId) -> Result<Erasure, EraseRefused> {
    let erase = Erase { basis: Basis::Requested, exemption: None, actor: &recruiter() };
    opened.ledger.erase(&[id], &erase).await.unwrap().remove(0).1
}

/// Whatever is due, as the work that comes round does it.
pub(super) async fn work(opened: &Opened) {
    while opened.ledger.erase_part(7).await.unwrap() > 0 {}
}

/// Sends what is owed, and then erases.
pub(super) async fn erased(opened: &Opened, id: ApplicationId) {
    ask(opened, id).await.unwrap();
    opened.deliver_all().await;
    opened.clock.advance(TimeDelta::minutes(2));
    work(opened).await;
    assert!(opened.application(id).await.erased_at.is_some(), "{:?}", opened.ledger.erasure(id).await);
}
