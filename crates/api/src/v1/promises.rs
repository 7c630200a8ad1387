//! How the promises are kept.

pub(crate) mod figures;
pub(crate) mod show;
pub(crate) mod silence;
