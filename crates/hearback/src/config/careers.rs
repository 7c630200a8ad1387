//! Forms on careers pages.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Span;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CareersConfig {
    /// Where a form may lead its applicant on to (`_next`), beside this server.
    pub next_origins: Vec<String>,
    /// What the files of one application may have together, in megabytes. 0 takes none.
    pub files_mb: usize,
    /// Whoever fills in a form in less time is taken for a machine: the application is kept, and its messages wait for a person.
    pub quickest: Span,
}

impl Default for CareersConfig {
    fn default() -> Self {
        Self { next_origins: Vec::new(), files_mb: 10, quickest: Span(TimeDelta::seconds(3)) }
    }
}

impl CareersConfig {
    pub(crate) fn careers(&self) -> hearback_api::Careers {
        let Self { next_origins, files_mb, quickest } = self;
        hearback_api::Careers::new(next_origins.clone(), files_mb * 1024 * 1024, quickest.0)
    }

    /// What cannot be kept, by key.
    pub(super) fn check(&self, refuse: &mut impl FnMut(&str, &str)) {
        let is_origin =
            |text: &String| Url::parse(text).is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == *text);
        if !self.next_origins.iter().all(is_origin) {
            refuse("careers.next_origins", "must have origins only, without a path or a slash at the end: https://careers.example.com");
        }
        if self.files_mb > 25 {
            refuse("careers.files_mb", "must be at most 25");
        }
        if self.quickest.0 > TimeDelta::minutes(1) {
            refuse("careers.quickest", "must be at most 1 min, or people would be taken for machines");
        }
    }
}
