//! Whether whoever asks has seen what the operation would do.

use hearback_domain::confirmation::{NotConfirmed, Shown};
use sha2::{Digest, Sha256};

use super::{BulkError, Spec, chosen::People};
use crate::{Ledger, LedgerError};

impl Ledger {
    /// To be given back with the operation that was shown.
    pub(super) fn confirmation(&self, spec: &Spec, people: &People) -> Result<String, LedgerError> {
        Ok(self.link_keys().confirmation(&shown(spec, people)?, self.now()))
    }

    /// More people than their policies' cap, and it must be the confirmation of exactly this. One that was given must hold in any case.
    pub(super) async fn check_confirmation(&self, spec: &Spec, people: &People, given: Option<&str>) -> Result<(), BulkError> {
        let Some(given) = given else {
            return match people.need_confirmation() {
                true => Err(BulkError::Unconfirmed { people: people.told, cap: people.cap }),
                false => Ok(()),
            };
        };
        let shown = shown(spec, people)?;
        match self.link_keys().confirmed(given, &shown, self.now()) {
            // Another process may have made a new key since.
            Err(NotConfirmed::Unreadable) => Ok(self.read_link_keys().await?.confirmed(given, &shown, self.now())?),
            other => Ok(other?),
        }
    }
}

fn shown(spec: &Spec, people: &People) -> Result<Shown, LedgerError> {
    let spec = serde_json::to_vec(spec).map_err(|error| LedgerError::unreadable("bulk_operation", error))?;
    Ok(Shown { operation: Sha256::digest(&spec).into(), people: people.fingerprint })
}
