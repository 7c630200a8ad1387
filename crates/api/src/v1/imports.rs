//! Applications of another system.

mod asked;
pub(crate) mod create;
pub(crate) mod dry_run;
mod outcome;

/// Rows of one body.
const MOST: usize = 1_000;
