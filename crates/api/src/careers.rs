//! What the people who run this server say about forms on careers pages.

use chrono::TimeDelta;

use crate::body::Uploads;

/// Cheap to clone; clones share the room that uploads have.
#[derive(Clone, Debug)]
pub struct Careers {
    next_origins: Vec<String>,
    most_bytes: usize,
    quickest: TimeDelta,
    uploads: Uploads,
}

impl Careers {
    /// `next_origins` are those, as `https://careers.example.com`, to which a form may lead on; `most_bytes` is what the files of one
    /// application may have together; whoever fills in a form in less time than `quickest` is taken for a machine.
    pub fn new(next_origins: Vec<String>, most_bytes: usize, quickest: TimeDelta) -> Self {
        Self { next_origins, most_bytes, quickest, uploads: Uploads::new() }
    }

    pub(crate) fn next_origins(&self) -> &[String] {
        &self.next_origins
    }

    pub(crate) const fn most_bytes(&self) -> usize {
        self.most_bytes
    }

    pub(crate) const fn quickest(&self) -> TimeDelta {
        self.quickest
    }

    pub(crate) const fn uploads(&self) -> &Uploads {
        &self.uploads
    }
}

impl Default for Careers {
    fn default() -> Self {
        Self::new(Vec::new(), 10 * 1024 * 1024, TimeDelta::seconds(3))
    }
}
