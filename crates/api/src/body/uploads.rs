//! How much of what people upload is in memory at once, over all of them.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Of all bodies with files, in KiB: some dozens of résumés. Each is there twice for a moment, as it came and in its parts.
const KIBIBYTES: usize = 64 * 1024;

/// How long an upload waits for others to finish before it is asked to come again.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a whole body may take: 10 MB at 1 Mbit/s, with room to spare.
pub(crate) const LONGEST: Duration = Duration::from_secs(180);

#[derive(Clone, Debug)]
pub(crate) struct Uploads(Arc<Semaphore>);

impl Uploads {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(KIBIBYTES)))
    }

    /// Room for as many bytes, until it is dropped.
    pub(crate) async fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kibibytes = u32::try_from((bytes / 1024 + 1).min(KIBIBYTES)).expect("it was just limited");
        timeout(PATIENCE, Arc::clone(&self.0).acquire_many_owned(kibibytes)).await.ok()?.ok()
    }
}
