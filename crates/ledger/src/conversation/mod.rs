//! What applicants and the organisation wrote to each other.

mod list;
mod mark_as_answered;
pub(crate) mod record;

pub use list::Message;
