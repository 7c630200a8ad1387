//! Events: what happened, for whoever keeps another system in step.

pub(crate) mod list;
