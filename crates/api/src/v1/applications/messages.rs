//! What applicants and the organisation write to each other.

pub(crate) mod list;
pub(crate) mod message;
pub(crate) mod write;
